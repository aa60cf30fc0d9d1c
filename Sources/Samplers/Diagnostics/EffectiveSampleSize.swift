import Scripting

/// The effective sample size of importance weights, (Σ w)² / Σ w² (Kish 1965; Kong 1992): from 1 to the number of
/// weights.
public enum EffectiveSampleSize {
    /// Computed from the weights relative to the largest, so that nothing underflows.
    public static func of(_ weights: LogWeights) -> Double {
        let scaled = weights.scaled
        let total = scaled.reduce(0, +)
        return total * total / scaled.reduce(0) { $0 + $1 * $1 }
    }

    static let declaration = Declaration(
        "montecarlo.ess",
        """
        The effective sample size (sum w)^2 / sum w^2 of importance weights. From 1 (one weight has it all) to their \
        number (all equal). The scale of the weights does not matter.
        """,
        takes: .logWeights, returns: .number,
        source: "Kish, Survey Sampling (1965); Kong, University of Chicago technical report 348 (1992)",
        example: "assert(montecarlo.ess({-1000, -1000, -math.huge}) == 2)"
    ) { weights in of(weights) }
}
