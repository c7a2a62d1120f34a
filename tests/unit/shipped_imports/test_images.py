"""What a Dockerfile copies, installs and starts, and where imports look."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from ops.shipped_imports.distributions import installed
from ops.shipped_imports.dockerfile import SITE
from ops.shipped_imports.graph import Graph
from ops.shipped_imports.repository import read_repository
from ops.shipped_imports.requirements import Requirements
from tests.unit.shipped_imports.trees import Answer, check, image, write

CONTEXT = {
    "main.py": "",
    "notes.md": "",
    "lib/a.py": "",
    "lib/b.py": "",
    "lib/deep/c.py": "",
    "lib/deep/__init__.py": "",
    "requirements.txt": "alpha",
}


@pytest.mark.parametrize(
    ("dockerfile", "ignored", "holds"),
    [
        # The target: a folder with a slash, a new name without, relative to the working directory.
        ("COPY main.py /app/", "", "/app/main.py=main.py"),
        ("COPY main.py /app", "", "/app=main.py"),
        ("COPY main.py /srv/run.py", "", "/srv/run.py=main.py"),
        ("WORKDIR /app\nCOPY main.py .", "", "/app/main.py=main.py"),
        ("WORKDIR /app\nWORKDIR src\nCOPY main.py ./x/", "", "/app/src/x/main.py=main.py"),
        ("WORKDIR /app\nCOPY main.py /app", "", "/app/main.py=main.py"),  # it is there, so it is a folder
        ("COPY lib/a.py /app/\nCOPY main.py /app", "", "/app/a.py=lib/a.py /app/main.py=main.py"),
        ("copy main.py lib/a.py /app/", "", "/app/main.py=main.py /app/a.py=lib/a.py"),
        ('COPY ["main.py", "lib/a.py", "/app/"]', "", "/app/main.py=main.py /app/a.py=lib/a.py"),
        ("COPY --chown=app:app --chmod=644 --link main.py /app/", "", "/app/main.py=main.py"),
        ("ADD ./main.py https://example.com/x.py git@example.com:x.git /app/", "", "/app/main.py=main.py"),
        # A folder's content, not the folder; a later file in the place of an earlier.
        (
            "COPY lib /app",
            "",
            " ".join(f"/app/{name}=lib/{name}" for name in ("a.py", "b.py", "deep/c.py", "deep/__init__.py")),
        ),
        ("COPY lib/deep/ /lib/deep/", "", "/lib/deep/c.py=lib/deep/c.py /lib/deep/__init__.py=lib/deep/__init__.py"),
        ("COPY /lib/../lib/deep /d", "", "/d/c.py=lib/deep/c.py /d/__init__.py=lib/deep/__init__.py"),
        ("COPY main.py /x.py\nCOPY lib/a.py /x.py", "", "/x.py=lib/a.py"),
        # A star ends at a slash; a folder that it fits gives its content.
        ("COPY *.py /app/", "", "/app/main.py=main.py"),
        ("COPY lib/[^b].py lib/?.md /app/", "", "/app/a.py=lib/a.py"),
        ("COPY lib/d* /app/", "", "/app/c.py=lib/deep/c.py /app/__init__.py=lib/deep/__init__.py"),
        # Variables.
        ("ARG HOME=/app\nENV SRC=$HOME/src\nCOPY main.py ${SRC}/", "", "/app/src/main.py=main.py"),
        ("ARG A=/a\nARG B=b\nCOPY main.py $A/$B/", "", "/a/b/main.py=main.py"),
        ("ARG HOME\nCOPY main.py ${HOME:-/app}/${X-y}/", "", "/app/y/main.py=main.py"),
        ('ENV HOME /app folder\nCOPY ["main.py", "$HOME/"]', "", "/app folder/main.py=main.py"),
        ("ENV A=/a B=$A\nENV A=/c B=$A\nARG A=/d\nCOPY main.py $A$B/", "", "/c/a/main.py=main.py"),
        # Comments, continued lines, texts within.
        ("# COPY lib /lib\nCOPY main.py \\\n  # why\n\n  /app/", "", "/app/main.py=main.py"),
        ("RUN <<EOF\nCOPY lib /lib\nEOF\nCOPY main.py /app/", "", "/app/main.py=main.py"),
        ("COPY <<-'A' <<B /app/\nCOPY lib /lib\n\tA\nCOPY lib /lib\nB\nCOPY main.py /app/", "", "/app/main.py=main.py"),
        # Stages: the last counts, with what it starts from and what it copies.
        ("COPY lib /lib\nFROM python\nCOPY main.py /app/", "", "/app/main.py=main.py"),
        (
            "WORKDIR /app\nCOPY lib/a.py .\nFROM base AS other\nFROM Base\nCOPY main.py .",
            "",
            "/app/a.py=lib/a.py /app/main.py=main.py",
        ),
        (
            "WORKDIR /app\nCOPY lib/deep deep\nFROM python\nCOPY --from=Base /app/deep/c.py /x/",
            "",
            "/x/c.py=lib/deep/c.py",
        ),
        (
            "WORKDIR /app\nCOPY lib/deep deep\nFROM python\nCOPY --from=0 /app /",
            "",
            "/deep/c.py=lib/deep/c.py /deep/__init__.py=lib/deep/__init__.py",
        ),
        ("COPY --from=ghcr.io/astral-sh/uv:latest /uv /bin/uv\nCOPY main.py /", "", "/main.py=main.py"),
        # What the ignore file leaves out is not there to be copied.
        (
            "COPY . /",
            "*.md\nlib\n!lib/deep\nlib/deep/__*\nrequirements.txt",
            "/main.py=main.py /lib/deep/c.py=lib/deep/c.py",
        ),
        (
            "COPY . /",
            "# *\n\n **/*.py \n!main.py\n/lib/\n./notes.md",
            "/main.py=main.py /requirements.txt=requirements.txt",
        ),
        ("COPY . /", "*\n!**/c.py", "/lib/deep/c.py=lib/deep/c.py"),
        ("COPY . /", "lib/**\n*.txt\n*.md\nc.py", "/main.py=main.py"),
        ("COPY main.py* lib* /x/", "lib", "/x/main.py=main.py"),
    ],
)
def test_an_image(dockerfile: str, ignored: str, holds: str, tmp_path: Path) -> None:
    write(tmp_path, {**CONTEXT, "Dockerfile": f"FROM python AS base\n{dockerfile}\n", ".dockerignore": ignored})
    files = image(tmp_path).layout.files
    assert {f"/{path}={file}" for path, file in files.items()} == set(re.split(r" (?=/)", holds))


def test_a_dockerfile_may_have_an_ignore_file_of_its_own(tmp_path: Path) -> None:
    """https://docs.docker.com/build/concepts/context/#filename-and-location says that the other then does not count."""
    write(
        tmp_path,
        {
            **CONTEXT,
            "x.Dockerfile": "FROM python\nCOPY *.* /",
            "x.Dockerfile.dockerignore": "*.txt\nx.*",
            ".dockerignore": "*",
        },
    )
    assert set(image(tmp_path, "x.Dockerfile").layout.files) == {"main.py", "notes.md"}


