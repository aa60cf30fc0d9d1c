#!/bin/bash
# Trains a NICE on MNIST on two machines of a Slurm cluster, two ranks each:   sbatch slurm.sh
# Sent again after the time limit, it goes on from the checkpoint, under any number of ranks.
#SBATCH --job-name=train-nice
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=2
#SBATCH --cpus-per-task=8
#SBATCH --mem=16G
#SBATCH --time=04:00:00
#SBATCH --output=train-nice-%j.log
# A minute before the end the ranks get SIGTERM, as by Ctrl-C: rank 0 saves, and the job ends.
#SBATCH --signal=TERM@60

# The ranks of a machine divide its processors and memory among them; Slurm has bound each to its own already.
# A folder that all machines see, for the script, the data and the checkpoint.
cd "$SLURM_SUBMIT_DIR" || exit 1
srun --mpi=pmix --kill-on-bad-exit=1 luaflow-mpi run scripts/train_nice.lua \
  --data mnist --hidden 1000 --layers 5 --steps 30000 --batch 800 --lr 1e-3 --schedule cosine \
  --checkpoint nice.ckpt --out nice.safetensors --log 100
