#!/usr/bin/env python3
"""Makes further.json: PyTorch's values and gradients (float64) of the operations that make_fixtures.py does not have, also
where formulas break.

    pip install torch && python3 Tests/AutodiffTests/Fixtures/make_further.py

The layout is that of operations.json (make_fixtures.py), whose `case` writes it; integers are "whole" numbers where they are no
positions. At edges every cotangent is 1, so that a gradient that should be 0 is not hidden by a small one.
"""

import json
import math

import torch

import make_fixtures
from make_fixtures import HERE, case, cases, index, rand

NAN, INF = math.nan, math.inf


def vector(*values):
    return torch.tensor(values, dtype=torch.float64)


def whole(op, f, *inputs, **attributes):
    """A case of int64 numbers that are no positions."""
    case(op, f, *inputs, note="of int64", **attributes)
    for t in cases[-1]["inputs"] + cases[-1]["outputs"]:
        t["kind"] = "whole"


def trigonometry():
    inside, above = dict(lo=-0.95, hi=0.95), dict(lo=1.1, hi=4.0)
    for op, f, domain in [("asin", torch.asin, inside), ("acos", torch.acos, inside), ("atan", torch.atan, {}), ("sinh", torch.sinh, {}),
                          ("cosh", torch.cosh, {}), ("asinh", torch.asinh, {}), ("acosh", torch.acosh, above), ("atanh", torch.atanh, inside)]:
        case(op, f, rand(2, 3, **domain))
    for a, b in [((2, 3), (2, 3)), ((2, 1), (1, 3)), ((), (2, 2))]:
        case("atan2", torch.atan2, rand(*a), rand(*b))


def trigonometric_edges():
    common = [0.0, -0.0, 1.0, -1.0, 5e-324, 1e-200, INF, -INF, NAN, 0.5, -0.5, 20.0, 750.0]
    for op in ("atan", "sinh", "cosh", "asinh"):
        case(op, getattr(torch, op), vector(*common), note="at edges")
    for op in ("asin", "acos", "atanh"):
        # Where there is no value PyTorch has a slope of atanh all the same; so has this library.
        case(op, getattr(torch, op), vector(*common), note="at edges")
    case("acosh", torch.acosh, vector(1.0, 1 + 2e-16, 2.0, 1e100, INF, NAN, 0.5), note="at edges")
    grid = [0.0, -0.0, 1.0, -1.0, INF, -INF, NAN]
    pairs = [(a, b) for a in grid for b in grid]
    case("atan2", torch.atan2, vector(*[a for a, _ in pairs]), vector(*[b for _, b in pairs]), note="at edges")


def divisions():
    for op in ("remainder", "fmod"):
        for a, b in [((2, 3), (2, 3)), ((2, 1), (1, 3)), ((), (2, 2))]:
            case(op, getattr(torch, op), rand(*a, lo=-9, hi=9), rand(*b, away=0.5))
    case("floor_divide", lambda x, y: torch.floor_divide(x, y).detach(), rand(2, 3, lo=-9, hi=9), rand(3, away=0.5))
    numbers = [7, -7, 8, -8, 0, 2**62, -(2**62), 9223372036854775807]
    divisors = [3, -3, 2, -2, 5, 7, 1, -1]
    a = index(*[x for x in numbers for _ in divisors])
    b = index(*[y for _ in numbers for y in divisors])
    for op in ("remainder", "fmod", "floor_divide"):
        whole(op, getattr(torch, op), a, b)


def division_edges():
    grid = [0.0, -0.0, 1.0, -1.0, 2.0, 7.5, -7.5, 1e300, 1e-300, INF, -INF, NAN]
    # PyTorch's vectors have NaN for what 1e300 leaves when divided by 1e-300, its plain loops a number.
    pairs = [(a, b) for a in grid for b in grid if (a, b) != (1e300, 1e-300)]
    a, b = vector(*[a for a, _ in pairs]), vector(*[b for _, b in pairs])
    case("floor_divide", lambda x, y: torch.floor_divide(x, y).detach(), a, b, note="at edges")
    for op in ("remainder", "fmod"):
        # The gradient by the divisor is a quotient, which at edges is what division says: values only.
        case(op, lambda x, y: getattr(torch, op)(x, y).detach(), a, b, note="at edges")


