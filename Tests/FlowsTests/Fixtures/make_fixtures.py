#!/usr/bin/env python3
"""Makes the small NICE checkpoints of FlowsTests and PyTorch's values for them.

    pip install torch safetensors && python3 Tests/FlowsTests/Fixtures/make_fixtures.py

For each model NAME below, random float32 weights (so that every format holds the same numbers), saved as

    NAME.pt                 torch.save(state_dict), zip and pickle
    NAME.safetensors        the same parameters
    NAME.reference.safetensors   float64 values, by PyTorch in float64 from the weights above:
        x          (5, D)   data: a batch in [-1.5, 1.5]
        z          (5, D)   to_latent(x)
        log_det    (5)      log|det dz/dx|
        log_prob   (5)      in nats
        gradient   (5, D)   of sum(log_prob) with respect to x
        sample_z   (3, D)   noise from the standard logistic distribution
        sample_x   (3, D)   to_data(sample_z)
        sample_log_det (3)  log|det dx/dz|

and more forms that people's checkpoints have, of the model `small`:

    small-nested.pt     {"epoch": 3, "loss": 0.25, "model_state_dict": {...}, "optimizer_state_dict": Adam's}
    small-float16.pt    float16 parameters
    small-legacy.pt     torch.save(..., _use_new_zipfile_serialization=False): no zip; to be refused by name
                        (it names its storages by their addresses, so its bytes differ from run to run)
    small-wrapped.pt    {"step": tensor, "config": {"rate": tensor}, "net": {"_orig_mod.KEY": ...}}, as torch.compile names them
    small-twice.pt      {"net": {...}, "ema": {...}}: two models; to be refused
    small-module.pt     torch.save(model), the module itself; to be refused with what to save instead
"""

import collections
import pathlib
import sys

import torch
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "scripts" / "bench" / "peers"))

import nice  # noqa: E402

MODELS = {
    #              dim, hidden, layers, couplings
    "small":      (6, 5, 1, 2),      # one hidden layer: no mid_block at all
    "square":     (16, 8, 3, 5),     # an image of 4 x 4; an odd number of couplings
    "narrow":     (4, 7, 2, 3),      # hidden wider than the data
    "single":     (2, 3, 4, 1),      # one coupling: half of the dimensions never move
    "wide":       (10, 17, 6, 6),
}


def make(sizes, seed):
    torch.manual_seed(seed)
    model = nice.NICE(*sizes)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            # Larger than PyTorch's own start, so that a wrong order of couplings or layers cannot hide, and yet small
            # enough for a well-conditioned Jacobian.
            spread = 1.5 / parameter.shape[1] ** 0.5 if name.endswith("weight") else 0.3
            parameter.copy_(torch.randn_like(parameter) * spread)
    return model


def reference(model, seed):
    generator = torch.Generator().manual_seed(seed)
    model = nice.from_state(model.state_dict(), torch.float64)
    dim = model.scaling.scale.shape[1]
    x = (torch.rand(5, dim, generator=generator, dtype=torch.float64) * 3 - 1.5).requires_grad_(True)
    z, log_det = model.to_latent(x)
    log_prob = model.log_prob(x)
    gradient, = torch.autograd.grad(log_prob.sum(), x)

    # The log-determinant and the inverse have an obvious reference; the formulas above are held against it here.
    for row in range(x.shape[0]):
        jacobian = torch.autograd.functional.jacobian(lambda v: model.to_latent(v[None])[0][0], x[row].detach())
        assert torch.allclose(torch.linalg.slogdet(jacobian).logabsdet, log_det[row], atol=1e-12)
    assert torch.allclose(model.to_data(z), x, atol=1e-10)

    sample_z = torch.logit(torch.rand(3, dim, generator=generator, dtype=torch.float64))
    values = {"x": x, "z": z, "log_det": log_det, "log_prob": log_prob, "gradient": gradient,
              "sample_z": sample_z, "sample_x": model.to_data(sample_z),
              "sample_log_det": -model.scaling.scale.sum().expand(3)}
    return {name: value.detach().clone().contiguous() for name, value in values.items()}


def main():
    for seed, (name, sizes) in enumerate(MODELS.items(), start=1):
        model = make(sizes, seed)
        state = collections.OrderedDict((key, value.clone()) for key, value in model.state_dict().items())
        torch.save(state, HERE / f"{name}.pt")
        save_file(dict(state), HERE / f"{name}.safetensors")
        save_file(reference(model, 100 + seed), HERE / f"{name}.reference.safetensors")

        if name == "small":
            optimizer = torch.optim.Adam(model.parameters())
            (-model.log_prob(torch.zeros(1, sizes[0])).sum()).backward()
            optimizer.step()
            torch.save({"epoch": 3, "loss": 0.25, "model_state_dict": state,
                        "optimizer_state_dict": optimizer.state_dict()}, HERE / "small-nested.pt")
            halves = collections.OrderedDict((key, value.half()) for key, value in state.items())
            torch.save(halves, HERE / "small-float16.pt")
            torch.save(state, HERE / "small-legacy.pt", _use_new_zipfile_serialization=False)
            compiled = {f"_orig_mod.{key}": value for key, value in state.items()}
            torch.save({"step": torch.tensor(12), "config": {"rate": torch.tensor(0.5)}, "net": compiled}, HERE / "small-wrapped.pt")
            torch.save({"net": state, "ema": state}, HERE / "small-twice.pt")
            torch.save(model, HERE / "small-module.pt")

    for path in HERE.glob("*.safetensors"):
        path.chmod(0o644)  # save_file makes them the owner's alone


if __name__ == "__main__":
    main()
