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
    public var dataRange: NumberRange? { NumberRange.ends(of: sequence.parts)?.data }
    public var latentRange: NumberRange? { NumberRange.ends(of: sequence.parts)?.latent }
}

extension NumberRange {
    func isWithin(_ other: NumberRange) -> Bool { other.low <= low && high <= other.high }

    /// Where the data and the latents of transforms in a row lie; nil where nobody knows, as when a part does not take
    /// all that the one before it makes, or a ``Split`` sends numbers of another range than others to the latent
    /// vector.
    static func ends(of parts: [any FlowTransform]) -> (data: NumberRange, latent: NumberRange)? {
        // These move numbers to other places.
        let parts = parts.filter { !($0 is Reshape || $0 is Squeeze || $0 is Permute) }
        var ends: (data: NumberRange, latent: NumberRange)?
        // Where the numbers lie that splits sent.
        var sent: [NumberRange] = []
        for part in parts {
            if part is Split {
                sent.append(ends?.latent ?? .real)
                continue
            }
            guard let data = part.dataRange, let latent = part.latentRange else { return nil }
            if let before = ends, !before.latent.isWithin(data) { return nil }
            ends = (ends?.data ?? data, latent)
        }
        let left = ends ?? (.real, .real)
        return sent.allSatisfy { $0 == left.latent } ? left : nil
    }

    /// Where numbers lie that a transform makes of a base's, to data.
    /// - Parameters:
    ///   - ends: of the transform.
    ///   - base: nil for noise on the whole line.
    ///   - missing: what is said where nobody knows.
    static func support(
        _ ends: (data: NumberRange, latent: NumberRange)?, base: Support?, _ missing: @autoclosure () -> any Error
    ) throws -> Support {
        guard let ends else { throw missing() }
        let noise: NumberRange? =
            if let base, base.kind != .real {
                base.low.shape.isEmpty && base.high.shape.isEmpty
                    ? try NumberRange(base.low.value.item(), base.high.value.item()) : nil
            } else { .real }
        // A base on a part of what the transform reaches makes a part of the data, which the transform does not tell.
        guard noise == ends.latent else { throw missing() }
        return try ends.data.support
    }
}
