import Autodiff
import Scripting
import Tensors

/// weight times the sum of magnitudes. Its proximal map moves every element towards 0 by weight * step, and not past
/// it.
public struct L1: VectorFunction {
    public static let name = "L1"
    private let weight: Double

    /// Throws unless the weight is finite and at least 0.
    public init(_ weight: Double = 1) throws { self.weight = try checkedWeight(weight, for: L1.operation) }

    func value(of x: [Double], shape: [Int]) -> Double { weight * x.reduce(0) { $0 + $1.magnitude } }

    func nearest(to x: [Double], step: Double, shape: [Int]) -> [Double] {
        let cut = weight * step
        return x.map { $0 > cut ? $0 - cut : $0 < -cut ? $0 + cut : 0 }
    }

    func conjugate(of y: [Double], shape: [Int], slack: Double) -> Double {
        y.largestMagnitude <= weight + slack ? 0 : .infinity
    }

    public func valueFormula(at x: Variable) throws -> Variable { try x.abs().sum() * weight }

    public func proxFormula(at x: Variable, step: Double) throws -> Variable {
        let cut = weight * step
        let signs = try x.value.toArray().map { $0 > cut ? 1.0 : $0 < -cut ? -1 : 0 }
        return try x.kept(signs.map { $0 != 0 }) - Variable(signs.map { $0 * cut }, shape: x.shape)
    }

    public var description: String { "prox.L1(\(format(weight)))" }

    public static let declaration = Declaration(
        "prox.L1",
        """
        weight (|x_1| + |x_2| + ...): what makes results sparse. The proximal map is soft thresholding by weight step; \
        the conjugate is the indicator of the box from -weight to weight.
        """,
        takes: .weight, returns: .prox, errors: "weight is negative or not finite.",
        source: "Parikh and Boyd 2014, section 6.5.2.",
        example: "assert(prox.L1(0.5)(tensor({2}), 1)[{1}] == 1.5)", see: ["projection.L1Ball"]
    ) { weight in try L1(weight) }

    public static func examples() throws -> [FunctionExample] {
        [FunctionExample(try L1(0.7), shape: [4]), FunctionExample(try L1(0), shape: [2])]
    }
}
