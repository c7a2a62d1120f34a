#!/usr/bin/env bash
# Tests on this machine what a deploy would upload: preflight.sh FOLDER VERSION
# Leaves the upload in FOLDER/source and a clean environment for it in .venv-shipped, or names what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=ops/settings.sh
. ops/settings.sh

folder=$1
version=$2
source=$folder/source
shipped=$PWD/.venv-shipped
python=$shipped/bin/python

fail() {
  echo "preflight: $*" >&2
  exit 1
}

# The upload must match git, which is what was reviewed and tested: no file missing, no file extra.
mkdir -p "$folder"
gcloud meta list-files-for-upload . | sort > "$folder/uploaded"
git ls-files main.py requirements.txt monitor schemas | sort > "$folder/tracked"
left_out=$(comm -13 "$folder/uploaded" "$folder/tracked")
[ -z "$left_out" ] || fail "in git but not uploaded; see .gcloudignore: ${left_out//$'\n'/, }"
unknown=$(comm -23 "$folder/uploaded" "$folder/tracked")
[ -z "$unknown" ] || fail "uploaded but not in git; commit or remove: ${unknown//$'\n'/, }"

mkdir -p "$source"
while IFS= read -r file; do
  mkdir -p "$source/$(dirname "$file")"
  cp "$file" "$source/$file"
done < "$folder/uploaded"
# Installing takes longer than the rest of the preflight, so the environment is kept. It is rebuilt when requirements.txt
# or Python has changed, or when a package has been added to it or removed from it.
contents() {
  "$python" --version
  cat local/environment.sh "$source/requirements.txt"
  ls "$shipped"/lib/*/site-packages
}
if ! contents 2> /dev/null | cmp -s - "$shipped/.contents"; then
  local/environment.sh "$shipped" "$source/requirements.txt" ||
    fail "the packages in requirements.txt cannot be installed; see above"
  contents > "$shipped/.contents"
fi

"$python" -m ops.shipped_imports --uploaded "$folder/uploaded" main.py || fail "the function would not boot; see above"

# Boots the function as on Cloud Run, with the settings of ENVIRONMENT, and calls /health, then what needs every module:
# boot ENVIRONMENT PORT
boot() {
  local port=$2 log=$folder/$1.log variables=() answer=""
  settings_to_try "$1"
  (
    cd "$source"
    exec env -i PATH="$PATH" PYTHONDONTWRITEBYTECODE=1 GCP_PROJECT_ID=preflight MONITOR_VERSION="$version" \
      "${variables[@]}" "$python" -m functions_framework --target check_data_availability \
      --host 127.0.0.1 --port "$port"
  ) > "$log" 2>&1 &
  local server=$!
  for _ in $(seq 300); do
    kill -0 "$server" 2> /dev/null || break
    if { : <> "/dev/tcp/127.0.0.1/$port"; } 2> /dev/null; then
      answer=$(curl -s "http://127.0.0.1:$port/health" && curl -sf -o /dev/null "http://127.0.0.1:$port/openapi.json") || answer=""
      break
    fi
    sleep 0.1
  done
  kill "$server" 2> /dev/null || true
  wait "$server" 2> /dev/null || true
  case $answer in
    *"\"version\": \"$version\""*) ;;
    *) fail "the function did not boot with ops/$1.env: $(tail -n 3 "$log")" ;;
  esac
}
read -r -a ports < <("$python" -c 'import socket
print(*[free.getsockname()[1] for free in [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]])')
# Side by side, which halves the wait.
boot staging "${ports[0]}" &
staging=$!
boot production "${ports[1]}" &
production=$!
wait "$staging" || { wait "$production" || true; exit 1; }
wait "$production"
echo "preflight: $(wc -l < "$folder/uploaded" | tr -d ' ') files; all imports ship; boots with the settings of staging and production"
