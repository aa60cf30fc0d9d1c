"""The shipped flow: density and gradient of batches, samples, and problem 3's loop."""

import pathlib

import numpy
import torch

import nice
from inpainting import homework_mask, inpaint, read_digit
from row import Row

MODELS = pathlib.Path(__file__).resolve().parents[3] / "models"
BATCHES = [1, 4, 8, 16, 64, 256, 1024, 4096]
STEPS = 300


def inputs():
    draws = numpy.random.default_rng(6)
    digits = torch.cat([read_digit(MODELS / "digits.idx.gz", k) for k in range(1, 2001)]).numpy()
    digits = numpy.tile(digits, (3, 1))[:BATCHES[-1]]
    # As the flow was trained: each grey value k of 255 somewhere in its step of 1/256.
    pictures = (255 * digits + draws.random(digits.shape, numpy.float32)) / 256
    return {"pictures": pictures.astype(numpy.float32), "z": draws.logistic(size=(1000, 784)).astype(numpy.float32)}


@torch.no_grad()
def at_kinks(model, pictures):
    """Which pictures lie where the gradient jumps, as far as float32 can tell: some unit of a ReLU is nearer to 0 in float64
    than twice the largest rounding error, which is measured, of that layer's units for that picture."""
    exact = nice.from_state(model.state_dict(), torch.float64)
    found = torch.zeros(len(pictures), dtype=torch.bool)
    seen = []
    for part in (model, exact):
        for relu in (layer for layer in part.modules() if isinstance(layer, torch.nn.ReLU)):
            relu.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].clone()))
    for first in range(0, len(pictures), 512):
        some = pictures[first:first + 512]
        seen.clear()
        model.to_latent(some)
        exact.to_latent(some.double())
        half = len(seen) // 2
        for rounded, unit in zip(seen[:half], seen[half:]):
            error = (rounded.double() - unit).abs().amax(dim=1)
            found[first:first + len(some)] |= unit.abs().amin(dim=1) <= 2 * error
    for part in (model, exact):
        for relu in (layer for layer in part.modules() if isinstance(layer, torch.nn.ReLU)):
            relu._forward_pre_hooks.clear()
    return found


def rows(t):
    # Frozen, as in LuaFlow: otherwise backward would work out the gradients of 19 million weights, too.
    model = nice.from_state(nice.read_state(MODELS / "nice-mnist.safetensors")).requires_grad_(False)
    weights = sum(p.numel() for p in model.parameters())
    truth = read_digit(MODELS / "digits.idx.gz", 1)
    mask = homework_mask()
    image = mask * truth + (1 - mask)

    def value_and_gradient(batch):
        leaf = t["pictures"][:batch].clone().requires_grad_()
        value = model.log_prob(leaf).sum()
        return value.detach(), torch.autograd.grad(value, leaf)[0]

    @torch.no_grad()
    def sample():
        u = torch.rand(1000, 784)
        return model.to_data(torch.log(u) - torch.log1p(-u))

    # Weights are read as float16 (2 bytes) in both passes. Units that ReLU set to zero are not counted out.
    each = [Row(f"log_prob and gradient, B = {batch}", lambda batch=batch: value_and_gradient(batch),
                uncertain=lambda batch=batch: at_kinks(model, t["pictures"][:batch]), tolerance=1e-3,
                flops=4 * weights * batch, bytes=4 * weights, items=batch) for batch in BATCHES]
    return each + [
        Row("sample 1000", sample, torch.no_grad()(lambda: model.to_data(t["z"])), tolerance=1e-3,
            flops=2 * weights * 1000, bytes=2 * weights),
        Row("problem 3, 300 steps", lambda: inpaint(model, image, mask, STEPS, 1e-3),
            lambda: inpaint(model, image, mask, 3, 1e-3), tolerance=1e-3),
    ]
