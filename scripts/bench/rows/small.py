"""Many operations on little: what a call costs."""

import numpy
import torch

from row import Row


def inputs():
    return {"a": numpy.array([1, 2, 3], numpy.float32), "b": numpy.array([0.5, 0.25, 0.125], numpy.float32),
            "x": numpy.array(1.5, numpy.float32)}


def rows(t):
    a, b, x = t["a"], t["b"], t["x"]

    def additions():
        for _ in range(100_000):
            c = a + b
        return c

    def gradients():
        for _ in range(10_000):
            leaf = x.detach().requires_grad_()
            gradient, = torch.autograd.grad(leaf * leaf.sin(), leaf)
        return gradient

    return [
        Row("100 000 additions of 3 numbers", additions),
        Row("10 000 gradients of x sin x", gradients),
    ]
