"""Writes convex.json: minima that CVXPY finds, for optim.fista, admm, douglas_rachford and mirror_descent.

    python3 Tests/OptimizersTests/Fixtures/make_convex_fixtures.py > Tests/OptimizersTests/Fixtures/convex.json

Needs NumPy and CVXPY (with Clarabel). Values are good to about 1e-9, points to about 1e-6.
"""
import json

import cvxpy as cp
import numpy as np

rng = np.random.default_rng(20261130)


def solve(n, objective, constraints=lambda x: []):
    x = cp.Variable(n)
    problem = cp.Problem(cp.Minimize(objective(x)), constraints(x))
    value = problem.solve(solver=cp.CLARABEL, tol_gap_abs=1e-11, tol_gap_rel=1e-11, tol_feas=1e-11)
    return x.value, value


cases = []
for m, n, weight in ((12, 8, 0.7), (8, 12, 0.3), (20, 10, 2.0)):
    A, b = np.round(rng.normal(size=(m, n)), 3), np.round(rng.normal(size=m), 3)
    x, value = solve(n, lambda x: cp.sum_squares(A @ x - b) / 2 + weight * cp.norm1(x))
    cases.append(("lasso", A, b, weight, x, value))
for n, weight in ((16, 0.4), (30, 1.0)):
    b = np.round(np.repeat(rng.normal(size=n // 4 + 1), 4)[:n] * 2 + 0.3 * rng.normal(size=n), 3)
    x, value = solve(n, lambda x: cp.sum_squares(x - b) / 2 + weight * cp.tv(x))
    cases.append(("tv", np.diff(np.eye(n), axis=0), b, weight, x, value))
for m, n in ((10, 6), (6, 9)):
    A, b = np.round(rng.normal(size=(m, n)), 3), np.round(rng.normal(size=m), 3)
    x, value = solve(n, lambda x: cp.sum_squares(A @ x - b) / 2, lambda x: [x >= 0, cp.sum(x) == 1])
    cases.append(("simplex", A, b, 0, x, value))

print(json.dumps([
    {"kind": kind, "A": A.tolist(), "b": b.tolist(), "weight": weight,
     "x": [round(float(v), 9) for v in x], "value": round(float(value), 10)} for kind, A, b, weight, x, value in cases
], indent=None, separators=(",", ":")).replace("},{", "},\n{"))
