"""Writes IntersectionFixtures.swift: nearest points of intersections found by CVXPY with Clarabel, an interior-point solver
that knows nothing of our method.

    python3 Tests/ProjectionsTests/make_intersection_fixtures.py > Tests/ProjectionsTests/IntersectionFixtures.swift

Needs NumPy and CVXPY. Solutions are good to about 1e-8 of the size of x; the tests compare at 1e-6.
"""
import cvxpy as cp
import numpy as np

rng = np.random.default_rng(20261129)


def show(values):
    return "[" + ", ".join(repr(float(v)) for v in np.ravel(values)) + "]"


def number(scale=1.0):
    return np.round(scale * rng.normal(), 3)


def vector(n, scale=1.0):
    return np.round(scale * rng.normal(size=n), 3)


def ball(u):
    c = u + vector(u.size)
    r = np.round(np.linalg.norm(u - c) * 1.1, 3)
    return f"Ball(center: float64({show(c)}), radius: {r})", lambda y: [cp.norm(y - c) <= r]


def l1ball(u):
    c = u + vector(u.size)
    r = np.round(np.abs(u - c).sum() * 1.1, 3)
    return f"L1Ball(center: float64({show(c)}), radius: {r})", lambda y: [cp.norm1(y - c) <= r]


def box(u):
    lo, hi = u - np.abs(vector(u.size, 0.5)), u + np.abs(vector(u.size, 0.5))
    return f"Box(float64({show(lo)}), float64({show(hi)}))", lambda y: [y >= lo, y <= hi]


def halfspace(u):
    a = vector(u.size)
    b = float(np.round(a @ u + 0.1, 3))
    return f"Halfspace(float64({show(a)}), {b})", lambda y: [a @ y <= b]


def hyperplane(u):
    a = vector(u.size)
    b = float(a @ u)
    return f"Hyperplane(float64({show(a)}), {b!r})", lambda y: [a @ y == b]


def affine(u):
    a = vector((2, u.size))
    b = a @ u
    return f"Affine(float64({show(a)}, [2, {u.size}]), float64({show(b)}))", lambda y: [a @ y == b]


def cone(u):
    v = vector(u.size)
    v[0] = np.linalg.norm(v[1:]) * 1.2
    t = u - v
    return f"Translate(SecondOrderCone(), float64({show(t)}))", lambda y: [cp.norm(y[1:] - t[1:]) <= y[0] - t[0]]


def simplex(u):
    return f"Simplex({float(u.sum())!r})", lambda y: [y >= 0, cp.sum(y) == u.sum()]


kinds = [ball, l1ball, box, halfspace, hyperplane, affine, cone]
print("""// Written by make_intersection_fixtures.py; do not edit.
import Tensors

@testable import Projections

/// Nearest points of intersections found by CVXPY.
struct IntersectionFixture: Sendable {
    let make: @Sendable () throws -> any ProjectableSet
    let shape: [Int]
    let x: [Double]
    let nearest: [Double]

    static let all: [IntersectionFixture] = [""" + ", ".join(f"case{k}" for k in range(24)) + "]\n")
for k in range(24):
    if k < 20:
        n = 3 + k % 3
        u = vector(n)
        chosen = [kinds[(k + j * (1 + k // 7)) % 7] for j in range(2 + k % 3)]
        if k >= 17:
            u = np.abs(u)
            chosen[0] = simplex
        parts = [kind(u) for kind in chosen]
        shape = [n]
        y = cp.Variable(n)
        constraints = [c for _, make in parts for c in make(y)]
        sets = [text for text, _ in parts]
        x = u + vector(n) * [1.0, 5.0, 30.0][k % 3]
    else:
        # Correlation matrices, and matrices with one linear equation more.
        n = 3
        shape = [n, n]
        y = cp.Variable((n, n), symmetric=True)
        x = vector((n, n), 2.0)
        x = (x + x.T) / 2
        mask = np.eye(n)
        sets = ["PSD()", f"Observed(mask: float64({show(mask)}, [3, 3]), values: Tensor(1))"]
        constraints = [y >> 0, cp.diag(y) == 1]
        if k % 2 == 1:
            a = np.ones((n, n))
            sets.append(f"Halfspace(float64({show(a)}, [3, 3]), 3.5)")
            constraints.append(cp.sum(y) <= 3.5)
    problem = cp.Problem(cp.Minimize(cp.sum_squares(y - x)), constraints)
    problem.solve(solver=cp.CLARABEL, tol_gap_abs=1e-12, tol_gap_rel=1e-12, tol_feas=1e-12)
    assert problem.status in ("optimal", "optimal_inaccurate"), (k, problem.status)
    print(f"    private static let case{k} = IntersectionFixture(")
    print("        make: {\n            try Intersection([\n                " + ",\n                ".join(sets) + ",\n            ])\n        },")
    print(f"        shape: {shape}, x: {show(x)},\n        nearest: {show(y.value)})")
print("}")
