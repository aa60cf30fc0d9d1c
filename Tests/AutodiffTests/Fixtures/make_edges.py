#!/usr/bin/env python3
"""Makes edges.json: PyTorch's values and gradients (float64) where formulas break: at 0 and -0, infinities, NaN, the largest
and the smallest numbers, ties, sums of nothing or of one, and along the dimension that a tensor without dimensions is taken to have.

    pip install torch && python3 Tests/AutodiffTests/Fixtures/make_edges.py

The layout is that of operations.json (make_fixtures.py), whose `case` writes it. Every cotangent is 1, so that a gradient that
should be 0 is not hidden by a small one.
"""

import json
import math

import torch
from torch.nn import functional as F

import make_fixtures
from make_fixtures import HERE, case, cases

NAN, INF = math.nan, math.inf
EDGES = [0.0, -0.0, 1.0, -1.0, 5e-324, -5e-324, 1e-310, 1e-200, -1e-200, 1e200, -1e200, 1.7e308, -1.7e308, INF, -INF, NAN, 0.5, -0.5, 20.0,
         -20.0, 750.0, -750.0]
NEAR = [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, 1e-200, 1e200, INF, -INF, NAN]


def vector(*values):
    return torch.tensor(values, dtype=torch.float64)


def elementwise():
    x = vector(*EDGES)
    for op, f in [("neg", torch.neg), ("exp", torch.exp), ("log", torch.log), ("log1p", torch.log1p), ("expm1", torch.expm1),
                  ("sqrt", torch.sqrt), ("abs", torch.abs), ("sin", torch.sin), ("cos", torch.cos), ("tan", torch.tan),
                  ("tanh", torch.tanh), ("sigmoid", torch.sigmoid), ("softplus", F.softplus),
                  ("relu", torch.relu), ("erf", torch.erf), ("floor", torch.floor), ("round", torch.round), ("sign", torch.sign),
                  ("reciprocal", torch.reciprocal), ("square", torch.square)]:
        case(op, f, x)
    for low, high in [(0.0, 1.0), (-1.0, 0.0)]:
        # At a bound PyTorch's convention changed between releases; ours is 1 there.
        inside = vector(*[v for v in EDGES if v not in (low, high)])
        case("clamp", lambda x: x.clamp(low, high), inside, min=low, max=high)
    for exponent in (0, 0.5, 1, 2, 3, -1, -0.5, 1.5):
        # Of a number that is half of a whole one PyTorch takes roots, which are NaN at -inf where C's pow (and its own of a
        # tensor of exponents) is not.
        whole = float(exponent).is_integer()
        case("pow", lambda x: x.pow(exponent), x if whole else vector(*[v for v in EDGES if v != -INF]), exponent=exponent)


def pairs():
    grid = [(a, b) for a in NEAR for b in NEAR]
    a, b = vector(*[p[0] for p in grid]), vector(*[p[1] for p in grid])
    for op, f in [("add", torch.add), ("sub", torch.sub), ("mul", torch.mul), ("div", torch.div), ("maximum", torch.maximum),
                  ("minimum", torch.minimum)]:
        case(op, f, a, b)
    case("pow", torch.pow, a, b)
    m = vector(*[i % 2 for i in range(len(grid))]).bool()
    case("where", lambda x, m, y: torch.where(m, x, y), a, m, b)


