#!/usr/bin/env python3
"""Makes operations.json: PyTorch's values and gradients (float64) for the tensor operations of Lua's `tensor`.

    pip install torch && python3 Tests/AutodiffTests/Fixtures/make_fixtures.py

The layout, one case a line:

    {"torch": "2.x", "cases": [CASE, ...]}

    CASE = {
      "op":         "sum",             the operation, by PyTorch's name
      "name":       "sum dim=1",       unique; what a failing test should print
      "inputs":     [TENSOR, ...],     in the order of the arguments (cat and stack: the tensors to join)
      "attributes": {"dim": 1, ...},   everything that is not a tensor; dimensions and indices count from 0, as in PyTorch
      "outputs":    [TENSOR, ...],     several for max and min over a dimension (values, indices), sort, topk, split, chunk
      "cotangents": [TENSOR|null, ...] one per output, null where the output has no gradient (indices, 0/1)
      "gradients":  [TENSOR|null, ...] of sum_i <cotangent_i, output_i>, one per input; null for masks and indices, and for
                                       every input when no output has a gradient
    }

    TENSOR = {"shape": [2, 3], "data": [row by row], "kind": "index" | "mask"}     no "kind": float64; a 0-d shape is []

    index: integers from 0; mask: 0 or 1. A float is written so that it reads back exactly; "nan", "inf", "-inf" and "-0" are strings.

Inputs keep away from kinks (abs at 0, ties of a maximum) except in the cases named so, where the convention is PyTorch's.
The same torch gives the same bytes; another may differ in last digits.
"""

import json
import math
import pathlib

import torch
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
HERE = pathlib.Path(__file__).resolve().parent
generator = torch.Generator().manual_seed(20)
cases = []


def rand(*shape, lo=-2.0, hi=2.0, digits=3, away=0.05):
    """Uniform in [lo, hi], few decimals, no two values closer than a thousandth (no ties), none nearer 0 than `away`."""
    count = math.prod(shape)
    seen = []
    while len(seen) < count:
        value = round(lo + (hi - lo) * torch.rand((), generator=generator).item(), digits)
        if abs(value) >= away and value not in seen:
            seen.append(value)
    return torch.tensor(seen).reshape(shape)


def mask(*shape):
    return (torch.rand(shape, generator=generator) < 0.5)


def index(*values):
    return torch.tensor(values, dtype=torch.int64)


def number(value):
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if value == 0 and math.copysign(1, value) < 0:
        return "-0"
    return int(value) if float(value).is_integer() and abs(value) < 1e15 else value


def tensor(t):
    if t is None:
        return None
    entry = {"shape": list(t.shape), "data": [number(v) for v in t.detach().reshape(-1).tolist()]}
    if t.dtype == torch.bool:
        entry["kind"] = "mask"
    elif not t.dtype.is_floating_point:
        entry["kind"] = "index"
    return entry


def cotangent(output):
    """What the gradients weigh a result with: no two elements alike."""
    return rand(*output.shape, lo=-1, hi=1, digits=4, away=0)


def case(op, f, *inputs, note="", **attributes):
    """f(*inputs) computes the operation; `attributes` only describe what f has inside."""
    inputs = [t.clone().requires_grad_(True) if t.dtype.is_floating_point else t for t in inputs]
    outputs = f(*inputs)
    outputs = list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]
    cotangents = [cotangent(o) if o.requires_grad else None for o in outputs]
    gradients = [None] * len(inputs)
    moving = [(o, c) for o, c in zip(outputs, cotangents) if c is not None]
    wanted = [i for i, t in enumerate(inputs) if t.requires_grad]
    if moving and wanted:
        found = torch.autograd.grad([o for o, _ in moving], [inputs[i] for i in wanted], [c for _, c in moving],
                                    allow_unused=True)
        for i, g in zip(wanted, found):
            gradients[i] = torch.zeros_like(inputs[i]) if g is None else g
    shapes = " ".join("x".join(map(str, t.shape)) or "0-d" for t in inputs)
    values = " ".join(f"{key}={json.dumps(value)}" for key, value in attributes.items())
    name = " ".join(part for part in (op, shapes, values, note) if part)
    assert name not in {c["name"] for c in cases}, name
    cases.append({"op": op, "name": name, "inputs": [tensor(t) for t in inputs], "attributes": attributes,
                  "outputs": [tensor(o) for o in outputs], "cotangents": [tensor(c) for c in cotangents],
                  "gradients": [tensor(g) for g in gradients]})


