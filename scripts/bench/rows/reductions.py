"""Sums and the like along either axis of a matrix, and the sum with its transpose."""

import numpy

from row import Row


def inputs():
    return {"x": numpy.random.default_rng(4).standard_normal((1000, 1000), numpy.float32)}


def rows(t):
    x = t["x"]
    size = 4 * x.numel()
    return [
        Row("sum along dimension 1", lambda: x.sum(0), bytes=size),
        Row("sum along dimension 2", lambda: x.sum(1), bytes=size),
        Row("max along dimension 1", lambda: x.max(0).values, bytes=size),
        Row("max along dimension 2", lambda: x.max(1).values, bytes=size),
        Row("logsumexp along dimension 1", lambda: x.logsumexp(0), bytes=size),
        Row("logsumexp along dimension 2", lambda: x.logsumexp(1), bytes=size),
        Row("x + x:t()", lambda: x + x.t(), bytes=2 * size),
    ]
