"""The problem sheet's NICE trained on MNIST by PyTorch for so many seconds of processor time: the peer of
scripts/bench/nice_twin.lua.

    python3 scripts/bench/peers/nice_twin.py --data mnist --seconds 600
"""

import argparse
import gzip
import pathlib
import time

import numpy
import torch

import nice


def images(path):
    """(N, 784) in [0, 1] from an IDX file."""
    with gzip.open(path) as file:
        pixels = numpy.frombuffer(file.read(), numpy.uint8, offset=16)
    return torch.from_numpy(pixels.reshape(-1, 784).astype(numpy.float32) / 255)


def dequantized(x, generator):
    """256 levels made continuous."""
    return (x * 255 + torch.rand(x.shape, generator=generator)) / 256


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, default="mnist")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--hidden", type=int, default=1000)
    parser.add_argument("--layers", type=int, default=5)
    parser.add_argument("--batch", type=int, default=200)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    generator = torch.Generator().manual_seed(options.seed)
    train, test = (images(options.data / f"{name}-images-idx3-ubyte.gz") for name in ("train", "t10k"))
    model = nice.NICE(784, options.hidden, options.layers)
    optimizer = torch.optim.Adam(model.parameters(), lr=options.lr)

    start, steps = time.process_time(), 0
    while time.process_time() - start < options.seconds:
        for rows in torch.randperm(len(train), generator=generator).split(options.batch):
            optimizer.zero_grad()
            loss = -model.log_prob(dequantized(train[rows], generator)).mean()
            loss.backward()
            optimizer.step()
            steps += 1
            if time.process_time() - start >= options.seconds:
                break
    seconds = time.process_time() - start

    noise = torch.Generator().manual_seed(1)
    with torch.no_grad():
        nats = torch.cat([model.log_prob(dequantized(x, noise)) for x in test.split(500)]).double()
    print(f"PyTorch  {steps} steps in {seconds:.0f} s, {steps * options.batch / seconds:.0f} images a second; "
          f"test {nats.mean():.1f} nats, s.e. {nats.std() / len(nats) ** 0.5:.1f}")


main()
