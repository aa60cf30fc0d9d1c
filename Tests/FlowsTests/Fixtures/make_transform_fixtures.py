#!/usr/bin/env python3
"""Makes values of single transforms, by zuko 1.6 (and torch.distributions through it) in float64, and of mixtures of
logistic distributions by mpmath with 60 digits: Fixtures/transforms.reference.safetensors.

    pip install torch zuko safetensors mpmath && python3 Tests/FlowsTests/Fixtures/make_transform_fixtures.py

NAME.x (rows, D), NAME.z, NAME.log_det (rows), NAME.x_back (rows, D) and NAME.log_det_back (rows) of the inverse at z, and
what the transform is made of: lu.lu (D, D), permute.order (D, from 0). mixture.numbers (rows, D, 2 + 3 K) holds what a
network gives: shift, log-scale, then K logits, K means, K log-scales, the log-scales before they are clipped.
"""
import math
import pathlib
import torch, zuko
import mpmath as mp
from safetensors.torch import save_file

here = pathlib.Path(__file__).parent
T = zuko.transforms
torch.manual_seed(0)
values = {}


def note(name, transform, x, elementwise=False):
    z, log_det = transform.call_and_ladj(x)
    back, back_log_det = transform.inv.call_and_ladj(z)
    values[f"{name}.x"], values[f"{name}.z"], values[f"{name}.x_back"] = x, z, back
    total = (lambda t: t.sum(-1)) if elementwise else (lambda t: t)
    values[f"{name}.log_det"], values[f"{name}.log_det_back"] = total(log_det), total(back_log_det)


x = 3 * torch.randn(6, 4, dtype=torch.float64)
lu = torch.randn(4, 4, dtype=torch.float64) + 2 * torch.eye(4, dtype=torch.float64)
values["lu.lu"] = lu
note("lu", T.LULinearTransform(lu), x)
order = torch.tensor([2, 0, 3, 1])
values["permute.order"] = order
note("permute", T.PermutationTransform(order), x)
note("sigmoid", T.SigmoidTransform(), x, elementwise=True)
note("tanh", T.TanhTransform(), x.clamp(-3, 3), elementwise=True)
note("softplus", T.SoftplusTransform(), x.abs() + 0.1, elementwise=True)

mp.mp.dps = 60
rows, D, K, limit = 8, 2, 3, -math.log(1e-3)
numbers = torch.randn(rows, D, 2 + 3 * K, dtype=torch.float64)
numbers[..., 2 + 2 * K:] *= 3
mix_x = 4 * torch.randn(rows, D, dtype=torch.float64)
mix_x[0], mix_x[1], mix_x[2] = 1e3, -1e3, 1e-9
mix_z, mix_log = torch.empty_like(mix_x), torch.zeros(rows, dtype=torch.float64)
for i in range(rows):
    for j in range(D):
        n = [mp.mpf(v) for v in numbers[i, j].tolist()]
        clip = lambda v: v / (1 + abs(v / mp.mpf(limit)))
        weights = [mp.exp(v) for v in n[2:2 + K]]
        weights = [w / sum(weights) for w in weights]
        means, scales = n[2 + K:2 + 2 * K], [mp.exp(clip(v)) for v in n[2 + 2 * K:]]
        v = mp.mpf(mix_x[i, j].item())
        below = sum(w / (1 + mp.exp(-(v - m) / s)) for w, m, s in zip(weights, means, scales))
        above = sum(w / (1 + mp.exp((v - m) / s)) for w, m, s in zip(weights, means, scales))
        density = sum(
            w / s / ((1 + mp.exp(-(v - m) / s)) * (1 + mp.exp((v - m) / s))) for w, m, s in zip(weights, means, scales))
        mix_z[i, j] = float(mp.log(below / above) * mp.exp(clip(n[1])) + n[0])
        mix_log[i] += float(mp.log(density / (below * above)) + clip(n[1]))
values |= {"mixture.x": mix_x, "mixture.z": mix_z, "mixture.log_det": mix_log, "mixture.numbers": numbers}

save_file({k: v.detach().clone().contiguous() for k, v in values.items()}, here / "transforms.reference.safetensors")
