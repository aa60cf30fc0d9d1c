import RealModule
import Scripting

/// Importance sampling: E_p[v] from draws x_s of q, with weights w_s = p(x_s) / q(x_s) given as logarithms.
///
/// - Plain: Î = (1/S) Σ w_s v_s, unbiased; p and q normalised. Standard error: that of a mean.
/// - Self-normalised: Î = Σ w_s v_s / Σ w_s, biased by O(1/S); p and q up to constants. Standard error by the delta
///   method, √(Σ w̄_s² (v_s - Î)²) with w̄ = w / Σ w (Owen, Monte Carlo theory, methods and examples, 2013, equation
///   9.9).
///
/// Everything is computed relative to the largest term, so that weights of e^-1000 lose no precision. The estimate
/// itself may then underflow to 0, while ``logEstimate`` and ``relativeError`` remain exact.
public struct ImportanceSampling: Sendable {
    /// The weighted mean of the values.
    public let estimate: Double
    /// log |estimate|, in nats.
    public let logEstimate: Double
    public let standardError: Double
    /// standardError / |estimate|; NaN when the estimate is exactly 0.
    public let relativeError: Double

    /// `normalized` divides by the sum of the weights, for targets known up to a factor, else by their number.
    public init(_ weights: LogWeights, values: [Double], normalized: Bool) {
        let count = Double(weights.values.count)
        if normalized {
            let shares = weights.shares
            let scale = values.reduce(0) { max($0, abs($1)) }
            let mean = scale > 0 ? zip(shares, values).reduce(0) { $0 + $1.0 * ($1.1 / scale) } : 0
            let variance = zip(shares, values).reduce(0) { sum, pair in
                let term = pair.0 * (scale > 0 ? pair.1 / scale - mean : 0)
                return sum + term * term
            }
            estimate = mean * scale
            logEstimate = Double.log(abs(mean)) + Double.log(scale)
            standardError = variance.squareRoot() * scale
            relativeError = variance.squareRoot() / abs(mean)
            return
        }
        // Terms w v as sign and logarithm, then relative to the largest one.
        let logs = zip(weights.values, values).map { $0 + Double.log(abs($1)) }
        let largest = logs.max() ?? -.infinity
        guard largest > -.infinity else {
            (estimate, logEstimate, standardError, relativeError) = (0, -.infinity, 0, .nan)
            return
        }
        let terms = zip(logs, values).map { ($1 < 0 ? -1 : 1) * Double.exp($0 - largest) }
        let (mean, error) = StandardError.ofMean(terms)
        logEstimate = largest + Double.log(abs(mean))
        // mean x e^largest, not e^logEstimate: the rounding of a sum of logarithms does not enter.
        let scale = Double.exp(largest)
        // A mean of 0 gives 0 even when the scale is infinite.
        estimate = mean == 0 ? 0 : mean * scale
        standardError = count < 2 ? .nan : error == 0 ? 0 : error * scale
        relativeError = error / abs(mean)
    }
}
