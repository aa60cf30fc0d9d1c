"""Values of Pareto k-hat, and smoothed weights, by ArviZ, for Tests/SamplersTests: python make_fixtures.py (arviz 0.23, numpy, scipy)."""
import json
import warnings

import arviz
import numpy as np
from scipy import stats

warnings.simplefilter("ignore")
rng = np.random.default_rng(20241)


def psis(log_weights, reff):
    smoothed, khat = arviz.psislw(np.array(log_weights, dtype=float), reff=reff)
    return np.asarray(smoothed), float(khat)


def number(v):
    return "-inf" if v == -np.inf else "inf" if v == np.inf else float(v)


def largest(smoothed):
    """The sum of squares of all weights, and the 60 largest logarithms: what smoothing changes."""
    return {"squares": float(np.sum(np.exp(2 * smoothed))), "largest": [float(f"{v:.12g}") for v in np.sort(smoothed)[::-1][:60] if v > -np.inf]}


def case(name, log_weights):
    log_weights = np.round(np.asarray(log_weights, dtype=float), 6)
    smoothed, k = psis(log_weights, 1.0)
    correlated, k_correlated = psis(log_weights, 0.3)
    w = np.exp(log_weights - log_weights.max())
    return {
        "name": name,
        "log_weights": [number(v) for v in log_weights],
        "khat": number(k),
        "ess": float(w.sum() ** 2 / (w**2).sum()),
        "smoothed": largest(smoothed),
        "correlated": {"khat": number(k_correlated), **largest(correlated)},
    }


normal, student = stats.norm, stats.t
cases = []
for n in (10, 25, 26, 100, 400, 1000):
    x = rng.standard_normal(n)
    cases.append(case(f"normal target 0.5 away, n = {n}", normal.logpdf(x, 0.5) - normal.logpdf(x)))
    cases.append(case(f"target twice as wide, n = {n}", normal.logpdf(x, 0, 2) - normal.logpdf(x)))
    cases.append(case(f"uniform log weights, n = {n}", rng.uniform(-1, 0, n)))
    cases.append(case(f"Pareto k = 1.2, n = {n}", np.log(stats.genpareto.rvs(1.2, size=n, random_state=rng))))
    cases.append(case(f"Student t(3) proposal, n = {n}", normal.logpdf(t := student.rvs(3, size=n, random_state=rng)) - student.logpdf(t, 3)))
x = rng.standard_normal(300)
cases.append(case("shifted by -1000", x**2 / 3 - 1000))
cases.append(case("shifted by 5000", x**2 / 3 + 5000))
cases.append(case("spread over thousands", x * 800))
cases.append(case("some are zero", np.where(x > 1, -np.inf, x)))
cases.append(case("most are zero", np.where(x > -1.5, -np.inf, x)))
cases.append(case("ties", np.round(x * 2) / 2))
cases.append(case("two values", np.where(x > 0, 0.0, -1.0)))
cases.append(case("too few", rng.standard_normal(4)))
cases.append(case("two weights", [0.0, -1.0]))
with open("khat.json", "w") as out:
    out.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
print(len(cases), [(c["name"], c["khat"]) for c in cases])
