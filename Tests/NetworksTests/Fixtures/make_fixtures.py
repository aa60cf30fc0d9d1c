#!/usr/bin/env python3
"""Makes PyTorch's values of every layer: Tests/NetworksTests/Fixtures/layers.json.

    pip install torch zuko && python3 Tests/NetworksTests/Fixtures/make_fixtures.py

In float64. Each case has the label of a LayerCase in Sources/Networks: its state dict in the module's order, an input x,
y = module(x) in evaluation, and the gradient by x and by each parameter of sum(y * c) with c = 1, 2, 3, ... / 10.
"""
import json, pathlib
import torch
from torch import nn
import zuko

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)

mask = torch.tensor([[1, 0, 1], [0, 1, 1]], dtype=torch.bool)
modules = {
    "Linear(3, 2)": (nn.Linear(3, 2), [4, 3]),
    "Linear(3, 2, bias = false)": (nn.Linear(3, 2, bias=False), [2, 4, 3]),
    "MaskedLinear": (zuko.nn.MaskedLinear(mask), [4, 3]),
    "Conv2d(2, 4, 3, padding = 1)": (nn.Conv2d(2, 4, 3, padding=1), [2, 2, 5, 4]),
    "Conv2d(2, 4, {1, 2}, stride = 2, groups = 2, bias = false)":
        (nn.Conv2d(2, 4, (1, 2), stride=2, groups=2, bias=False), [2, 5, 4]),
    "LayerNorm(3)": (nn.LayerNorm(3), [4, 3]),
    "LayerNorm({2, 3}, elementwise_affine = false)": (nn.LayerNorm([2, 3], elementwise_affine=False), [2, 2, 3]),
    "Dropout(0.25) in evaluation": (nn.Dropout(0.25), [2, 3]),
    "Flatten": (nn.Flatten(), [2, 3, 2]),
    "Residual(Linear(3, 3))": (zuko.nn.Residual(nn.Linear(3, 3)), [4, 3]),
    "Residual of several": (zuko.nn.Residual(nn.Linear(3, 5), nn.ELU(), nn.Linear(5, 3)), [4, 3]),
    "Sequential{Linear, ReLU, Linear, Tanh}":
        (nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 2), nn.Tanh()), [4, 3]),
    "MLP(3, 2)": (zuko.nn.MLP(3, 2, hidden_features=[64, 64]), [4, 3]),
    "MLP(3, 2, {}, elu)": (zuko.nn.MLP(3, 2, hidden_features=[5], activation=nn.ELU), [4, 3]),
    "ReLU": (nn.ReLU(), [2, 3]),
    "LeakyReLU(0.01)": (nn.LeakyReLU(), [2, 3]),
    "LeakyReLU(0.5)": (nn.LeakyReLU(0.5), [2, 3]),
    "ELU(1.0)": (nn.ELU(), [2, 3]),
    "ELU(0.5)": (nn.ELU(0.5), [2, 3]),
    "SiLU": (nn.SiLU(), [2, 3]),
    "GELU(none)": (nn.GELU(), [2, 3]),
    "GELU(tanh)": (nn.GELU(approximate="tanh"), [2, 3]),
    "Tanh": (nn.Tanh(), [2, 3]),
    "Sigmoid": (nn.Sigmoid(), [2, 3]),
    "Softplus(1.0)": (nn.Softplus(), [2, 3]),
    "Softplus(2.0)": (nn.Softplus(beta=2), [2, 3]),
}

def flat(t):
    return [float(v) for v in t.detach().double().reshape(-1)]

def tensor(t):
    return {"shape": list(t.shape), "values": flat(t)}

cases = []
for label, (module, shape) in modules.items():
    module.eval()
    with torch.no_grad():
        for p in module.parameters():
            p.add_(0.1 * torch.randn_like(p))
    x = torch.randn(shape)
    # Zero is where the pieces of an activation meet.
    if len(shape) == 2 and not list(module.parameters()):
        x[0, 0] = 0
    x.requires_grad_(True)
    y = module(x)
    c = (torch.arange(y.numel()) + 1).reshape(y.shape) / 10
    (y * c).sum().backward()
    cases.append({
        "label": label,
        "state": [{"name": n, **tensor(t)} for n, t in module.state_dict().items()],
        "x": tensor(x), "y": tensor(y), "x_grad": tensor(x.grad),
        "gradients": [{"name": n, **tensor(p.grad)} for n, p in module.named_parameters()],
    })

logits = torch.randn(4, 3, requires_grad=True)
target = torch.tensor([0, 2, 1, 2])
loss = nn.functional.cross_entropy(logits, target)
loss.backward()
losses = {"logits": tensor(logits), "target": [int(t) + 1 for t in target], "cross_entropy": float(loss),
          "gradient": tensor(logits.grad)}
path = pathlib.Path(__file__).with_name("layers.json")
path.write_text(json.dumps({"layers": cases, "cross_entropy": losses}))
