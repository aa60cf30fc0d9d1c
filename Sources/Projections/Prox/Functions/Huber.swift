import Autodiff
import Scripting
import Tensors

/// weight times the sum of x^2 / 2 where |x| <= delta, and of delta (|x| - delta / 2) beyond.
public struct Huber: VectorFunction, HasConjugateFormula {
    public static let name = "Huber"
    private let delta, weight: Double

    /// Throws unless delta is above 0 and the weight at least 0, both finite.
    public init(_ delta: Double = 1, weight: Double = 1) throws {
        self.delta = try checkedWeight(delta, for: Huber.operation, "delta", positive: true)
        self.weight = try checkedWeight(weight, for: Huber.operation)
    }

    func value(of x: [Double], shape: [Int]) -> Double {
        weight * x.reduce(0) { $0 + ($1.magnitude <= delta ? $1 * $1 / 2 : delta * ($1.magnitude - delta / 2)) }
    }

    func nearest(to x: [Double], step: Double, shape: [Int]) -> [Double] {
        let share = 1 + weight * step
        return x.map { $0.magnitude <= delta * share ? $0 / share : $0 - ($0 < 0 ? -1 : 1) * weight * step * delta }
    }

    func conjugate(of y: [Double], shape: [Int], slack: Double) -> Double {
        guard y.largestMagnitude <= weight * delta + slack else { return .infinity }
        return weight > 0 ? y.reduce(0) { $0 + $1 / weight * $1 / 2 } : 0
    }

    func conjugateFormulaOfItsOwn(at y: Variable) throws -> Variable {
        weight > 0 ? try (y * y).sum() / (2 * weight) : try (y * 0).sum()
    }

    public func valueFormula(at x: Variable) throws -> Variable {
        let isInside = try x.value.toArray().map { $0.magnitude <= delta }
        return try (x * x / 2).kept(isInside, else: (x.abs() - delta / 2) * delta).sum() * weight
    }

    public func proxFormula(at x: Variable, step: Double) throws -> Variable {
        let share = 1 + weight * step
        let values = try x.value.toArray()
        let shift = values.map { ($0 < 0 ? -1 : 1) * weight * step * delta }
        return try (x / share).kept(
            values.map { $0.magnitude <= delta * share }, else: x - Variable(shift, shape: x.shape))
    }

    public var description: String { "prox.Huber(\(format(delta)), \(format(weight)))" }

    public static let declaration = Declaration(
        "prox.Huber",
        """
        weight times the sum of x^2 / 2 where |x| <= delta, and delta (|x| - delta / 2) beyond: squares \
        that outliers do not dominate. As torch's HuberLoss; it is the envelope of delta |x|.
        """,
        takes: .argument("delta", .number(above: 0, finite: true), default: 1), .weight, returns: .prox,
        errors: "delta is not above 0, weight is negative, or one is not finite.",
        source: "Huber 1964; torch.nn.HuberLoss.",
        example: """
            local f = prox.Huber(1)
            assert(f:value(tensor({0.5, 3})) == 0.125 + 2.5)
            assert(f(tensor({4}), 1)[{1}] == 3 and f(tensor({1}), 1)[{1}] == 0.5)
            """
    ) { delta, weight in try Huber(delta, weight: weight) }

    public static func examples() throws -> [FunctionExample] {
        [FunctionExample(try Huber(0.6, weight: 1.3), shape: [5])]
    }
}
