"""Writes trajectories.json: what torch.optim does with a small non-quadratic problem in float64, and searches.json:
where its line search ends on functions of one number.

    python make_fixtures.py        # needs PyTorch; writes beside itself

For every case: 20 steps (6 for LBFGS, each of several iterations) from the same start, and the loss and the parameters
a (2, 3) and b (3), flattened one after the other, after some of them. OptimizersTests/Helpers.swift has the same problem in Lua,
LineSearchTests.swift the same functions in Swift.
"""
import json
import pathlib

import torch
from torch.optim.lbfgs import _strong_wolfe

torch.set_default_dtype(torch.float64)


def start():
    a = torch.tensor([[0.3, -0.7, 1.1], [-0.4, 0.9, 0.2]], requires_grad=True)
    b = torch.tensor([-1.2, 0.8, 0.5], requires_grad=True)
    return a, b


def loss(a, b):
    weights = torch.tensor([[1.0, 2.0, 0.5], [1.5, 0.7, 3.0]])
    return (weights * (b**2 - a) ** 2).sum() + ((1 - b) ** 2).sum() + a.sin().sum() + 0.1 * (a * b).exp().sum()


CASES = [
    ("SGD", {"lr": 0.02}),
    ("SGD", {}),
    ("SGD", {"lr": 0.02, "momentum": 0.9}),
    ("SGD", {"lr": 0.02, "momentum": 0.9, "dampening": 0.5}),
    ("SGD", {"lr": 0.02, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 0.02, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.02, "momentum": 0.8, "dampening": 0.1, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.02, "momentum": 0.8, "weight_decay": 0.1, "nesterov": True}),
    ("SGD", {"lr": 0.0005, "momentum": 0.5, "weight_decay": 0.1, "maximize": True}),
    ("Adam", {}),
    ("Adam", {"lr": 0.05}),
    ("Adam", {"lr": 0.05, "betas": [0.7, 0.9]}),
    ("Adam", {"lr": 0.05, "betas": [0.0, 0.0]}),
    ("Adam", {"lr": 0.05, "eps": 0.1}),
    ("Adam", {"lr": 0.05, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.2, "betas": [0.9, 0.5], "amsgrad": True}),
    ("Adam", {"lr": 0.2, "betas": [0.9, 0.5], "amsgrad": True, "weight_decay": 0.2}),
    ("Adam", {"lr": 0.01, "maximize": True}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.05, "weight_decay": 0.5}),
    ("AdamW", {"lr": 0.05, "weight_decay": 0}),
    ("AdamW", {"lr": 0.2, "betas": [0.9, 0.5], "eps": 1e-3, "amsgrad": True}),
    ("AdamW", {"lr": 0.01, "weight_decay": 0.5, "maximize": True}),
    ("RMSprop", {}),
    ("RMSprop", {"lr": 0.02, "alpha": 0.5}),
    ("RMSprop", {"lr": 0.02, "eps": 0.1}),
    ("RMSprop", {"lr": 0.02, "weight_decay": 0.1}),
    ("RMSprop", {"lr": 0.01, "momentum": 0.7}),
    ("RMSprop", {"lr": 0.01, "centered": True}),
    ("RMSprop", {"lr": 0.01, "centered": True, "momentum": 0.7, "weight_decay": 0.1}),
    ("RMSprop", {"lr": 0.001, "maximize": True}),
    ("LBFGS", {"lr": 0.1}),
    ("LBFGS", {"lr": 0.1, "max_iter": 3}),
    ("LBFGS", {"lr": 0.2, "max_iter": 4, "history_size": 2}),
    ("LBFGS", {"max_iter": 1, "lr": 0.3}),
    ("LBFGS", {"max_iter": 1, "max_eval": 6, "line_search_fn": "strong_wolfe"}),
    ("LBFGS", {"max_iter": 1, "line_search_fn": "strong_wolfe"}),
    ("LBFGS", {"max_iter": 3, "line_search_fn": "strong_wolfe"}),
    ("LBFGS", {"max_iter": 3, "line_search_fn": "strong_wolfe", "lr": 40}),
    ("LBFGS", {"max_iter": 3, "max_eval": 60, "line_search_fn": "strong_wolfe", "lr": 40}),
    ("LBFGS", {"max_iter": 3, "max_eval": 60, "line_search_fn": "strong_wolfe", "lr": 0.001}),
    ("LBFGS", {"max_iter": 3, "line_search_fn": "strong_wolfe", "lr": 0.001}),
    ("LBFGS", {"max_iter": 3, "max_eval": 3, "line_search_fn": "strong_wolfe", "lr": 5}),
    ("LBFGS", {"max_iter": 4, "line_search_fn": "strong_wolfe", "history_size": 1}),
    ("LBFGS", {"line_search_fn": "strong_wolfe"}),
    ("LBFGS", {"line_search_fn": "strong_wolfe", "tolerance_grad": 0.01}),
    ("LBFGS", {"line_search_fn": "strong_wolfe", "tolerance_change": 0.01}),
    # The line search keeps a tolerance of its own, 1e-9: with this one it would end elsewhere.
    ("LBFGS", {"line_search_fn": "strong_wolfe", "tolerance_change": 3.0, "lr": 5, "max_iter": 3, "max_eval": 60}),
    ("LBFGS", {"line_search_fn": "strong_wolfe", "tolerance_change": 5.0, "lr": 40, "max_iter": 1, "max_eval": 60}),
    ("LBFGS", {"lr": 0.01, "max_iter": 2, "maximize": True}),
]


