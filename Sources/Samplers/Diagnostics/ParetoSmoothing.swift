import RealModule
import Scripting
import Tensors

/// The largest importance weights, and the generalised Pareto distribution that is fitted to them.
struct ParetoTail {
    /// Log weights minus the largest one.
    let relative: [Double]
    /// The largest log weight (relative) below the tail.
    let cutoff: Double
    /// Indices of the tail's weights, the smallest first.
    let places: [Int]
    /// Nil for fewer than 5 weights in the tail, or where rounding left nothing to fit.
    let fit: (shape: Double, scale: Double)?

    /// - Parameter efficiency: the effective sample size of the draws over their number; 1 when they are independent.
    init(_ weights: LogWeights, efficiency: Double = 1) {
        let relative = weights.values.map { $0 - weights.maximum }
        self.relative = relative
        let count = Double(relative.count)
        let size = Int(min(count / 5, 3 * (count / efficiency).squareRoot()).rounded(.up))
        let order = relative.indices.sorted { (relative[$0], $0) < (relative[$1], $1) }
        guard order.count > size else {
            (cutoff, places, fit) = (0, [], nil)
            return
        }
        // Log weights whose exponential would be subnormal count as the cutoff.
        let cutoff = max(relative[order[order.count - size - 1]], Double.log(.leastNormalMagnitude))
        self.cutoff = cutoff
        places = order.filter { relative[$0] > cutoff }
        let exceedances = places.map { Double.exp(relative[$0]) - Double.exp(cutoff) }
        fit = exceedances.count > 4 ? GeneralisedParetoFit.fit(ascending: exceedances) : nil
    }

    /// Log weights minus the largest one, with those of the tail replaced by quantiles of the fitted distribution, none
    /// above the largest weight.
    var smoothed: [Double] {
        var result = relative
        guard let fit, fit.scale > 0, fit.scale.isFinite else { return result }
        for (rank, place) in places.enumerated() {
            let logTail = Double.log(onePlus: -(Double(rank) + 0.5) / Double(places.count))
            let isExponential = abs(fit.shape) < .ulpOfOne
            let quantile = isExponential ? -logTail : Double.expMinusOne(-fit.shape * logTail) / fit.shape
            result[place] = min(Double.log(quantile * fit.scale + Double.exp(cutoff)), 0)
        }
        return result
    }
}

/// Pareto smoothed importance sampling (Vehtari et al. 2024).
enum ParetoSmoothing {
    static let declaration = Declaration(
        "montecarlo.psis",
        """
        Pareto smoothed importance weights: the largest weights are replaced by quantiles of the generalised Pareto \
        distribution that is fitted to them, at most the largest weight. Returns the logarithms of the new weights, \
        float64, normalised (their exponentials sum to 1), and k-hat as montecarlo.khat has it. Estimates with the new \
        weights vary much less where k-hat is between 0.5 and 0.7, at the price of a little bias. With fewer than 5 \
        weights in the tail nothing is replaced.
        """,
        takes: .logWeights,
        .option(
            "reff", .number(above: 0, finite: true), default: 1,
            "the effective sample size of the draws over their number; 1 for independent draws"),
        returns: .values(ResultSpec("log_weights", .object(Variable.type.name)), ResultSpec("khat", .number)),
        source: """
            Vehtari, Simpson, Gelman, Yao, Gabry, Pareto smoothed importance sampling, JMLR 25 (2024); arviz.psislw
            """,
        example: """
            local x = random.normal({2000}, {generator = random.generator(0), dtype = "float64"})
            local raw = 0.3 * x ^ 2                          -- a tail of shape 0.6
            local smoothed, khat = montecarlo.psis(raw)
            assert(khat > 0.3 and khat < 0.8)
            assert(math.abs(smoothed:exp():sum():item() - 1) < 1e-12)
            assert(smoothed:argmax():item() == raw:argmax():item())
            """,
        see: ["montecarlo.khat", "montecarlo.khat_verdict"]
    ) { weights, efficiency in
        let isEqual = weights.values.allSatisfy { $0 == weights.maximum }
        let tail = ParetoTail(weights, efficiency: efficiency)
        let smoothed = isEqual ? tail.relative : tail.smoothed
        let largest = smoothed.max() ?? 0
        let logSum = largest + Double.log(smoothed.reduce(0) { $0 + Double.exp($1 - largest) })
        let numbers = try Tensor(smoothed.map { $0 - logSum }, shape: [smoothed.count], .float64)
        return [.tensor(numbers), .number(isEqual ? 0 : tail.fit?.shape ?? .infinity)]
    }
}
