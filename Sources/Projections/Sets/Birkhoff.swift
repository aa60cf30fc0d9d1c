import Autodiff
import Scripting
import Tensors

/// The doubly stochastic matrices: elements from 0, rows and columns that add up to 1. Their corners are the
/// permutations.
public struct Birkhoff: CataloguedSet, VectorSet {
    public static let name = "Birkhoff"

    public init() {}

    public var preferredShape: [Int]? { [3, 3] }
    /// 1: rows sum to 1.
    public var size: Double { 1 }

    func check(shape: [Int]) throws {
        guard shape.count == 2, shape[0] == shape[1] else {
            throw ScriptError(operation, "x \(Shape.describe(shape)) is not a square matrix")
        }
        guard shape[0] > 0 else {
            throw ScriptError(operation, "x \(Shape.describe(shape)) has no rows whose sums could be 1")
        }
    }

    private func search(_ x: [Double], _ n: Int) throws -> (point: [Double], mask: [Bool]) {
        try BirkhoffSearch(n: n, operation: operation).nearest(to: x)
    }

    func nearest(to x: [Double], shape: [Int]) throws -> [Double] { try search(x, shape[0]).point }

    /// Elements that the projection makes 0 stay 0; the others change such that the sums stay.
    func vectorFormula(_ x: Variable) throws -> Variable {
        let n = x.shape[0]
        let (point, mask) = try search(x.value.toArray(), n)
        let averages = try BirkhoffSearch.Averages(mask, n, operation)
        let linear = try x.mapped(by: { try averages.withSums(0, $0) }, operation)
        return try linear + Variable(zip(point, linear.value.toArray()).map { $0 - $1 }, shape: x.shape)
    }

    public func slope(at x: Tensor) throws -> Slope {
        let averages = try BirkhoffSearch.Averages(search(x.toArray(), x.shape[0]).mask, x.shape[0], operation)
        return { try averages.withSums(0, $0) }
    }

    func violation(of x: [Double], shape: [Int]) -> Double {
        let n = shape[0]
        var sums = [Double](repeating: -1, count: 2 * n)
        for i in x.indices {
            sums[i / n] += x[i]
            sums[n + i % n] += x[i]
        }
        return max(0, sums.largestMagnitude, -(x.min() ?? 0))
    }

    public var description: String { "projection.Birkhoff()" }

    public static let declaration = Declaration(
        "projection.Birkhoff",
        """
        The doubly stochastic matrices, for x of shape (n, n): elements from 0, rows and columns that add up to 1. \
        Found by a Newton method on 2 n numbers, each step of which costs some n^3 products.
        """,
        returns: .projection,
        errors: "x is not a square matrix, or its elements differ by more than float64 resolves beside 1.",
        source: "Li, Sun and Toh 2020 (the projector over the Birkhoff polytope).",
        example: """
            local y = projection.Birkhoff()(tensor({{1, 0}, {0, 0}}))
            assert(math.abs(y[{1, 1}] - 0.75) < 1e-6 and math.abs(y[{1, 2}] - 0.25) < 1e-6)
            """,
        see: ["projection.Simplex"]
    ) { Birkhoff() }

    public static func examples() throws -> [SetExample] {
        [
            SetExample(Birkhoff(), shape: [3, 3]), SetExample(Birkhoff(), shape: [4, 4]),
            SetExample(Birkhoff(), shape: [1, 1]),
        ]
    }
}
