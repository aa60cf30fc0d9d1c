import Distributions

/// An interval of the real line; whether its ends belong to it is not recorded.
public struct NumberRange: Sendable, Equatable {
    /// Infinite where there is no end.
    public let low, high: Double

    /// low < high; not checked here.
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

    /// The ranges of data and latents of a sequence of transforms; nil where unknown: when a part does not take all
    /// that the one before makes, or a ``Split`` sends numbers of another range than the rest.
    static func ends(of parts: [any FlowTransform]) -> (data: NumberRange, latent: NumberRange)? {
        // Rearranging numbers does not change their range.
        let parts = parts.filter { !($0 is Reshape || $0 is Squeeze || $0 is Permute) }
        var ends: (data: NumberRange, latent: NumberRange)?
        // The ranges of the numbers that splits sent to the latent.
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

    /// The support of the data when a transform maps a base distribution's draws to it.
    /// - Parameters:
    ///   - ends: the transform's ranges.
    ///   - base: nil for noise on the whole line.
    ///   - missing: the error where the support is unknown.
    static func support(
        _ ends: (data: NumberRange, latent: NumberRange)?, base: Support?, _ missing: @autoclosure () -> any Error
    ) throws -> Support {
        guard let ends else { throw missing() }
        let noise: NumberRange? =
            if let base, base.kind != .real {
                base.low.shape.isEmpty && base.high.shape.isEmpty
                    ? try NumberRange(base.low.value.item(), base.high.value.item()) : nil
            } else { .real }
        // A base on only a part of the transform's range reaches only a part of the data's, which ranges do not tell.
        guard noise == ends.latent else { throw missing() }
        return try ends.data.support
    }
}
