import Autodiff
import Scripting
import Tensors

/// A script's distribution as a flow's prior: over single numbers, for every element, or over vectors.
public struct DistributionPrior: Law {
    public static let name = "distribution"
    private let law: any Distribution
    public var heldValues: [Value] { law.heldValues }
    /// The length of its vectors; nil for a law of single numbers.
    public let dimension: Int?

    /// - Throws: when the draws are neither numbers nor vectors.
    public init(_ law: any Distribution, for operation: String) throws {
        let shape = law.batchShape + law.eventShape
        guard shape.count <= 1 else {
            throw ScriptError(
                operation,
                "draws of \(law.description) have shape \(Shape.describe(shape)); numbers or vectors expected")
        }
        self.law = law
        dimension = shape.first
    }

    public func logProbability(_ x: Variable) throws -> Variable { try law.logProbability(x) }

    public func logProbabilityOfRows(_ x: Variable) throws -> Variable {
        let logs = try logProbability(x)
        return law.eventShape.isEmpty ? try logs.sum([1]) : logs
    }

    public func sample(_ shape: [Int], _ dtype: DType, from generator: Generator, for operation: String) throws
        -> Tensor
    {
        let lead = dimension == nil ? shape : Array(shape.dropLast())
        let draws = try law.sample(lead, from: generator, for: operation)
        return try draws.cast(draws.dtype.promoted(with: dtype))
    }
}
