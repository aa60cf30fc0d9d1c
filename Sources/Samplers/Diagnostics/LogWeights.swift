import RealModule
import Scripting

/// Logarithms of importance weights, checked: numbers or -inf (a weight of zero), not all -inf.
///
///     let weights = try LogWeights([-1000, -1001], for: "example")
///     let shares = weights.shares      // 0.731, 0.269: nothing underflows
public struct LogWeights: Sendable {
    /// Natural logarithms, at least one; -inf for a weight of 0.
    public let values: [Double]
    /// The largest log weight; finite.
    public let maximum: Double

    /// - Throws: for no weights, a weight that is NaN or +inf, or weights that are all zero.
    public init(_ values: [Double], _ name: String = "log_weights", for operation: String) throws {
        if let bad = values.firstIndex(where: { !($0 < .infinity) }) {
            throw ScriptError(operation, "\(name)[\(bad + 1)] is \(shown(values[bad])); a number or -inf expected")
        }
        guard let maximum = values.max() else {
            throw ScriptError(operation, "\(name) has 0 numbers; at least 1 expected")
        }
        guard maximum > -.infinity else {
            throw ScriptError(operation, "\(name): all \(values.count) are -inf: no sample has weight")
        }
        self.values = values
        self.maximum = maximum
    }

    /// exp(log weight - maximum): weights relative to the largest one.
    var scaled: [Double] { values.map { Double.exp($0 - maximum) } }

    /// Self-normalised weights, which sum to 1.
    public var shares: [Double] {
        let scaled = scaled
        let total = scaled.reduce(0, +)
        return scaled.map { $0 / total }
    }
}

extension Parameter<LogWeights> {
    /// The argument `log_weights` of the diagnostics.
    static var logWeights: Parameter {
        let weights = Domain<[Double]>.vector.map(show: { _ in "log_weights" }) { try LogWeights($0, for: "") }
        return .argument("log_weights", weights, "their logarithms, in nats; -inf is a weight of zero")
    }
}
