import Autodiff
import Scripting
import Tensors

/// |A x - b|^2 / 2 for A of shape (m, n). A = U S V^T is computed once; a proximal map is then two matrix-vector
/// products.
public struct LeastSquares: VectorFunction, HasConjugateFormula {
    public static let name = "LeastSquares"
    private let matrix: Tensor
    private let right: [Double]
    /// The singular values above rounding; their columns of V, as rows; and U^T b for them.
    private let values: [Double]
    private let rows: [[Double]]
    private let heights: [Double]

    /// - Throws: when the shapes do not fit or an element is not finite.
    public init(_ a: Tensor, _ b: Tensor) throws {
        let operation = LeastSquares.operation
        guard a.shape.count == 2, !a.shape.contains(0) else {
            throw ScriptError(operation, "A \(Shape.describe(a.shape)) is not a matrix (m, n)")
        }
        let (m, n) = (a.shape[0], a.shape[1])
        guard b.shape == [m] else {
            throw ScriptError(
                operation,
                "A \(Shape.describe(a.shape)) and b \(Shape.describe(b.shape)) do not fit: b of (\(m)) expected")
        }
        matrix = try SetParameter(a, "A", for: operation).double
        right = try SetParameter(b, "b", for: operation).values
        let (u, s, v) = try matrix.svd(for: operation)
        let (all, left, turned) = (try s.toArray(), try u.toArray(), try v.toArray())
        let noise = Double(max(m, n)) * 0x1p-52 * (all.first ?? 0)
        let count = all.prefix { $0 > noise }.count
        values = Array(all.prefix(count))
        rows = (0..<count).map { k in (0..<n).map { turned[$0 * all.count + k] } }
        heights = (0..<count).map { [right] k in (0..<m).reduce(0) { $0 + left[$1 * all.count + k] * right[$1] } }
    }

    func check(shape: [Int]) throws {
        let count = try Shape.count(shape, for: operation)
        guard count == matrix.shape[1] else {
            throw ScriptError(
                operation,
                "A \(Shape.describe(matrix.shape)) wants x of \(matrix.shape[1]) elements, x \(Shape.describe(shape)) "
                    + "has \(count)"
            )
        }
    }

    func value(of x: [Double], shape: [Int]) throws -> Double {
        let image = try Variable(matrix).matmul(Variable(x, shape: [x.count])).value.toArray()
        let distance = norm(zip(image, right).map { $0 - $1 })
        return distance * distance / 2
    }

    /// In the coordinates V^T x: (x + step s h) / (1 + step s^2), with h = U^T b.
    func nearest(to x: [Double], step: Double, shape: [Int]) -> [Double] {
        var result = x
        for (k, row) in rows.enumerated() {
            let (along, s) = (dot(row, x), values[k])
            let moved = (along + step * s * heights[k]) / (1 + step * s * s) - along
            for j in result.indices { result[j] += moved * row[j] }
        }
        return result
    }

    /// With w = V^T y: the sum of ((w + s h) / s)^2 / 2, minus |b|^2 / 2; infinite where y is not in the span of V.
    func conjugate(of y: [Double], shape: [Int], slack: Double) -> Double {
        var (rest, sum) = (y, 0.0)
        for (k, row) in rows.enumerated() {
            let along = dot(row, y)
            let length = along / values[k] + heights[k]
            sum += length * length / 2
            for j in rest.indices { rest[j] -= along * row[j] }
        }
        return norm(rest) <= slack * Double(y.count).squareRoot() ? sum - dot(right, right) / 2 : .infinity
    }

    func conjugateFormulaOfItsOwn(at y: Variable) throws -> Variable {
        let turned = try Variable(rows.flatMap { $0 }, shape: [rows.count, y.value.count])
        let along = try turned.matmul(y.reshape([y.value.count]))
        let lengths = try along / Variable(values, shape: [values.count]) + Variable(heights, shape: [values.count])
        return try ((lengths * lengths).sum() - dot(right, right)) / 2
    }

    public func valueFormula(at x: Variable) throws -> Variable {
        let rest = try Variable(matrix).matmul(x.reshape([x.value.count])) - Variable(right, shape: [right.count])
        return try (rest * rest).sum() / 2
    }

    /// The change of x by a symmetric matrix.
    public func proxFormula(at x: Variable, step: Double) throws -> Variable {
        let shift = nearest(to: try x.value.toArray().map { _ in 0 }, step: step, shape: x.shape)
        let linear = try x.mapped(
            by: { [self] v in
                zip(nearest(to: v, step: step, shape: x.shape), shift).map { $0 - $1 }
            }, operation)
        return try linear + Variable(shift, shape: x.shape)
    }

    public var description: String { "prox.LeastSquares(\(Shape.describe(matrix.shape)), (\(right.count)))" }

    public static let declaration = Declaration(
        "prox.LeastSquares",
        """
        |A x - b|^2 / 2 for A of shape (m, n) and x of n elements (row-major). A is decomposed once; each proximal map \
        is then 4 m n products at most: for optim.admm and optim.douglas_rachford.
        """,
        takes: .argument("A", .entries, "of shape (m, n)"), .argument("b", .entries, "of shape (m)"), returns: .prox,
        errors: "The shapes do not fit, or an element is not finite.", source: "Parikh and Boyd 2014, section 6.1.1.",
        example: """
            local f = prox.LeastSquares({{1, 0}, {0, 2}}, {3, 4})
            assert(math.abs(f:value(tensor({3, 0})) - 8) < 1e-5)
            local y = f(tensor({0, 0}), 1)
            assert(math.abs(y[{1}] - 1.5) < 1e-6 and math.abs(y[{2}] - 1.6) < 1e-6)
            """
    ) { a, b in try LeastSquares(a.value, b.value) }

    public static func examples() throws -> [FunctionExample] {
        let a = try Tensor([1, 0.5, -1, 2, 0, 1], shape: [3, 2], .float64)
        return [
            FunctionExample(try LeastSquares(a, Tensor([1, -2, 0.5], shape: [3])), shape: [2]),
            FunctionExample(
                try LeastSquares(a.transpose(0, 1).copy(), Tensor([1, -2], shape: [2])), shape: [3]),
        ]
    }
}
