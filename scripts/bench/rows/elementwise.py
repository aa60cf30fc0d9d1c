"""Functions of a million numbers, and a million random ones."""

import numpy
import torch

from row import Row

COUNT = 1_000_000


def inputs():
    draws = numpy.random.default_rng(3)
    return {
        "x": draws.standard_normal((1000, 1000), numpy.float32),
        "y": draws.standard_normal((1000, 1000), numpy.float32),
        "positive": draws.uniform(0.1, 3, (1000, 1000)).astype(numpy.float32),
    }


def rows(t):
    x, y, positive = t["x"], t["y"], t["positive"]
    once, twice = 2 * 4 * COUNT, 3 * 4 * COUNT
    return [
        Row("softmax 1e6", lambda: x.softmax(1), bytes=once),
        Row("exp-sin-tanh-sum 1e6", lambda: x.exp().sin().tanh().sum(), bytes=4 * COUNT, tolerance=1e-4),
        Row("erf 1e6", lambda: x.erf(), bytes=once),
        Row("pow 1e6", lambda: positive ** 1.7, bytes=once),
        Row("pow 1e6, of tensors", lambda: positive ** y, bytes=twice),
        Row("randn 1e6", lambda: torch.randn(1000, 1000), moments, bytes=4 * COUNT, tolerance=2e-2),
        Row("add 1e6", lambda: x + y, bytes=twice),
    ]


def moments():
    """Mean, variance and fourth moment of the draws: 0, 1 and 3, up to the error of a million draws."""
    draws = torch.randn(1000, 1000)
    return torch.stack([draws.mean(), (draws ** 2).mean(), (draws ** 4).mean()])
