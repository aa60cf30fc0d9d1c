import Distributions
import RealModule
import Tensors

/// Standard errors of estimates from chains, as ArviZ's mcse computes them.
enum ChainErrors {
    static func mean(_ series: ChainSeries) -> Double {
        series.deviation / Convergence.ess(series, .mean).squareRoot()
    }

    /// The standard error of the standard deviation.
    static func deviation(_ series: ChainSeries) -> Double {
        let mean = series.mean
        let squares = series.map { ($0 - mean) * ($0 - mean) }
        let ess = Convergence.ess(squares, .mean)
        let variance = squares.mean
        let ofVariance = (squares.map { $0 * $0 }.mean - variance * variance) / ess
        return (ofVariance / variance / 4).squareRoot()
    }

    /// The standard error of a quantile: half the width between the order statistics that bound its 68 % interval.
    static func quantile(_ series: ChainSeries, _ probability: Double) throws -> Double {
        let sorted = series.values.sorted()
        let ess = Convergence.ess(series, sorted, quantile: probability)
        guard !ess.isNaN else { return .nan }
        let (a, b) = (ess * probability + 1, ess * (1 - probability) + 1)
        let size = Double(sorted.count)
        let low = try betaQuantile(0.1586553, a, b) * size - 1
        let high = try betaQuantile(0.8413447, a, b) * size - 1
        let first = Int(max(low, 0).rounded(.down))
        let second = Int(min(high, size - 1).rounded(.up))
        return (sorted[min(max(second, 0), sorted.count - 1)] - sorted[first]) / 2
    }

    /// The quantile of the beta distribution, by bisection of its distribution function.
    private static func betaQuantile(_ p: Double, _ a: Double, _ b: Double) throws -> Double {
        func variable(_ x: Double) throws -> Variable { Variable(try Tensor(x, .float64)) }
        let distribution = try Beta(variable(a), variable(b))
        var (low, high) = (0.0, 1.0)
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if try distribution.cumulativeProbability(variable(middle)).value.item() < p {
                low = middle
            } else {
                high = middle
            }
        }
        return (low + high) / 2
    }
}
