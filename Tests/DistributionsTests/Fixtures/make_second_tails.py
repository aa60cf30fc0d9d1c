"""Writes second_tails.json: second derivatives of the tails' logarithms by two parameters, or a parameter and x, and mixtures
whose logarithms are huge; by mpmath.

    python3 make_second_tails.py        (mpmath 1.3; some minutes)

Rows of tails: [distribution, parameters, x, side, i, j, value], i and j counted from 0, x the last. A tail is its factor times a series
of positive terms or a continued fraction; derivatives are differences in 150 digits.
Rows of mixtures: [weights, locs, scales, x, quantity, slopes by weights, slopes by locs, slope by x, derivative of that by the
first weight].
"""
import json
from pathlib import Path

from mpmath import mp, mpf

mp.dps = 150
SMALL = mpf(10) ** -148


def series(step, first):
    total, term, k = mpf(1), mpf(1), 0
    while abs(term) > SMALL * total:
        term *= step(k)
        total += term
        k += 1
    return total * first


def log_beta_tail(a, b, x):
    factor = a * mp.log(x) + b * mp.log1p(-x) + mp.loggamma(a + b) - mp.loggamma(a) - mp.loggamma(b)
    return factor + mp.log(series(lambda k: (a + b + k) * x / (a + 1 + k), 1 / a))


def log_gamma_lower(a, x):
    return a * mp.log(x) - x - mp.loggamma(a) + mp.log(series(lambda k: x / (a + 1 + k), 1 / a))


def log_gamma_upper(a, x):
    b = x + 1 - a
    c, d, step, n = mpf(10) ** 400, 1 / b, mpf(0), 0
    h = d
    while abs(step - 1) > SMALL:
        n += 1
        b += 2
        d = 1 / (b - n * (n - a) * d)
        c = b - n * (n - a) / c
        step = c * d
        h *= step
    return a * mp.log(x) - x - mp.loggamma(a) + mp.log(h)


def log_tail(distribution, side, inputs):
    if distribution == "Beta":
        a, b, x = inputs
        return log_beta_tail(a, b, x) if side == "lower" else log_beta_tail(b, a, 1 - x)
    if distribution == "Gamma":
        a, rate, x = inputs
        return log_gamma_lower(a, rate * x) if side == "lower" else log_gamma_upper(a, rate * x)
    df, loc, scale, x = inputs
    t = (x - loc) / scale
    return log_beta_tail(df / 2, mpf(1) / 2, df / (df + t * t)) - mp.log(2)


