import Autodiff
import Scripting
import Tensors

/// {x : A x = b} for A of shape (m, n), b of shape (m) and x of n elements.
///
/// The rows, each divided by its length, are made orthonormal once, A^T = Q R, so that A x = b reads Q^T x = c with
/// c = R^-T b, and the projection is x - Q (Q^T x - c).
public struct Affine: CataloguedSet, VectorSet {
    public static let name = "Affine"
    private let a, b: SetParameter
    /// The norms of A's rows.
    private let lengths: [Double]
    /// A and b with every row divided by the norm of A's row.
    private let rows: [[Double]]
    private let right: [Double]
    /// Q's columns, and c.
    private let directions: [[Double]]
    private let levels: [Double]

    /// - Throws: when the shapes do not fit, an element is not finite, or a row of A is a combination of the rows
    ///   before it (to 1e-12 of its length): whether b contradicts it or not is in the message.
    public init(_ a: Variable, _ b: Variable) throws {
        let operation = Affine.operation
        guard a.shape.count == 2, a.shape[0] > 0, a.shape[1] > 0 else {
            throw ScriptError(operation, "A \(Shape.describe(a.shape)) is not a matrix (m, n)")
        }
        let (m, n) = (a.shape[0], a.shape[1])
        guard b.shape == [m] || (m == 1 && b.shape.isEmpty) else {
            throw ScriptError(
                operation,
                "A \(Shape.describe(a.shape)) and b \(Shape.describe(b.shape)) do not fit: b of (\(m)) expected")
        }
        self.a = try SetParameter(a, "A", for: operation)
        self.b = try SetParameter(b, "b", for: operation)
        let (elements, levels) = (self.a.values, self.b.values)
        let given = (0..<m).map { Array(elements[$0 * n..<($0 + 1) * n]) }
        // A row of zeros is an error further down: it has no direction.
        let lengths = given.map { norm($0) == 0 ? 1 : norm($0) }
        self.lengths = lengths
        rows = zip(given, lengths).map { row, length in row.map { $0 / length } }
        right = zip(levels, lengths).map { $0 / $1 }
        if let bad = right.firstIndex(where: { !$0.isFinite }) {
            throw ScriptError(
                operation,
                "row \(bad + 1) of A is too small beside b: \(format(levels[bad])) / \(format(lengths[bad])) overflows")
        }
        (directions, self.levels) = try Affine.orthonormal(rows, right, operation)
    }

    /// A x = b with a of shape (m, n) and b of (m), as constants.
    public init(_ a: Tensor, _ b: Tensor) throws { try self.init(Variable(a), Variable(b)) }

    /// Q's columns and c, for rows of length 1.
    private static func orthonormal(
        _ rows: [[Double]], _ right: [Double], _ operation: String
    ) throws -> (directions: [[Double]], levels: [Double]) {
        let (m, n) = (rows.count, rows[0].count)
        let (q, r) = try Tensor(rows.flatMap { $0 }, shape: [m, n], .float64).transpose(0, 1).qr(for: operation)
        let (directions, factors) = (try q.transpose(0, 1).toArray(), try r.toArray())
        let rank = min(m, n)
        var levels: [Double] = []
        for i in 0..<m {
            let before = min(i, rank)
            let rest = i < rank ? factors[i * m + i] : 0
            let level = (0..<before).reduce(right[i]) { $0 - factors[$1 * m + i] * levels[$1] }
            guard rest.magnitude > 1e-12 else {
                throw ScriptError(
                    operation,
                    level.magnitude > 1e-9 * norm(right)
                        ? "row \(i + 1) of A contradicts the rows before it: no x satisfies A x = b"
                        : "row \(i + 1) of A is a combination of the rows before it: leave it out")
            }
            levels.append(level / rest)
        }
        return ((0..<rank).map { Array(directions[$0 * n..<($0 + 1) * n]) }, levels)
    }

