"""Writes families.json and family_moments.json: the families that came later, at ordinary and extreme parameters, by mpmath.

    python3 make_families.py            (mpmath 1.3; some minutes)

Rows as make_extremes.py and make_moments.py write them: closed forms, mpmath's incomplete functions, and quadrature for the
von Mises distribution; derivatives by central differences in 64 digits. Counts have derivatives by real parameters only, and none by x.
"""
import json
import random
from pathlib import Path

import make_extremes as extremes
from make_extremes import both, complement, derivative, gamma_tails, beta_tails, normal_tails, number
from mpmath import mp, mpf

mp.dps = 64
log, exp, lg, psi = mp.log, mp.exp, mp.loggamma, mp.digamma


def incomplete_beta(a, b, x):
    """log I_x(a, b) and log(1 - I)."""
    lower = mp.betainc(a, b, 0, x, regularized=True)
    return extremes.smaller(lower, lambda: mp.betainc(b, a, 0, 1 - x, regularized=True))


def exponential(z):
    return (log(-mp.expm1(-z)), -z)


def swapped(pair):
    return (pair[1], pair[0])


def cauchy(z):
    far = mp.atan2(1, abs(z)) / mp.pi
    return both(log(far), None) if z < 0 else both(None, log(far))


def half_normal(z):
    return extremes.smaller(mp.erf(z / mp.sqrt(2)), lambda: mp.erfc(z / mp.sqrt(2)))


def von_mises_tails(m, k, x):
    t = mpf(x) - m
    norm = log(2 * mp.pi) + log(mp.besseli(0, k))
    width = 1 / (k * abs(mp.sin(t)) + mp.sqrt(k) + 1)
    marks = [abs(t)]
    while marks[-1] < mp.pi and k * (mp.cos(marks[-1]) - mp.cos(t)) > -100:
        marks.append(min(marks[-1] + width, mp.pi))
        width *= mpf("1.6")
    far = log(mp.quad(lambda s: exp(k * (mp.cos(s) - mp.cos(t))), marks)) + k * mp.cos(t) - norm
    return both(far, None) if t < 0 else both(None, far)


DISTRIBUTIONS = {
    "LogNormal": (
        lambda m, s, x: -(((log(x) - m) / s) ** 2) / 2 - log(s * x) - log(2 * mp.pi) / 2,
        lambda m, s, x: normal_tails((log(x) - m) / s)),
    "HalfNormal": (lambda s, x: -((x / s) ** 2) / 2 - log(s) + log(2 / mp.pi) / 2, lambda s, x: half_normal(x / s)),
    "Cauchy": (lambda m, s, x: -mp.log1p(((x - m) / s) ** 2) - log(mp.pi * s), lambda m, s, x: cauchy((x - m) / s)),
    "Gumbel": (
        lambda m, s, x: -(x - m) / s - exp(-(x - m) / s) - log(s),
        lambda m, s, x: swapped(exponential(exp(-(x - m) / s)))),
    "Weibull": (
        lambda s, k, x: log(k / s) + (k - 1) * log(x / s) - (x / s) ** k, lambda s, k, x: exponential((x / s) ** k)),
    "Pareto": (
        lambda s, a, x: log(a) + a * log(s) - (a + 1) * log(x), lambda s, a, x: exponential(a * log(x / s))),
    "ChiSquared": (
        lambda n, x: (n / 2 - 1) * log(x) - x / 2 - n / 2 * log(2) - lg(n / 2), lambda n, x: gamma_tails(n / 2, x / 2)),
    "InverseGamma": (
        lambda a, r, x: a * log(r) - (a + 1) * log(x) - r / x - lg(a), lambda a, r, x: swapped(gamma_tails(a, r / x))),
    "VonMises": (lambda m, k, x: k * mp.cos(x - m) - log(2 * mp.pi) - log(mp.besseli(0, k)), von_mises_tails),
    "Binomial": (
        lambda n, p, x: lg(n + 1) - lg(x + 1) - lg(n - x + 1) + x * log(p) + (n - x) * mp.log1p(-p),
        lambda n, p, x: swapped(incomplete_beta(x + 1, n - x, p))),
    "NegativeBinomial": (
        lambda r, p, x: lg(r + x) - lg(x + 1) - lg(r) + r * mp.log1p(-p) + x * log(p),
        lambda r, p, x: swapped(incomplete_beta(x + 1, r, p))),
    "Geometric": (
        lambda p, x: x * mp.log1p(-p) + log(p), lambda p, x: exponential(-(x + 1) * mp.log1p(-p))),
}
COUNTS = ["Binomial", "NegativeBinomial", "Geometric"]


