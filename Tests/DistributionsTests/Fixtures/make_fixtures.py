"""Writes distributions.json: values of SciPy, PyTorch and mpmath that the tests hold the distributions against.

    python make_fixtures.py        # needs numpy, scipy, torch, mpmath

Densities, distribution functions, moments and entropies are SciPy's; gradients and divergences PyTorch's (float64); special
functions and the derivatives of the incomplete gamma and beta functions by their parameters mpmath's, with 40 digits.
"""
import json
import math
import os

import mpmath
import numpy as np
import scipy
import torch
from scipy import special, stats

mpmath.mp.dps = 40
inf, nan = math.inf, math.nan
D = torch.distributions


def plain(x):
    if isinstance(x, torch.Tensor):
        x = x.detach().numpy()
    if isinstance(x, mpmath.mpf):
        x = float(x)
    x = np.asarray(x, dtype=np.float64)
    def number(v):
        return "nan" if math.isnan(v) else ("inf" if v > 0 else "-inf") if math.isinf(v) else float(v)
    return {"shape": list(x.shape), "values": [number(v) for v in x.ravel()]}


# name -> (scipy frozen distribution of the parameters, torch distribution of the parameters)
scalar = {
    "Normal": (lambda l, s: stats.norm(l, s), D.Normal),
    "Logistic": (lambda l, s: stats.logistic(l, s), None),
    "Uniform": (lambda a, b: stats.uniform(a, b - a), D.Uniform),
    "Bernoulli": (lambda p: stats.bernoulli(p), lambda p: D.Bernoulli(probs=p)),
    "Exponential": (lambda r: stats.expon(scale=1 / r), D.Exponential),
    "Laplace": (lambda l, s: stats.laplace(l, s), D.Laplace),
    "Gamma": (lambda a, r: stats.gamma(a, scale=1 / r), D.Gamma),
    "Beta": (lambda a, b: stats.beta(a, b), D.Beta),
    "Poisson": (lambda r: stats.poisson(r), D.Poisson),
    "StudentT": (lambda v, l, s: stats.t(v, l, s), D.StudentT),
}

# Parameters (each a list, element by element) and the points: inside, at the edge, outside, far out, NaN.
grids = {
    "Normal": ([[0, 1, -3, 1e3, 0], [1, 0.1, 7, 1e-3, 2]], [-40, -1, 0, 0.3, 2, 9, 1000.002, inf, -inf, nan]),
    "Logistic": ([[0, 1, -3, 2], [1, 0.1, 7, 0.5]], [-700, -1, 0, 0.3, 2, 9, 800, inf, -inf, nan]),
    "Uniform": ([[0, -2, 1], [1, 5, 1.5]], [-3, -1, 0.25, 1.25, 3, 7, inf, nan]),
    "Bernoulli": ([[0.2, 0.5, 0.999, 1e-9]], [0, 1, 0.5, -1, 2, nan]),
    "Exponential": ([[1, 0.01, 30]], [-1, 0, 0.01, 1, 50, inf, nan]),
    "Laplace": ([[0, 1, -3], [1, 0.1, 7]], [-400, -1, 0, 0.3, 2, 9, inf, -inf, nan]),
    "Gamma": ([[0.01, 0.5, 1, 2.5, 30, 1000, 1e6], [1, 2, 0.5, 3, 1, 10, 1e3]], [-1, 0, 1e-30, 1e-3, 0.3, 1, 5, 30, 100, 1001, inf, nan]),
    "Beta": ([[0.01, 0.5, 1, 2, 30, 500], [0.5, 0.5, 1, 7, 3, 600]], [-1, 0, 1e-12, 0.01, 0.3, 0.5, 0.9, 0.999999, 1, 2, nan]),
    "Poisson": ([[0, 0.1, 1, 9.5, 12, 300, 1e5]], [-1, 0, 1, 2.5, 3, 12, 250, 320, 99000, inf, nan]),
    "StudentT": ([[0.5, 1, 1.5, 2, 4, 30, 1e6], [0, 0, 1, -1, 2, 0, 0], [1, 2, 0.5, 1, 3, 1, 1]], [-1e6, -30, -1, 0, 0.3, 2, 9, 1e3, inf, nan]),
}


