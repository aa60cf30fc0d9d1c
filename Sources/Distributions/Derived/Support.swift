import Autodiff
import Scripting
import Tensors

/// The set in which a distribution's draws lie.
public struct Support {
    /// The shape of the support, for choosing a bijection from the real line to it.
    public enum Kind: String, Sendable, CaseIterable {
        /// All real numbers, or vectors of them.
        case real
        /// The numbers from 0.
        case positive
        /// The numbers between two ends.
        case interval
        /// The numbers from an end on.
        case greaterThan = "greater_than"
        /// The numbers up to an end.
        case lessThan = "less_than"
        /// Vectors of numbers >= 0 that sum to 1.
        case simplex
        /// Whole numbers, or vectors of them.
        case integers
    }

    /// One kind for the whole batch.
    public let kind: Kind
    /// The ends, which broadcast with the batch; infinite where there is none.
    public let low, high: Variable

    /// The ends must broadcast with the distribution's batch shape.
    public init(_ kind: Kind, _ low: Variable, _ high: Variable) {
        (self.kind, self.low, self.high) = (kind, low, high)
    }

    /// A support with ends that are the same for the whole batch.
    public init(_ kind: Kind, _ low: Double = -.infinity, _ high: Double = .infinity) throws {
        self.init(kind, Variable(try Tensor(low, .float64)), Variable(try Tensor(high, .float64)))
    }

    static var real: Support { get throws { try Support(.real) } }
    static var positive: Support { get throws { try Support(.positive, 0) } }
    static var simplex: Support { get throws { try Support(.simplex, 0, 1) } }
    static func integers(_ low: Double, _ high: Double) throws -> Support { try Support(.integers, low, high) }

    /// The smallest support that contains all of these; where their kinds differ, the kind follows from the ends.
    static func joined(_ all: [Support], _ batch: [Int]) throws -> Support {
        guard let first = all.first else { return try .real }
        func extreme(_ end: KeyPath<Support, Variable>, _ choose: @escaping @Sendable (Double, Double) -> Double) throws
            -> Variable
        {
            try all.dropFirst().reduce(first[keyPath: end]) { value, support in
                Variable(
                    try value.value.zip(support[keyPath: end].value, Pairwise(choose), for: "distribution:support"))
            }
        }
        let (low, high) = (try extreme(\.low) { min($0, $1) }, try extreme(\.high) { max($0, $1) })
        if all.allSatisfy({ $0.kind == first.kind }) { return Support(first.kind, low, high) }
        guard all.allSatisfy({ $0.kind != .simplex }) else { return try .real }
        let (starts, ends) = (try low.value.toArray(), try high.value.toArray())
        let (isBelow, isAbove) = (starts.allSatisfy(\.isFinite), ends.allSatisfy(\.isFinite))
        if isBelow && isAbove { return Support(.interval, low, high) }
        if isBelow { return Support(starts.allSatisfy { $0 == 0 } ? .positive : .greaterThan, low, high) }
        return isAbove ? Support(.lessThan, low, high) : Support(.real, low, high)
    }
}
