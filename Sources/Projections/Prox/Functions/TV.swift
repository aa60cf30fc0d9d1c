import Autodiff
import Scripting
import Tensors

/// weight times the total variation of a signal, the sum of |x_(i+1) - x_i| over all elements in row-major order.
public struct TV: VectorFunction {
    public static let name = "TV"
    private let weight: Double

    /// Throws unless the weight is finite and at least 0.
    public init(_ weight: Double = 1) throws { self.weight = try checkedWeight(weight, for: TV.operation) }

    func value(of x: [Double], shape: [Int]) -> Double { weight * totalVariation(x) }

    func nearest(to x: [Double], step: Double, shape: [Int]) -> [Double] {
        EqualRuns(of: x, level: weight * step).smoothed(level: weight * step)
    }

    /// 0 where y is the difference of a signal that lies between -weight and weight and is 0 at both ends; else
    /// infinite.
    func conjugate(of y: [Double], shape: [Int], slack: Double) -> Double {
        let slack = slack * Double(y.count)
        var sum = 0.0
        for value in y {
            sum += value
            guard sum.magnitude <= weight + slack else { return .infinity }
        }
        return sum.magnitude <= slack ? 0 : .infinity
    }

    public func valueFormula(at x: Variable) throws -> Variable {
        let n = x.value.count
        guard n > 1 else { return try (x * 0).sum() }
        let flat = try x.reshape([n])
        return try (flat.slice(0, 1, n - 1) - flat.slice(0, 0, n - 1)).abs().sum() * weight
    }

    /// The means over runs of equal elements, shifted by the level.
    public func proxFormula(at x: Variable, step: Double) throws -> Variable {
        let runs = EqualRuns(of: try x.value.toArray(), level: weight * step)
        let shift = runs.direction.map { weight * step * $0 }
        return try x.mapped(by: EqualRuns.means(runs.counts), operation) - Variable(shift, shape: x.shape)
    }

    public var description: String { "prox.TV(\(format(weight)))" }

    public static let declaration = Declaration(
        "prox.TV",
        """
        weight (|x_2 - x_1| + |x_3 - x_2| + ...) over all elements of x (row-major): the proximal map removes noise \
        from a signal and keeps its jumps. Exact, in time near the number of elements.
        """,
        takes: .weight, returns: .prox, errors: "weight is negative or not finite.", source: "Condat 2013.",
        example: """
            local y = prox.TV(1)(tensor({0, 0, 3, 3}))
            assert(math.abs(y[{1}] - 0.5) < 1e-6 and math.abs(y[{4}] - 2.5) < 1e-6)
            """,
        see: ["projection.TVBall"]
    ) { weight in try TV(weight) }

    public static func examples() throws -> [FunctionExample] {
        [
            FunctionExample(try TV(0.4), shape: [6]), FunctionExample(try TV(0.3), shape: [1]),
            FunctionExample(try TV(0), shape: [3]),
        ]
    }
}