def steps(distribution, inputs):
    tiny = mpf(10) ** -12
    if distribution in ("Cauchy", "Gumbel"):
        return [inputs[1] * tiny] * 3
    if distribution == "VonMises":
        return [tiny, inputs[1] * tiny, tiny]
    if distribution == "LogNormal":
        return [inputs[1] * tiny, inputs[1] * tiny, inputs[2] * inputs[1] * tiny]
    if distribution == "Weibull":
        return [inputs[0] / (1 + inputs[1]) * tiny, inputs[1] * tiny, inputs[2] / (1 + inputs[1]) * tiny]
    if distribution == "Pareto":
        gap = min(inputs[0], inputs[2] - inputs[0])
        return [gap * tiny, inputs[1] * tiny, gap * tiny]
    if distribution == "Binomial":
        return [tiny, min(inputs[1], 1 - inputs[1]) * tiny]
    if distribution == "NegativeBinomial":
        return [inputs[0] * tiny, min(inputs[1], 1 - inputs[1]) * tiny]
    if distribution == "Geometric":
        return [min(inputs[0], 1 - inputs[0]) * tiny]
    return [v * mpf(10) ** -10 / (1 + mp.sqrt(max(inputs))) for v in inputs]


def row(distribution, parameters, x):
    density, tails = DISTRIBUTIONS[distribution]
    inputs = [mpf(p) for p in parameters] + [mpf(x)]
    moving = len(parameters) if distribution in COUNTS else len(inputs)
    h = steps(distribution, inputs)
    log_prob = [density(*inputs)] + [derivative(density, inputs, i, h[i]) for i in range(moving)]
    value = tails(*inputs)
    slopes = [derivative(tails, inputs, i, h[i]) for i in range(moving)]
    columns = [[value[side]] + [slope[side] for slope in slopes] for side in (0, 1)]
    if not all(isinstance(v, mpf) and mp.isfinite(v) and abs(v) < mpf(10) ** 290 for v in log_prob + columns[0] + columns[1]):
        return None
    made = [[number(v, 12 if i else 16) for i, v in enumerate(column)] for column in [log_prob, *columns]]
    # A difference without digits.
    return None if any(0 in column for column in made[1:]) else [distribution, parameters, x, *made]


def points(seed):
    g = random.Random(seed)
    unit = lambda low, high: float(f"{10 ** g.uniform(low, high):.5g}")
    for _ in range(14):
        s, m = unit(-3, 1), g.choice([0.0, round(g.uniform(-9, 9), 3)])
        yield "LogNormal", [m, s], float(exp(m + s * g.choice([-20, -3, -0.7, 0.1, 1.3, 8])))
        s = unit(-12, 12)
        yield "HalfNormal", [s], s * g.choice([1e-12, 1e-3, 0.2, 0.69, 1.1, 6, 30])
        m = g.choice([0.0, s * round(g.uniform(-3, 3), 3)])
        yield "Cauchy", [m, s], m + s * g.choice([-1e40, -1e9, -30, -1.3, 0.2, 3, 1e5, 1e20])
        yield "Gumbel", [m, s], m + s * g.choice([-6.5, -3, -1, -0.2, 0.4, 3, 15, 40, 600])
        k = unit(-1, 1.5)
        yield "Weibull", [s, k], float(s * mpf(g.choice([1e-30, 1e-3, 0.1, 0.9, 1.1, 4.0])) ** (1 / mpf(k)))
        a = unit(-2, 3)
        yield "Pareto", [s, a], float(s * exp(mpf(g.choice([1e-6, 1e-2, 0.3, 1.5, 20.0])) / a))
        n = unit(-2, 6)
        spread = (2 * n) ** 0.5
        yield "ChiSquared", [n], max(n + spread * g.choice([-8, -1, 0.3, 5]), n * unit(-3, 0))
        a, r = unit(-1, 4), unit(-3, 3)
        yield "InverseGamma", [a, r], r / max(a + a ** 0.5 * g.choice([-5, -1, 0.3, 4]), a * unit(-2, 0))
        k = unit(-3, 4)
        yield "VonMises", [0.0, k], g.choice([-1, 1]) * min(g.choice([0.1, 0.8, 2.0, 6.0, 20.0]) / (1 + k) ** 0.5, 3.1)
        n = g.choice([1, 5, 40, 900, 20000])
        p = g.choice([unit(-6, -0.5), g.uniform(0.1, 0.9), 1 - unit(-5, -1)])
        yield "Binomial", [float(n), p], float(min(n - 1, max(0, round(n * p + (n * p * (1 - p)) ** 0.5 * g.choice([-6, -1, 0, 1, 6])))))
        n = unit(-2, 3)
        mean = n * p / (1 - p)
        if mean < 3e4:
            yield "NegativeBinomial", [n, p], float(max(0, round(mean + (mean / (1 - p)) ** 0.5 * g.choice([-4, -1, 0, 1, 6]))))
        yield "Geometric", [p], float(round(g.choice([0, 0.3, 2, 40]) / p))