def reductions():
    rows = [[1.0, 2.0, 3.0], [0.0, 0.0, 0.0], [-0.0, 0.0, -0.0], [2.0, 2.0, 1.0], [1.0, NAN, 3.0], [INF, 1.0, 2.0], [-INF, 1.0, 2.0],
            [INF, -INF, 0.0], [0.0, 3.0, 4.0], [0.0, 0.0, 4.0], [5e-324, 0.0, 0.0], [1e200, 2e200, 3e200], [1e-200, 2e-200, 3e-200],
            [-1e200, 1e200, 1e200], [1e3, 1e3, -1e3], [-INF, -INF, -INF], [3.0, 3.0, 3.0], [NAN, NAN, 1.0]]
    for row in rows:
        x, note = vector(*row), "of " + " ".join(map(str, row))
        # PyTorch's own squares and powers overflow and vanish there; what is right, the laws of ScalingTests say.
        extreme = any(0 < abs(v) < 1e-100 or 1e100 < abs(v) < INF for v in row)
        for op in ("sum", "mean", "prod", "var", "std", "max", "min"):
            if op != "std" or not extreme:
                case(op, getattr(torch, op), x, note=note)
        case("logsumexp", lambda x: torch.logsumexp(x, 0), x, dim=0, keepdim=False, note=note)
        for op in ("softmax", "cumsum"):
            case(op, lambda x: getattr(torch, op)(x, 0), x, dim=0, note=note)
        case("sort", lambda x: x.sort(dim=0, stable=True), x, dim=0, descending=False, note=note)
        for op in ("max", "min"):
            case(op, lambda x: getattr(torch, op)(x, dim=0), x, dim=0, keepdim=False, note=note)
        for p in (0, 1, INF, -INF) if extreme else (0, 0.5, 1, 1.5, 2, 3, INF, -INF, -1, -2):
            case("norm", lambda x: torch.linalg.vector_norm(x, p), x, p=p if math.isfinite(p) else "inf" if p > 0 else "-inf", note=note)
    for op in ("sum", "mean", "prod", "var", "std", "max", "min"):
        case(op, getattr(torch, op), vector(3.0), note="of one")
        case(op, getattr(torch, op), torch.tensor(3.0), note="of a number")
    case("std", lambda x: torch.std(x, correction=0), vector(3.0), correction=0, note="of one")
    case("var", lambda x: torch.var(x, correction=0), vector(3.0), correction=0, note="of one")
    empty = torch.zeros(2, 0)
    for op in ("sum", "mean", "prod", "var", "std"):
        case(op, getattr(torch, op), empty, note="of nothing")
        case(op, lambda x: getattr(torch, op)(x, dim=1), empty, dim=1, keepdim=False, note="of nothing")
    case("logsumexp", lambda x: torch.logsumexp(x, 1), empty, dim=1, keepdim=False, note="of nothing")
    case("norm", lambda x: torch.linalg.vector_norm(x, 2), empty, p=2, note="of nothing")
    case("cumsum", lambda x: torch.cumsum(x, 1), empty, dim=1, note="of nothing")


def without_dimensions():
    x, note = torch.tensor(2.5), "of a number"
    for dim in (0, -1):
        for keepdim in (False, True):
            for op in ("sum", "mean", "logsumexp", "prod", "max", "min", "median", "argmax", "argmin", "var", "std"):
                case(op, lambda x: getattr(torch, op)(x, dim=dim, keepdim=keepdim), x, dim=dim, keepdim=keepdim, note=note)
            for p in (1, 2, 3):
                case("norm", lambda x: torch.linalg.vector_norm(x, p, dim=dim, keepdim=keepdim), x, p=p, dim=dim, keepdim=keepdim,
                     note=note)
            case("quantile", lambda x: x.quantile(0.3, dim=dim, keepdim=keepdim), x, q=0.3, dim=dim, keepdim=keepdim, note=note)
        q = vector(0.2, 0.5)
        case("quantile", lambda x: x.quantile(q, dim=dim), x, q=q.tolist(), dim=dim, keepdim=False, note=note)
        for op in ("softmax", "log_softmax", "cumsum", "cumprod", "unsqueeze"):
            case(op, lambda x: getattr(torch, op)(x, dim=dim), x, dim=dim, note=note)
        case("squeeze", lambda x: x.squeeze(dim), x, dim=dim, note=note)
        case("sort", lambda x: x.sort(dim=dim), x, dim=dim, descending=False, note=note)
        case("topk", lambda x: x.topk(1, dim=dim), x, k=1, dim=dim, largest=True, note=note)
        case("flip", lambda x: x.flip([dim]), x, dims=[dim], note=note)
        case("transpose", lambda x: x.transpose(dim, dim), x, dim0=dim, dim1=dim, note=note)
        case("flatten", lambda x: x.flatten(dim, dim), x, start_dim=dim, end_dim=dim, note=note)
        for i in (torch.tensor(0), torch.tensor([0]), torch.tensor([0, 0])):
            case("gather", lambda x, i: x.gather(dim, i), x, i, dim=dim, note=note)
            source = torch.full(i.shape, 0.5)
            if i.dim() == 0 or len(i) == 1:
                case("index_select", lambda x, i: x.index_select(dim, i), x, i, dim=dim, note=note)
                case("scatter", lambda x, i, s: x.scatter(dim, i, s), x, i, source, dim=dim, note=note)
            case("scatter_add", lambda x, i, s: x.scatter_add(dim, i, s), x, i, source, dim=dim, note=note)
    case("gather", lambda x, i: x.gather(0, i), vector(1.0, 2.0, 3.0), torch.tensor(1), dim=0, note="at a number")
    case("index_select", lambda x, i: x.index_select(0, i), vector(1.0, 2.0, 3.0), torch.tensor(1), dim=0, note="at a number")


def main():
    make_fixtures.cotangent = torch.ones_like
    elementwise()
    pairs()
    reductions()
    without_dimensions()
    lines = ",\n".join(json.dumps(c, separators=(",", ":"), allow_nan=False) for c in cases)
    path = HERE / "edges.json"
    path.write_text(f'{{"torch": "{torch.__version__.split("+")[0]}", "cases": [\n{lines}\n]}}\n')
    print(f"{len(cases)} cases, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