def along_dimensions():
    for dim in (0, 1, 2):
        case("cumprod", lambda x: x.cumprod(dim), rand(2, 3, 2), dim=dim)
    for values in [(1.5, 0.0, -2.0, 3.0), (0.0, 2.0, 0.0, 3.0), (0.0, 0.0), (5.0,)]:
        case("cumprod", lambda x: x.cumprod(0), vector(*values), dim=0, note="of " + " ".join(map(str, values)))
    whole("cumprod", lambda x: x.cumprod(0), index(2, -3, 0, 5), dim=0)
    for shape in [(5,), (2, 3), (4,)]:
        case("median", torch.median, rand(*shape))
    case("median", torch.median, vector(1.0, 3.0, 3.0, 3.0, 7.0), note="with ties")
    case("median", torch.median, vector(1.0, NAN, 3.0), note="with NaN")
    for dim, keepdim in [(0, False), (1, True), (-1, False)]:
        case("median", lambda x: x.median(dim=dim, keepdim=keepdim), rand(3, 4), dim=dim, keepdim=keepdim)
    case("median", lambda x: x.median(dim=1), torch.tensor([[1.0, NAN, 3.0], [INF, -INF, 2.0]]), dim=1, keepdim=False, note="with NaN")
    for q in (0, 0.25, 0.5, 0.9, 1):
        case("quantile", lambda x: x.quantile(q), rand(7), q=q)
        case("quantile", lambda x: x.quantile(q, dim=1, keepdim=True), rand(2, 4), q=q, dim=1, keepdim=True)
    q = vector(0.1, 0.5, 0.75)
    for dim, keepdim in [(0, False), (1, True)]:
        case("quantile", lambda x: x.quantile(q, dim=dim, keepdim=keepdim), rand(3, 4), q=q.tolist(), dim=dim, keepdim=keepdim)
    case("quantile", lambda x: x.quantile(q), rand(3, 4), q=q.tolist())
    for how in ("lower", "higher", "midpoint", "nearest"):
        for q in (0.3, 0.5, 0.75):
            case("quantile", lambda x: x.quantile(q, interpolation=how), rand(6), q=q, interpolation=how)
    for row in [(1.0, NAN, 3.0), (1.0, 2.0, INF), (-INF, 1.0, 2.0), (2.0, 2.0, 5.0)]:
        case("quantile", lambda x: x.quantile(0.25), vector(*row), q=0.25, note="of " + " ".join(map(str, row)))


def scattering():
    case("scatter", lambda x, i, s: x.scatter(1, i, s), rand(2, 3), index([0, 2], [1, 0]), rand(2, 2), dim=1)
    case("scatter", lambda x, i, s: x.scatter(0, i, s), rand(3, 2), index([2, 0], [1, 1]), rand(2, 2), dim=0)
    case("scatter", lambda x, i: x.scatter(0, i, 7.5), rand(4), index(2, 0), dim=0, value=7.5)
    case("scatter_add", lambda x, i, s: x.scatter_add(1, i, s), rand(2, 3), index([0, 0, 2], [1, 1, 1]), rand(2, 3), dim=1)
    case("scatter_add", lambda x, i, s: x.scatter_add(0, i, s), rand(2, 3), index([1, 1, 0], [1, 0, 0], [1, 1, 1]), rand(3, 3), dim=0)
    case("scatter_add", lambda x, i, s: x.scatter_add(0, i, s[:2]), rand(4), index(3, 3), rand(3), dim=0, note="of a part")


