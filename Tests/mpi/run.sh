#!/bin/bash
# `make mpi-test`: luaflow-mpi under mpirun with 1, 2 and 4 ranks. Training and chains give the numbers of one rank; a rank that
# fails, is killed, or is asked to stop ends all of them, within seconds, and what was saved goes on.
#   Tests/mpi/run.sh [PROGRAM] [FILTER]        LUAFLOW_HOSTS: more options of mpirun, such as the hosts
set -u
cd "$(dirname "$0")/../.."
program=$(realpath "${1:-.build/release/luaflow-mpi}")
filter=${2:-.}
here=$PWD/Tests/mpi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export LUAFLOW_PLUGINS= XDG_CONFIG_HOME=/nonexistent
# Containers let no process read another one's memory, which Open MPI says at length.
export OMPI_MCA_btl_vader_single_copy_mechanism=none OMPI_MCA_btl_base_warn_component_unused=0
options=()
if mpirun --version 2>/dev/null | grep -q 'Open MPI'; then
  options+=(--oversubscribe -q)
  [ "$(id -u)" -eq 0 ] && options+=(--allow-run-as-root)
fi
read -r -a more <<<"${LUAFLOW_HOSTS:-}"
options+=(${more[@]+"${more[@]}"})

count=0 failed=0
# ranks N WORDS...: runs luaflow-mpi; output and errors in files, the seconds it took in `seconds`, its status in `status`.
ranks() {
  local n=$1 start=$EPOCHREALTIME; shift
  timeout 300 mpirun "${options[@]}" -n "$n" "$program" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null
  status=$?
  seconds=$(awk "BEGIN { print $EPOCHREALTIME - $start }")
}
check() { # check NAME CONDITION...
  local name=$1; shift
  count=$((count + 1))
  if "$@"; then echo "ok   $name"; else
    echo "FAIL $name: status $status, $seconds s"; sed 's/^/     out: /' "$scratch/out"; sed 's/^/     err: /' "$scratch/err" | head -20
    failed=$((failed + 1))
  fi
}
wanted() { [[ $1 =~ $filter ]]; }
says() { grep -qF -- "$1" "$scratch/$2"; }
lines() { [ "$(wc -l <"$scratch/out")" -eq "$1" ]; }
ended_with() { [ "$status" -eq "$1" ]; }
within() { awk "BEGIN { exit !($seconds < $1) }"; }
all() { # all 'A' 'B' ...: every condition, as words
  local condition
  for condition; do eval "$condition" || { echo "     not: $condition"; return 1; }; done
}

if wanted words; then
  ranks 4 -e 'print(mpi.rank, mpi.size)'
  check "rank 0 alone prints" all 'ended_with 0' 'lines 1' 'says "0	4" out'
  ranks 4 --all-ranks -e 'print(mpi.rank, mpi.size)'
  check "--all-ranks: every rank prints" all 'ended_with 0' 'lines 4' 'says "3	4" out'
  ranks 2 -e "checkpoint.save('$scratch/who.safetensors', {rank = tensor{mpi.rank}}) mpi.barrier() print(checkpoint.load('$scratch/who.safetensors').rank:item())"
  check "rank 0 alone saves" all 'ended_with 0' 'says 0.0 out'
  ranks 3 -e 'local x = mpi.allreduce(tensor.ones(100003) * (mpi.rank + 1)) print(x:min():item(), x:max():item())'
  check "a long sum" all 'ended_with 0' 'says "6.0	6.0" out'
  if [ -z "${LUAFLOW_HOSTS:-}" ]; then
    ranks 2 --memory 64M -e 'print(pcall(tensor.zeros, 10 << 20))'
    check "memory is divided" all 'ended_with 0' 'says false out'
  fi
  LUAFLOW_THREADS=4 ranks 4 -e 'print(host.threads())'
  check "threads are divided" all 'ended_with 0' '! says 4 out'
  ranks 2 run --help
  check "help, once" all 'ended_with 0' '[ "$(grep -c USAGE "$scratch/out")" -eq 1 ]'
  ranks 2 repl
  check "no prompt for several" all 'ended_with 2' 'says "one program alone" err'
fi

