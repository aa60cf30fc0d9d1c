import Autodiff
import Scripting
import Tensors

/// An object of scripts, other than a distribution, that has a log-density of a batch: a flow.
public protocol DensityObject: ScriptObject {
    /// One number in nats for each point along the first dimension.
    /// - Throws: when points of this shape are not the density's.
    func logDensity(ofBatch x: Variable) throws -> Variable
}