# Moments.
HALF = mpf(1) / 2
EULER = mp.euler
ENTROPY = {
    "LogNormal": lambda m, s: m + log(s) + log(2 * mp.pi * mp.e) / 2, "HalfNormal": lambda s: log(s) + log(mp.pi / 2) / 2 + HALF,
    "Cauchy": lambda m, s: log(4 * mp.pi * s), "Gumbel": lambda m, s: log(s) + EULER + 1,
    "Weibull": lambda s, k: EULER * (1 - 1 / k) + log(s / k) + 1, "Pareto": lambda s, a: log(s / a) + 1 + 1 / a,
    "ChiSquared": lambda n: n / 2 + log(2) + lg(n / 2) + (1 - n / 2) * psi(n / 2),
    "InverseGamma": lambda a, r: a + log(r) + lg(a) - (1 + a) * psi(a),
    "VonMises": lambda m, k: log(2 * mp.pi * mp.besseli(0, k)) - k * mp.besseli(1, k) / mp.besseli(0, k),
    "Geometric": lambda p: -((1 - p) * mp.log1p(-p) + p * log(p)) / p,
}
MEAN = {
    "LogNormal": lambda m, s: exp(m + s * s / 2), "HalfNormal": lambda s: s * mp.sqrt(2 / mp.pi), "Gumbel": lambda m, s: m + s * EULER,
    "Weibull": lambda s, k: s * mp.gamma(1 + 1 / k), "Pareto": lambda s, a: a * s / (a - 1) if a > 1 else mp.inf,
    "ChiSquared": lambda n: n, "InverseGamma": lambda a, r: r / (a - 1) if a > 1 else mp.inf, "Geometric": lambda p: (1 - p) / p,
    "Binomial": lambda n, p: n * p, "NegativeBinomial": lambda r, p: r * p / (1 - p),
}
VARIANCE = {
    "LogNormal": lambda m, s: mp.expm1(s * s) * exp(2 * m + s * s), "HalfNormal": lambda s: s * s * (1 - 2 / mp.pi),
    "Gumbel": lambda m, s: mp.pi ** 2 / 6 * s * s, "Weibull": lambda s, k: s * s * (mp.gamma(1 + 2 / k) - mp.gamma(1 + 1 / k) ** 2),
    "Pareto": lambda s, a: s * s * a / (a - 1) ** 2 / (a - 2) if a > 2 else mp.inf, "ChiSquared": lambda n: 2 * n,
    "InverseGamma": lambda a, r: r * r / (a - 1) ** 2 / (a - 2) if a > 2 else mp.inf,
    "VonMises": lambda m, k: 1 - mp.besseli(1, k) / mp.besseli(0, k), "Geometric": lambda p: (1 - p) / p ** 2,
    "Binomial": lambda n, p: n * p * (1 - p), "NegativeBinomial": lambda r, p: r * p / (1 - p) ** 2,
}


def gumbel_kl(d, r):
    return -log(r) + d + r * EULER + exp(-d) * mp.gamma(1 + r) - 1 - EULER


def gamma_kl(a, r, b, s):
    return (a - b) * psi(a) - lg(a) + lg(b) + b * (log(r) - log(s)) + a * (s - r) / r


def trial_kl(p, q):
    return p * log(p / q) + (1 - p) * log((1 - p) / (1 - q))


def normal_kl(m, s, n, t):
    return log(t / s) + (s * s + (m - n) ** 2) / (2 * t * t) - HALF