if wanted training; then
  for n in 1 2 4; do ranks $n run "$here/train.lua" 40 && cp "$scratch/out" "$scratch/train.$n"; check "training, $n ranks" ended_with 0; done
  cmp -s "$scratch/train.1" "$scratch/train.2" && cmp -s "$scratch/train.1" "$scratch/train.4"
  status=$?
  cat "$scratch"/train.? >"$scratch/out"
  check "training has the numbers of one rank" ended_with 0
  ranks 4 run "$here/train.lua" 40 "$scratch/a.ckpt" 0 bits; cp "$scratch/out" "$scratch/bits"
  ranks 4 run "$here/train.lua" 40 "$scratch/b.ckpt" 0 bits
  check "the same bits for the same number of ranks" cmp -s "$scratch/bits" "$scratch/out"
  ranks 4 run "$here/train.lua" 10 "$scratch/c.ckpt"
  ranks 1 run "$here/train.lua" 25 "$scratch/c.ckpt"
  ranks 2 run "$here/train.lua" 40 "$scratch/c.ckpt"
  check "a checkpoint goes on under another number of ranks" cmp -s "$scratch/train.1" "$scratch/out"
  for n in 1 2 4; do
    ranks $n run scripts/train_nice.lua --steps 20 --out "$scratch/nice.safetensors"
    grep -v ' s, ended by' "$scratch/out" | sed 's/nats.*//' >"$scratch/nice.$n"
    check "scripts/train_nice.lua, $n ranks" all 'ended_with 0' 'says validation out' "[ -s $scratch/nice.safetensors ]"
  done
  paste "$scratch"/nice.? >"$scratch/out"
  # To a tenth of a nat: the sums of gradients are rounded otherwise.
  check "scripts/train_nice.lua has the numbers of one rank" all 'cmp -s $scratch/nice.1 $scratch/nice.2' 'cmp -s $scratch/nice.1 $scratch/nice.4'
fi

if wanted chains; then
  for n in 1 2 4; do ranks $n run "$here/chains.lua" && cp "$scratch/out" "$scratch/chains.$n"; check "chains, $n ranks" ended_with 0; done
  check "chains have the bits of one rank" all 'cmp -s $scratch/chains.1 $scratch/chains.2' 'cmp -s $scratch/chains.1 $scratch/chains.4'
fi

if wanted failures; then
  ranks 4 -e 'if mpi.rank == 2 then error("boom on purpose") end mpi.barrier()'
  check "a rank that fails ends all" all 'ended_with 1' 'says "boom on purpose" err' 'says "rank 2" err' 'within 20'
  # Mostly once, by rank 0: how soon mpirun ends the others is its own affair, so that is not counted.
  ranks 4 -e 'error("all of us")'
  check "what fails on all is said" all 'ended_with 1' 'says "luaflow: (command line):1: all of us" err' 'within 20'
  ranks 3 -e 'if mpi.rank == 1 then os.exit(7) end mpi.barrier()'
  check "os.exit(7) of one rank is the status of all" all 'ended_with 7' 'within 20'
  ranks 2 -e 'if mpi.rank == 1 then mpi.barrier() end'
  check "a rank that waits for one that has ended" all 'ended_with 1' 'says "at the end of the script" err' 'within 20'
  ranks 2 -e 'mpi.allreduce(tensor.zeros(2 + mpi.rank))'
  check "other shapes are an error" all 'ended_with 1' 'says "float32 (2) on rank 0, float32 (3) on rank 1" err' 'within 20'
  ranks 2 run /nonexistent.lua
  check "no such script" all 'ended_with 1' 'says nonexistent.lua err' 'within 20'
fi

# stopped NAME SIGNAL WHOM: training that would take a minute, stopped after five steps; then its checkpoint goes on.
stopped() {
  local name=$1 signal=$2 whom=$3 start victim waiting=0
  rm -f "$scratch/stop.ckpt"
  mpirun "${options[@]}" -n 3 "$program" run "$here/train.lua" 600 "$scratch/stop.ckpt" 100 >"$scratch/out" 2>"$scratch/err" </dev/null &
  local job=$!
  until grep -q 'five steps' "$scratch/out" 2>/dev/null || [ $waiting -gt 600 ]; do sleep 0.1; waiting=$((waiting + 1)); done
  # A rank that this script started, by its number; ranks are children of mpirun or of a daemon of its.
  victim=$job
  [ "$whom" = rank ] && victim=$(pgrep -f "luaflow-mpi run $here/train.lua 600 $scratch/stop.ckpt" | grep -vx "$job" | tail -1)
  start=$EPOCHREALTIME
  kill "-$signal" "$victim"
  wait $job 2>/dev/null
  status=$?
  seconds=$(awk "BEGIN { print $EPOCHREALTIME - $start }")
  check "$name ends all, within seconds" all '! ended_with 0' 'within 8'
  sleep 0.5
  status=$(pgrep -fc "luaflow-mpi run $here/train.lua 600 $scratch/stop.ckpt")
  check "$name: nothing is left" ended_with 0
  ranks 2 run "$here/train.lua" 12 "$scratch/stop.ckpt"
  check "$name: the checkpoint is whole and goes on" all 'ended_with 0' 'says "steps, loss" out'
}
if wanted stops; then
  stopped "SIGKILL of a rank" KILL rank
  stopped "Ctrl-C" INT mpirun
  stopped "SIGTERM" TERM mpirun
fi

echo "$count checks, $failed failed"
[ "$failed" -eq 0 ]
