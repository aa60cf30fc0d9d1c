#!/usr/bin/env python3
"""Problem 3 in PyTorch, as the problem sheet asks for it: the peer of scripts/bench/inpainting.lua.

    pip install torch
    python3 scripts/bench/peers/inpainting.py [--model models/nice-mnist.safetensors] [--digit 1] [--steps 300] ...

Minimise -log p(X) over the hidden pixels with 0 <= X <= 1 by projected gradient. The parameters are frozen, as they
have to be for a fair race: with requires_grad left on, backward would also work out 19 million weights' gradients.
"""

import time

started = time.perf_counter()

import argparse
import gzip
import pathlib
import struct

import torch

imported = time.perf_counter()

import nice

ROOT = pathlib.Path(__file__).resolve().parents[3]


def read_digit(path, number):
    """Digit `number`, counted from 1, of an IDX3 file (gzipped or not), or of an .npy file: (1, 784) in [0, 1]."""
    if path.suffix == ".npy":
        import numpy
        images = torch.from_numpy(numpy.load(path)).float().reshape(-1, 784)
        return (images / 255 if images.max() > 1 else images)[number - 1: number]
    with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
        magic, count, rows, columns = struct.unpack(">4I", file.read(16))
        if magic != 0x803 or rows * columns != 784:
            raise SystemExit(f"{path} does not hold images of 28 x 28 pixels")
        if not 1 <= number <= count:
            raise SystemExit(f"{path} holds the digits 1 ... {count}, not {number}")
        file.seek(16 + 784 * (number - 1))
        return torch.frombuffer(bytearray(file.read(784)), dtype=torch.uint8).float().reshape(1, 784) / 255


def homework_mask():
    """1 = observed; rows 6-12 and columns 6-20, counted from 1 and both ends included, are hidden."""
    mask = torch.ones(28, 28)
    mask[5:12, 5:20] = 0
    return mask.reshape(1, 784)


def inpaint(model, image, mask, steps, lr):
    """`image` holds what was measured and the start for the rest; (B, 784) as the result."""
    X = image.clone().requires_grad_(True)
    for _ in range(steps):
        loss = -model.log_prob(X).sum()
        loss.backward()
        X.data.sub_(X.grad, alpha=lr)
        X.data.copy_(mask * image + (1 - mask) * X.data.clamp_(0, 1))
        X.grad = None
    return X.detach()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=pathlib.Path, default=ROOT / "models" / "nice-mnist.safetensors")
    parser.add_argument("--image", type=pathlib.Path, default=ROOT / "models" / "digits.idx.gz", help="IDX or .npy")
    parser.add_argument("--digit", type=int, default=1, help="which image of the file, counted from 1")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    model = nice.from_state(nice.read_state(options.model)).requires_grad_(False)
    mask = homework_mask()
    truth = read_digit(options.image, options.digit)
    image = mask * truth + (1 - mask)
    loaded = time.perf_counter()

    result = inpaint(model, image, mask, options.steps, options.lr)
    finished = time.perf_counter()

    with torch.no_grad():
        before, after = -model.log_prob(image).item(), -model.log_prob(result).item()
    print(f"-log p {before:.3f} -> {after:.3f}")
    print(f"import {imported - started:.3f} s, load {loaded - imported:.3f} s, loop {finished - loaded:.3f} s, "
          f"total {time.perf_counter() - started:.3f} s")


if __name__ == "__main__":
    main()
