import Autodiff
import Distributions
import Scripting
import Tensors

extension Flow: DensityObject {
    /// Points of any shape, also images, with as many numbers as the flow's dimension.
    public func logDensity(ofBatch x: Variable) throws -> Variable {
        let point = Array(x.shape.dropFirst())
        guard point.reduce(1, *) == dimension else {
            throw Fault("points have shape \(Shape.describe(point)); \(dimension) numbers expected by the flow")
        }
        return try logProbability(x.reshape([x.shape[0], dimension]))
    }
}
