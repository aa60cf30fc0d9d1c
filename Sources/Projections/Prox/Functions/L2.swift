import Autodiff
import Scripting
import Tensors

/// weight times the Euclidean norm of all elements. Its proximal map shortens x by weight * step, to 0 at most.
public struct L2: VectorFunction {
    public static let name = "L2"
    private let weight: Double

    /// Throws unless the weight is finite and at least 0.
    public init(_ weight: Double = 1) throws { self.weight = try checkedWeight(weight, for: L2.operation) }

    func value(of x: [Double], shape: [Int]) -> Double { weight * norm(x) }

    func nearest(to x: [Double], step: Double, shape: [Int]) -> [Double] { shortened(x, by: weight * step) }

    func conjugate(of y: [Double], shape: [Int], slack: Double) -> Double {
        norm(y) <= weight + slack * Double(y.count).squareRoot() ? 0 : .infinity
    }

    public func valueFormula(at x: Variable) throws -> Variable {
        guard try x.value.toArray().contains(where: { $0 != 0 }) else { return try (x * 0).sum() }
        return try x.length() * weight
    }

    public func proxFormula(at x: Variable, step: Double) throws -> Variable {
        try x.shortened(by: weight * step)
    }

    public var description: String { "prox.L2(\(format(weight)))" }

    public static let declaration = Declaration(
        "prox.L2",
        """
        weight times the Euclidean length of x (not its square). The proximal map shortens x by weight step; the \
        conjugate is the indicator of the ball of radius weight.
        """,
        takes: .weight, returns: .prox, errors: "weight is negative or not finite.",
        source: "Parikh and Boyd 2014, section 6.5.1.",
        example: """
            local y = prox.L2(1)(tensor({3, 4}), 2.5)
            assert(math.abs(y[{1}] - 1.5) < 1e-6 and math.abs(y[{2}] - 2) < 1e-6)
            """,
        see: ["prox.Group"]
    ) { weight in try L2(weight) }

    public static func examples() throws -> [FunctionExample] {
        [FunctionExample(try L2(0.7), shape: [3]), FunctionExample(try L2(0), shape: [2])]
    }
}

/// x with its norm reduced by `cut`; 0 where the norm is not larger than that.
func shortened(_ x: [Double], by cut: Double) -> [Double] {
    let length = norm(x)
    guard length > cut else { return x.map { _ in 0 } }
    return x.map { $0 * ((length - cut) / length) }
}

extension Variable {
    /// self with its norm reduced by `cut`, recorded.
    func shortened(by cut: Double) throws -> Variable {
        let own = try Projections.norm(value.toArray())
        guard own > cut else { return try Variable(Tensor.zeros(shape, .float64)) }
        return try self * (1 - cut / length())
    }
}
