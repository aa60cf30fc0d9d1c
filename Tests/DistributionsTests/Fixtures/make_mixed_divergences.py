"""Prints the cases of MixedDivergenceTests.swift, by mpmath in 60 digits: KL of two distributions of which one is given by
probabilities p, the other by logits l, in both directions, and the slopes by p and by l.

    python3 make_mixed_divergences.py        (mpmath 1.3; no time)
"""
from mpmath import diff, exp, log, mp, mpf

mp.dps = 60


def kl(p, q):
    return sum(a * log(a / b) for a, b in zip(p, q))


def both(x):
    """Of a probability or a logit of two outcomes."""
    return [x, 1 - x]


def softmax(l):
    total = sum(exp(v) for v in l)
    return [exp(v) / total for v in l]


print("    static let bernoulli: [(p: Double, logit: Double, values: [Double])] = [")
for p in (0.5, 0.2, 0.999, 1e-9, 1e-30):
    for away in (1e-7, -3e-4, 0.7, 9):
        l = float(log(mpf(p) / (1 - mpf(p))) + away)
        to = lambda p, l: kl(both(p), both(1 / (1 + exp(-l))))
        back = lambda p, l: kl(both(1 / (1 + exp(-l))), both(p))
        values = []
        for f in (to, back):
            x = (mpf(p), mpf(l))
            values += [f(*x), diff(f, x, (1, 0), h=mpf(p) * mpf(10) ** -20), diff(f, x, (0, 1))]
        print(f"        ({p!r}, {l!r}, [{', '.join(repr(float(v)) for v in values)}]),")
print("    ]")
print("    static let categorical: [(weights: [Double], logits: [Double], values: [Double])] = [")
for w in ([1.0, 2.0, 4.0], [1e-12, 1.0, 3.0], [0.25, 0.25, 0.5]):
    for away in ([1e-7, 0, 2e-7], [0, -3e-4, 1e-4], [5, 0, -5]):
        l = [float(log(mpf(a)) + b + 2) for a, b in zip(w, away)]
        p, q = [mpf(a) / sum(map(mpf, w)) for a in w], softmax([mpf(v) for v in l])
        print(f"        ({w!r}, {l!r}, [{float(kl(p, q))!r}, {float(kl(q, p))!r}]),")
print("    ]")
