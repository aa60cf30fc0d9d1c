#!/usr/bin/env python3
"""NUTS in BlackJAX: the peer of scripts/bench/nuts.lua.

    pip install blackjax arviz
    python3 scripts/bench/peers/nuts.py [--seeds 10] [--warmup 500] [--draws 500] [--chains 4]

For five posteriors: the smallest bulk ess (ArviZ's) over the gradients of the draws, the mean of the seeds with its
standard error; ess and gradients per draw; ess a second of processor time, warm-up included and compiling not. Warm-up by
blackjax.window_adaptation, diagonal metric, one for each chain.
"""

import argparse
import time

import arviz
import blackjax
import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)

SCALES = jnp.exp(jnp.linspace(-2.0, 2.0, 10))
POSTERIORS = {
    "correlated": (2, lambda x: -0.5 * (x[0] ** 2 + (x[1] - 0.9 * x[0]) ** 2 / 0.19)),
    "scales": (10, lambda x: -0.5 * jnp.sum((x / SCALES) ** 2)),
    "funnel": (3, lambda x: -0.5 * jnp.sum(x ** 2) - 0.5 * (x[1] * jnp.exp(0.5 * x[0]) - 1) ** 2),
    "banana": (2, lambda x: -0.5 * (x[0] ** 2 + (x[1] - x[0] ** 2) ** 2 / 0.25)),
    "mixture": (2, lambda x: jnp.logaddexp(jnp.log(0.3) - 0.5 * (x[0] + 1.5) ** 2, jnp.log(0.7) - 0.5 * (x[0] - 1.5) ** 2)
                - 0.5 * x[1] ** 2),
}


def run(dimension, log_density, options):
    """The smallest ess, the gradients and the step size of every seed, and seconds; all chains of all seeds side by side."""
    def chain(key):
        start, warm, sample = jax.random.split(key, 3)
        position = jax.random.normal(start, (dimension,))
        if options.step_size > 0:
            parameters = {"step_size": options.step_size, "inverse_mass_matrix": jnp.ones(dimension)}
            state = blackjax.nuts(log_density, **parameters).init(position)
        else:
            adaptation = blackjax.window_adaptation(blackjax.nuts, log_density)
            (state, parameters), _ = adaptation.run(warm, position, num_steps=options.warmup)
        kernel = blackjax.nuts(log_density, **parameters).step

        def step(state, key):
            state, info = kernel(key, state)
            return state, (state.position, info.num_integration_steps)

        draws = jax.lax.scan(step, state, jax.random.split(sample, options.draws))[1]
        return (*draws, jnp.asarray(parameters["step_size"]))

    keys = jnp.stack([jax.random.split(jax.random.PRNGKey(seed), options.chains) for seed in range(options.seeds)])
    compiled = jax.jit(jax.vmap(jax.vmap(chain))).lower(keys).compile()
    start = time.process_time()
    positions, steps, sizes = (np.asarray(x) for x in compiled(keys))
    seconds = time.process_time() - start
    ess = np.array([min(float(arviz.ess(x[:, :, i])) for i in range(dimension)) for x in positions])
    return ess, steps.sum((1, 2)), sizes.mean(1), seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name, value in (("seeds", 10), ("warmup", 500), ("draws", 500), ("chains", 4)):
        parser.add_argument("--" + name, type=int, default=value)
    parser.add_argument("--step-size", type=float, default=0, help="given, with the identity as metric and no warm-up")
    parser.add_argument("--only", choices=list(POSTERIORS), help="one of the posteriors")
    options = parser.parse_args()
    print(f"{'posterior':12s} {'ess per gradient':>28s} {'per draw':>12s} {'gradients':>12s} {'step':>10s} {'ess a second':>14s}")
    for name, (dimension, log_density) in POSTERIORS.items():
        if options.only not in (None, name):
            continue
        ess, gradients, sizes, seconds = run(dimension, log_density, options)
        values, n = ess / gradients, options.seeds * options.chains * options.draws
        error = np.std(values, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
        print(f"{name:12s} {np.mean(values):18.4f} +- {error:.4f} {ess.sum() / n:12.3f} {gradients.sum() / n:12.2f} "
              f"{sizes.mean():10.3f} {ess.sum() / seconds:14.0f}", flush=True)


main()