@pytest.mark.parametrize(
    ("dockerfile", "search"),
    [
        ("", "/"),
        ("WORKDIR /app", "/app"),
        ('CMD ["gunicorn", "main:app"]\nWORKDIR /app', "/app"),
        (
            "WORKDIR /app\nENV PYTHONPATH=/app:lib:\nENV PYTHONPATH=/more:$PYTHONPATH",
            "/app /more /app/lib",
        ),
        ("WORKDIR /app\nCMD python jobs/run.py", "/app/jobs"),
        ("WORKDIR /app\nCMD exec python3.13 -u /srv/run.py --fast", "/srv"),
        ('WORKDIR /app\nENTRYPOINT ["/opt/venv/bin/python"]\nCMD ["jobs/run.py"]', "/app/jobs"),
        ("WORKDIR /app\nCMD python -m jobs.run x.py", "/app"),
        ("WORKDIR /app\nCMD python -m gunicorn -c conf/gunicorn.py main:app", "/app"),
        ("WORKDIR /app\nENV SRC=/srv\nCMD exec gunicorn --bind :$PORT --chdir $SRC/api main:app", "/srv/api"),
        ("WORKDIR /app\nCMD gunicorn --chdir=src main:app", "/app/src"),
    ],
)
def test_where_an_image_looks(dockerfile: str, search: str, tmp_path: Path) -> None:
    write(tmp_path, {"Dockerfile": f"FROM python\n{dockerfile}\n"})
    folders = image(tmp_path).layout.search
    assert [f"/{folder}" for folder in folders if folder != SITE] == search.split()


