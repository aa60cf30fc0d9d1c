"""Writes Fixtures.swift: nearest points found by general-purpose solvers that know nothing of our formulas.

    python3 Tests/ProjectionsTests/make_fixtures.py > Tests/ProjectionsTests/Fixtures.swift

Needs NumPy and SciPy. Convex sets: minimise |y - x|^2 subject to the set's definition with SLSQP, from several starts; the
L1 ball is written with split variables to be smooth, and the PSD cone is parameterised as L L^T. Solutions are good to
about 1e-7; the tests compare at 1e-5.
"""
import numpy as np
from scipy.optimize import minimize

rng = np.random.default_rng(20240527)


def solve(x, constraints, bounds=None, starts=4):
    best = None
    for k in range(starts):
        start = x * 0.5 + (0 if k == 0 else rng.normal(size=x.size))
        r = minimize(lambda y: ((y - x) ** 2).sum(), start, jac=lambda y: 2 * (y - x), method="SLSQP",
                     constraints=constraints, bounds=bounds, options={"ftol": 1e-15, "maxiter": 2000})
        ok = all((abs(c["fun"](r.x)).max() if c["type"] == "eq" else -np.min(c["fun"](r.x))) < 1e-7 for c in constraints)
        if ok and (best is None or r.fun < best.fun):
            best = r
    return best.x


def le(f):
    return {"type": "ineq", "fun": lambda y: -f(y)}


def eq(f):
    return {"type": "eq", "fun": f}


def l1(x, r):
    n = x.size
    f = lambda uv: ((uv[:n] - uv[n:] - x) ** 2).sum()
    res = minimize(f, np.full(2 * n, r / (2 * n)), method="SLSQP", bounds=[(0, None)] * (2 * n),
                   constraints=[le(lambda uv: uv.sum() - r)], options={"ftol": 1e-16, "maxiter": 5000})
    return res.x[:n] - res.x[n:]


def psd(x):
    n = x.shape[0]
    f = lambda l: ((l.reshape(n, n) @ l.reshape(n, n).T - x) ** 2).sum()
    runs = [minimize(f, rng.normal(size=n * n), method="BFGS", options={"gtol": 1e-10, "maxiter": 20000}) for _ in range(5)]
    l = min(runs, key=lambda r: r.fun).x.reshape(n, n)
    return l @ l.T


A = np.array([[1.0, 2, 0, -1], [0, 1, 1, 3]])
b = np.array([1.0, -2])
n3 = np.array([1.0, -2, 0.5])
c3 = np.array([1.0, 1, 1])
h3 = np.array([1.0, 1, 0])
w4 = np.array([1.0, 1, 2, 1])
P = [(0, 1)] * 4
sets = {
    "simplex": (4, lambda x: solve(x, [eq(lambda y: y.sum() - 1)], [(0, None)] * 4)),
    "l1ball": (4, lambda x: l1(x, 1.0)),
    "ball": (3, lambda x: solve(x, [le(lambda y: ((y - c3) ** 2).sum() - 0.25)])),
    "halfspace": (3, lambda x: solve(x, [le(lambda y: n3 @ y - 0.7)])),
    "hyperplane": (3, lambda x: solve(x, [eq(lambda y: n3 @ y - 0.7)])),
    "affine": (4, lambda x: solve(x, [eq(lambda y: A @ y - b)])),
    "cone": (4, lambda x: solve(x, [le(lambda y: (y[1:] ** 2).sum() - y[0] ** 2), le(lambda y: -y[0])])),
    "ball and halfspace": (3, lambda x: solve(x, [le(lambda y: (y ** 2).sum() - 1), le(lambda y: h3 @ y - 0.5)])),
    "box and hyperplane": (4, lambda x: solve(x, [eq(lambda y: w4 @ y - 2)], P)),
    "two balls": (3, lambda x: solve(x, [le(lambda y: (y ** 2).sum() - 1), le(lambda y: ((y - c3) ** 2).sum() - 1.44)])),
}


def show(values):
    return "[" + ", ".join(repr(round(float(v), 9) + 0.0) for v in values) + "]"


print("// Written by make_fixtures.py; do not edit.")
print("/// Nearest points found by SciPy's general solvers.")
print("struct Fixture {\n    let set: String\n    let shape: [Int]\n    let x: [Double]\n    let nearest: [Double]\n")
print("    static let all: [Fixture] = [")
for name, (n, project) in sets.items():
    for scale in (0.5, 1, 3):
        x = np.round(rng.normal(size=n) * scale + 0.3, 3)
        print(f'        Fixture(set: "{name}", shape: [{n}], x: {show(x)}, nearest: {show(project(x))}),')
for scale in (1, 3):
    x = np.round(rng.normal(size=(3, 3)) * scale, 3)
    print(f'        Fixture(set: "psd", shape: [3, 3], x: {show(x.ravel())}, nearest: {show(psd(x).ravel())}),')
print("    ]\n}")
