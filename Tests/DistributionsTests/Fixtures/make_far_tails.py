"""Prints slope and bend of the cases of FarTailTests.swift, by mpmath in 70 digits.

    python3 make_far_tails.py        (mpmath 1.3; some seconds)

A tail over its factor is a series of positive terms or a continued fraction (TailSeries.swift says which). Its inverse
is the slope of the tail's logarithm but for a power of x, and the bend the log-density's slope less that one.
"""
from mpmath import mp, mpf

mp.dps = 70
SMALL = mpf(10) ** -60


def series(step, first):
    total, term, k = mpf(1), mpf(1), 0
    while term > SMALL * total:
        term *= step(k)
        total += term
        k += 1
    return total * first


def beta_tail(a, b, x):
    return series(lambda k: (a + b + k) * x / (a + 1 + k), 1 / a)


def gamma_lower(a, x):
    return series(lambda k: x / (a + 1 + k), 1 / a)


def gamma_upper(a, x):
    """Lentz's method."""
    b = x + 1 - a
    c, d, step, n = mpf(10) ** 300, 1 / b, mpf(0), 0
    h = d
    while abs(step - 1) > SMALL:
        n += 1
        b += 2
        d = 1 / (b - n * (n - a) * d)
        c = b - n * (n - a) / c
        step = c * d
        h *= step
    return h


def slopes(distribution, side, parameters, x):
    """Of the tail's logarithm, and of the log-density."""
    x, sign = mpf(x), 1 if side == "lower" else -1
    if distribution == "Beta":
        a, b = map(mpf, parameters)
        tail = beta_tail(a, b, x) if side == "lower" else beta_tail(b, a, 1 - x)
        return sign / (x * (1 - x) * tail), (a - 1) / x - (b - 1) / (1 - x)
    if distribution == "Gamma":
        a, rate = map(mpf, parameters)
        tail = gamma_lower(a, rate * x) if side == "lower" else gamma_upper(a, rate * x)
        return sign / (x * tail), (a - 1) / x - rate
    df = mpf(parameters[0])
    tail = beta_tail(df / 2, mpf(1) / 2, df / (df + x * x))
    return -2 / (x * tail), -(df + 1) * x / (df + x * x)


CASES = [
    ("Beta", "lower", [1.4094e14, 0.0024755], 0.017623),
    ("Beta", "lower", [2.5e12, 7.1e9], 0.4),
    ("Beta", "lower", [3e5, 8e13], 2e-11),
    ("Beta", "upper", [12.5, 3e9], 0.02),
    ("Gamma", "lower", [1e14, 2], 1e12),
    ("Gamma", "upper", [5e11, 3], 1e12),
    ("Gamma", "upper", [0.002, 1], 4e8),
    ("StudentT", "upper", [4e10, 0, 1], 3e7),
    ("StudentT", "lower", [9e13, 0, 1], -2e7),
]

if __name__ == "__main__":
    for case in CASES:
        slope, density = slopes(*case)
        print(*case, float(slope), float(density - slope))
