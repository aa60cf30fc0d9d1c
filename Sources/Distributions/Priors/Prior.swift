import Autodiff
import Scripting
import Tensors

/// A probability distribution on the real line, applied to every element of a tensor: what a flow takes as prior.
public protocol Prior: HoldsScriptValues {
    /// The name scripts give it.
    static var name: String { get }
    /// The log-density at every element, in nats.
    func logProbability(_ x: Variable) throws -> Variable
    /// The log-density of every row of (rows, D).
    func logProbabilityOfRows(_ x: Variable) throws -> Variable
    /// Independent draws, in that type or in the distribution's own where that is wider.
    func sample(_ shape: [Int], _ dtype: DType, from generator: Generator, for operation: String) throws -> Tensor
}

extension Prior {
    /// Independent elements.
    public func logProbabilityOfRows(_ x: Variable) throws -> Variable { try logProbability(x).sum([1]) }
}
