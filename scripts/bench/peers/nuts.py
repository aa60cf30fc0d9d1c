#!/usr/bin/env python3
"""NUTS in BlackJAX: the peer of scripts/bench/nuts.lua.

    pip install blackjax arviz
    python3 scripts/bench/peers/nuts.py [--seeds 10] [--warmup 500] [--draws 500] [--chains 4]

For five posteriors: the smallest bulk ess (ArviZ's) over the gradients of the draws, the mean of the seeds with its
standard error. Warm-up by blackjax.window_adaptation, diagonal metric, one chain each.
"""

import argparse

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
    """The smallest ess over the gradients, for every seed; all chains of all seeds side by side."""
    def chain(key):
        start, warm, sample = jax.random.split(key, 3)
        position = jax.random.normal(start, (dimension,))
        adaptation = blackjax.window_adaptation(blackjax.nuts, log_density)
        (state, parameters), _ = adaptation.run(warm, position, num_steps=options.warmup)
        kernel = blackjax.nuts(log_density, **parameters).step

        def step(state, key):
            state, info = kernel(key, state)
            return state, (state.position, info.num_integration_steps)

        return jax.lax.scan(step, state, jax.random.split(sample, options.draws))[1]

    keys = jnp.stack([jax.random.split(jax.random.PRNGKey(seed), options.chains) for seed in range(options.seeds)])
    positions, steps = jax.jit(jax.vmap(jax.vmap(chain)))(keys)
    positions, steps = np.asarray(positions), np.asarray(steps)
    ess = [min(float(arviz.ess(x[:, :, i])) for i in range(dimension)) for x in positions]
    return [e / float(n.sum()) for e, n in zip(ess, steps)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name, value in (("seeds", 10), ("warmup", 500), ("draws", 500), ("chains", 4)):
        parser.add_argument("--" + name, type=int, default=value)
    options = parser.parse_args()
    for name, (dimension, log_density) in POSTERIORS.items():
        values = run(dimension, log_density, options)
        error = np.std(values, ddof=1) / np.sqrt(len(values))
        print(f"{name:12s} ess per gradient {np.mean(values):.4f} +- {error:.4f}", flush=True)


main()
