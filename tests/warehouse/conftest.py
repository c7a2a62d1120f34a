"""One project for all tests of this folder, emptied after each: each project slows the emulator down for good."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.conftest import Platform


@pytest.fixture(scope="session")
def project_id() -> str:
    return f"test-{uuid4().hex[:12]}"


@pytest.fixture
def empty_project(emulator: str, project_id: str) -> Iterator[Platform]:
    """A project without any table. Its jobs outlive a test, so a test tells its own by a run id of its own."""
    project = Platform({"GCP_PROJECT_ID": project_id, "BIGQUERY_EMULATOR_HOST": emulator})
    yield project
    delete_datasets(project)


@pytest.fixture
def run_id() -> str:
    return uuid4().hex


def delete_datasets(project: Platform) -> None:
    for dataset in project.client.list_datasets():
        project.client.delete_dataset(dataset.dataset_id, delete_contents=True)