INSTALLS = [
    ("RUN apt-get install -y pip", ""),
    ("RUN pip install -r requirements.txt", "alpha"),
    ("RUN pip install -qr requirements.txt", "alpha"),
    ("RUN apt-get install -y gcc pip && pip install alpha", "alpha"),
    ("RUN pip3 --no-cache-dir install --requirement=/app/requirements.txt", "alpha"),
    ("RUN cd /tmp && python -m pip install -U 'alpha[x]>=1; python_version > \"3\"' beta || true", "alpha beta"),
    ("RUN --mount=type=cache,target=/root/.cache uv pip install --system -c requirements.txt gamma", "gamma"),
    ('RUN ["pip", "install", "alpha"]', "alpha"),
    ("RUN <<EOF\nset -e\npip install alpha # why\npip install beta >log 2>&1\nEOF", "alpha beta"),
    ("RUN if [ -f x ]; then pip install alpha; else pip install beta; fi", "alpha beta"),
    ("ARG V=1\nRUN pip install alpha==$V -i https://pypi.org/simple", "alpha"),
    ("RUN /venv/bin/pip install --upgrade --target /lib alpha", "alpha"),
    (
        "RUN pip install git+https://example.com/x.git#egg=alpha https://example.com/beta-1.0-py3-none-any.whl",
        "alpha beta",
    ),
    # A file that only the command sees.
    ("RUN --mount=type=bind,source=requirements.txt,target=/x.txt pip install -r /x.txt", "alpha"),
    # The packages that another stage has installed come with what no COPY made there.
    ("RUN pip install alpha\nFROM python\nCOPY --from=base /opt/venv /opt/venv", "alpha"),
    ("RUN pip install alpha\nFROM python\nCOPY --from=base /app /app", ""),
    ("RUN pip install alpha\nFROM base\nRUN pip install beta", "alpha beta"),
    ("RUN pip install alpha\nFROM python\nRUN pip install beta\nCOPY --from=base /venv /venv", "alpha beta"),
    (
        "RUN pip wheel -w /wheels alpha\nFROM python\nRUN --mount=from=base,source=/wheels,target=/w pip install /w/*",
        "alpha",
    ),
]


@pytest.mark.parametrize(("run", "names"), INSTALLS)
def test_what_an_image_installs(run: str, names: str, tmp_path: Path) -> None:
    dockerfile = f"FROM python AS base\nWORKDIR /app\nCOPY requirements.txt .\n{run}\n"
    write(tmp_path, {**CONTEXT, "Dockerfile": dockerfile})
    requirements = image(tmp_path).requirements
    assert (requirements.names, requirements.unknown) == (set(names.split()), [])


UV_LOCK = '[[package]]\nname = "gamma"\n[[package]]\nname = "svc"\nsource = { virtual = "." }\n'
PYPROJECT = '[project]\nname = "svc"\ndependencies = [\n  "alpha>=1", # why [\n  "beta[x]",\n]\n'
POETRY = (
    '[tool.poetry]\nname = "svc"\n[tool.poetry.dependencies]\npython = "^3.11"\nalpha = "^1"\nbeta = {version = "2"}\n'
)
PROJECTS = [
    ("RUN pip install .", {"pyproject.toml": PYPROJECT}, "alpha beta", False),
    ("RUN pip install -e .", {"pyproject.toml": PYPROJECT}, "alpha beta", False),
    ("RUN pip install .", {"pyproject.toml": POETRY}, "alpha beta", False),
    (
        "RUN pip install .[web]",
        {"setup.cfg": "[options]\ninstall_requires =\n    alpha\n    beta>=2\n"},
        "alpha beta",
        False,
    ),
    ("RUN python setup.py install", {"setup.py": "NEEDS = ['alpha']\nsetup(install_requires=NEEDS)"}, "alpha", False),
    ("RUN pip install ./lib", {"lib/setup.py": "setup(install_requires=['alpha'])"}, "alpha", False),
    # A lock file names all, and so the rest is missing for certain.
    (
        "RUN poetry install",
        {"pyproject.toml": POETRY, "poetry.lock": '[[package]]\nname = "Gamma_X"\n'},
        "gamma-x",
        True,
    ),
    ("RUN uv sync --frozen", {"pyproject.toml": PYPROJECT, "uv.lock": UV_LOCK}, "gamma", True),
    (
        "RUN pipenv install --deploy",
        {"Pipfile": '[packages]\nalpha = "*"\n', "Pipfile.lock": '{\n    "default": {\n        "gamma": {\n'},
        "gamma",
        True,
    ),
    (
        "RUN pip install -r r.txt",
        {"r.txt": "alpha==1 \\\n    --hash=sha256:00\nbeta==1\n    # via alpha\n"},
        "alpha beta",
        True,
    ),
]


