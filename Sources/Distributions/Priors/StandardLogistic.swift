import Autodiff
import RealModule
import Scripting
import Tensors

/// The logistic distribution with mean 0 and scale 1: NICE's prior (Dinh, Krueger, Bengio 2015, section 3.4).
///
/// log p(x) = -log(1 + e^x) - log(1 + e^-x), in nats; written with softplus it neither overflows nor cancels.
public struct StandardLogistic: Prior {
    public static let name = "logistic"

    public init() {}

    public func logProbability(_ x: Variable) throws -> Variable {
        // The equal x + 2 softplus(-x) would cancel for large negative x; this sum does not.
        try -(x.softplus() + (-x).softplus())
    }

    /// By inversion: log u - log(1 - u).
    public func sample(_ shape: [Int], _ dtype: DType, from generator: Generator, for operation: String) throws
        -> Tensor
    {
        try generator.fill(shape, dtype, for: operation) { generator in
            let u = generator.openUniform()
            return Double.log(u) - Double.log(onePlus: -u)
        }
    }
}