def scalar_cases():
    for name, (parameters, points) in grids.items():
        distribution, torch_distribution = scalar[name]
        columns = [np.array(p, dtype=np.float64) for p in parameters]
        x = np.array(points, dtype=np.float64)[:, None]
        with np.errstate(all="ignore"):
            frozen = distribution(*columns)
            discrete = name in ("Bernoulli", "Poisson")
            log_prob = (frozen.logpmf if discrete else frozen.logpdf)(x)
            if name == "Laplace":
                log_prob = torch_distribution(*map(torch.tensor, columns)).log_prob(torch.tensor(np.nan_to_num(x))).numpy()  # SciPy's underflows
                log_prob = np.where(np.isinf(x), -inf, log_prob)
            if name in ("Gamma", "Poisson"):
                log_prob = np.where(np.isposinf(x), -inf, log_prob)  # SciPy's is NaN
            case = {
                "distribution": name, "parameters": [plain(c) for c in columns], "x": plain(x),
                "log_prob": plain(np.where(np.isnan(x), nan, log_prob)),
                "cdf": plain(np.where(np.isnan(x), nan, frozen.cdf(x))),
                "mean": plain(frozen.mean()), "variance": plain(frozen.var()),
            }
            if name == "Gamma":
                # SciPy's differential entropy of large shapes is asymptotic; mpmath's is exact.
                case["entropy"] = plain([float(a - mpmath.log(r) + mpmath.loggamma(a) + (1 - a) * mpmath.digamma(a)) for a, r in zip(*map(lambda c: map(mpmath.mpf, c), columns))])
            elif name == "Poisson":
                case["entropy"] = plain([float(poisson_entropy(r)) for r in columns[0]])
            elif name == "StudentT":
                h = [mpmath.mpf(v) for v in columns[0]]
                case["entropy"] = plain([float((v + 1) / 2 * (mpmath.digamma((v + 1) / 2) - mpmath.digamma(v / 2)) + mpmath.log(v) / 2 + mpmath.log(mpmath.beta(v / 2, 0.5)) + mpmath.log(s)) for v, s in zip(h, columns[2])])
                # Where SciPy and PyTorch differ on what does not exist, PyTorch's.
                case["mean"] = plain(torch_distribution(*map(torch.tensor, columns)).mean)
                case["variance"] = plain(torch_distribution(*map(torch.tensor, columns)).variance)
            else:
                case["entropy"] = plain(frozen.entropy())
            if name in ("Normal", "Logistic", "Uniform", "Exponential", "Laplace"):
                q = np.array([0, 1e-10, 0.01, 0.3, 0.5, 0.75, 0.999, 1, -0.1, 1.1, nan])[:, None]
                case["q"], case["icdf"] = plain(q), plain(frozen.ppf(q))
            yield case


def poisson_entropy(rate):
    rate = mpmath.mpf(float(rate))
    if rate == 0:
        return mpmath.mpf(0)
    if rate > 2000:
        r = 1 / rate
        return mpmath.log(2 * mpmath.pi * mpmath.e * rate) / 2 - r / 12 - r**2 / 24 - 19 * r**3 / 360 - 9 * r**4 / 80
    reach = int(20 * mpmath.sqrt(rate) + 60)
    total = mpmath.mpf(0)
    for k in range(max(0, int(rate) - reach), int(rate) + reach):
        log = k * mpmath.log(rate) - rate - mpmath.loggamma(k + 1)
        total -= mpmath.exp(log) * log
    return total


def gradients():
    """Of the sum of log_prob, entropy and (where PyTorch has one) cdf, by the parameters and x."""
    rng = np.random.default_rng(0)
    for name, (_, torch_distribution) in scalar.items():
        if torch_distribution is None:
            continue
        frozen = {"Normal": [[0.5, -1], [1, 0.3]], "Uniform": [[0, -1], [1, 0.5]], "Bernoulli": [[0.2, 0.9]], "Exponential": [[0.5, 3]], "Laplace": [[0.5, -1], [1, 0.3]],
                  "Gamma": [[0.3, 5], [1, 2]], "Beta": [[0.4, 5], [0.7, 2]], "Poisson": [[0.5, 20]], "StudentT": [[0.7, 12], [0.5, -1], [1, 0.3]]}[name]
        parameters = [torch.tensor(p, dtype=torch.float64, requires_grad=True) for p in frozen]
        distribution = torch_distribution(*parameters)
        x = distribution.sample((3,)).double()
        if name in ("Bernoulli", "Poisson"):
            value = distribution.log_prob(x)
        else:
            x.requires_grad_(True)
            value = distribution.log_prob(x)
        wanted = parameters + ([x] if x.requires_grad else [])
        grads = torch.autograd.grad(value.sum(), wanted, allow_unused=True)
        case = {"distribution": name, "parameters": [plain(p) for p in parameters], "x": plain(x), "log_prob": plain(value),
                "log_prob_grad": [plain(g if g is not None else torch.zeros_like(w)) for g, w in zip(grads, wanted)]}
        if name != "Poisson":
            grads = torch.autograd.grad(torch_distribution(*parameters).entropy().sum(), parameters, allow_unused=True)
            case["entropy_grad"] = [plain(g if g is not None else torch.zeros_like(w)) for g, w in zip(grads, parameters)]
        yield case