@pytest.mark.parametrize(("run", "files", "names", "is_locked"), PROJECTS)
def test_a_project_is_requirements_too(
    run: str, files: dict[str, str], names: str, is_locked: bool, tmp_path: Path
) -> None:
    write(tmp_path, {**files, "Dockerfile": f"FROM python\nWORKDIR /app\nCOPY . .\n{run}\n"})
    requirements = image(tmp_path).requirements
    assert (requirements.names, requirements.is_locked, requirements.unknown) == (set(names.split()), is_locked, [])


STARTS = [
    # Python itself.
    ('CMD ["python", "main.py"]', {"main.py"}),
    ("CMD exec python3.13 -u -W ignore main.py --fast", {"main.py"}),
    ("CMD python -m pkg", {"pkg/__init__.py", "pkg/__main__.py"}),
    ("CMD python -c 'import pkg.api; pkg.api.run()'", {"pkg/__init__.py", "pkg/api.py"}),
    ('ENTRYPOINT ["python"]\nCMD ["main.py"]', {"main.py"}),
    ("CMD cd pkg && python api.py", {"pkg/api.py"}),
    ('CMD ["sh", "-c", "exec python main.py"]', {"main.py"}),
    ('ENTRYPOINT ["/usr/bin/tini", "--"]\nCMD ["python", "main.py"]', {"main.py"}),
    # Servers, each with what configures it.
    ("CMD gunicorn --bind :$PORT -w 2 main:app", {"main.py"}),
    ("CMD exec gunicorn --config conf.py 'pkg.api:create(1)'", {"pkg/__init__.py", "pkg/api.py", "conf.py"}),
    ("CMD gunicorn --chdir pkg --log-level info api", {"pkg/api.py"}),
    ("CMD python -m gunicorn main:app", {"main.py"}),
    ('CMD ["uvicorn", "pkg.api:app", "--host", "0.0.0.0"]', {"pkg/__init__.py", "pkg/api.py"}),
    ("CMD uvicorn --app-dir pkg api:app", {"pkg/api.py"}),
    ("CMD opentelemetry-instrument uvicorn main:app", {"main.py"}),
    ("CMD fastapi run", {"main.py"}),
    ("CMD flask --app pkg.api run", {"pkg/__init__.py", "pkg/api.py"}),
    ("ENV FLASK_APP=main.py\nCMD flask run", {"main.py"}),
    ("CMD functions-framework --target=f", {"main.py"}),
    ("CMD celery -A pkg.api worker", {"pkg/__init__.py", "pkg/api.py"}),
    ("CMD streamlit run main.py --server.port 80", {"main.py"}),
    ("CMD uwsgi --http :80 --module pkg.api:app", {"pkg/__init__.py", "pkg/api.py"}),
    ("CMD uwsgi conf.ini", {"pkg/__init__.py", "pkg/api.py"}),
    ("CMD supervisord -c super.conf", {"main.py", "pkg/__init__.py", "pkg/api.py"}),
    # A script of the image, with the arguments it is given, and a command of the project.
    ("CMD ./run.sh main:app", {"main.py"}),
    ('ENTRYPOINT ["./run.sh"]\nCMD ["main:app"]', {"main.py"}),
    ("RUN pip install .\nCMD svc", {"pkg/__init__.py", "pkg/api.py"}),
    ("FROM public.ecr.aws/lambda/python:3.12\nCOPY . ${LAMBDA_TASK_ROOT}\nCMD main.handler", {"main.py"}),
    # A base image that is not known may set the folder that it serves from.
    ("FROM example.com/base\nCOPY . /srv/\nCMD gunicorn main:app", {"main.py"}),
    ("FROM example.com/other/python\nADD requirements.txt /srv/\nADD . /srv\nCMD gunicorn main:app", {"main.py"}),
    # What starts nothing of the repository.
    ("CMD nginx -g 'daemon off;'", set()),
    ("CMD echo python main.py", set()),
    ("CMD python -m http.server", set()),
    ("", set()),
]


