import Autodiff
import Scripting
import Tensors

/// weight times the sum of the singular values of a matrix. Its proximal map reduces each by weight * step, to 0 at
/// most.
public struct Nuclear: VectorFunction {
    public static let name = "Nuclear"
    private let weight: Double

    /// Throws unless the weight is finite and at least 0.
    public init(_ weight: Double = 1) throws { self.weight = try checkedWeight(weight, for: Nuclear.operation) }

    func check(shape: [Int]) throws {
        guard shape.count == 2, !shape.contains(0) else {
            throw ScriptError(operation, "x \(Shape.describe(shape)) is not a matrix")
        }
    }

    func value(of x: [Double], shape: [Int]) throws -> Double {
        weight * (try singularValues(x, shape: shape, for: operation).reduce(0, +))
    }

    func nearest(to x: [Double], step: Double, shape: [Int]) throws -> [Double] {
        let cut = weight * step
        return cut == 0 ? x : try spectral(x, shape: shape, for: operation) { $0.map { max($0 - cut, 0) } }.result
    }

    func conjugate(of y: [Double], shape: [Int], slack: Double) throws -> Double {
        let largest = try singularValues(y, shape: shape, for: operation).first ?? 0
        return largest <= weight + slack * Double(y.count).squareRoot() ? 0 : .infinity
    }

    public func valueFormula(at x: Variable) throws -> Variable { try x.nuclearNorm() * weight }

    /// x minus x with its singular values limited to weight * step.
    public func proxFormula(at x: Variable, step: Double) throws -> Variable {
        let cut = weight * step
        return cut == 0 ? x : try x - x.spectralClip(Variable(Tensor(cut, .float64)), operation)
    }

    public var description: String { "prox.Nuclear(\(format(weight)))" }

    public static let declaration = Declaration(
        "prox.Nuclear",
        """
        weight times the sum of the singular values of x, a matrix: what makes results of low rank. The proximal map \
        lowers them by weight step; the conjugate is the indicator of the matrices with none above weight.
        """,
        takes: .weight, returns: .prox, errors: "weight is negative or not finite; x is not a matrix.",
        source: "Cai, Candès and Shen 2010.",
        example: """
            local y = prox.Nuclear(1)(tensor({{3, 0}, {0, 0.5}}), 1)
            assert(math.abs(y[{1, 1}] - 2) < 1e-6 and math.abs(y[{2, 2}]) < 1e-6)
            """,
        see: ["projection.NuclearBall"]
    ) { weight in try Nuclear(weight) }

    public static func examples() throws -> [FunctionExample] {
        [FunctionExample(try Nuclear(0.5), shape: [3, 2]), FunctionExample(try Nuclear(0.3), shape: [2, 2])]
    }
}
