#!/bin/sh
# Creates a Python 3.13 environment and installs requirements into it: environment.sh FOLDER REQUIREMENTS...
# Uses a Python 3.13 from the path or pyenv; if there is none, uv downloads one.
set -eu

folder=$1
shift

find_python() {
  for candidate in python3.13 python3 python "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13*/bin/python; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
}

find_uv() {
  if uv --version >/dev/null 2>&1; then
    command -v uv
    return
  fi
  if [ ! -x .tools/bin/uv ]; then
    { python3 -m venv .tools && .tools/bin/python -m pip install -qq "$(grep '^uv==' requirements-dev.txt)"; } >&2 ||
      { echo "Cannot set up: install uv (https://docs.astral.sh/uv/) or a Python with venv and pip." >&2; exit 1; }
  fi
  echo "$PWD/.tools/bin/uv"
}

uv=$(find_uv)
python=$(find_python)
rm -rf "$folder"
if [ -n "$python" ]; then
  "$uv" venv -q --python "$python" "$folder"
else
  "$uv" venv -q --managed-python --python 3.13 "$folder" ||
    { echo "Python 3.13 was not found and could not be downloaded: install it and run this again." >&2; exit 1; }
fi
for requirements in "$@"; do
  # If packages have hashes, all must have one, so an unpinned package is an error here as it is in the deploy.
  hashes=$(grep -q -e --hash= "$requirements" && echo --require-hashes || true)
  # Some processes may not write beside the modules of what ships, and would compile them on every start. Of the tools'
  # modules few are ever imported, so those are compiled on first use.
  case $requirements in *-dev.txt | *-emulator.txt) compile= ;; *) compile=--compile-bytecode ;; esac
  "$uv" pip install -q $compile --python "$folder/bin/python" ${hashes:+"$hashes"} -r "$requirements"
done
touch "$folder/.ready"
