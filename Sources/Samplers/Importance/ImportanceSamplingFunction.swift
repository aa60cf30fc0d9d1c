import RealModule
import Scripting
import Tensors

extension ImportanceSampling {
    static let function = NativeFunction(
        "montecarlo.importance_sampling",
        Documentation(
            "montecarlo.importance_sampling{log_weights, value, normalized = false, self_normalized = false} -> table\nmontecarlo.importance_sampling{log_target, log_proposal, value, samples} -> table\nmontecarlo.importance_sampling{log_target, proposal, value, samples = 1000, generator} -> table",
            "Estimates E[value] under the target from samples of a proposal, in float64. log_weights, log_target, log_proposal (log densities in nats) and value (1 by default: the target's mass) are vectors with one number per sample, or functions that get the batch of samples (first dimension: the sample) and return one number each. Instead of log_proposal, proposal = a distribution (or {sample = function(n, generator), log_prob = function(x)}) draws the samples, too, when samples is their number. Plain: the mean of w value, unbiased, for normalised densities. normalized = true (or self_normalized): sum w value / sum w, for densities up to constants. Returns {estimate, log_estimate (log |estimate|: right where the estimate underflows), standard_error (delta method when normalized), relative_error (standard_error / |estimate|), ess, khat (of the weights), verdict (what the larger of the two says, in words: \"k-hat 1.83 > 0.7: the estimate is not to be trusted\"), khat_value (of w |value|: what the plain estimate rests on), max_weight (the largest share of the sum of the weights), log_weights (float64 tensor), count, samples (the batch, if any)}. Trust no standard error when khat is above 0.7, or when the proposal misses where w value is large.",
            errors: "no samples; vectors of different lengths; a log weight that is NaN or +inf, or all of them -inf; a proposal without density at a sample; a value that is infinite or NaN; an unknown option",
            source: "Owen, Monte Carlo theory, methods and examples (2013), chapter 9; Vehtari et al., JMLR 25 (2024)",
            example: """
                -- P(X > 4) for X standard normal, from samples around 4.5
                local p, q = distribution.Normal(0, 1), distribution.Normal(4.5, 1)
                local r = montecarlo.importance_sampling{
                  log_target = function(x) return p:log_prob(x) end, proposal = q, samples = 4000,
                  value = function(x) return x:gt(4) end, generator = random.generator(1)}
                assert(math.abs(r.estimate - 3.1671e-5) < 4 * r.standard_error and r.relative_error < 0.05)
                local tiny = montecarlo.importance_sampling{log_weights = {-1000, -1001}}
                assert(tiny.estimate == 0 and math.abs(tiny.log_estimate + 1000.37989) < 1e-5)
                """)
    ) { arguments in
        let given = try ImportanceArguments(arguments)
        let result = ImportanceSampling(given.weights, values: given.values, normalized: given.normalized)
        let products = zip(given.weights.values, given.values).map { $0 + Double.log(abs($1)) }
        let ofProducts = try products.contains { $0 > -.infinity } ? ParetoShape.of(LogWeights(products, "value", for: arguments.function)) : .infinity
        let weights = given.weights
        return .record([
            (key: "estimate", value: .number(result.estimate)),
            (key: "log_estimate", value: .number(result.logEstimate)),
            (key: "standard_error", value: .number(result.standardError)),
            (key: "relative_error", value: .number(result.relativeError)),
            (key: "ess", value: .number(EffectiveSampleSize.of(weights))),
            (key: "khat", value: .number(ParetoShape.of(weights))),
            (key: "khat_value", value: .number(ofProducts)),
            (key: "verdict", value: .string(ParetoShape.verdict(ParetoShape.largest(ParetoShape.of(weights), ofProducts)))),
            (key: "max_weight", value: .number(weights.shares.max() ?? 1)),
            (key: "log_weights", value: .tensor(try Tensor(weights.values, shape: [weights.values.count], .float64))),
            (key: "count", value: .integer(weights.values.count)),
            (key: "samples", value: given.samples.map { .object($0) } ?? .none),
        ])
    }
}