KL = {
    ("LogNormal", "LogNormal"): normal_kl, ("HalfNormal", "HalfNormal"): lambda s, t: log(t / s) + s * s / (2 * t * t) - HALF,
    ("Cauchy", "Cauchy"): lambda m, s, n, t: log(((s + t) ** 2 + (m - n) ** 2) / (4 * s * t)),
    ("Gumbel", "Gumbel"): lambda m, s, n, t: gumbel_kl((m - n) / t, s / t),
    ("Weibull", "Weibull"): lambda s, k, t, l: gumbel_kl(log(t / s) * l, l / k),
    ("Pareto", "Pareto"): lambda s, a, t, b: b * log(s / t) - log(b / a) + b / a - 1,
    ("ChiSquared", "ChiSquared"): lambda n, m: gamma_kl(n / 2, HALF, m / 2, HALF),
    ("InverseGamma", "InverseGamma"): gamma_kl, ("Geometric", "Geometric"): lambda p, q: trial_kl(p, q) / p,
    ("Gumbel", "Normal"): lambda m, s, n, t: log(t) + log(2 * mp.pi) / 2 + (mp.pi ** 2 / 6 * s * s + (m + s * EULER - n) ** 2) / (2 * t * t) - ENTROPY["Gumbel"](m, s),
    ("Normal", "Gumbel"): lambda m, s, n, t: log(t) + (m - n) / t + exp((n - m) / t + s * s / (2 * t * t)) - log(2 * mp.pi * mp.e * s * s) / 2,
    ("Exponential", "Gumbel"): lambda r, n, t: log(t) + (1 / r - n) / t + exp(n / t) * r / (r + 1 / t) - 1 + log(r),
    ("Gamma", "Gumbel"): lambda a, r, n, t: log(t) + (a / r - n) / t + exp(n / t) * (1 + 1 / (t * r)) ** -a - (a - log(r) + lg(a) + (1 - a) * psi(a)),
    ("Uniform", "Gumbel"): lambda l, h, n, t: log(t) + ((l + h) / 2 - n) / t + exp(n / t) * t * (exp(-l / t) - exp(-h / t)) / (h - l) - log(h - l),
    ("Pareto", "Exponential"): lambda s, a, r: r * a * s / (a - 1) - log(r) - ENTROPY["Pareto"](s, a),
    ("Pareto", "Normal"): lambda s, a, n, t: log(t) + log(2 * mp.pi) / 2 + (VARIANCE["Pareto"](s, a) + (MEAN["Pareto"](s, a) - n) ** 2) / (2 * t * t) - ENTROPY["Pareto"](s, a),
    ("Pareto", "Gamma"): lambda s, a, b, r: lg(b) - b * log(r) - (b - 1) * (log(s) + 1 / a) + r * MEAN["Pareto"](s, a) - ENTROPY["Pareto"](s, a),
    ("Uniform", "Pareto"): lambda l, h, t, b: (b + 1) * ((h * log(h) - l * log(l)) / (h - l) - 1) - log(b) - b * log(t) - log(h - l),
}


def moment_rows(seed):
    g = random.Random(seed)
    unit = lambda low, high: float(f"{10 ** g.uniform(low, high):.5g}")

    def parameters(distribution):
        place = lambda s: g.choice([0.0, s * round(g.uniform(-3, 3), 3)])
        s, p = unit(-3, 3), g.choice([unit(-8, -0.3), g.uniform(0.1, 0.95)])
        return {
            "LogNormal": lambda: [round(g.uniform(-5, 5), 3), unit(-6, 0.5)], "HalfNormal": lambda: [unit(-20, 20)],
            "Cauchy": lambda: [place(s), s], "Gumbel": lambda: [place(s), s], "Normal": lambda: [place(s), s],
            "Weibull": lambda: [s, unit(-0.9, 8)], "Pareto": lambda: [s, 2.1 + unit(-2, 5)], "ChiSquared": lambda: [unit(-3, 8)],
            "InverseGamma": lambda: [2.1 + unit(-2, 6), s], "VonMises": lambda: [place(1.0), unit(-6, 6)], "Geometric": lambda: [p],
            "Binomial": lambda: [float(g.choice([1, 30, 10 ** 6])), p], "NegativeBinomial": lambda: [unit(-3, 4), p],
            "Exponential": lambda: [s], "Gamma": lambda: [unit(-1, 2), s], "Uniform": lambda: [s, s * g.uniform(1.2, 4)],
        }[distribution]()

    def finish(quantity, distribution, own, other, others, function, floor=1):
        inputs = [mpf(v) for v in own + others]
        value = function(*inputs)
        if not mp.isfinite(value) or abs(value) > mpf(10) ** 200:
            return None
        slopes = []
        for i, v in enumerate(inputs):
            h = (abs(v) if v else 1) * mpf(10) ** -20
            shifted = lambda d: function(*[u + d if j == i else u for j, u in enumerate(inputs)])
            slopes.append(number((shifted(h) - shifted(-h)) / (2 * h), 15))
        return [quantity, distribution, own, other, others, 0, number(value, 15), slopes]

    for quantity, table in (("entropy", ENTROPY), ("mean", MEAN), ("variance", VARIANCE)):
        for distribution, function in table.items():
            for _ in range(4):
                yield finish(quantity, distribution, parameters(distribution), "", [], function)
    for (distribution, other), function in KL.items():
        for _ in range(3):
            own, others = parameters(distribution), parameters(other)
            if distribution == other and g.random() < 0.4:
                others = [v * (1 + 1e-6 * (i + 1)) if v != 0 else 1e-6 * own[1] for i, v in enumerate(own)]
            if other == "Pareto":
                others[0] = own[0] * 0.7
            yield finish("kl", distribution, own, other, others, function)


def write(name, rows):
    rows = [r for r in rows if r]
    (Path(__file__).parent / name).write_text("[\n" + ",\n".join(json.dumps(r, separators=(",", ":")) for r in rows) + "\n]\n")
    print(len(rows), "rows in", name)


if __name__ == "__main__":
    write("family_moments.json", moment_rows(5))
    write("families.json", (row(*p) for p in points(3)))
