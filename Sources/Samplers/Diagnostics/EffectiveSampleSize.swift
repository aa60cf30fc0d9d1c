import Scripting

/// The effective sample size of importance weights, (Σ w)² / Σ w² (Kish 1965; Kong 1992): from 1 to the number of weights.
public enum EffectiveSampleSize {
    public static func of(_ weights: LogWeights) -> Double {
        let scaled = weights.scaled
        let total = scaled.reduce(0, +)
        return total * total / scaled.reduce(0) { $0 + $1 * $1 }
    }

    static let function = NativeFunction(
        "montecarlo.ess",
        Documentation(
            "montecarlo.ess(log_weights) -> number",
            "The effective sample size (sum w)^2 / sum w^2 of importance weights, given as their logarithms in nats: a vector tensor or a table. From 1 (one weight has it all) to their number (all equal). The scale of the weights does not matter; -inf is a weight of zero.",
            errors: "no weights; a log weight that is NaN or +inf; weights that are all zero",
            source: "Kish, Survey Sampling (1965); Kong, University of Chicago technical report 348 (1992)",
            example: "assert(montecarlo.ess({-1000, -1000, -math.huge}) == 2)")
    ) { arguments in
        try arguments.atMost(1)
        let numbers = try Vectors.read(arguments[1], "log_weights", for: arguments.function)
        return .number(of(try LogWeights(numbers, for: arguments.function)))
    }
}
