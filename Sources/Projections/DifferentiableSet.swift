import Scripting
import Tensors

/// A set whose projection has a plain derivative, so that gradients flow through it.
///
/// The derivative of a projection onto a convex set is symmetric (it is the Hessian of a convex function, |x|^2 / 2 less
/// half the squared distance), so that one function serves for both directions. On the edges where the projection bends
/// it is that of one side.
protocol DifferentiableSet: VectorSet {
    /// The derivative of the projection at `x`, along or pulled back from `v`. `x` is finite and of a checked shape.
    func slope(along v: [Double], at x: [Double]) -> [Double]
}

extension DifferentiableSet {
    /// The cotangent of x, of its shape and in the cotangent's dtype.
    func pullback(_ cotangent: Tensor, at x: Tensor) throws -> Tensor {
        try Tensor(slope(along: cotangent.toArray(), at: x.toArray()), shape: x.shape, cotangent.dtype.computing)
    }
}