def vector_cases():
    a = np.array([[0.5, 2, 3], [1, 1, 4]])
    x = np.array([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8]])
    yield {"distribution": "Dirichlet", "parameters": [plain(a)], "x": plain(x), "log_prob": plain([stats.dirichlet(r).logpdf(v) for r, v in zip(a, x)]),
           "entropy": plain([stats.dirichlet(r).entropy() for r in a]), "mean": plain([stats.dirichlet(r).mean() for r in a]), "variance": plain([stats.dirichlet(r).var() for r in a])}
    loc, cov = np.array([0.5, -1, 3]), np.array([[2, 0.3, -0.4], [0.3, 1, 0.2], [-0.4, 0.2, 0.5]])
    x = np.array([[0, 0, 0], [1, -1, 2.5], [100, 0, 0]])
    distribution = stats.multivariate_normal(loc, cov)
    for name, matrix in (("covariance", cov), ("scale_tril", np.linalg.cholesky(cov))):
        yield {"distribution": "MultivariateNormal", "parameters": [plain(loc)] + ([plain(matrix)] if name == "covariance" else []), "options": {} if name == "covariance" else {name: plain(matrix)},
               "x": plain(x), "log_prob": plain(distribution.logpdf(x)), "entropy": plain(distribution.entropy()), "mean": plain(loc), "variance": plain(np.diag(cov))}
    p = np.array([[0.2, 0.5, 0.3], [0, 0.1, 0.9]])
    x = np.array([[1.0], [2], [3], [0], [4], [1.5], [nan]])
    def log(i, row):
        if math.isnan(i): return nan
        return math.log(row[int(i) - 1]) if i in (1, 2, 3) and row[int(i) - 1] > 0 else -inf
    def below(i, row):
        return nan if math.isnan(i) else sum(row[k] for k in range(3) if k + 1 <= i)
    for key, options in (("probs", {}), ("logits", {"logits": plain(np.where(p == 0, -inf, np.log(np.maximum(p, 1e-300)) + 2))})):
        yield {"distribution": "Categorical", "parameters": [plain(p)] if key == "probs" else [], "options": options, "x": plain(x),
               "log_prob": plain([[log(i, row) for row in p] for (i,) in x]), "cdf": plain([[below(i, row) for row in p] for (i,) in x]), "entropy": plain(stats.entropy(p, axis=1)),
               "mean": plain([nan, nan]), "variance": plain([nan, nan])}
    logits = np.array([-800, -2, 0, 3, 40.0])
    yield {"distribution": "Bernoulli", "parameters": [], "options": {"logits": plain(logits)}, "x": plain([[0], [1]]), "log_prob": plain([-np.logaddexp(0, logits), -np.logaddexp(0, -logits)]),
           "entropy": plain(D.Bernoulli(logits=torch.tensor(logits)).entropy()), "mean": plain(special.expit(logits)), "variance": plain(special.expit(logits) * special.expit(-logits))}


def divergences():
    def make(name, torch_distribution, *parameters):
        return name, torch_distribution(*[torch.tensor(p, dtype=torch.float64) for p in parameters]), [plain(p) for p in parameters]
    distributions = [
        make("Normal", D.Normal, [0.5, -1], [1, 0.3]), make("Laplace", D.Laplace, [0.3, 1], [0.7, 2]), make("Exponential", D.Exponential, [0.5, 3]),
        make("Gamma", D.Gamma, [0.3, 5], [1, 2]), make("Beta", D.Beta, [0.4, 5], [0.7, 2]), make("Uniform", D.Uniform, [0.1, 0.2], [0.9, 0.8]), make("Uniform", D.Uniform, [-0.1, -1], [1.2, 3]),
        make("Bernoulli", lambda p: D.Bernoulli(probs=p), [0.2, 0.9]), make("Poisson", D.Poisson, [0.5, 20]), make("Categorical", lambda p: D.Categorical(probs=p), [[0.2, 0.5, 0.3], [0.1, 0.1, 0.8]]),
        make("Dirichlet", D.Dirichlet, [[0.5, 2, 3], [1, 1, 4]]), make("MultivariateNormal", D.MultivariateNormal, [0.5, -1], [[2, 0.3], [0.3, 1]]),
        make("MultivariateNormal", D.MultivariateNormal, [[0, -1], [2, 2]], [[1, -0.3], [-0.3, 4]]), make("Categorical", lambda p: D.Categorical(probs=p), [[0.3, 0.3, 0.4], [0.2, 0.2, 0.6]]),
        make("Normal", D.Normal, [0, 2], [2, 1]), make("Gamma", D.Gamma, [2, 1], [3, 0.4]), make("Beta", D.Beta, [3, 1], [1, 2]), make("Laplace", D.Laplace, [0, 2], [2, 1]),
        make("Exponential", D.Exponential, [1, 2]), make("Bernoulli", lambda p: D.Bernoulli(probs=p), [0.4, 0.3]), make("Poisson", D.Poisson, [2, 15]), make("Dirichlet", D.Dirichlet, [[1, 2, 0.3], [2, 1, 3]]),
    ]
    for p_name, p, p_parameters in distributions:
        for q_name, q, q_parameters in distributions:
            if p.event_shape != q.event_shape:
                continue
            try:
                value = D.kl_divergence(p, q)
            except NotImplementedError:
                continue
            yield {"p": p_name, "p_parameters": p_parameters, "q": q_name, "q_parameters": q_parameters, "kl": plain(value)}


