"""A convolution of 16 pictures of 8 channels with 16 filters of 3 x 3, and its gradients."""

import numpy
import torch
from torch.nn.functional import conv2d

from row import Row


def inputs():
    draws = numpy.random.default_rng(2)
    return {
        "x": draws.standard_normal((16, 8, 28, 28), numpy.float32),
        "filters": draws.standard_normal((16, 8, 3, 3), numpy.float32),
        "bias": draws.standard_normal(16, numpy.float32),
        "cotangent": draws.standard_normal((16, 16, 28, 28), numpy.float32),
    }


def rows(t):
    x, filters, bias, cotangent = t["x"], t["filters"], t["bias"], t["cotangent"]
    leaves = [v.clone().requires_grad_() for v in (x, filters, bias)]
    flops = 2 * 16 * 16 * 28 * 28 * 8 * 9
    size = 4 * (x.numel() + filters.numel() + cotangent.numel())

    def gradients():
        return torch.autograd.grad((conv2d(*leaves, padding=1) * cotangent).sum(), leaves)

    return [
        Row("conv2d 16 x 8 x 28 x 28, 16 of 3 x 3", lambda: conv2d(x, filters, bias, padding=1), flops=flops, bytes=size),
        Row("conv2d and its gradients", gradients, flops=3 * flops, bytes=3 * size, tolerance=1e-4),
    ]
