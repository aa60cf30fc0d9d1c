#!/bin/sh
# Trains a NICE on machines that one reaches by ssh, without a scheduler:   sh hosts.sh
# Each machine has luaflow-mpi and the same MPI under the same path, and sees this folder under the same name.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."

# hostfile.txt: a line for each machine, and how many ranks it takes. One rank a machine, or one a socket, is a good start:
# the ranks of a machine divide its threads.
mpirun --hostfile "$here/hostfile.txt" --map-by node --bind-to none -x LUAFLOW_THREADS \
  luaflow-mpi run scripts/train_nice.lua --checkpoint nice.ckpt --out nice.safetensors --log 100 "$@"
