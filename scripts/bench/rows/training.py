"""Steps of training with Adam: the shipped flow's 19 million parameters, and a small network."""

import pathlib

import numpy
import torch

import nice
from inpainting import read_digit
from row import Row

MODELS = pathlib.Path(__file__).resolve().parents[3] / "models"
BATCH = 200
SMALL = [(64, 2), (64, 64), (64, 64), (2, 64)]


def inputs():
    draws = numpy.random.default_rng(7)
    pictures = torch.cat([read_digit(MODELS / "digits.idx.gz", k) for k in range(1, BATCH + 1)]).numpy()
    t = {"pictures": pictures, "x": draws.standard_normal((256, 2), numpy.float32),
         "y": draws.standard_normal((256, 2), numpy.float32)}
    for k, (out, wide) in enumerate(SMALL, 1):
        t[f"W{k}"] = (draws.uniform(-1, 1, (out, wide)) / wide ** 0.5).astype(numpy.float32)
        t[f"b{k}"] = (draws.uniform(-1, 1, out) / wide ** 0.5).astype(numpy.float32)
    return t


def flow_step(t):
    """A function that takes one step and returns the loss before it."""
    model = nice.from_state(nice.read_state(MODELS / "nice-mnist.safetensors"))
    adam = torch.optim.Adam(model.parameters(), lr=1e-5)

    def step():
        adam.zero_grad()
        loss = -model.log_prob(t["pictures"]).mean()
        loss.backward()
        adam.step()
        return loss.detach()

    return step


def small_step(t):
    layers = [(t[f"W{k}"].clone().requires_grad_(), t[f"b{k}"].clone().requires_grad_())
              for k in range(1, len(SMALL) + 1)]
    adam = torch.optim.Adam([p for layer in layers for p in layer], lr=1e-3)

    def step():
        adam.zero_grad()
        h = t["x"]
        for k, (W, b) in enumerate(layers, 1):
            h = torch.nn.functional.linear(h, W, b)
            if k < len(layers):
                h = h.relu()
        loss = ((h - t["y"]) ** 2).mean()
        loss.backward()
        adam.step()
        return loss.detach()

    return step


def losses(make, t, count=3):
    """The losses of the first steps from the start."""
    step = make(t)
    return torch.stack([step() for _ in range(count)])


def rows(t):
    large, small = None, small_step(t)

    def large_step():
        # Made when it is first asked for: its parameters, gradients and moments are 300 MB.
        nonlocal large
        large = large or flow_step(t)
        return large()

    weights = 784 // 2 * 1000 * 2 * 4 + 4 * 4 * 1000 * 1000
    return [
        # Three products a weight; Adam reads weight, gradient and two moments and writes three of them.
        Row("training step, 19 M parameters, B = 200, Adam", large_step, lambda: losses(flow_step, t), tolerance=1e-4,
            flops=6 * weights * BATCH, bytes=4 * 7 * weights),
        Row("small network, 3 layers of 64, B = 256, step with Adam", small, lambda: losses(small_step, t),
            tolerance=1e-5, flops=6 * 256 * sum(out * wide for out, wide in SMALL)),
        Row("memory over 10 000 steps of the small network", small, lambda: losses(small_step, t), memory=10_000),
    ]
