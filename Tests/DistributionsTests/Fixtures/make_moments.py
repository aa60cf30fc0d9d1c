"""Writes moments.json: entropies, moments, divergences and log-probabilities at extreme parameters, by mpmath.

    python3 make_moments.py [TIMES]            (mpmath 1.3; TIMES as many points, 1 unless given)

Each row is [quantity, distribution, parameters, other distribution, its parameters, x, value, slopes]: slopes by each parameter of both distributions, in
order, null where there is none. Closed forms in so many digits that no difference matters, and central differences.
"""
import json
import random
import sys
from pathlib import Path

from mpmath import mp, mpf

lg, psi, log, exp = mp.loggamma, mp.digamma, mp.log, mp.exp
half = mpf(1) / 2


def xlogx(x):
    return mpf(0) if x == 0 else x * log(x)


def softmax(l):
    e = [exp(v - max(l)) for v in l]
    return [v / sum(e) for v in e]


def sigma(l):
    return 1 / (1 + exp(-l))


def beta_entropy(a, b):
    return dirichlet_entropy(a, b)


def dirichlet_entropy(*al):
    total = sum(al)
    return sum(map(lg, al)) - lg(total) + (total - len(al)) * psi(total) - sum((a - 1) * psi(a) for a in al)


def weights_entropy(*w):
    return -sum(xlogx(v / sum(w)) for v in w)


def poisson_entropy(r):
    term, log_factorial, sum_ = exp(-r), mpf(0), mpf(0)
    for k in range(1, int(r + 40 * mp.sqrt(r) + 150)):
        log_factorial += log(k)
        term *= r / k
        sum_ += term * log_factorial
    return r - xlogx(r) + sum_


ENTROPY = {
    "Normal": lambda m, s: log(2 * mp.pi * mp.e) / 2 + log(s), "Laplace": lambda m, s: 1 + log(2 * s),
    "Logistic": lambda m, s: log(s) + 2, "Exponential": lambda r: 1 - log(r), "Uniform": lambda a, b: log(b - a),
    "Gamma": lambda a, r: a - log(r) + lg(a) + (1 - a) * psi(a), "Beta": beta_entropy, "Dirichlet": dirichlet_entropy,
    "Categorical": weights_entropy, "Categorical by logits": lambda *l: weights_entropy(*softmax(l)),
    "Bernoulli": lambda p: -xlogx(p) - xlogx(1 - p),
    "Bernoulli by logits": lambda l: -xlogx(sigma(l)) - xlogx(sigma(-l)),
    "StudentT": lambda n, m, s: log(s) + (n + 1) / 2 * (psi((n + 1) / 2) - psi(n / 2)) + log(n) / 2 + lg(n / 2) + lg(half)
    - lg((n + 1) / 2),
    "Poisson": poisson_entropy,
}
MEAN = {
    "Gamma": lambda a, r: a / r, "Beta": lambda a, b: a / (a + b), "Dirichlet": lambda *al: al[0] / sum(al),
    "Bernoulli by logits": sigma, "Uniform": lambda a, b: (a + b) / 2, "Exponential": lambda r: 1 / r,
    "Laplace": lambda m, s: m,
}
VARIANCE = {
    "Gamma": lambda a, r: a / r ** 2, "Beta": lambda a, b: a * b / (a + b) ** 2 / (a + b + 1),
    "Dirichlet": lambda *al: al[0] * sum(al[1:]) / sum(al) ** 2 / (sum(al) + 1), "Bernoulli": lambda p: p * (1 - p),
    "Bernoulli by logits": lambda l: sigma(l) * sigma(-l), "Uniform": lambda a, b: (b - a) ** 2 / 12,
    "Exponential": lambda r: 1 / r ** 2, "Laplace": lambda m, s: 2 * s * s,
}


def ratio_excess(x, y):
    return x / y - 1 - log(x / y)


def weights_kl(w, v):
    return sum(a / sum(w) * log(a / sum(w) / (b / sum(v))) for a, b in zip(w, v))


def dirichlet_kl(a, b):
    total = psi(sum(a))
    return lg(sum(a)) - sum(map(lg, a)) - lg(sum(b)) + sum(map(lg, b)) + sum((x - y) * (psi(x) - total) for x, y in zip(a, b))


def gamma_kl(a, r, b, s):
    return (a - b) * psi(a) - lg(a) + lg(b) + b * log(r / s) + a * (s - r) / r


