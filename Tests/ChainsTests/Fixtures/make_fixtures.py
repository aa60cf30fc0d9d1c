"""Writes diagnostics.json: draws of chains, and what ArviZ 0.23 says of them. Needs arviz and numpy.

    python3 make_fixtures.py
"""
import json
import logging
import os
import warnings

import arviz as az
import numpy as np

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)


def autoregressive(rng, chains, draws, r):
    x = np.zeros((chains, draws))
    x[:, 0] = rng.normal(size=chains)
    for t in range(1, draws):
        x[:, t] = r * x[:, t - 1] + np.sqrt(1 - r * r) * rng.normal(size=chains)
    return x


def cases():
    rng = np.random.default_rng(20)
    yield "independent", rng.normal(size=(4, 100))
    yield "independent, odd number of draws", rng.normal(size=(3, 101))
    yield "slow", autoregressive(rng, 4, 200, 0.95)
    yield "very slow", autoregressive(rng, 2, 150, 0.999)
    yield "antithetic", autoregressive(rng, 4, 100, -0.8)
    yield "shifted", rng.normal(size=(4, 100)) + np.array([0, 0, 0, 2])[:, None]
    yield "scaled", rng.normal(size=(4, 100)) * np.array([1, 1, 1, 5])[:, None]
    yield "heavy tails", rng.standard_cauchy(size=(4, 120))
    yield "two values", (rng.random(size=(4, 80)) < 0.3).astype(float)
    yield "trend", rng.normal(size=(2, 60)) + np.linspace(0, 3, 60)
    yield "one chain", autoregressive(rng, 1, 100, 0.5)
    yield "four draws", rng.normal(size=(2, 4))
    yield "five draws", rng.normal(size=(3, 5))
    yield "six draws, one chain", rng.normal(size=(1, 6))
    yield "large numbers", 1e6 + rng.normal(size=(3, 50))
    yield "small numbers", 1e-9 * rng.normal(size=(3, 50))
    x = rng.normal(size=(3, 50))
    x[1, 7] = np.nan
    yield "nan", x
    yield "constant", np.full((3, 40), 2.5)
    x = rng.normal(size=(3, 40))
    x[2] = 0.25
    yield "one chain stands still", x
    yield "ties", np.round(rng.normal(size=(4, 90)))


def text(number):
    number = float(number)
    return number if np.isfinite(number) else str(number)


def main():
    result = []
    for name, x in cases():
        if name not in ("large numbers", "small numbers"):
            x = np.round(x, 6)
        one = {"name": name, "chains": x.shape[0], "draws": [text(v) for v in x.ravel()]}
        one["rhat"] = text(az.rhat(x))
        for kind in ("bulk", "tail", "mean"):
            one["ess_" + kind] = text(az.ess(x, method=kind))
        for kind in ("mean", "sd", "median"):
            one["mcse_" + kind] = text(az.mcse(x, method=kind))
        one["mcse_q90"] = text(az.mcse(x, method="quantile", prob=0.9))
        one["autocorrelation"] = [text(v) for v in az.autocorr(x[0])[:10]]
        if not np.isnan(x).any():
            table = az.summary(az.convert_to_dataset(x[..., None]), round_to="none")
            one["summary"] = [text(v) for v in table.values[0]]
            one["columns"] = list(table.columns)
        result.append(one)
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "diagnostics.json"), "w") as file:
        json.dump(result, file, indent=0)
    print(len(result), "cases,", az.__version__)


main()
