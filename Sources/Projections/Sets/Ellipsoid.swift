import Autodiff
import Scripting
import Tensors

/// {x : (x - c)^T P^-1 (x - c) <= 1}; its half-axes are the square roots of P's eigenvalues.
///
/// Outside: c + P (P + t I)^-1 (x - c) with the t > 0 that puts it on the surface, found by Newton's method on the
/// inverse of the norm, which approaches t from one side (Moré and Sorensen 1983).
public struct Ellipsoid: CataloguedSet, VectorSet {
    public static let name = "Ellipsoid"
    private let center, matrix: SetParameter
    /// The lengths of the half-axes, and their directions as columns.
    private let axes: [Double]
    private let directions: Variable

    /// - Throws: when P is not a symmetric positive definite matrix, or the centre is not finite or of another size.
    public init(center: Variable, matrix: Variable) throws {
        let operation = Ellipsoid.operation
        self.center = try SetParameter(center, "center", for: operation)
        guard matrix.shape.count == 2, matrix.shape[0] == matrix.shape[1], matrix.shape[0] > 0 else {
            throw ScriptError(operation, "P \(Shape.describe(matrix.shape)) is not a square matrix")
        }
        self.matrix = try SetParameter(matrix, "P", for: operation)
        let (n, p) = (matrix.shape[0], self.matrix.values)
        guard center.shape.isEmpty || self.center.values.count == n else {
            throw ScriptError(operation, "center \(Shape.describe(center.shape)) and P (\(n), \(n)) do not fit")
        }
        for i in 0..<n {
            for j in 0..<i where (p[i * n + j] - p[j * n + i]).magnitude > 1e-6 * self.matrix.size {
                throw ScriptError(
                    operation,
                    "P is not symmetric: \(format(p[i * n + j])) at (\(i + 1), \(j + 1)), \(format(p[j * n + i])) at "
                        + "(\(j + 1), \(i + 1))"
                )
            }
        }
        let part = (0..<n * n).map { p[$0] / 2 + p[$0 % n * n + $0 / n] / 2 }
        let (values, vectors) = try Tensor(part, shape: [n, n], .float64).eigh(for: operation)
        let squares = try values.toArray()
        guard let least = squares.first, least > Double(n) * 0x1p-52 * squares.largestMagnitude else {
            throw ScriptError(
                operation, "P is not positive definite: its smallest eigenvalue is \(format(squares.first ?? 0))")
        }
        axes = squares.map { $0.squareRoot() }
        directions = Variable(vectors)
    }

    /// A centre (n) and a symmetric positive definite matrix (n, n), as constants.
    public init(center: Tensor, matrix: Tensor) throws {
        try self.init(center: Variable(center), matrix: Variable(matrix))
    }

    public var parameters: [SetParameter] { [center, matrix] }
    public var size: Double { center.size + axes.largestMagnitude }
    public var preferredShape: [Int]? { center.shape.isEmpty ? [axes.count] : center.shape }

    func check(shape: [Int]) throws {
        guard try Shape.count(shape, for: operation) == axes.count else {
            throw ScriptError(
                operation,
                "P (\(axes.count), \(axes.count)) wants x of \(axes.count) elements, x is \(Shape.describe(shape))")
        }
        try check(center, "center", fits: shape)
    }

    /// The components of x - c along the axes.
    private func heights(_ x: [Double]) throws -> [Double] {
        let away = try Variable(x.indices.map { x[$0] - center[$0] }, shape: [x.count])
        return try away.matmul(directions).value.toArray()
    }

    /// t in squared units of x; nil for x in the set.
    private func multiplier(_ heights: [Double]) -> Double? {
        func ratios(_ t: Double) -> [Double] { zip(axes, heights).map { $0 * $1 / ($0 * $0 + t) } }
        guard norm(zip(heights, axes).map { $0 / $1 }) > 1 else { return nil }
        var t = 0.0
        for _ in 0..<100 {
            let parts = ratios(t)
            let length = norm(parts)
            let slope = zip(parts, axes).reduce(0) { $0 + $1.0 / length * ($1.0 / length) / ($1.1 * $1.1 + t) }
            let next = t + (length - 1) / slope
            guard next > t, next.isFinite else { break }
            t = next
        }
        return t
    }

