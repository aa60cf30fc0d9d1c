#!/bin/sh
# Makes random calls of everything that scripts can call, under AddressSanitizer: scripts/asan.sh [CALLS] [SEED]
#
# A build of its own, in .build-asan. The calls are written down before they are made, as a Lua script in the folder for
# temporary files: when one ends the process, the file's last line is that call.
set -eu
cd "$(dirname "$0")/.."
LUAFLOW_CALLS=${1:-10000} LUAFLOW_SEED=${2:-1} LUAFLOW_EXHAUSTIVE=1
export LUAFLOW_CALLS LUAFLOW_SEED LUAFLOW_EXHAUSTIVE
# Swift's own backtraces get in the sanitizer's way, and what libraries keep until the end is no leak of ours. A refused
# allocation shall come back as null, as it does outside.
export SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1
if "${SWIFT:-swift}" test -c release --disable-xctest --sanitize=address --scratch-path .build-asan \
    --filter RandomCallTests; then exit 0; fi
for calls in "${TMPDIR:-/tmp}"/luaflow-random-calls-*.lua; do
    [ -f "$calls" ] || continue
    echo "the last calls in $calls:" >&2
    tail -n 3 "$calls" >&2
done
exit 1
