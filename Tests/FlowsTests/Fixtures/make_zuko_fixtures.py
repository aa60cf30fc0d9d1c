#!/usr/bin/env python3
"""Makes small flows of zuko 1.6 and zuko's values for them: Fixtures/zuko-NAME.pt and zuko-NAME.reference.safetensors.

    pip install torch zuko safetensors && python3 Tests/FlowsTests/Fixtures/make_zuko_fixtures.py

The .pt is torch.save(flow.state_dict()) in float32. The reference is float64, by zuko in float64 from the same weights:
    x (6, D) in [-3, 3] and two rows beyond the splines' bound; context (6, C) for conditional flows;
    z, log_det (6), log_prob (6), gradient (6, D) of sum(log_prob) by x; x_back (6, D), log_det_back (6) of z.
"""
import pathlib
from functools import partial
import torch, zuko
from safetensors.torch import save_file

here = pathlib.Path(__file__).parent
F = zuko.flows
models = {
    "maf": (lambda: F.MAF(3, 0, transforms=3, hidden_features=(16, 16)), 3, 0),
    "maf-context": (lambda: F.MAF(4, 2, transforms=2, hidden_features=(8, 12), randperm=True), 4, 2),
    "nsf": (lambda: F.NSF(3, 0, transforms=2, bins=5, hidden_features=(16,)), 3, 0),
    "nsf-coupling": (lambda: F.NSF(5, 1, transforms=2, bins=4, passes=2, hidden_features=(16,)), 5, 1),
    "realnvp": (lambda: F.RealNVP(3, 2, transforms=3, hidden_features=(16, 16)), 3, 2),
    "nice": (lambda: F.NICE(4, 0, transforms=2, hidden_features=(8,), randmask=True), 4, 0),
    # Integrated so well that the tolerances do not show.
    "cnf": (lambda: F.CNF(3, 2, hidden_features=(16,), atol=1e-13, rtol=1e-13), 3, 2),
    # One feature by itself: zuko makes no autoregressive transform of it.
    "maf-alone": (lambda: F.MAF(1, 0, transforms=2), 1, 0),
    "nsf-alone": (lambda: F.NSF(1, 0, transforms=2, bins=5), 1, 0),
    "nsf-alone-context": (lambda: F.NSF(1, 2, transforms=2, bins=4, hidden_features=(16,)), 1, 2),
    # Two blocks in a row, and one behind a layer of another width.
    "maf-residual": (lambda: F.MAF(3, 2, transforms=2, hidden_features=(8, 8, 12), residual=True), 3, 2),
    "nsf-residual": (lambda: F.NSF(3, 0, transforms=1, bins=4, hidden_features=(9,), residual=True), 3, 0),
}
for seed, (name, (make, features, context)) in enumerate(models.items()):
    torch.manual_seed(seed)
    flow = make()
    with torch.no_grad():
        for p in flow.parameters():
            p.mul_(1.5)
    if name == "realnvp":
        # A base that is not the standard one.
        flow.base.loc.copy_(torch.tensor([0.5, -1.0, 0.0]))
        flow.base.scale.copy_(torch.tensor([1.0, 2.0, 0.25]))
    torch.save(flow.state_dict(), here / f"zuko-{name}.pt")
    flow = flow.double()
    x = (6 * torch.rand(6, features, dtype=torch.float64) - 3)
    x[4] = 7.5
    x[5, 0] = -20
    x.requires_grad_(True)
    c = torch.randn(6, context, dtype=torch.float64) if context else None
    d = flow(c)
    t = d.transform
    z, log_det = t.call_and_ladj(x)
    log_prob = d.log_prob(x)
    gradient, = torch.autograd.grad(log_prob.sum(), x)
    back = t.inv(z)
    _, log_det_back = t.inv.call_and_ladj(z)
    values = {"x": x, "z": z, "log_det": log_det, "log_prob": log_prob, "gradient": gradient, "x_back": back,
              "log_det_back": log_det_back}
    if c is not None:
        values["context"] = c
    save_file({k: v.detach().contiguous() for k, v in values.items()}, here / f"zuko-{name}.reference.safetensors")

# Modules that were saved whole: their classes say what a state dict does not.
torch.manual_seed(20)
flow = F.MAF(3, 0, transforms=1, hidden_features=(8,), activation=torch.nn.Tanh).double()
torch.save(flow, here / "zuko-whole-tanh.pt")
x = 6 * torch.rand(6, 3, dtype=torch.float64) - 3
save_file({"x": x, "log_prob": flow().log_prob(x).detach()}, here / "zuko-whole-tanh.reference.safetensors")
torch.save(F.MAF(3, 0, transforms=1, hidden_features=(8,), activation=torch.nn.GELU), here / "zuko-whole-gelu.pt")
torch.save(F.BPF(3, 0, transforms=1, hidden_features=(8,)), here / "zuko-whole-bpf.pt")
torch.manual_seed(21)
flow = F.CNF(3, 0, hidden_features=(8,), activation=torch.nn.Tanh, atol=1e-13, rtol=1e-13).double()
torch.save(flow, here / "zuko-whole-cnf.pt")
save_file({"x": x, "log_prob": flow().log_prob(x).detach()}, here / "zuko-whole-cnf.reference.safetensors")

# Modules whose classes say that their tensors are not all: a transform without tensors, an inverse, another slope; and a
# spline of one bin, which has as many numbers as an affine map.
torch.manual_seed(22)
small = dict(transforms=1, hidden_features=(8,))
flow = F.MAF(3, 0, **small)
flow.transform.transforms.append(zuko.lazy.UnconditionalTransform(zuko.transforms.SigmoidTransform))
torch.save(flow, here / "zuko-whole-sigmoid.pt")
flow = F.MAF(3, 0, **small)
flow.transform = flow.transform.inv
torch.save(flow, here / "zuko-whole-inverse.pt")
torch.save(flow.state_dict(), here / "zuko-inverse.pt")
slope = partial(zuko.transforms.MonotonicAffineTransform, slope=0.1)
torch.save(F.MAF(3, 0, univariate=slope, **small), here / "zuko-whole-slope.pt")
flow = F.NSF(3, 0, bins=1, **small).double()
torch.save(flow, here / "zuko-whole-onebin.pt")
save_file({"x": x, "log_prob": flow().log_prob(x).detach()}, here / "zuko-whole-onebin.reference.safetensors")
