"""Writes extremes.json: distributions at extreme parameters and far in their tails, by mpmath.

    python3 make_extremes.py [TIMES]            (mpmath 1.3; TIMES as many points, 5 unless given: about 600, some minutes)

Each row is [distribution, parameters, x, log_prob, log_cdf, log_survival], the last three as [value, derivative by each parameter ...,
derivative by x]. Closed forms or mpmath's incomplete functions where they converge, else quadrature of the density in 64
digits; derivatives by central differences in as many.
"""
import json
import random
import sys
from pathlib import Path

from mpmath import mp, mpf
from mpmath.calculus.quadrature import GaussLegendre

mp.dps = 64
LARGE = 60


NODES = GaussLegendre(mp).calc_nodes(4, mp.prec + 20)


def tail(log_density, x, sign, scale):
    """log of the integral of exp(log_density) from x outwards in the direction of sign, in steps that grow from scale."""
    edge = log_density(x)
    points, step = [mpf(0)], mpf(1)
    while log_density(x + sign * scale * points[-1]) - edge > -80 and len(points) < 60:
        points.append(points[-1] + step)
        step *= mpf("1.5")
    integral = mpf(0)
    for low, high in zip(points, points[1:]):
        half, centre = (high - low) / 2, (high + low) / 2
        integral += half * sum(w * mp.exp(log_density(x + sign * scale * (centre + half * u)) - edge) for u, w in NODES)
    return edge + mp.log(scale * integral)


def complement(log_p):
    return mp.log1p(-mp.exp(log_p))


def both(lower, upper):
    """Both logarithms, each from the smaller tail."""
    if lower is not None:
        return lower, complement(lower)
    return complement(upper), upper


def smaller(lower, upper):
    return both(mp.log(lower), None) if lower < 0.5 else both(None, mp.log(upper()))


def gamma_tails(a, z):
    if a < LARGE:
        return smaller(mp.gammainc(a, 0, z, regularized=True), lambda: mp.gammainc(a, z, mp.inf, regularized=True))
    normaliser = mp.loggamma(a)
    density = lambda t: (a - 1) * mp.log(t) - t - normaliser if t > 0 else -mp.inf
    sd = mp.sqrt(a)
    scale = 1 / (abs((a - 1) / z - 1) + 1 / sd)
    return both(tail(density, z, -1, scale), None) if z < a else both(None, tail(density, z, 1, scale))


def beta_tails(a, b, x):
    if max(a, b) < LARGE:
        lower = mp.betainc(a, b, 0, x, regularized=True)
        return smaller(lower, lambda: mp.betainc(b, a, 0, 1 - x, regularized=True))
    normaliser = mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)
    density = lambda t: (a - 1) * mp.log(t) + (b - 1) * mp.log1p(-t) - normaliser if 0 < t < 1 else -mp.inf
    mean = a / (a + b)
    sd = mp.sqrt(mean * (1 - mean) / (a + b + 1))
    scale = 1 / (abs((a - 1) / x - (b - 1) / (1 - x)) + 1 / sd)
    # On the scale of log t for a small exponent, so that a pole at 0 is no end.
    if x < mean:
        logs = lambda s: a * s + (b - 1) * mp.log1p(-mp.exp(s)) - normaliser
        return both(tail(logs, mp.log(x), -1, 1 / (a + x / sd)) if a < LARGE else tail(density, x, -1, scale), None)
    logs = lambda s: (a - 1) * mp.log1p(-mp.exp(s)) + b * s - normaliser
    return both(None, tail(logs, mp.log1p(-x), -1, 1 / (b + (1 - x) / sd)) if b < LARGE else tail(density, x, 1, scale))


def student_tails(df, t):
    log_c = mp.loggamma(df / 2 + mpf(1) / 2) - mp.loggamma(df / 2) - mp.log(mp.pi * df) / 2
    density = lambda s: log_c - (df + 1) / 2 * mp.log1p(s * s / df)
    if df < LARGE:
        upper = tail(lambda s: density(mp.exp(s)) + s, mp.log(abs(t)), 1, mpf(1) / 2)
    else:
        upper = tail(density, abs(t), 1, 1 / (1 + abs(t)))
    lower = complement(upper)
    return (lower, upper) if t > 0 else (upper, lower)


def normal_tails(z):
    far = mp.log(mp.erfc(abs(z) / mp.sqrt(2)) / 2)
    return both(far, None) if z < 0 else both(None, far)