def trajectory(name, options):
    a, b = start()
    options = {k: tuple(v) if isinstance(v, list) else v for k, v in options.items()}
    optimizer = getattr(torch.optim, name)([a, b], **options)

    def closure():
        optimizer.zero_grad()
        value = loss(a, b)
        value.backward()
        return value

    points = []
    for step in range(1, 7 if name == "LBFGS" else 21):
        value = optimizer.step(closure).item()
        if name == "LBFGS" or step in (1, 2, 3, 5, 10, 20):
            points.append({"step": step, "loss": value, "x": torch.cat([a.detach().flatten(), b.detach()]).tolist()})
    return {"optimizer": name, "options": options, "points": points}


# More and Thuente's second function, two with many wiggles or a sharp bend, and two plain ones.
LINES = {
    "rational": lambda t: -t / (t * t + 2),
    "power": lambda t: (t + 0.004) ** 5 - 2 * (t + 0.004) ** 4,
    "wave": lambda t: -0.3 * t + 0.2 * (5 * t).sin() + 0.05 * t * t,
    "sharp": lambda t: (1 + 400 * (t - 1) ** 2).sqrt() - 0.1 * t,
    "quartic": lambda t: 0.01 * t**4 - t,
}


def search(name, first):
    def evaluate(_, t, d):
        t = torch.tensor([float(t)], requires_grad=True)
        value = LINES[name](t).sum()
        (gradient,) = torch.autograd.grad(value, t)
        return value.item(), gradient

    d = torch.ones(1)
    value, gradient = evaluate(None, 0, d)
    _, _, t, evaluations = _strong_wolfe(evaluate, None, first, d, value, gradient, gradient.dot(d))
    return {"line": name, "first": first, "t": float(t), "evaluations": evaluations}


if __name__ == "__main__":
    searches = [search(name, first) for name in LINES for first in (1e-3, 0.1, 1.0, 10.0, 100.0, 1000.0)]
    pathlib.Path(__file__).with_name("searches.json").write_text(
        "[\n" + ",\n".join(json.dumps(case) for case in searches) + "\n]\n"
    )
    cases = [trajectory(name, options) for name, options in CASES]
    path = pathlib.Path(__file__).with_name("trajectories.json")
    path.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
