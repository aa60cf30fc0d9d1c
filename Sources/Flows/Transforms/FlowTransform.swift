import Autodiff
import Scripting
import Tensors

/// A bijection between data and noise, of (rows, dimensions) matrices.
///
/// Value and log-determinant come from one call, so that they cannot disagree. The directions are named by where they
/// lead, never "forward": `toLatent` goes data -> noise, `toData` noise -> data.
public protocol FlowTransform: HoldsScriptValues {
    /// The image of x, and log |det of the Jacobian| of this direction: of shape (rows), or of no dimension when it is
    /// the same for every row. In nats.
    ///
    /// - Parameter context: (rows, C), what a conditional transform is told; others do not look at it.
    func toLatent(_ x: Variable, context: Variable?) throws -> (z: Variable, logDeterminant: Variable)
    /// The inverse of ``toLatent(_:context:)``, with its own log-determinant.
    func toData(_ z: Variable, context: Variable?) throws -> (x: Variable, logDeterminant: Variable)
    /// What training changes, by the names a state dict has under this transform.
    var parameters: [(name: String, value: Variable)] { get }
    /// Tensors that a file keeps beside them: masks, orders.
    var buffers: [(name: String, value: Variable)] { get }
    /// The least type that samples are drawn in: float64 where parameters are.
    var drawingType: DType { get }
    /// How many numbers the context has; nil for a transform that takes none.
    var contextSize: Int? { get }
}

extension FlowTransform {
    public var drawingType: DType { parameters.contains { $0.value.dtype == .float64 } ? .float64 : .float32 }
    public var buffers: [(name: String, value: Variable)] { [] }
    public var contextSize: Int? { nil }

    public func toLatent(_ x: Variable) throws -> (z: Variable, logDeterminant: Variable) {
        try toLatent(x, context: nil)
    }
    public func toData(_ z: Variable) throws -> (x: Variable, logDeterminant: Variable) {
        try toData(z, context: nil)
    }
}