def elementwise():
    positive = dict(lo=0.1, hi=3.0)
    for op, f, domain in [
            ("neg", torch.neg, {}), ("exp", torch.exp, {}), ("log", torch.log, positive),
            ("log1p", torch.log1p, dict(lo=-0.9, hi=3.0)), ("expm1", torch.expm1, {}), ("sqrt", torch.sqrt, positive),
            ("abs", torch.abs, {}), ("sin", torch.sin, {}), ("cos", torch.cos, {}), ("tan", torch.tan, dict(lo=-1.2, hi=1.2)),
            ("tanh", torch.tanh, {}), ("sigmoid", torch.sigmoid, {}), ("softplus", F.softplus, {}), ("relu", torch.relu, {}),
            ("erf", torch.erf, {}), ("floor", torch.floor, {}), ("round", torch.round, {}), ("sign", torch.sign, {}),
            ("reciprocal", torch.reciprocal, {}), ("square", torch.square, {})]:
        case(op, f, rand(2, 3, **domain))
    # Far out, where a careless formula overflows or loses all its digits.
    far = torch.tensor([-800.0, -40.0, -1e-9, 1e-9, 40.0, 800.0])
    for op, f in [("softplus", F.softplus), ("sigmoid", torch.sigmoid), ("tanh", torch.tanh),
                  ("erf", torch.erf)]:
        case(op, f, far, note="far out")
    case("log1p", torch.log1p, torch.tensor([1e-12, -1e-12, 1e-300]), note="tiny")
    case("expm1", torch.expm1, torch.tensor([1e-12, -1e-12, -50.0]), note="tiny")
    # Kinks: PyTorch's convention.
    case("relu", torch.relu, torch.tensor([-1.0, 0.0, 1.0]), note="at its kink")
    case("abs", torch.abs, torch.tensor([-1.0, 0.0, 1.0]), note="at its kink")
    case("sign", torch.sign, torch.tensor([-1.5, 0.0, 1.5]), note="at its step")
    case("round", torch.round, torch.tensor([-1.5, -0.5, 0.5, 1.5, 2.5]), note="half to even")
    # clamp at its bounds is not here: torch's convention there changed between releases. Ours is its older one, 1.

    x = rand(3, 4)
    case("clamp", lambda x: x.clamp(-1, 1), x, min=-1, max=1)
    case("clamp", lambda x: x.clamp(min=0.25), x, min=0.25)
    case("clamp", lambda x: x.clamp(max=-0.25), x, max=-0.25)
    for exponent in (2, 3, 0.5, -1.5, 0, 1):
        case("pow", lambda x: x.pow(exponent), rand(2, 3, **positive), exponent=exponent)
    case("pow", lambda x: x.pow(3), rand(2, 3), exponent=3, note="negative bases")
    case("pow", torch.pow, rand(2, 3, **positive), rand(2, 3))
    case("pow", torch.pow, rand(3, **positive), rand(2, 1))

    shapes = [((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((2, 3), ()), ((4, 1, 2), (3, 1))]
    for op, f in [("add", torch.add), ("sub", torch.sub), ("mul", torch.mul), ("div", torch.div),
                  ("maximum", torch.maximum), ("minimum", torch.minimum)]:
        for a, b in shapes:
            case(op, f, rand(*a), rand(*b, away=0.3))
    case("maximum", torch.maximum, torch.tensor([1.0, 2.0]), torch.tensor([1.0, 3.0]), note="with a tie")
    case("minimum", torch.minimum, torch.tensor([1.0, 2.0]), torch.tensor([1.0, 3.0]), note="with a tie")
    for op, f in [("add", lambda x: x + 1.5), ("sub", lambda x: x - 1.5), ("mul", lambda x: x * 1.5), ("div", lambda x: x / 1.5)]:
        case(op, f, rand(2, 2), scalar=1.5)
    case("rsub", lambda x: 1.5 - x, rand(2, 2), scalar=1.5)
    case("rdiv", lambda x: 1.5 / x, rand(2, 2), scalar=1.5)
    for op in ("eq", "ne", "lt", "le", "gt", "ge"):
        case(op, getattr(torch, op), torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), torch.tensor([3.0, 2.0, 3.0]))

    # where: inputs are x, mask, y as in Lua's x:where(mask, y).
    for a, m, b in [((2, 3), (2, 3), (2, 3)), ((2, 3), (3,), (2, 1)), ((), (2, 2), (2,))]:
        case("where", lambda x, m, y: torch.where(m, x, y), rand(*a), mask(*m), rand(*b))
    case("masked_fill", lambda x, m: x.masked_fill(m, 0.5), rand(2, 3), mask(2, 3), value=0.5)
    case("masked_fill", lambda x, m: x.masked_fill(m, -1), rand(2, 2, 3), mask(2, 1), value=-1)


def reductions():
    where = [(None, False), (0, False), (1, False), (2, True), (-2, False), ([0, 2], False), ([1, 2], True)]
    for op in ("sum", "mean", "logsumexp", "norm", "var", "std"):
        for dim, keepdim in where:
            if dim is None:
                f = {"logsumexp": lambda x: torch.logsumexp(x, (0, 1, 2))}.get(op, lambda x: getattr(torch, op)(x))
                case(op, f, rand(2, 3, 2))
            else:
                case(op, lambda x: getattr(torch, op)(x, dim=dim, keepdim=keepdim), rand(2, 3, 2), dim=dim, keepdim=keepdim)
    case("prod", torch.prod, rand(2, 3))
    case("prod", torch.prod, torch.tensor([1.5, 0.0, -2.0]), note="with one zero")
    case("prod", torch.prod, torch.tensor([0.0, 3.0, 0.0]), note="with two zeros")
    case("prod", lambda x: x.prod(dim=1), rand(2, 3), dim=1, keepdim=False)
    case("prod", lambda x: x.prod(dim=0, keepdim=True), rand(3, 2), dim=0, keepdim=True)
    for op in ("max", "min"):
        case(op, getattr(torch, op), rand(2, 3))
        for dim, keepdim in [(0, False), (1, True), (-1, False)]:
            case(op, lambda x: getattr(torch, op)(x, dim=dim, keepdim=keepdim), rand(3, 4), dim=dim, keepdim=keepdim)
        case("arg" + op, getattr(torch, "arg" + op), rand(2, 3))
        case("arg" + op, lambda x: getattr(torch, "arg" + op)(x, dim=1), rand(2, 3), dim=1, keepdim=False)
    case("sum", torch.sum, rand(), note="of one number")
    case("logsumexp", lambda x: torch.logsumexp(x, 0), torch.tensor([1000.0, 1001.0, 999.0]), dim=0, keepdim=False, note="far out")
    case("logsumexp", lambda x: torch.logsumexp(x, 0), torch.tensor([-1e4, -1e4 - 1]), dim=0, keepdim=False, note="far down")
    for dim in (0, 1, -1):
        for op in ("softmax", "log_softmax", "cumsum"):
            case(op, lambda x: getattr(torch, op)(x, dim=dim), rand(2, 3), dim=dim)
    case("softmax", lambda x: torch.softmax(x, 0), torch.tensor([1000.0, 0.0, -1000.0]), dim=0, note="far out")
    for p in (1, 3):
        case("norm", lambda x: torch.norm(x, p=p), rand(2, 3), p=p)
    case("var", lambda x: torch.var(x, correction=0), rand(2, 3), correction=0)
    case("std", lambda x: torch.std(x, dim=1, correction=0), rand(2, 3), dim=1, correction=0)


def products():
    for a, b in [((2, 3), (3, 4)), ((3,), (3, 2)), ((2, 3), (3,)), ((3,), (3,)), ((1, 4), (4, 1)), ((2, 2, 3), (2, 3, 2)),
                 ((2, 2, 3), (3, 2)), ((2, 3), (2, 3, 2)), ((2, 1, 2, 3), (3, 3, 2)), ((2, 2, 3), (3,)), ((3,), (2, 3, 2))]:
        case("matmul", torch.matmul, rand(*a), rand(*b))
    case("matmul", lambda a, b: torch.matmul(a.t(), b.t()), rand(3, 2), rand(4, 3), note="of both transposed")
    case("mv", torch.mv, rand(2, 3), rand(3))
    case("dot", torch.dot, rand(4), rand(4))
    case("outer", torch.outer, rand(2), rand(3))
    for attributes in [dict(stride=1, padding=0), dict(stride=2, padding=1), dict(stride=1, padding=1)]:
        case("conv2d", lambda x, w, b: F.conv2d(x, w, b, **attributes), rand(2, 2, 4, 4), rand(3, 2, 3, 3), rand(3), **attributes)
    case("conv2d", lambda x, w: F.conv2d(x, w), rand(1, 3, 2, 2), rand(3, 3, 1, 1), stride=1, padding=0, note="1 x 1, no bias")
    case("conv2d", lambda x, w: F.conv2d(x, w, stride=(2, 1), padding=(0, 1)), rand(1, 1, 5, 3), rand(2, 1, 2, 3),
         stride=[2, 1], padding=[0, 1])


def shapes():
    case("t", torch.t, rand(2, 3))
    case("transpose", lambda x: x.transpose(0, 2), rand(2, 3, 2), dim0=0, dim1=2)
    case("transpose", lambda x: x.transpose(-1, 1), rand(2, 1, 3), dim0=-1, dim1=1)
    for dims in ([2, 0, 1], [1, 0, 2]):
        case("permute", lambda x: x.permute(dims), rand(2, 3, 2), dims=dims)
    for shape in ([3, 2], [6], [-1, 3], [1, 2, 1, 3]):
        case("reshape", lambda x: x.reshape(shape), rand(2, 3), shape=shape)
    case("reshape", lambda x: x.t().reshape(6), rand(2, 3), shape=[6], note="of the transposed")
    case("view", lambda x: x.view(3, 2), rand(2, 3), shape=[3, 2])
    case("flatten", torch.flatten, rand(2, 2, 2))
    case("flatten", lambda x: x.flatten(1, 2), rand(2, 2, 3), start_dim=1, end_dim=2)
    case("squeeze", torch.squeeze, rand(1, 3, 1))
    case("squeeze", lambda x: x.squeeze(0), rand(1, 3, 1), dim=0)
    case("unsqueeze", lambda x: x.unsqueeze(1), rand(2, 3), dim=1)
    case("unsqueeze", lambda x: x.unsqueeze(-1), rand(2), dim=-1)
    case("expand", lambda x: x.expand(2, 3), rand(1, 3), shape=[2, 3])
    case("expand", lambda x: x.expand(2, 2, -1), rand(2, 1).t().reshape(1, 2), shape=[2, 2, -1])
    case("cat", lambda *x: torch.cat(x, dim=0), rand(2, 3), rand(1, 3), rand(2, 3), dim=0)
    case("cat", lambda *x: torch.cat(x, dim=-1), rand(2, 1), rand(2, 2), dim=-1)
    for dim in (0, 1, -1):
        case("stack", lambda *x: torch.stack(x, dim=dim), rand(2, 2), rand(2, 2), rand(2, 2), dim=dim)
    case("split", lambda x: x.split(2, dim=1), rand(2, 5), size=2, dim=1)
    case("split", lambda x: x.split([1, 3], dim=0), rand(4, 2), size=[1, 3], dim=0)
    case("chunk", lambda x: x.chunk(3, dim=0), rand(5, 2), chunks=3, dim=0)
    case("gather", lambda x, i: x.gather(1, i), rand(2, 3), index([0, 2, 2, 1], [1, 1, 0, 2]), dim=1)
    case("gather", lambda x, i: x.gather(0, i), rand(3, 2), index([2, 0]), dim=0)
    case("index_select", lambda x, i: x.index_select(0, i), rand(3, 2), index(2, 0, 2, 2), dim=0)
    case("index_select", lambda x, i: x.index_select(1, i), rand(2, 3), index(1, 1), dim=1)
    case("masked_select", torch.masked_select, rand(2, 3), torch.tensor([[1, 0, 1], [0, 0, 1]]).bool())
    for descending in (False, True):
        case("sort", lambda x: x.sort(dim=1, descending=descending), rand(2, 4), dim=1, descending=descending)
    case("sort", lambda x: x.sort(dim=0), rand(3, 2), dim=0, descending=False)
    case("topk", lambda x: x.topk(2, dim=1), rand(2, 4), k=2, dim=1, largest=True)
    case("topk", lambda x: x.topk(2, dim=0, largest=False), rand(4, 2), k=2, dim=0, largest=False)
    case("flip", lambda x: x.flip([1]), rand(2, 3), dims=[1])
    case("flip", lambda x: x.flip([0, 2]), rand(2, 2, 2), dims=[0, 2])
    case("roll", lambda x: x.roll(2, dims=1), rand(2, 3), shifts=2, dims=1)
    case("roll", lambda x: x.roll(-1), rand(2, 3), shifts=-1)
    for diagonal in (0, 1, -1):
        case("tril", lambda x: x.tril(diagonal), rand(3, 3), diagonal=diagonal)
        case("triu", lambda x: x.triu(diagonal), rand(3, 4), diagonal=diagonal)
    case("diag", torch.diag, rand(3))
    case("diag", torch.diag, rand(3, 3))
    case("select", lambda x: x[1], rand(3, 2), dim=0, index=1)
    case("select", lambda x: x[-1], rand(3), dim=0, index=-1)
    case("slice", lambda x: x[1:3, 0:2], rand(4, 3), ranges=[[1, 3], [0, 2]])


def convolutions():
    both = [dict(stride=1, padding=2, dilation=2), dict(stride=3, padding=0, dilation=1), dict(stride=2, padding=1, dilation=2)]
    for attributes in both:
        case("conv2d", lambda x, w, b: F.conv2d(x, w, b, **attributes), rand(2, 2, 5, 6), rand(2, 2, 2, 3), rand(2), **attributes)
    for groups in (2, 4):
        case("conv2d", lambda x, w, b: F.conv2d(x, w, b, groups=groups), rand(1, 4, 3, 3), rand(4, 4 // groups, 2, 2), rand(4), groups=groups)
    case("conv2d", lambda x, w: F.conv2d(x, w), rand(2, 4, 3), rand(3, 2, 2, 2), note="without a batch")
    case("conv2d", lambda x, w, b: F.conv2d(x, w, b, padding=1, dilation=(2, 1), groups=2), rand(1, 2, 4, 4), rand(2, 1, 2, 2), rand(2),
         padding=1, dilation=[2, 1], groups=2)


def matrix(x, of):
    """What the decomposition is of: an input is made regular, symmetric or positive definite inside the function."""
    one = torch.eye(x.shape[-1], dtype=x.dtype)
    return {"itself": x, "regular": x + 3 * one, "symmetric": x + x.mT, "gram": x @ x.mT + one}[of]


def algebra():
    shapes = [(1, 1), (3, 3), (5, 5), (2, 3, 3), (2, 2, 2, 2)]
    for shape in shapes:
        for op, f in [("inverse", torch.linalg.inv), ("det", torch.linalg.det), ("slogdet", torch.linalg.slogdet), ("lu", torch.linalg.lu)]:
            case(op, lambda x: f(matrix(x, "regular")), rand(*shape, lo=-1, hi=1), of="regular")
        case("cholesky", lambda x: torch.linalg.cholesky(matrix(x, "gram")), rand(*shape), of="gram")
        case("eigvalsh", lambda x: torch.linalg.eigvalsh(matrix(x, "symmetric")), rand(*shape), of="symmetric")
    case("slogdet", torch.linalg.slogdet, torch.tensor([[1.0, 2.0], [3.0, 4.0]]), note="negative")
    case("lu", torch.linalg.lu, torch.tensor([[0.0, 1.0, 2.0], [3.0, -4.0, 0.5], [6.0, 1.5, -1.0]]), note="with every row moved")
    for a, b in [((3, 3), (3,)), ((3, 3), (3, 2)), ((2, 3, 3), (2, 3)), ((2, 3, 3), (2, 3, 1)), ((3, 3), (2, 3, 4)), ((2, 1, 2, 2), (3, 2, 1))]:
        case("solve", lambda a, b: torch.linalg.solve(matrix(a, "regular"), b), rand(*a, lo=-1, hi=1), rand(*b), of="regular")
    for shape in [(3, 3), (4, 2), (2, 4), (2, 3, 2), (1, 3)]:
        case("svdvals", torch.linalg.svdvals, rand(*shape))
        if shape[-2] >= shape[-1]:
            case("qr", torch.linalg.qr, rand(*shape))
            # Vectors have free signs; their products have not.
            case("polar", lambda x: (lambda u, s, v: u @ v)(*torch.linalg.svd(x, full_matrices=False)), rand(*shape))
    for shape in [(3, 3), (2, 4, 4)]:
        case("projector", lambda x: (lambda v: v @ v.mT)(torch.linalg.eigh(matrix(x, "symmetric"))[1][..., :2]), rand(*shape), of="symmetric")
    # det at a singular matrix is not here: its gradient is the matrix of cofactors, and torch 2.15 says 0.


def further():
    for axis in (0, 1, 2):
        case("cumsum", lambda x: x.cumsum(axis), rand(2, 3, 2), dim=axis)
        case("sort", lambda x: x.sort(dim=axis, descending=True), rand(2, 3, 2), dim=axis, descending=True)
        case("flip", lambda x: x.flip([axis]), rand(2, 3, 2), dims=[axis])
    case("roll", lambda x: x.roll([1, -2], [0, 1]), rand(3, 4), shifts=[1, -2], dims=[0, 1])
    case("topk", lambda x: x.topk(3), rand(2, 5), k=3)
    for diagonal in (-2, 2):
        case("tril", lambda x: x.tril(diagonal), rand(2, 3, 4), diagonal=diagonal)
        case("triu", lambda x: x.triu(diagonal), rand(2, 4, 3), diagonal=diagonal)
        case("diag", lambda x: x.diag(diagonal), rand(3, 4), diagonal=diagonal)
        case("diag", lambda x: x.diag(diagonal), rand(2), diagonal=diagonal)


def main():
    elementwise()
    reductions()
    products()
    shapes()
    convolutions()
    algebra()
    further()
    lines = ",\n".join(json.dumps(c, separators=(",", ":"), allow_nan=False) for c in cases)
    path = HERE / "operations.json"
    path.write_text(f'{{"torch": "{torch.__version__.split("+")[0]}", "cases": [\n{lines}\n]}}\n')
    print(f"{len(cases)} cases, {len({c['op'] for c in cases})} operations, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