@pytest.mark.parametrize(("dockerfile", "followed"), STARTS)
def test_what_an_image_starts(dockerfile: str, followed: set[str], tmp_path: Path) -> None:
    files = {
        "Dockerfile": f"FROM python\nWORKDIR /app\nCOPY . .\n{dockerfile}\n",
        **dict.fromkeys(("main.py", "conf.py", "pkg/__init__.py", "pkg/__main__.py", "pkg/api.py"), ""),
        "run.sh": '#!/bin/sh\nset -e\nexec gunicorn "$@"\n',
        "conf.ini": "[uwsgi]\nmodule = pkg.api:app\n",
        "super.conf": "[program:a]\ncommand=python main.py\n[program:b]\ncommand=celery -A pkg.api beat\n",
        "pyproject.toml": '[project]\nname = "svc"\ndependencies = []\n[project.scripts]\nsvc = "pkg.api:main"\n',
    }
    write(tmp_path, files)
    repository = read_repository(tmp_path)
    judged = Graph(tmp_path, repository.layout(), image(tmp_path), installed(Requirements(lambda _: None))).follow()
    assert {reached.file for reached in judged.reached if reached.file} == followed
    assert judged.missing == []


@pytest.mark.parametrize(
    ("dockerfile", "said"),
    [
        ("COPY main.py gone.py ./", "{}:2: gone.py is not in the build context: it must be made before the build"),
        ("COPY $X ./\nCOPY main.py .", "{}:2: $X has a variable without a value, so what this copies is not known"),
        ("COPY --fast main.py .", "{}:2: --fast is not known here, and is left out"),
        ("INCLUDE lib\nCOPY main.py .", "{}:2: INCLUDE is not understood"),
        ("ENV\nCOPY main.py .", "{}:2: ENV  is not understood"),
    ],
)
def test_what_is_not_understood_is_a_note_and_the_rest_is_judged(dockerfile: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    write(tmp_path, {"main.py": "import lock", "lock.py": "", "Dockerfile": f"FROM python\n{dockerfile}\n"})
    answer = check(tmp_path, "--dockerfile", str(path), "main.py")
    assert answer == Answer(1, ["main.py:1 → lock.py: not copied"], [f"note: {said.replace('{}', str(path))}"])


@pytest.mark.parametrize(
    ("dockerfile", "files"),
    [
        ("COPY --parents lib/a.py ./lib/deep /x/", "x/lib/a.py x/lib/deep/c.py x/lib/deep/__init__.py"),
        (
            "COPY --exclude=*.md --exclude=lib --exclude=*.txt . /x/",
            "x/main.py x/lib/a.py x/lib/b.py x/lib/deep/c.py x/lib/deep/__init__.py",
        ),
        ("COPY main.py /tmp", "tmp/main.py"),  # a folder that every image has
        ("COPY <<EOF /x.py\nimport a\nEOF", "x.py"),
        ("WORKDIR /${APP}\nCOPY main.py .", "${APP}/main.py"),  # the same unknown place for all
        ("# escape=`\nCOPY main.py `\n  /x/", "x/main.py"),
    ],
)
def test_more_of_an_image(dockerfile: str, files: str, tmp_path: Path) -> None:
    first, _, rest = dockerfile.partition("\n") if dockerfile.startswith("#") else ("#", "", dockerfile)
    write(tmp_path, {**CONTEXT, "Dockerfile": f"{first}\nFROM python\n{rest}\n"})
    assert set(image(tmp_path).layout.files) == set(files.split())


def test_what_is_made_before_the_build_is_not_taken_for_another_file(tmp_path: Path) -> None:
    dockerfile = "FROM python\nCOPY made/r.txt /app/\nRUN pip install -r /app/r.txt\nWORKDIR /app\nCOPY main.py .\n"
    write(tmp_path, {**CONTEXT, "r.txt": "", "Dockerfile": f"{dockerfile}CMD python main.py"})
    answer = check(tmp_path, "--dockerfile", str(tmp_path / "Dockerfile"))
    assert answer.status == 0
    assert answer.err[0].endswith("made/r.txt is not in the build context: it must be made before the build")


def test_a_target_is_the_stage_that_counts(tmp_path: Path) -> None:
    dockerfile = "FROM python AS Web\nCOPY main.py /\nCMD python main.py\nFROM web AS dev\nCOPY lib/a.py /"
    write(tmp_path, {**CONTEXT, "main.py": "import a", "Dockerfile": dockerfile})
    path = str(tmp_path / "Dockerfile")
    assert check(tmp_path, "--dockerfile", path).status == 0
    assert check(tmp_path, "--dockerfile", path, "--target", "web").out == ["main.py:1 → lib/a.py: not copied"]
    assert check(tmp_path, "--dockerfile", path, "--target", "x") == Answer(
        2, [], [f"cannot tell: {path} has no stage x"]
    )


def test_what_is_started_may_stay_behind_itself(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"app/main.py": "", "app/other.py": "", "Dockerfile": "FROM python\nCOPY app/other.py /\nCMD python main.py"},
    )
    path = str(tmp_path / "Dockerfile")
    assert check(tmp_path, "--dockerfile", path).out == [f"{path}:3 → app/main.py: not copied"]