    public var parameters: [SetParameter] { [a, b] }
    public var size: Double { right.largestMagnitude }
    public var preferredShape: [Int]? { [rows[0].count] }

    func check(shape: [Int]) throws {
        let (m, n) = (rows.count, rows[0].count)
        let count = try Shape.count(shape, for: operation)
        guard count == n else {
            throw ScriptError(
                operation, "A (\(m), \(n)) wants x of \(n) elements, x \(Shape.describe(shape)) has \(count)")
        }
    }

    func nearest(to x: [Double], shape: [Int]) throws -> [Double] {
        var result = x
        // A second pass removes what rounding left in the first when x is far away.
        for _ in 0..<2 {
            for (direction, level) in zip(directions, levels) {
                let height = dot(direction, result) - level
                for j in result.indices { result[j] -= height * direction[j] }
            }
            try Cancellation.check()
        }
        return result
    }

    func vectorFormula(_ x: Variable) throws -> Variable {
        let flat = try x.reshape([x.value.count])
        guard a.requiresGrad || b.requiresGrad else {
            let q = try Variable(directions.flatMap { $0 }, shape: [directions.count, x.value.count])
            return try (flat - (q.matmul(flat) - Variable(levels, shape: [levels.count])).matmul(q)).reshape(x.shape)
        }
        let lengths = try Variable(lengths, shape: [lengths.count])
        let rows = try a.variable() / lengths.reshape([lengths.shape[0], 1])
        let (q, r) = try rows.transposed().qr()
        let levels = try r.transposed().solve(b.variable(for: lengths.shape) / lengths)
        return try (flat - q.matmul(flat.matmul(q) - levels)).reshape(x.shape)
    }

    public func slope(at x: Tensor) throws -> Slope {
        { v in
            directions.reduce(v) { rest, direction in
                let along = dot(direction, rest)
                return rest.indices.map { rest[$0] - along * direction[$0] }
            }
        }
    }

    func violation(of x: [Double], shape: [Int]) -> Double {
        zip(rows, right).reduce(0) { max($0, (dot($1.0, x) - $1.1).magnitude) }
    }

    public var description: String { "projection.Affine((\(rows.count), \(rows[0].count)), (\(right.count)))" }

    public static let declaration = Declaration(
        "projection.Affine",
        """
        The set {x : A x = b}. The rows of A are made orthonormal once; each projection costs 4 m n products.
        """,
        takes: .argument("A", .entries, "of shape (m, n), for x of n elements in any shape (row-major)"),
        .argument("b", .entries, "of shape (m)"), returns: .projection,
        errors: """
            The shapes do not fit, an element is not finite, or a row of A is a combination of the rows before it (the \
            message says whether b contradicts it).
            """,
        source: "Golub and Van Loan 2013, section 5.2 (Householder QR).",
        example: """
            local P = projection.Affine({{1, 1, 0}, {0, 1, 1}}, {1, 1})
            local y = P(tensor({0, 0, 0}))
            assert(math.abs(y[2]:item() - 2 / 3) < 1e-6)
            assert(not pcall(projection.Affine, {{1, 1}, {2, 2}}, {1, 3}))
            """
    ) { a, b in try Affine(a, b) }

    public static func families() throws -> [SetFamily] {
        [
            try SetFamily([1, 2, 0, -1, 0, 1, 1, 3], [1, -2], shape: [4]) { try Affine($0[0].reshape([2, 4]), $0[1]) }
        ]
    }

    public static func examples() throws -> [SetExample] {
        [
            SetExample(
                try Affine(Tensor([1, 2, 0, -1, 0, 1, 1, 3], shape: [2, 4]), Tensor([1, -2], shape: [2])), shape: [4]),
            SetExample(
                try Affine(Tensor([2, 0, 0, 4], shape: [2, 2]), Tensor([1, -2], shape: [2])), shape: [2]),
        ]
    }
}
