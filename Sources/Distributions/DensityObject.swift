import Autodiff
import Scripting
import Tensors

/// A script object that is no distribution but has a log-density of a batch of points: a flow.
public protocol DensityObject: ScriptObject {
    /// One log-density in nats for each point along the first dimension.
    /// - Throws: when the points have another shape than the density's.
    func logDensity(ofBatch x: Variable) throws -> Variable
}
