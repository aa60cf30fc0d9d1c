"""Writes special.json: the functions of module special with their derivatives, by mpmath.

    python3 make_special.py        (mpmath 1.3; some seconds)

Rows: [name, arguments, value, derivatives by each argument].
"""
import json
from pathlib import Path

from mpmath import mp, mpf

mp.dps = 60
ROOT = mp.sqrt(mp.pi)


def erfinv(x):
    # From 1 - x, which is exact: erfinv(x) of mpmath itself is not right next to 1.
    y = mp.erfinv(x) if abs(x) < 0.9 else mp.findroot(lambda y: mp.log(mp.erfc(y)) - mp.log(1 - abs(x)), mp.sqrt(-mp.log(1 - abs(x)))) * mp.sign(x)
    return y, [ROOT / 2 * mp.exp(y * y)]


def log_ndtr(x):
    if x > -40:
        p = mp.erfc(-x / mp.sqrt(2)) / 2
        return mp.log(p) if x < 0 else mp.log1p(-mp.erfc(x / mp.sqrt(2)) / 2), [mp.npdf(x) / p]
    depth = -x
    for n in range(300, 0, -1):
        depth = -x + n / depth
    return -x * x / 2 - mp.log(2 * mp.pi) / 2 - mp.log(depth), [depth]


def gamma(upper):
    def function(a, x):
        value = mp.gammainc(a, x, mp.inf, regularized=True) if upper else mp.gammainc(a, 0, x, regularized=True)
        slope = mp.exp((a - 1) * mp.log(x) - x - mp.loggamma(a))
        h = a * mpf(10) ** -20
        at = lambda v: mp.gammainc(v, x, mp.inf, regularized=True) if upper else mp.gammainc(v, 0, x, regularized=True)
        return value, [(at(a + h) - at(a - h)) / (2 * h), -slope if upper else slope]
    return function


def beta(a, b, x):
    f = lambda a, b: mp.betainc(a, b, 0, x, regularized=True)
    h = mpf(10) ** -20
    slope = mp.exp((a - 1) * mp.log(x) + (b - 1) * mp.log1p(-x) - mp.log(mp.beta(a, b)))
    return f(a, b), [(f(a * (1 + h), b) - f(a * (1 - h), b)) / (2 * a * h), (f(a, b * (1 + h)) - f(a, b * (1 - h))) / (2 * b * h), slope]


CASES = {
    "lgamma": (lambda x: (mp.re(mp.loggamma(x)), [mp.digamma(x)]), [(x,) for x in (1e-10, 0.3, 1.7, 12.0, 1e6, 1e300, -0.5, -3.25, -7.7)]),
    "digamma": (lambda x: (mp.digamma(x), [mp.polygamma(1, x)]), [(x,) for x in (1e-10, 0.3, 1.7, 12.0, 1e6, 1e200, -0.5, -3.25, -7.7)]),
    "erfc": (lambda x: (mp.erfc(x), [-2 / ROOT * mp.exp(-x * x)]), [(x,) for x in (-6.0, -1.0, 0.0, 1e-8, 0.5, 3.0, 10.0, 26.0)]),
    "erfinv": (erfinv, [(x,) for x in (1e-300, -1e-12, 0.3, -0.7, 0.85, 0.8501, -0.999, 1 - 2.0 ** -40, 1 - 2.0 ** -53)]),
    "log_ndtr": (log_ndtr, [(x,) for x in (-1e10, -1e3, -38.0, -5.0, -1.0, 0.0, 1.0, 5.0, 30.0)]),
    "gammainc": (gamma(False), [(1e-3, 0.5), (0.5, 1e-20), (3.0, 2.0), (50.0, 20.0), (1e3, 1010.0), (1e5, 99000.0)]),
    "gammaincc": (gamma(True), [(1e-3, 0.5), (0.5, 30.0), (3.0, 2.0), (50.0, 120.0), (1e3, 1010.0), (1e5, 101000.0), (2.0, 600.0)]),
    "betainc": (beta, [(0.5, 0.5, 0.3), (3.0, 2.0, 1e-20), (30.0, 60.0, 0.2), (1.0, 4.0, 0.999), (0.02, 7.0, 0.4), (500.0, 800.0, 0.4)]),
}

if __name__ == "__main__":
    rows = []
    for name, (function, points) in CASES.items():
        for point in points:
            value, slopes = function(*map(mpf, point))
            rows.append([name, list(point), float(mp.nstr(value, 17)), [float(mp.nstr(s, 15)) for s in slopes]])
    (Path(__file__).parent / "special.json").write_text("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")
    print(len(rows), "rows")
