import Distributions

/// An interval of the line, ends excluded where a transform excludes them.
public struct NumberRange: Sendable, Equatable {
    public let low, high: Double

    public init(_ low: Double, _ high: Double) { (self.low, self.high) = (low, high) }

    /// The whole line.
    public static let real = NumberRange(-.infinity, .infinity)

    var support: Support {
        get throws {
            switch (low.isFinite, high.isFinite) {
            case (false, false): try Support(.real)
            case (true, false): try Support(low == 0 ? .positive : .greaterThan, low)
            case (false, true): try Support(.lessThan, -.infinity, high)
            case (true, true): try Support(.interval, low, high)
            }
        }
    }
}

extension Sigmoid { public var latentRange: NumberRange? { NumberRange(0, 1) } }
extension Tanh { public var latentRange: NumberRange? { NumberRange(-1, 1) } }
extension Softplus { public var latentRange: NumberRange? { NumberRange(0, .infinity) } }
extension Logit {
    public var dataRange: NumberRange? { NumberRange(0 - alpha / (1 - 2 * alpha), 1 + alpha / (1 - 2 * alpha)) }
}
extension Inverse {
    public var dataRange: NumberRange? { base.latentRange }
    public var latentRange: NumberRange? { base.dataRange }
}
extension ScriptedTransform {
    public var dataRange: NumberRange? { nil }
    public var latentRange: NumberRange? { nil }
}
extension Chain {
    public var dataRange: NumberRange? { NumberRange.outer(sequence.parts, \.dataRange) }
    public var latentRange: NumberRange? {
        sequence.parts.contains { $0 is Split } ? nil : NumberRange.outer(sequence.parts.reversed(), \.latentRange)
    }
}

extension NumberRange {
    /// That of the first part which does more than move numbers to other places.
    static func outer(_ parts: [any FlowTransform], _ range: (any FlowTransform) -> NumberRange?) -> NumberRange? {
        guard let first = parts.first(where: { !($0 is Reshape || $0 is Squeeze || $0 is Permute) }) else { return .real }
        return range(first)
    }

    /// Where numbers lie that a transform makes of a base's, to data.
    /// - Parameter missing: what is said where nobody knows.
    static func support(
        data: NumberRange?, latent: NumberRange?, base: Support?, _ missing: @autoclosure () -> any Error
    ) throws -> Support {
        // A base on a part of what the transform reaches makes a part of the data, which the transform does not tell.
        let isWhole = try base.map { base in
            try base.kind == .real
                || (base.low.shape.isEmpty && base.high.shape.isEmpty
                    && NumberRange(base.low.value.item(), base.high.value.item()) == latent)
        }
        guard let data, isWhole ?? true else { throw missing() }
        return try data.support
    }
}
