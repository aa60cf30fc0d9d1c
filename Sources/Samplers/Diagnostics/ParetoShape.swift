import RealModule
import Scripting

/// Pareto k-hat: the shape of a generalised Pareto distribution fitted to the largest importance weights.
///
/// The weights have about 1/k moments: below 0.5 the variance is finite, above 0.7 estimates are not to be trusted at
/// any practical number of samples (Vehtari, Simpson, Gelman, Yao, Gabry, "Pareto smoothed importance sampling", JMLR
/// 25, 2024). Computed as the package ArviZ does: the tail is the ceil(min(S/5, 3 √S)) largest weights, less those
/// equal to the cutoff; the fit is ``GeneralisedParetoFit``.
public enum ParetoShape {
    /// Infinite when fewer than 5 weights exceed the cutoff (nothing can be said), 0 when all weights are equal (there
    /// is no tail; ArviZ gives infinity).
    public static func of(_ weights: LogWeights) -> Double {
        if weights.values.allSatisfy({ $0 == weights.maximum }) { return 0 }
        return ParetoTail(weights).fit?.shape ?? .infinity
    }

    /// A sentence on what k-hat means for an estimate.
    public static func verdict(_ khat: Double) -> String {
        if khat.isNaN || khat == .infinity {
            return "k-hat: too few large weights to say whether the estimate can be trusted"
        }
        // Rounded to two digits without crossing the bound (0.5, 0.7) that the sentence names.
        let digits = Swift.min(Swift.max(khat, -99), 99) * 100
        let hundredths = Int(khat > 0.7 ? Swift.max(digits.rounded(), 71) : Swift.min(digits.rounded(), 70))
        let shown =
            (hundredths < 0 ? "-" : "") + "\(abs(hundredths) / 100)."
            + (abs(hundredths) % 100 < 10 ? "0" : "") + "\(abs(hundredths) % 100)"
        if khat > 0.7 { return "k-hat \(shown) > 0.7: the estimate is not to be trusted" }
        if khat > 0.5 { return "k-hat \(shown): usable, but the weights' variance is hardly finite" }
        return "k-hat \(shown): the weights say nothing against the estimate"
    }

    /// The larger of two shapes; one that is NaN or infinite (nothing can be said) counts only if both are.
    static func largest(_ a: Double, _ b: Double) -> Double {
        a.isFinite && b.isFinite ? Swift.max(a, b) : a.isFinite ? a : b
    }

    static let verdictDeclaration = Declaration(
        "montecarlo.khat_verdict",
        """
        What montecarlo.khat says of an estimate, in words: above 0.7 "k-hat 1.83 > 0.7: the estimate is not to be \
        trusted", whatever its standard error is; for math.huge, that too few weights are large to say. Weights \
        that miss where the value is large look harmless: k-hat is no proof.
        """,
        takes: .argument("khat", .number), returns: .string,
        source: "Vehtari, Simpson, Gelman, Yao, Gabry, Pareto smoothed importance sampling, JMLR 25 (2024)",
        example: """
            assert(montecarlo.khat_verdict(1.83) == "k-hat 1.83 > 0.7: the estimate is not to be trusted")
            assert(montecarlo.khat_verdict(0.2):find("nothing against"))
            """,
        see: ["montecarlo.khat"]
    ) { khat in verdict(khat) }

    static let declaration = Declaration(
        "montecarlo.khat",
        """
        Pareto k-hat of importance weights: the shape of a generalised Pareto distribution fitted to the largest of \
        them, pulled weakly towards 0.5. Below 0.5 the weights' variance is finite; up to 0.7 estimates are usable; \
        above, they are not, whatever their standard error says. math.huge when fewer than 5 weights exceed the \
        others (too few samples); 0 when all weights are equal.
        """,
        takes: .logWeights, returns: .number,
        source: """
            Vehtari, Simpson, Gelman, Yao, Gabry, Pareto smoothed importance sampling, JMLR 25 (2024); Zhang and \
            Stephens, Technometrics 51 (2009); arviz.psislw
            """,
        example: """
            local g = random.generator(0)
            local x = random.normal({2000}, {generator = g, dtype = "float64"})
            assert(montecarlo.khat(-0.5 * x ^ 2) < 0.5)      -- weights exp(-x^2 / 2) are bounded
            assert(montecarlo.khat(x ^ 2) > 0.7)             -- weights exp(x^2) have no mean
            """,
        see: ["montecarlo.khat_verdict", "montecarlo.psis"]
    ) { weights in of(weights) }
}

/// The fit of Zhang and Stephens ("A new and efficient estimation method for the generalized Pareto distribution",
/// Technometrics 51, 2009) with the weakly informative prior of Vehtari et al. (2024, appendix G): 10
/// pseudo-observations of k = 0.5.
enum GeneralisedParetoFit {
    /// - Parameter ascending: exceedances over the threshold, sorted, positive.
    /// - Returns: the shape k and the scale sigma, or nil when rounding left no tail to fit.
    static func fit(ascending x: [Double]) -> (shape: Double, scale: Double)? {
        guard let largest = x.last, largest > 0, !x.isEmpty else { return nil }
        let n = Double(x.count)
        let quartile = x[max(Int(n / 4 + 0.5) - 1, 0)]
        guard quartile > 0 else { return nil }
        let gridSize = 30 + Int(n.squareRoot())
        func meanLog(_ b: Double) -> Double { x.reduce(0) { $0 + Double.log(onePlus: -b * $1) } / n }

        // A grid of values b = -k / sigma weighted by their profile likelihood; the estimate is the mean of that
        // posterior.
        let grid = (1...gridSize).map { j in
            (1 - (Double(gridSize) / (Double(j) - 0.5)).squareRoot()) / (3 * quartile) + 1 / largest
        }
        let likelihood = grid.map { b in
            let k = meanLog(b)
            return n * (Double.log(-(b / k)) - k - 1)
        }
        var weights = likelihood.map { own in 1 / likelihood.reduce(0) { $0 + Double.exp($1 - own) } }
        for index in weights.indices where !(weights[index] >= 10 * Double.ulpOfOne) { weights[index] = 0 }
        let total = weights.reduce(0, +)
        let b = zip(grid, weights).reduce(0) { $0 + $1.0 * $1.1 } / total
        let own = meanLog(b)
        let k = (n * own + 10 * 0.5) / (n + 10)
        return k.isFinite ? (k, -own / b) : nil
    }
}