    func nearest(to x: [Double], shape: [Int]) throws -> [Double] {
        let heights = try heights(x)
        guard let t = multiplier(heights) else { return x }
        let along = zip(heights, axes).map { $0 * ($1 * $1 / ($1 * $1 + t)) }
        let moved = try directions.matmul(Variable(along, shape: [along.count])).value.toArray()
        return x.indices.map { center[$0] + moved[$0] }
    }

    /// Recorded Newton steps for t, each of which makes one more order of derivatives right.
    func vectorFormula(_ x: Variable) throws -> Variable {
        let heights = try heights(x.value.toArray())
        guard let start = multiplier(heights) else { return x }
        let n = axes.count
        let middle = try center.variable(for: x.shape).reshape([n, 1])
        let away = try x.reshape([n, 1]) - middle
        let given = try matrix.variable()
        let p = try (given + given.transposed()) / 2
        let identity = try Variable((0..<n * n).map { $0 / n == $0 % n ? 1 : 0 }, shape: [n, n])
        let slope = zip(axes, heights).reduce(0) { sum, part in
            let square = part.0 * part.0 + start
            let ratio = part.0 * part.1 / square
            return sum - 2 * ratio * ratio / square
        }
        var t = Variable(try Tensor(start, .float64))
        func solution() throws -> Variable { try (p + identity * t).solve(away, for: operation) }
        for _ in 0..<3 where slope < 0 {
            let u = try solution()
            t = try t - (u.dot(p.matmul(u)) - 1) / slope
        }
        return try (middle + p.matmul(solution())).reshape(x.shape)
    }

    /// The distance to the surface along the ray from the centre; 0 in the set.
    func violation(of x: [Double], shape: [Int]) throws -> Double {
        let heights = try heights(x)
        let stretch = norm(zip(heights, axes).map { $0 / $1 })
        return stretch <= 1 ? 0 : norm(heights) * (1 - 1 / stretch)
    }

    public var description: String { "projection.Ellipsoid(\(center), \(matrix))" }

    public static let declaration = Declaration(
        "projection.Ellipsoid",
        """
        The set {x : (x - center)^T P^-1 (x - center) <= 1} for a symmetric positive definite P of shape (n, n): its \
        half-axes are the square roots of P's eigenvalues, as for the covariance of a normal distribution.
        """,
        takes: .argument("center", .entries, "of the shape of x, or a number"), .argument("P", .entries),
        returns: .projection,
        errors: "P is not symmetric, or has an eigenvalue that is not above 0 (it is named); the centre does not fit.",
        source: "Boyd and Vandenberghe 2004, section 2.2.2; Moré and Sorensen 1983 for the multiplier.",
        example: """
            local P = projection.Ellipsoid({1, 0}, {{4, 0}, {0, 1}})
            local y = P(tensor({5, 0}))
            assert(math.abs(y[{1}] - 3) < 1e-6 and y[{2}] == 0)
            """,
        see: ["projection.Ball"]
    ) { center, matrix in try Ellipsoid(center: center, matrix: matrix) }

    public static func families() throws -> [SetFamily] {
        [
            try SetFamily([0.3, -0.2, 0.5], [0.7, 0, 0, 0.2, 0.4, 0, -0.3, 0.1, 0.9], shape: [3]) {
                let given = try $0[1].reshape([3, 3])
                return try Ellipsoid(center: $0[0], matrix: given + given.transposed())
            }
        ]
    }

    public static func examples() throws -> [SetExample] {
        let matrix = try Tensor([4, 1, 0, 1, 1, 0.2, 0, 0.2, 0.3], shape: [3, 3], .float64)
        let round = try Tensor([0.25, 0, 0, 0.25], shape: [2, 2], .float64)
        return [
            SetExample(try Ellipsoid(center: Tensor([1, -2, 0], shape: [3]), matrix: matrix), shape: [3]),
            SetExample(try Ellipsoid(center: Tensor(0), matrix: round), shape: [2]),
        ]
    }
}