def normal_kl(distribution):
    def kl(*all_):
        p, (m, s) = all_[:-2], all_[-2:]
        return log(s) + log(2 * mp.pi) / 2 + (VARIANCE[distribution](*p) + (MEAN[distribution](*p) - m) ** 2) / (2 * s * s) - ENTROPY[distribution](*p)
    return kl


def mean_log(l, h):
    return (xlogx(h) - xlogx(l)) / (h - l) - 1


def uniform_beta(l, h, a, b):
    return lg(a) + lg(b) - lg(a + b) - (a - 1) * mean_log(l, h) - (b - 1) * mean_log(1 - h, 1 - l) - log(h - l)


def halves(f):
    return lambda *all_: f(all_[:len(all_) // 2], all_[len(all_) // 2:])


KL = {
    ("Normal", "Normal"): lambda m, s, n, t: ((m - n) / t) ** 2 / 2 + ((s / t) ** 2 - 1) / 2 - log(s / t),
    ("Laplace", "Laplace"): lambda m, s, n, t: (abs(m - n) + s * exp(-abs(m - n) / s)) / t - 1 - log(s / t),
    ("Exponential", "Exponential"): lambda p, q: ratio_excess(q, p), ("Gamma", "Gamma"): gamma_kl,
    ("Beta", "Beta"): halves(dirichlet_kl), ("Dirichlet", "Dirichlet"): halves(dirichlet_kl),
    ("Categorical", "Categorical"): halves(weights_kl),
    ("Categorical by logits", "Categorical by logits"): halves(lambda l, k: weights_kl(softmax(l), softmax(k))),
    ("Bernoulli", "Bernoulli"): lambda p, q: weights_kl([p, 1 - p], [q, 1 - q]),
    ("Bernoulli by logits", "Bernoulli by logits"): lambda l, k: weights_kl([sigma(l), sigma(-l)], [sigma(k), sigma(-k)]),
    ("Uniform", "Uniform"): lambda a, b, c, d: log((d - c) / (b - a)),
    ("Poisson", "Poisson"): lambda p, q: p * log(p / q) - p + q,
    ("Beta", "Normal"): normal_kl("Beta"), ("Exponential", "Normal"): normal_kl("Exponential"),
    ("Gamma", "Normal"): normal_kl("Gamma"), ("Laplace", "Normal"): normal_kl("Laplace"), ("Uniform", "Normal"): normal_kl("Uniform"),
    ("Gamma", "Exponential"): lambda a, r, q: gamma_kl(a, r, mpf(1), q), ("Exponential", "Gamma"): lambda q, b, s: gamma_kl(mpf(1), q, b, s),
    ("Uniform", "Beta"): uniform_beta,
}
LOG_PROB = {
    "Categorical": lambda x: lambda *w: log(w[x - 1] / sum(w)),
    "Categorical by logits": lambda x: lambda *l: log(softmax(l)[x - 1]),
    "Bernoulli": lambda x: lambda p: log(p if x else 1 - p),
}


def draw(g, distribution):
    lu = lambda low, high: 10 ** g.uniform(low, high)
    shape = lambda: lu(-4, 14) if g.random() < 0.6 else lu(-1, 2)
    if distribution in ("Normal", "Laplace", "Logistic"):
        s = lu(*g.choice([(-3, 3), (-100, 100)]))
        return [g.choice([0.0, s * g.uniform(-3, 3)]), s]
    if distribution in ("Exponential",):
        return [lu(*g.choice([(-3, 3), (-100, 100)]))]
    if distribution == "Uniform":
        low = g.choice([0.0, g.uniform(-1, 1) * lu(-8, 8)])
        return [low, low + lu(-3, 3) * (abs(low) + 1e-6)]
    if distribution == "Gamma":
        return [shape(), lu(*g.choice([(-3, 3), (-100, 100)]))]
    if distribution == "Beta":
        a = shape()
        return [a, g.choice([shape(), a * g.uniform(0.3, 3)])]
    if distribution == "Dirichlet":
        return [shape() for _ in range(g.choice([2, 3]))]
    if distribution == "Categorical":
        return [lu(*g.choice([(-1, 1), (-30, 1), (-60, 0)])) for _ in range(g.choice([2, 3, 5]))]
    if distribution == "Categorical by logits":
        return [g.uniform(-1, 1) * lu(*g.choice([(0, 0), (0, 2), (-8, -3)])) for _ in range(g.choice([2, 3, 5]))]
    if distribution == "Bernoulli":
        return [g.choice([lu(-100, 0), lu(-10, 0), 1 - lu(-15, 0), 0.5 + g.uniform(-1, 1) * lu(-12, -1)])]
    if distribution == "Bernoulli by logits":
        return [g.choice([-1, 1]) * lu(-12, 2)]
    if distribution == "StudentT":
        return [lu(-4, 14), g.uniform(-3, 3), lu(-30, 30)]
    return [lu(-30, 2) if g.random() < 0.5 else lu(-1, 3)]


def near(g, distribution, p):
    part = 10 ** g.uniform(-12, 0)
    q = [v * (1 + part * g.uniform(-1, 1)) for v in p]
    if distribution == "Uniform":
        width = p[1] - p[0]
        return [p[0] - width * part * g.random(), p[1] + width * part * g.random()]
    if distribution == "Bernoulli":
        return [min(q[0], 1 - 2.0 ** -50)]
    if distribution in ("Normal", "Laplace"):
        q[0] = p[0] + p[1] * part * g.uniform(-1, 1)
    return q


def steps(distribution, p):
    """What a parameter is measured by."""
    p = [mpf(v) for v in p]
    if distribution in ("Normal", "Laplace", "Logistic"):
        return [p[1]] * 2
    if distribution == "Uniform":
        return [p[1] - p[0]] * 2
    if distribution == "StudentT":
        return [p[0], p[2], p[2]]
    if distribution.endswith("logits"):
        return [max(mpf(10) ** -3, abs(v)) for v in p]
    return [min(p[0], 1 - p[0])] if distribution == "Bernoulli" else p


def row(quantity, distribution, p, other, q, x, f):
    mp.dps = 600 if "Categorical" in distribution or "Bernoulli" in distribution else 250
    inputs = [mpf(v) for v in p + q]
    value = f(*inputs)
    slopes = []
    for i, unit in enumerate(steps(distribution, p) + (steps(other, q) if other else [])):
        h = unit * mpf(10) ** -40
        up, down = [[v + s * h if j == i else v for j, v in enumerate(inputs)] for s in (1, -1)]
        try:
            slope = (f(*up) - f(*down)) / (2 * h)
            slopes.append(slope if isinstance(slope, mp.mpf) and mp.isfinite(slope) else None)
        except (ValueError, ZeroDivisionError):
            slopes.append(None)
    if not isinstance(value, mp.mpf) or any(s is not None and abs(s) > mpf(10) ** 290 for s in slopes + [value]):
        return None
    number = lambda v: None if v is None else 0.0 if abs(v) < mpf(10) ** -290 else float(mp.nstr(v, 15))
    return [quantity, distribution, p, other, q, x, number(value), [number(s) for s in slopes]]


def rows(seed, times):
    g = random.Random(seed)
    for distribution, f in ENTROPY.items():
        for _ in range(8 * times):
            p = draw(g, distribution)
            yield row("entropy", distribution, p, "", [], 0, f)
            if distribution in MEAN:
                yield row("mean", distribution, p, "", [], 0, MEAN[distribution])
            if distribution in VARIANCE:
                yield row("variance", distribution, p, "", [], 0, VARIANCE[distribution])
                yield row("stddev", distribution, p, "", [], 0, lambda *a: mp.sqrt(VARIANCE[distribution](*a)))
    for (distribution, other), f in KL.items():
        for _ in range(12 * times):
            p = draw(g, distribution)
            q = near(g, distribution, p) if distribution == other and g.random() < 0.6 else draw(g, other)
            if len(q) != len(p) and distribution == other:
                q = near(g, distribution, p)
            if distribution == "Uniform" and other == "Beta":
                low = g.choice([0.0, g.random() * 0.5])
                p = [low, low + (1 - low) * 10 ** g.uniform(-9, -0.1)]
            if distribution == other == "Uniform":
                q = near(g, distribution, p)
            yield row("kl", distribution, p, other, q, 0, f)
    for distribution in ("Categorical", "Categorical by logits", "Bernoulli"):
        for _ in range(10 * times):
            p = draw(g, distribution)
            x = g.randint(1, len(p)) if distribution != "Bernoulli" else g.randint(0, 1)
            yield row("log_prob", distribution, p, "", [], x, LOG_PROB[distribution](x))


def main():
    made = [r for r in rows(5, int(sys.argv[1]) if len(sys.argv) > 1 else 1) if r]
    text = "[\n" + ",\n".join(json.dumps(r, separators=(",", ":")) for r in made) + "\n]\n"
    (Path(__file__).parent / "moments.json").write_text(text)
    print(len(made), "rows")


if __name__ == "__main__":
    main()
