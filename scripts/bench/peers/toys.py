"""zuko's flows on the densities of scripts/toy_densities.lua: the same points, the same steps, the same table.

    mkdir toys
    LUAFLOW_THREADS=1 luaflow run scripts/toy_densities.lua --steps 1200 --save toys
    python3 scripts/bench/peers/toys.py toys --steps 1200

KL(truth, model) in nats is the sum over the same cells; seconds are the processor's in training.
"""

import argparse
import math
import pathlib
import time

import numpy
import torch
import zuko


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--models", default="RealNVP,MAF,NSF")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(f"{'density':10s} {'model':10s} {'KL':>8s} {'loss':>8s} {'seconds':>8s}")
    for path in sorted(options.folder.glob("*.npz")):
        data = numpy.load(path)
        x, cells = torch.from_numpy(data["x"]), torch.from_numpy(data["cells"])
        log_p = torch.from_numpy(data["log_p"])
        cell = (cells[1] - cells[0]).abs().max().double() ** 2
        for name in options.models.split(","):
            torch.manual_seed(options.seed)
            flow = getattr(zuko.flows, name)(features=2, transforms=3, hidden_features=(64, 64))
            optimizer = torch.optim.Adam(flow.parameters(), lr=options.lr)
            start, step = time.process_time(), 0
            while step < options.steps:
                order = torch.randperm(len(x))
                for rows in order[: len(x) // options.batch * options.batch].split(options.batch):
                    if step == options.steps:
                        break
                    for group in optimizer.param_groups:
                        group["lr"] = options.lr * (1 + math.cos(math.pi * step / options.steps)) / 2
                    optimizer.zero_grad()
                    loss = -flow().log_prob(x[rows]).mean()
                    loss.backward()
                    optimizer.step()
                    step += 1
            seconds = time.process_time() - start
            with torch.no_grad():
                log_q = torch.cat([flow().log_prob(part) for part in cells.split(10000)]).double()
            kl = (log_p.exp() * cell * (log_p - log_q)).sum().item()
            print(f"{path.stem:10s} {name:10s} {kl:8.3f} {loss.item():8.3f} {seconds:8.1f}", flush=True)


main()
