import RealModule
import Scripting
import Tensors

extension ImportanceSampling {
    static let declaration = Declaration(
        "montecarlo.importance_sampling",
        """
        Estimates E[value] under the target from samples of a proposal, in float64. log_weights, log_target, \
        log_proposal and value are vectors with one number per sample, or functions that get the batch of samples \
        (first dimension: the sample) and return one number each. Give log_weights, or log_target with log_proposal or \
        proposal. Plain: the mean of w value, unbiased, for normalised densities. Returns the estimate, log_estimate \
        (log |estimate|: right where the estimate underflows), standard_error (delta method when normalized), \
        relative_error (standard_error / |estimate|), ess, khat (of the weights), khat_value (of w |value|: what the \
        plain estimate rests on), verdict (what the larger of the two says, in words: "k-hat 1.83 > 0.7: the estimate \
        is not to be trusted"), max_weight (the largest share of the sum of the weights), log_weights (float64), \
        count, and samples (the batch, if any). Trust no standard error when khat is above 0.7, or when the proposal \
        misses where w value is large.
        """,
        by: .table, takes: .importance, .operation, returns: .value(result),
        errors: """
            vectors of different lengths; a log weight that is NaN or +inf, or all of them -inf; a proposal without \
            density at a sample; a value that is infinite or NaN
            """,
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
            """,
        see: ["montecarlo.khat", "montecarlo.ess"]
    ) { given, operation in
        let result = ImportanceSampling(given.weights, values: given.values, normalized: given.normalized)
        let products = zip(given.weights.values, given.values).map { $0 + Double.log(abs($1)) }
        let hasProducts = products.contains { $0 > -.infinity }
        let ofProducts = hasProducts ? ParetoShape.of(try LogWeights(products, "value", for: operation)) : .infinity
        let weights = given.weights
        let khat = ParetoShape.of(weights)
        return .record([
            (key: "estimate", value: .number(result.estimate)),
            (key: "log_estimate", value: .number(result.logEstimate)),
            (key: "standard_error", value: .number(result.standardError)),
            (key: "relative_error", value: .number(result.relativeError)),
            (key: "ess", value: .number(EffectiveSampleSize.of(weights))),
            (key: "khat", value: .number(khat)),
            (key: "khat_value", value: .number(ofProducts)),
            (key: "verdict", value: .string(ParetoShape.verdict(ParetoShape.largest(khat, ofProducts)))),
            (key: "max_weight", value: .number(weights.shares.max() ?? 1)),
            (key: "log_weights", value: .tensor(try Tensor(weights.values, shape: [weights.values.count], .float64))),
            (key: "count", value: .integer(weights.values.count)),
            (key: "samples", value: given.samples.map { .object($0) } ?? .none),
        ])
    }

    private static let result: ScriptType = {
        let numbers = ["estimate", "log_estimate", "standard_error", "relative_error", "ess", "khat", "khat_value"]
        let tensor = ScriptType.object(Variable.type.name)
        return .record(
            numbers.map { .init($0, .number) } + [
                .init("verdict", .string), .init("max_weight", .number), .init("log_weights", tensor),
                .init("count", .integer), .init("samples", tensor),
            ])
    }()
}
