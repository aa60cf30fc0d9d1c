import Autodiff
import Scripting
import Tensors

/// The distribution of a flow's noise: over single numbers (independent elements) or over rows.
public protocol Prior: HoldsScriptValues {
    /// The name by which scripts choose it.
    static var name: String { get }
    /// The log-density at every element, in nats.
    func logProbability(_ x: Variable) throws -> Variable
    /// The log-density of every row of (rows, D).
    func logProbabilityOfRows(_ x: Variable) throws -> Variable
    /// Independent draws in `dtype`, or in the distribution's own dtype if that is wider.
    func sample(_ shape: [Int], _ dtype: DType, from generator: Generator, for operation: String) throws -> Tensor
}

extension Prior {
    /// Elements are independent: the sum over a row.
    public func logProbabilityOfRows(_ x: Variable) throws -> Variable { try logProbability(x).sum([1]) }
}
