#!/bin/sh
# The notebook's kernel against jupyter_kernel_test and nbclient: sh scripts/notebook_test.sh LUAFLOW [TEST...]; with
# --make in the tests' place it makes the notebooks of scripts/tools/notebooks.py.
# Their packages (Tests/notebook/requirements.txt) go into .build/notebook-test, and the kernel is installed there alone.
set -eu

[ $# -ge 1 ] || { echo "usage: notebook_test.sh LUAFLOW [TEST... | --make [OPTION...]]" >&2; exit 2; }
luaflow=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
shift
here=$(cd "$(dirname "$0")/.." && pwd)
place=$here/.build/notebook-test

if [ ! -e "$place/ready" ]; then
  "${PYTHON:-python3}" -m venv "$place"
  "$place/bin/pip" install -q -r "$here/Tests/notebook/requirements.txt"
  touch "$place/ready"
fi
"$luaflow" kernel install --prefix "$place"
# The user's own plugins are no part of it, nor are kernels from elsewhere.
export XDG_CONFIG_HOME=/nonexistent LUAFLOW_PLUGINS='' JUPYTER_PATH="$place/share/jupyter" PATH="$place/bin:$PATH"
if [ "${1:-}" = --make ]; then
  shift
  exec "$place/bin/python" "$here/scripts/tools/notebooks.py" "$@"
fi
cd "$here/Tests/notebook"
exec "$place/bin/python" -B -m unittest -v "${@:-test_kernel}"