def special_functions():
    m = mpmath
    def table(name, function, rows, tolerance=1e-12):
        return {"function": name, "tolerance": tolerance, "rows": [{"at": [float(v) for v in row], "value": plain(function(*map(m.mpf, row)))["values"][0]} for row in rows]}
    xs = [1e-8, 0.01, 0.5, 1, 1.4616321449683623, 2, 3.7, 9.99, 10, 45.5, 1e3, 1e8]
    yield table("lgamma", m.loggamma, [(x,) for x in xs])
    yield table("digamma", m.digamma, [(x,) for x in xs] + [(-0.5,), (-3.25,)], 1e-13)
    for n in (1, 2, 3, 4):
        yield table(f"polygamma{n}", lambda x, n=n: m.polygamma(n, x), [(x,) for x in xs])
    yield table("normal_cdf", m.ncdf, [(x,) for x in (-37, -8, -1, 0, 0.5, 3, 9)], 1e-13)
    qs = [1e-300, 1e-20, 1e-5, 0.07, 0.075, 0.3, 0.5, 0.6, 0.95, 0.999999]
    yield {"function": "normal_quantile", "tolerance": 1e-14, "rows": [{"at": [q], "value": float(special.ndtri(q))} for q in qs]}
    pairs = [(a, x) for a in (1e-3, 0.1, 0.5, 1, 3, 10, 75.5, 1e3, 1e5) for x in (1e-20, 1e-3, 0.4, 1.02, 2, 9.5, 12, 80, 960, 1000.5, 1001.2, 1040, 1e5, 1.005e5)
             if 1e-250 < m.gammainc(a, 0, x, regularized=True) and 1e-250 < m.gammainc(a, x, regularized=True)]
    P = lambda a, x: m.gammainc(a, 0, x, regularized=True)
    yield table("gamma_p", P, pairs, 1e-11)
    yield table("gamma_q", lambda a, x: m.gammainc(a, x, regularized=True), pairs, 1e-11)
    small = [(a, x) for a, x in pairs if a <= 1e3]
    def slope(a, x):
        p = m.exp(a * m.log(x) - x - m.loggamma(a))
        return -m.diff(lambda t: P(t, x), a) / p
    def curvature(a, x):
        p = m.exp(a * m.log(x) - x - m.loggamma(a))
        return m.diff(lambda t: P(t, x), a, 2) / p
    yield table("log_gamma_slope", slope, small, 1e-9)
    yield table("log_gamma_curvature", curvature, small, 1e-7)
    triples = [(a, b, x) for a in (0.02, 0.5, 1, 3, 40, 500) for b in (0.3, 1, 2.5, 60) for x in (1e-10, 0.01, 0.3, 0.5, 0.8, 0.97, 0.9999)]
    I = lambda a, b, x: m.betainc(a, b, 0, x, regularized=True)
    triples = [t for t in triples if I(*t) > 1e-250 and 1 - I(*t) > 1e-14]
    yield table("beta_i", I, triples, 1e-11)
    few = triples[::3]
    yield table("beta_a", lambda a, b, x: m.diff(lambda t: I(t, b, x), a), few, 1e-8)
    yield table("beta_b", lambda a, b, x: m.diff(lambda t: I(a, t, x), b), few, 1e-8)
    yield table("beta_ab", lambda a, b, x: m.diff(I, (a, b, x), (1, 1, 0)), few[::2], 1e-6)


if __name__ == "__main__":
    torch.manual_seed(0)
    fixtures = {
        "made_with": {"scipy": scipy.__version__, "torch": torch.__version__.split("+")[0], "mpmath": mpmath.__version__},
        "distributions": list(scalar_cases()) + list(vector_cases()), "gradients": list(gradients()), "divergences": list(divergences()),
        "special": list(special_functions()),
    }
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "distributions.json")
    with open(path, "w") as file:
        json.dump(fixtures, file, separators=(",", ":"))
        file.write("\n")
    print({key: len(value) for key, value in fixtures.items()})
