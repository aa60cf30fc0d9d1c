import Autodiff
import Scripting
import Tensors

/// A distribution as a flow's prior: one over single numbers is used for every element, one over vectors for rows.
public struct DistributionPrior: Prior {
    public static let name = "distribution"
    private let distribution: any Distribution
    public var heldValues: [Value] { distribution.heldValues }
    /// The length of its vectors; nil for a distribution over single numbers.
    public let dimension: Int?

    /// - Throws: when the draws are neither numbers nor vectors.
    public init(_ distribution: any Distribution, for operation: String) throws {
        let shape = distribution.batchShape + distribution.eventShape
        guard shape.count <= 1 else {
            throw ScriptError(
                operation,
                "draws of \(distribution.description) have shape \(Shape.describe(shape)); numbers or vectors expected")
        }
        self.distribution = distribution
        dimension = shape.first
    }

    public func logProbability(_ x: Variable) throws -> Variable { try distribution.logProbability(x) }

    public func logProbabilityOfRows(_ x: Variable) throws -> Variable {
        let logs = try logProbability(x)
        return distribution.eventShape.isEmpty ? try logs.sum([1]) : logs
    }

    public func sample(_ shape: [Int], _ dtype: DType, from generator: Generator, for operation: String) throws
        -> Tensor
    {
        let lead = dimension == nil ? shape : Array(shape.dropLast())
        let draws = try distribution.sample(lead, from: generator, for: operation)
        return try draws.cast(draws.dtype.promoted(with: dtype))
    }
}