DISTRIBUTIONS = {
    "Normal": (
        lambda m, s, x: -(((x - m) / s) ** 2) / 2 - mp.log(s) - mp.log(2 * mp.pi) / 2,
        lambda m, s, x: normal_tails((x - m) / s)),
    "Logistic": (
        lambda m, s, x: -(x - m) / s - 2 * mp.log1p(mp.exp(-(x - m) / s)) - mp.log(s),
        lambda m, s, x: (-mp.log1p(mp.exp(-(x - m) / s)), -mp.log1p(mp.exp((x - m) / s)))),
    "Laplace": (
        lambda m, s, x: -abs(x - m) / s - mp.log(2 * s),
        lambda m, s, x: both((x - m) / s - mp.log(2), None) if x < m else both(None, -(x - m) / s - mp.log(2))),
    "Uniform": (
        lambda a, b, x: -mp.log(b - a),
        lambda a, b, x: (mp.log((x - a) / (b - a)), mp.log((b - x) / (b - a)))),
    "Exponential": (
        lambda r, x: mp.log(r) - r * x,
        lambda r, x: (mp.log(-mp.expm1(-r * x)), -r * x)),
    "Gamma": (
        lambda a, r, x: a * mp.log(r) + (a - 1) * mp.log(x) - r * x - mp.loggamma(a),
        lambda a, r, x: gamma_tails(a, r * x)),
    "Beta": (
        lambda a, b, x: (a - 1) * mp.log(x) + (b - 1) * mp.log1p(-x) - mp.loggamma(a) - mp.loggamma(b) + mp.loggamma(a + b),
        beta_tails),
    "StudentT": (
        lambda n, m, s, x: mp.loggamma((n + 1) / 2) - mp.loggamma(n / 2) - mp.log(n * mp.pi) / 2 - mp.log(s)
        - (n + 1) / 2 * mp.log1p(((x - m) / s) ** 2 / n),
        lambda n, m, s, x: student_tails(n, (x - m) / s)),
    # By the rate only: x counts.
    "Poisson": (
        lambda r, x: x * mp.log(r) - r - mp.loggamma(x + 1),
        lambda r, x: tuple(reversed(gamma_tails(x + 1, r)))),
}


def steps(distribution, inputs):
    """Over which the distributions change little: the differences are of the order of the square of them."""
    if distribution in ("Normal", "Logistic", "Laplace"):
        return [inputs[1] * mpf(10) ** -12] * 3
    if distribution == "Uniform":
        low, high, x = inputs
        return [min(x - low, high - x) * mpf(10) ** -12] * 3
    if distribution == "Exponential":
        return [v * mpf(10) ** -12 for v in inputs]
    if distribution == "StudentT":
        far = max(inputs[2], abs(inputs[3] - inputs[1]))
        return [inputs[0] * (mpf(10) ** -4 if inputs[0] > 1e6 else mpf(10) ** -8)] + [v * mpf(10) ** -9 for v in (far, inputs[2], far)]
    small = lambda v: min(v, mp.sqrt(v)) * mpf(10) ** -8
    if distribution == "Gamma":
        a, rate, x = inputs
        part = mpf(10) ** -9 / (1 + mp.sqrt(max(a, rate * x)))
        return [small(a), rate * part, x * part]
    if distribution == "Poisson":
        return [inputs[0] * mpf(10) ** -9 / (1 + mp.sqrt(max(inputs)))]
    a, b, x = inputs
    sd = mp.sqrt(a / (a + b) * (b / (a + b)) / (a + b + 1))
    return [small(a), small(b), min(x, 1 - x, sd) * mpf(10) ** -9]


def derivative(function, inputs, index, h):
    def at(value):
        return function(*[value if i == index else v for i, v in enumerate(inputs)])
    up, down = at(inputs[index] + h), at(inputs[index] - h)
    if isinstance(up, tuple):
        return [(u - d) / (2 * h) for u, d in zip(up, down)]
    return (up - down) / (2 * h)


def number(value, digits=12):
    value = mp.mpf(value)
    return 0.0 if abs(value) < mpf(10) ** -307 else float(mp.nstr(value, digits))


def is_hard(distribution, parameters, x):
    """Where the quadrature above does not converge: next to a pole, and where a large df's tail is a power."""
    if distribution == "Beta":
        return max(parameters) >= LARGE and min(parameters) < 0.05
    return distribution == "StudentT" and parameters[0] >= LARGE and abs(x - parameters[1]) > 100 * parameters[2]


def row(distribution, parameters, x):
    density, tails = DISTRIBUTIONS[distribution]
    inputs = [mpf(p) for p in parameters] + [mpf(x)]
    moving = len(parameters) if distribution == "Poisson" else len(inputs)
    h = steps(distribution, inputs)
    log_prob = [density(*inputs)] + [derivative(density, inputs, i, h[i]) for i in range(moving)]
    value = tails(*inputs)
    slopes = [derivative(tails, inputs, i, h[i]) for i in range(moving)]
    columns = [[value[side]] + [slope[side] for slope in slopes] for side in (0, 1)]
    if not all(isinstance(v, mpf) and mp.isfinite(v) and abs(v) < mpf(10) ** 300 for v in log_prob + columns[0] + columns[1]):
        return None
    return [distribution, parameters, x, *[[number(v, 12 if i else 16) for i, v in enumerate(column)] for column in [log_prob, *columns]]]