def second(distribution, side, inputs, i, j):
    x = [mpf(v) for v in inputs]
    h = [(abs(v) if v else 1) * mpf(10) ** -40 for v in x]

    def at(s, t):
        y = list(x)
        y[i] += s * h[i]
        y[j] += t * h[j]
        return log_tail(distribution, side, y)

    if i == j:
        return (at(1, 0) - 2 * at(0, 0) + at(-1, 0)) / h[i] ** 2
    return (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / (4 * h[i] * h[j])


TAILS = [
    ("Beta", "lower", [1.4094e14, 0.0024755], 0.017623), ("Beta", "lower", [2.5e12, 7.1e9], 0.4),
    ("Beta", "lower", [3e5, 8e13], 2e-11), ("Beta", "upper", [12.5, 3e9], 0.02), ("Beta", "lower", [0.3, 2.0], 1e-200),
    ("Beta", "lower", [40.0, 3.0], 1e-9), ("Beta", "upper", [2.5, 30.0], 0.7), ("Beta", "lower", [0.02, 0.5], 0.001),
    ("Gamma", "lower", [1e14, 2], 1e12), ("Gamma", "upper", [5e11, 3], 1e12), ("Gamma", "upper", [0.002, 1], 4e8),
    ("Gamma", "lower", [0.3, 1], 1e-200), ("Gamma", "lower", [4.5, 2], 1e-6), ("Gamma", "upper", [60, 3], 70.0),
    ("Gamma", "upper", [8000, 0.5], 40000.0), ("Gamma", "lower", [2e6, 1], 1.5e6),
    ("StudentT", "upper", [4e10, 0, 1], 3e7), ("StudentT", "lower", [9e13, 0, 1], -2e7), ("StudentT", "upper", [3, 0, 1], 1e8),
    ("StudentT", "upper", [0.7, 0, 1], 1e30), ("StudentT", "upper", [100, 0, 2], 40.0), ("StudentT", "upper", [400, 0, 1], 1.5),
    ("StudentT", "upper", [2000, 0, 1], 30.0), ("StudentT", "upper", [700, 0, 1], 3e5), ("StudentT", "lower", [1.5, 1, 2], -7.0),
]


def mixture(weights, locs, scales, x, quantity):
    weights, locs, scales, x = [mpf(w) for w in weights], [mpf(m) for m in locs], [mpf(s) for s in scales], mpf(x)
    total = sum(weights)

    def logs(m, s):
        z = (x - m) / s
        if quantity == "log_prob":
            log, slope = -z * z / 2 - mp.log(s) - mp.log(2 * mp.pi) / 2, -z / s
            return log, slope
        sign = 1 if quantity == "log_cdf" else -1
        y = sign * z
        # log of the normal tail and its slope, by the continued fraction of Mills' ratio far out.
        if y < -40:
            t, depth = -y, -y
            for n in range(300, 0, -1):
                depth = t + n / depth
            return -y * y / 2 - mp.log(2 * mp.pi) / 2 - mp.log(depth), sign * depth / s
        p = mp.ncdf(y)
        return mp.log(p), sign * mp.npdf(y) / p / s

    parts = [logs(m, s) for m, s in zip(locs, scales)]
    peak = max(l for (l, _), w in zip(parts, weights) if w > 0)
    ratio = [mp.exp(l - peak) for l, _ in parts]
    whole = sum(w / total * r for w, r in zip(weights, ratio))
    rho = [r / whole for r in ratio]
    by_weight = [(r - 1) / total for r in rho]
    by_loc = [-w / total * r * d for w, r, (_, d) in zip(weights, rho, parts)]
    by_x = sum(w / total * r * d for w, r, (_, d) in zip(weights, rho, parts))
    # d/dw1 of it: rho_1 (slope_1 - by_x) / total.
    second = rho[0] * (parts[0][1] - by_x) / total
    return [by_weight, by_loc, by_x, second]


MIXTURES = [
    ([0.25, 0.75], [0.0, 1.0], [1.0, 2.0], 1e9), ([0.25, 0.75], [0.0, 1.0], [2.0, 1.0], -3e12),
    ([0.25, 0.75], [0.0, 0.0], [1.0, 1.0], 1e150), ([0.2, 0.3, 0.5], [0.0, 5.0, -5.0], [1.0, 1.0, 1.0], 1e5),
    ([1.0, 1e-20], [0.0, 3.0], [1.0, 1.0], -1.0), ([3e-310, 1.0], [0.0, 37.0], [1.0, 1.0], 0.5),
    ([0.0, 1.0], [0.0, 3.0], [1.0, 1.0], 0.0),
]


def number(v):
    return float(mp.nstr(v, 16)) if abs(v) < mpf(10) ** 308 else None


if __name__ == "__main__":
    tails = []
    for distribution, side, parameters, x in TAILS:
        inputs = parameters + [x]
        last = len(inputs) - 1
        shapes = [0, 1] if distribution == "Beta" else [0]
        for i in shapes:
            for j in range(i, last + 1):
                if distribution == "StudentT" and j == 1:
                    continue
                value = number(second(distribution, side, inputs, i, j))
                # 0 is a difference without digits.
                if value:
                    tails.append([distribution, [float(p) for p in parameters], x, side, i, j, value])
    mixtures = []
    for case in MIXTURES:
        for quantity in ("log_prob", "log_cdf", "log_survival"):
            a, b, c, d = mixture(*case, quantity)
            row = [*case, quantity, [number(v) for v in a], [number(v) for v in b], number(c), number(d)]
            if None not in row[5] + row[6] + row[7:]:
                mixtures.append(row)
    text = json.dumps({"tails": tails, "mixtures": mixtures})
    (Path(__file__).parent / "second_tails.json").write_text(text.replace("], [", "],\n[") + "\n")
    print(len(tails), "tails,", len(mixtures), "mixtures")
