#!/bin/sh
# Runs the official Lua tests inside the host: scripts/lua_tests.sh FOLDER
#
# FOLDER is the tests' own folder, unpacked: https://www.lua.org/tests/ has one archive per version; take the version that
# luaflow is linked with (luaflow -e 'print(_VERSION)', or pkg-config --modversion lua5.4). Each file runs in a fresh
# host with what the suite sets for users' machines: no tests of C internals, nothing that takes very long. A file that
# has not ended after a minute (LIMIT=seconds) is interrupted, and has failed.
set -u
folder=${1:?usage: scripts/lua_tests.sh FOLDER (the unpacked tests, from https://www.lua.org/tests/)}
here=$(cd "$(dirname "$0")/.." && pwd)
luaflow=${LUAFLOW:-$here/.build/release/luaflow}
[ -x "$luaflow" ] || { echo "lua_tests: no program at $luaflow; make build" >&2; exit 2; }
[ -f "$folder/all.lua" ] || { echo "lua_tests: $folder is not the tests' folder: it has no all.lua" >&2; exit 2; }
cd "$folder" || exit 2

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# Nobody's plugins.
export XDG_CONFIG_HOME="$scratch"
cat > "$scratch/one.lua" <<'LUA'
_soft, _port, _nomsg = true, true, true
local file = arg[1]
arg = nil
assert(loadfile(file))()
LUA

# Runs one file, and ends it at the limit as Ctrl-C would.
run() {
    "$luaflow" run "$scratch/one.lua" "$1" > "$scratch/out" 2> "$scratch/err" < /dev/null &
    program=$!
    waited=0
    while kill -0 "$program" 2> /dev/null && [ "$waited" -lt "${LIMIT:-60}" ]; do
        sleep 1
        waited=$((waited + 1))
    done
    # A shell starts what runs in the background with the signal ignored, until the program takes it up.
    while kill -INT "$program" 2> /dev/null && kill -0 "$program" 2> /dev/null; do sleep 1; done
    wait "$program"
}

passed=0 known=0 failed=0 skipped=0
for path in *.lua; do
    case $path in
    all.lua) reason="it runs the others" ;;
    main.lua) reason="it tests the program lua, its options and its prompt" ;;
    heavy.lua) reason="it fills the memory, and takes hours" ;;
    tracegc.lua) reason="a library of other files" ;;
    *) reason= ;;
    esac
    if [ -n "$reason" ]; then
        printf '%-16s skipped: %s\n' "$path" "$reason"
        skipped=$((skipped + 1))
    elif run "$path"; then
        printf '%-16s pass\n' "$path"
        passed=$((passed + 1))
    else
        status=$?
        # The message is what precedes the traceback; the suite writes to standard error as well.
        message=$(grep '^luaflow: ' "$scratch/err" | tail -n 1)
        printf '%-16s FAIL (exit status %s) %s\n' "$path" "$status" "${message#luaflow: }"
        case $path in
        db.lua)
            # It waits until a finaliser has asked for its own name.
            printf '%-16s known: finalisers run in a coroutine here, where debug.getinfo has no name for them\n' ""
            known=$((known + 1))
            ;;
        *) failed=$((failed + 1)) ;;
        esac
    fi
done
echo "$passed passed, $failed failed, $known failed for a known reason, $skipped skipped"
[ "$failed" -eq 0 ]
