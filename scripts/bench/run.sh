#!/usr/bin/env bash
# LuaFlow beside PyTorch, in turn: the problem sheet's inpainting and the start-up. README.md tells how to read it.
#   scripts/bench/run.sh [ROUNDS]          (default 5; `make bench` builds luaflow first)
# LUAFLOW, PYTHON, MODEL, PEER_MODEL, STEPS and THREADS in the environment replace the defaults below.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

rounds=${1:-5}
luaflow=${LUAFLOW:-.build/release/luaflow}
python=${PYTHON:-python3}
model=${MODEL:-models/nice-mnist.safetensors}
peer_model=${PEER_MODEL:-$model}
steps=${STEPS:-300}
threads=${THREADS:-2}
export OPENBLAS_NUM_THREADS=$threads

[ -x "$luaflow" ] || { echo "bench: there is no $luaflow: make build" >&2; exit 1; }
peer=yes
"$python" -c 'import torch' 2>/dev/null || { echo "bench: $python has no torch; LuaFlow alone" >&2; peer=no; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# wall NAME COMMAND...: seconds by the wall into NAME.wall; what it printed into NAME.out.
wall() {
  local name=$1 TIMEFORMAT=%R
  shift
  { time "$@" >"$work/$name.out" 2>"$work/$name.err"; } 2>>"$work/$name.wall" ||
    { echo "bench: failed: $*" >&2; cat "$work/$name.err" >&2; exit 1; }
  sed -n 's/.*loop \([0-9.]*\) s.*/\1/p' "$work/$name.out" >>"$work/$name.loop"
}

for ((round = 1; round <= rounds; round++)); do
  wall luaflow "$luaflow" run scripts/bench/inpainting.lua "$model" 1 "$steps"
  wall luaflow-0 "$luaflow" run scripts/bench/inpainting.lua "$model" 1 0
  [ $peer = no ] || wall pytorch "$python" scripts/bench/peers/inpainting.py \
    --model "$peer_model" --steps "$steps" --threads "$threads"
done
for ((round = 1; round <= 4 * rounds; round++)); do
  wall start "$luaflow" -e ''
done

median() { sort -n "$1" | awk '{ v[NR] = $1 } END { printf "%.3f", (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

echo "medians of $rounds, in seconds by the wall; $steps steps, $threads threads"
full=$(median "$work/luaflow.wall")
none=$(median "$work/luaflow-0.wall")
loop=$(awk -v a="$full" -v b="$none" 'BEGIN { printf "%.3f", a - b }')
printf '  %-28s loop %7s   whole program %7s   %s\n' luaflow "$loop" "$full" "$(head -1 "$work/luaflow.out")"
if [ $peer = yes ]; then
  peer_loop=$(median "$work/pytorch.loop")
  peer_full=$(median "$work/pytorch.wall")
  printf '  %-28s loop %7s   whole program %7s   %s\n' pytorch "$peer_loop" "$peer_full" "$(head -1 "$work/pytorch.out")"
  echo "  luaflow / pytorch            loop $(ratio "$loop" "$peer_loop")      whole program $(ratio "$full" "$peer_full")"
fi
echo "start-up: luaflow -e '' takes $(median "$work/start.wall") s (median of $((4 * rounds)))"
