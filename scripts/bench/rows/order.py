"""Sorting and running sums of a million numbers; decompositions of a matrix of 200 x 200 in float64."""

import numpy
import torch

from row import Row


def inputs():
    draws = numpy.random.default_rng(5)
    A = draws.standard_normal((200, 200))
    return {"x": draws.standard_normal(1_000_000, numpy.float32), "A": A, "symmetric": A + A.T}


def rows(t):
    x, A, symmetric = t["x"], t["A"], t["symmetric"]
    return [
        Row("sort 1e6", lambda: x.sort().values, bytes=16e6),
        Row("cumsum 1e6", lambda: x.cumsum(0), bytes=8e6, tolerance=1e-4),
        Row("inverse 200, float64", lambda: torch.linalg.inv(A), tolerance=1e-9, flops=2 * 200 ** 3, double=True),
        # Vectors are unique up to their sign, so the check is of the values.
        Row("svd 200, float64", lambda: torch.linalg.svd(A, full_matrices=False)[1], tolerance=1e-9),
        Row("eigh 200, float64", lambda: torch.linalg.eigh(symmetric)[0], tolerance=1e-9),
    ]