def points(seed, times=1):
    g = random.Random(seed)
    log_uniform = lambda low, high: float(f"{10 ** g.uniform(low, high):.5g}")
    # One in three far outside of what one expects.
    unit = lambda low, high: log_uniform(low, high) if g.random() < 0.7 else log_uniform(-100, 100)
    k = lambda: g.choice([-36, -8, -3, -1, -0.2, -1e-3, 1e-6, 0.1, 0.7, 2, 6, 25]) * g.uniform(0.8, 1.2)
    for _ in range(8 * times):
        for distribution in ["Normal", "Logistic", "Laplace"]:
            s = unit(-12, 12)
            m = g.choice([0.0, s * round(g.uniform(-3, 3), 3), round(g.uniform(-3, 3), 3) if s > 1e-8 else 0.0])
            yield distribution, [m, s], m + s * k()
        low = g.choice([-1, 1]) * unit(-8, 8)
        width = log_uniform(-3, 3) * abs(low)
        yield "Uniform", [low, low + width], low + width * g.choice([1e-9, 1e-3, 0.3, 0.7, 1 - 1e-9])
        rate = unit(-12, 12)
        yield "Exponential", [rate], log_uniform(-17, 2.7) / rate
    for _ in range(24 * times):
        a, rate = log_uniform(-6, 15), unit(-6, 6)
        z = max(a + a ** 0.5 * k(), a * log_uniform(-3, 0)) if a >= 0.5 else log_uniform(-12, 1.5)
        yield "Gamma", [a, rate], z / rate
    for _ in range(26 * times):
        a, b = log_uniform(-4, 15), log_uniform(-4, 15)
        if g.random() < 0.3:
            b = a * g.uniform(0.3, 3)
        mean = a / (a + b)
        sd = (mean * (1 - mean) / (a + b + 1)) ** 0.5
        x = mean + sd * k()
        if not 0 < x < 1:
            x = mean * log_uniform(-3, 0) if g.random() < 0.5 else 1 - (1 - mean) * log_uniform(-3, 0)
        if 0 < x < 1:
            yield "Beta", [a, b], x
    for _ in range(22 * times):
        df, s = log_uniform(-5, 15), unit(-3, 3)
        m = g.choice([0.0, s * round(g.uniform(-3, 3), 3)])
        t = g.choice([-30, -8, -3, -1, -0.2, 0.1, 0.7, 2, 6, 25]) * g.uniform(0.8, 1.2) if g.random() < 0.6 or df > 1000 else g.choice([-1, 1]) * log_uniform(-3, 20)
        yield "StudentT", [df, m, s], m + s * t
    for _ in range(14 * times):
        rate = log_uniform(-8, 14)
        yield "Poisson", [rate], float(max(0, round(rate + rate ** 0.5 * g.choice([-8, -3, -1, 0.7, 2, 6])) + 0)) if rate > 0.3 else float(g.choice([0, 1, 2, 5, 20]))
    # The rows of the report.
    yield "StudentT", [1e15, 0.0, 1.0], 1.5
    yield "StudentT", [1.0, 0.0, 1.0], 1e8
    yield "Beta", [1e15, 1e15], 0.5
    yield "Gamma", [115739.6265358441, 1.2537193327801547e-274], 8.221248465928047e278
    yield "Beta", [1.0, 1e6], 1e-6
    yield "Exponential", [1.0], 20.0


# So far out that the logarithms leave no digits in their differences. Here the quadrature does converge.
FAR = [
    ("Beta", [1.4094e14, 0.0024755], 0.017623),
    ("Beta", [2.5e12, 7.1e9], 0.4),
    ("Beta", [3e5, 8e13], 2e-11),
    ("Beta", [12.5, 3e9], 0.02),
    ("Beta", [0.3, 5e13], 0.7),
    ("Gamma", [1e14, 2.0], 1e12),
    ("Gamma", [3.7e9, 0.01], 9e9),
    ("Gamma", [5e11, 3.0], 1e12),
    ("Gamma", [0.002, 1.0], 4e8),
    ("StudentT", [4e10, 0.0, 1.0], 3e7),
    ("StudentT", [9e13, 0.0, 2.0], -5e4),
    ("StudentT", [2e6, 0.0, 1.0], 1e5),
    ("Poisson", [3e12], 1e10),
    ("Normal", [0.0, 1.0], -3e6),
]


def main():
    rows = []
    for point in points(9, int(sys.argv[1]) if len(sys.argv) > 1 else 5):
        made = None if is_hard(*point) else row(*point)
        if made:
            rows.append(made)
    rows += [row(*point) for point in FAR]
    text = "[\n" + ",\n".join(json.dumps(r, separators=(",", ":")) for r in rows) + "\n]\n"
    (Path(__file__).parent / "extremes.json").write_text(text)
    print(len(rows), "rows")


if __name__ == "__main__":
    main()