@pytest.mark.parametrize(
    ("dockerfile", "missing"),
    [
        ("WORKDIR /app\nCOPY lib lib\nWORKDIR /app/svc\nCMD gunicorn api:app", "svc/api.py"),
        ("WORKDIR /app\nCMD python svc/api.py", "svc/api.py"),
        ("WORKDIR /app\nCMD uvicorn svc.api:app", "svc/api.py"),
        ("WORKDIR /app\nCMD uvicorn main:app", "main.py"),
        ('WORKDIR /app\nCOPY *.py .\nENTRYPOINT ["./run.sh"]', "run.sh"),
        ("WORKDIR /srv\nCMD uwsgi conf.ini", "conf.ini"),
        ("WORKDIR /srv/svc\nCMD flask --app api.py run", "svc/api.py"),
        # By default it is one of several, of which the first that the repository has is meant.
        ("WORKDIR /srv\nCMD fastapi run", "main.py"),
        # What the build itself reads.
        ("WORKDIR /srv\nRUN pip install -r r.txt", "r.txt"),
        ("WORKDIR /srv\nRUN pip install -r /tmp/r.txt", "r.txt"),
        ("WORKDIR /srv\nRUN pip install .", "pyproject.toml"),
    ],
)
def test_all_that_is_started_may_stay_behind(dockerfile: str, missing: str, tmp_path: Path) -> None:
    names = ("main.py", "svc/api.py", "lib/a.py", "run.sh", "conf.ini", "r.txt", "pyproject.toml")
    files = dict.fromkeys(names, "")
    write(tmp_path, {**files, "Dockerfile": f"FROM python\n{dockerfile}"})
    answer = check(tmp_path, "--dockerfile", str(tmp_path / "Dockerfile"))
    assert answer.out == [f"{tmp_path}/Dockerfile:{dockerfile.count(chr(10)) + 2} → {missing}: not copied"]


def test_a_module_that_is_shadowed_says_by_what(tmp_path: Path) -> None:
    files = {"main.py": "import a.b", "one/a/__init__.py": "x = 1", "two/a/__init__.py": "x = 2", "two/a/b.py": ""}
    dockerfile = "FROM python\nENV PYTHONPATH=/one:/two\nCOPY . .\n"
    write(tmp_path, {**files, "Dockerfile": dockerfile})
    answer = check(tmp_path, "--dockerfile", str(tmp_path / "Dockerfile"), "--requirements", os.devnull, "main.py")
    assert answer.out == [
        "main.py:1 → two/a/b.py: copied to /two/a/b.py, where this import does not look: a is /one/a/__init__.py"
    ]


def test_an_installed_project_is_found_wherever_python_starts(tmp_path: Path) -> None:
    """Its packages are in its src folder, and a later stage gets them with the environment."""
    files = {
        "src/svc/__init__.py": "",
        "src/svc/api.py": "from svc import db",
        "src/svc/db.py": "",
        "pyproject.toml": PYPROJECT,
    }
    build = "FROM python AS build\nWORKDIR /b\nCOPY pyproject.toml .\nCOPY src src\nRUN pip install .\n"
    run = "FROM python\nCOPY --from=build /venv /venv\nWORKDIR /other\nCMD uvicorn svc.api:app\n"
    write(tmp_path, {**files, "Dockerfile": build + run})
    path = str(tmp_path / "Dockerfile")
    assert check(tmp_path, "--dockerfile", path).out == [f"{path}: 3 modules and 0 third-party packages, all shipped"]
    write(tmp_path, {"Dockerfile": build.replace("COPY src src", "COPY src/svc/api.py src/svc/") + run})
    assert check(tmp_path, "--dockerfile", path).out == ["src/svc/api.py:1 → src/svc/db.py: not copied"]


def test_there_may_be_no_dockerfile(tmp_path: Path) -> None:
    answer = check(write(tmp_path, CONTEXT), "--dockerfile", str(tmp_path / "Dockerfile"), "main.py")
    assert answer == Answer(2, [], [f"cannot tell: {tmp_path}/Dockerfile cannot be read: No such file or directory"])
