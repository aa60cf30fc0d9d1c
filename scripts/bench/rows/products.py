"""Matrix products of a layer's size."""

import numpy
import torch

from row import Row


def inputs():
    draws = numpy.random.default_rng(1)
    return {
        "few": draws.standard_normal((64, 1000), numpy.float32),
        "many": draws.standard_normal((200, 1000), numpy.float32),
        "weights": draws.standard_normal((1000, 1000), numpy.float32),
        "bias": draws.standard_normal(1000, numpy.float32),
    }


def product(name, x, y, run, double=False):
    (m, k), n = x.shape, y.shape[1]
    size = x.element_size()
    return Row(name, run, tolerance=1e-5, flops=2 * m * k * n, bytes=size * (m * k + k * n + m * n), double=double)


def rows(t):
    few, many, weights, bias = t["few"], t["many"], t["weights"], t["bias"]
    many64, weights64 = many.double(), weights.double()
    return [
        product("matmul 64 x 1000 x 1000", few, weights, lambda: few @ weights),
        product("matmul 200 x 1000 x 1000", many, weights, lambda: many @ weights),
        product("matmul 200 x 1000 x 1000, float64", many64, weights64, lambda: many64 @ weights64, double=True),
        product("linear and relu, 200 x 1000 x 1000", many, weights,
                lambda: torch.nn.functional.linear(many, weights, bias).relu()),
    ]
