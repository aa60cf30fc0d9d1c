import Autodiff
import RealModule
import Scripting
import Tensors

/// The normal distribution with mean 0 and variance 1. log p(x) = -(x² + log 2π) / 2, in nats.
public struct StandardNormal: Prior {
    public static let name = "normal"

    public init() {}

    public func logProbability(_ x: Variable) throws -> Variable {
        try (x * x + Double.log(2 * .pi)) * -0.5
    }

    public func sample(_ shape: [Int], _ dtype: DType, from generator: Generator, for operation: String) throws
        -> Tensor
    {
        try generator.normals(shape, dtype, for: operation)
    }
}
