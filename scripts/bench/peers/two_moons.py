"""Two moons by zuko's RealNVP, MAF and NSF: the peer of scripts/bench/two_moons.lua.

Makes the data (train and held-out points, an .npz that the Lua script reads, too), trains each flow by Adam and prints
seconds and the held-out loss in nats:

    python3 scripts/bench/peers/two_moons.py two_moons.npz --steps 1200
    luaflow run scripts/bench/two_moons.lua --data two_moons.npz --steps 1200
"""

import argparse
import os
import time

import numpy
import torch
import zuko


def moons(count, generator):
    """Two half circles with normal noise of 0.1."""
    angle = numpy.pi * generator.random(count)
    upper = generator.random(count) < 0.5
    x = numpy.where(upper, numpy.cos(angle), 1 - numpy.cos(angle))
    y = numpy.where(upper, numpy.sin(angle), 0.5 - numpy.sin(angle))
    return (numpy.stack([x, y], 1) + 0.1 * generator.standard_normal((count, 2))).astype(numpy.float32)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", default="RealNVP,MAF,NSF", help="which flows")
    parser.add_argument("--starts", help="a folder where the initial weights go, as NAME-SEED.pt")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if not os.path.exists(options.data):
        generator = numpy.random.default_rng(0)
        numpy.savez(options.data, train=moons(16384, generator), test=moons(10000, generator))
    data = numpy.load(options.data)
    train, test = torch.from_numpy(data["train"]), torch.from_numpy(data["test"])
    for name in options.only.split(","):
        make = getattr(zuko.flows, name)
        for seed in range(options.seeds):
            torch.manual_seed(seed)
            flow = make(features=2, transforms=3, hidden_features=(64, 64))
            if options.starts:
                torch.save(flow.state_dict(), os.path.join(options.starts, f"{name}-{seed}.pt"))
            optimizer = torch.optim.Adam(flow.parameters(), lr=options.lr)
            start, step = time.perf_counter(), 0
            while step < options.steps:
                order = torch.randperm(len(train))
                for rows in order.split(options.batch):
                    if step == options.steps:
                        break
                    optimizer.zero_grad()
                    loss = -flow().log_prob(train[rows]).mean()
                    loss.backward()
                    optimizer.step()
                    step += 1
            seconds = time.perf_counter() - start
            with torch.no_grad():
                held_out = -flow().log_prob(test).mean().item()
            print(f"zuko     {name:8} seed {seed}  {seconds:6.2f} s  held out {held_out:.4f} nats", flush=True)


if __name__ == "__main__":
    main()