def products():
    for equation, *shapes in [
            ("ij,jk->ik", (2, 3), (3, 4)), ("ij,jk", (2, 3), (3, 2)), ("ii", (3, 3)), ("ii->i", (3, 3)), ("ij->ji", (2, 3)), ("ij->", (2, 3)),
            ("ba", (2, 3)), ("i,j->ij", (2,), (3,)), ("i,i->", (3,), (3,)), ("i,i->i", (3,), (3,)), ("bij,bjk->bik", (2, 2, 3), (2, 3, 2)),
            ("bi,bi->b", (3, 4), (3, 4)), ("...ij,...jk->...ik", (2, 1, 2, 3), (2, 3, 2)), ("...i->...", (2, 3)), ("i...->...i", (2, 3, 2)),
            ("...", (2, 3)), ("...,...", (2, 1), (1, 3)), ("ik,jkl,il->ij", (2, 3), (2, 3, 4), (2, 4)), ("bn,anm,bm->ba", (2, 3), (4, 3, 2), (2, 2)),
            ("iij->j", (2, 2, 3)), ("iij,jkk->ik", (2, 2, 3), (3, 2, 2)), (",i->i", (), (3,)), ("ij,jk->ik", (2, 1), (3, 2)), ("aB,Bc", (2, 3), (3, 2)),
            ("ij,kl->ijkl", (2, 2), (1, 2)), ("...ij->ij", (2, 2, 2)), ("ij , jk -> k i", (2, 3), (3, 2)), ("abc,cd,de,ef->af", (2, 2, 3), (3, 2), (2, 3), (3, 2))]:
        case("einsum", lambda *x: torch.einsum(equation, *x), *[rand(*s) for s in shapes], equation=equation)
    case("trace", torch.trace, rand(3, 3))
    case("trace", torch.trace, rand(2, 4))
    case("bmm", torch.bmm, rand(2, 2, 3), rand(2, 3, 4))
    for how in ("ij", "xy"):
        case("meshgrid", lambda *x: torch.meshgrid(*x, indexing=how), rand(2), rand(3), indexing=how)
        case("meshgrid", lambda *x: torch.meshgrid(*x, indexing=how), rand(2), rand(3), rand(2), indexing=how)
        case("meshgrid", lambda *x: torch.meshgrid(*x, indexing=how), rand(2), rand(), indexing=how)


def systems():
    diagonal = 3 * torch.eye(3)
    for upper in (False, True):
        for left in (False, True):
            for unit in (False, True):
                options = dict(upper=upper, left=left, unitriangular=unit)
                case("solve_triangular", lambda a, b: torch.linalg.solve_triangular(a + 3 * torch.eye(3), b, **options),
                     rand(3, 3, lo=-1, hi=1), rand(3, 3), of="regular", **options)
    case("solve_triangular", lambda a, b: torch.linalg.solve_triangular(a + diagonal, b, upper=True),
         rand(2, 3, 3, lo=-1, hi=1), rand(3, 2), of="regular", upper=True, note="of several")
    for shape in [(3, 3), (4, 2), (2, 4), (2, 3, 2), (1, 3)]:
        case("pinv", torch.linalg.pinv, rand(*shape))
    low = torch.tensor([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]])
    case("pinv", lambda x: torch.linalg.pinv(x).detach(), low, note="of rank 1")
    case("pinv", lambda x: torch.linalg.pinv(x, rcond=0.5).detach(), torch.diag(vector(4.0, 3.0, 1.0)), rcond=0.5)
    case("pinv", lambda x: torch.linalg.pinv(x).detach(), torch.zeros(2, 3), note="of zeros")
    for a, b in [((4, 2), (4, 3)), ((4, 2), (4,)), ((2, 4, 2), (2, 4, 1)), ((2, 3), (2, 2)), ((3, 3), (3, 1))]:
        case("lstsq", lambda a, b: torch.linalg.lstsq(a, b, driver="gelsd").solution, rand(*a), rand(*b))
    case("lstsq", lambda a, b: torch.linalg.lstsq(a, b, driver="gelsd").solution.detach(), low, rand(3, 2), note="of rank 1")


def main():
    trigonometry()
    divisions()
    along_dimensions()
    scattering()
    products()
    systems()
    make_fixtures.cotangent = torch.ones_like
    trigonometric_edges()
    division_edges()
    lines = ",\n".join(json.dumps(c, separators=(",", ":"), allow_nan=False) for c in cases)
    path = HERE / "further.json"
    path.write_text(f'{{"torch": "{torch.__version__.split("+")[0]}", "cases": [\n{lines}\n]}}\n')
    print(f"{len(cases)} cases, {len({c['op'] for c in cases})} operations, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
