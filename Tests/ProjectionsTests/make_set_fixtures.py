"""Writes SetFixtures.swift: nearest points of single sets found by CVXPY, the polar factor by SciPy.

    python3 Tests/ProjectionsTests/make_set_fixtures.py > Tests/ProjectionsTests/SetFixtures.swift

Needs CVXPY (with Clarabel), NumPy and SciPy. Solutions are good to about 1e-5 where a norm bounds the set, and to 1e-8 else; the tests compare at 1e-5.
"""
import cvxpy as cp
import numpy as np
from scipy.linalg import polar

rng = np.random.default_rng(20261130)
A = np.array([[1, 2, 0], [-1, 0, 1], [0, -1, -1], [1, 1, 1]], float)
b = np.array([1, 2, 0.5, 1.5])
C = np.array([[1.0, -1, 1]])
P = np.array([[4, 1, 0], [1, 1, 0.2], [0, 0.2, 0.3]])
c = np.array([1.0, -2, 0])
a = np.array([1.0, 1, 2, -1])


def nearest(constraints, symmetric=False):
    def solve(x):
        y = cp.Variable(x.shape)
        problem = cp.Problem(cp.Minimize(cp.sum_squares(y - x)), constraints(y))
        problem.solve(solver=cp.CLARABEL, tol_gap_abs=1e-11, tol_gap_rel=1e-11, tol_feas=1e-11)
        return y.value
    return solve


def cone(y):
    return [cp.constraints.ExpCone(y[0], y[1], y[2])]


sets = {
    "Polyhedron": ((3,), nearest(lambda y: [A @ y <= b])),
    "Polyhedron with equations": ((3,), nearest(lambda y: [A @ y <= b, C @ y == np.array([0.2])])),
    "Ellipsoid": ((3,), nearest(lambda y: [cp.quad_form(y - c, np.linalg.inv(P)) <= 1])),
    "NuclearBall": ((3, 2), nearest(lambda y: [cp.normNuc(y) <= 0.8])),
    "SpectralBall": ((3, 2), nearest(lambda y: [cp.sigma_max(y) <= 0.8])),
    "BoxSection": ((4,), nearest(lambda y: [y >= 0, y <= 1, a @ y == 1.5])),
    "BoxSection at most": ((4,), nearest(lambda y: [y >= 0, y <= 1, a @ y <= 0.5])),
    "Birkhoff": ((4, 4), nearest(lambda y: [y >= 0, cp.sum(y, axis=0) == 1, cp.sum(y, axis=1) == 1])),
    "Monotone": ((6,), nearest(lambda y: [cp.diff(y) >= 0])),
    "TVBall": ((6,), nearest(lambda y: [cp.tv(y) <= 0.7])),
    "ExponentialCone": ((3,), nearest(cone)),
    "Stiefel": ((3, 2), lambda x: polar(x)[0]),
}


def show(values):
    return "[" + ", ".join(repr(round(float(v), 9) + 0.0) for v in np.ravel(values)) + "]"


print("// Written by make_set_fixtures.py; do not edit.")
print("/// Nearest points found by CVXPY, and polar factors by SciPy.")
print("struct SetFixture: Sendable {\n    let set: String\n    let shape: [Int]\n    let x: [Double]\n    let nearest: [Double]\n")
print("    static let all: [SetFixture] = [")
for name, (shape, project) in sets.items():
    for scale in (0.3, 1, 5):
        x = np.round(rng.normal(size=shape) * scale, 3)
        print(f"        SetFixture(\n            set: \"{name}\", shape: {list(shape)},\n            x: {show(x)},\n            nearest: {show(project(x))}),")
print("    ]\n}")
