import Autodiff
import Scripting
import Tensors

/// z = x + b: NICE's additive coupling (Dinh, Krueger and Bengio 2015, equation 8). As
/// zuko.transforms.AdditiveTransform.
public struct ShiftMap: UnivariateMap {
    public static let name = "additive"
    public let parameterCount = 1

    public init() {}

    public func toLatent(_ x: Variable, _ numbers: Variable) throws -> (z: Variable, logSlope: Variable) {
        let z = try x + numbers.select(numbers.shape.count - 1, 0)
        return (z, Variable(try Tensor.zeros(z.shape, z.dtype)))
    }

    public func toData(_ z: Variable, _ numbers: Variable) throws -> (x: Variable, logSlope: Variable) {
        let x = try z - numbers.select(numbers.shape.count - 1, 0)
        return (x, Variable(try Tensor.zeros(x.shape, x.dtype)))
    }
}
