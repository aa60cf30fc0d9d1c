import Scripting
import Tensors

/// {x : A x = b} for A of shape (m, n), b of shape (m) and x of n elements.
///
/// The rows of A are made orthonormal once, A = L Q (Gram-Schmidt, each row twice: Giraud, Langou, Rozloznik 2005), so
/// that A x = b reads Q x = c with c = L^-1 b, and the projection is x - Q^T (Q x - c).
public struct Affine: CataloguedSet, DifferentiableSet {
    public static let name = "Affine"
    private let rows: [[Double]]
    private let right: [Double]
    /// Q and c.
    private let directions: [[Double]]
    private let levels: [Double]

    /// - Throws: when the shapes do not fit, an element is not finite, or a row of A is a combination of the rows before
    ///   it (to 1e-12 of its length): whether b contradicts it or not is in the message.
    public init(_ a: Tensor, _ b: Tensor) throws {
        let operation = Affine.operation
        guard a.rank == 2, a.shape[0] > 0, a.shape[1] > 0 else {
            throw ScriptError(operation, "A \(Shape.describe(a.shape)) is not a matrix (m, n)")
        }
        let (m, n) = (a.shape[0], a.shape[1])
        guard b.shape == [m] || (m == 1 && b.rank == 0) else {
            throw ScriptError(operation, "A \(Shape.describe(a.shape)) and b \(Shape.describe(b.shape)) do not fit: b of (\(m)) expected")
        }
        let elements = try Parameter(a, "A", for: operation).values
        rows = (0..<m).map { Array(elements[$0 * n..<($0 + 1) * n]) }
        right = try Parameter(b, "b", for: operation).values

        var (directions, levels): ([[Double]], [Double]) = ([], [])
        for i in 0..<m {
            try Cancellation.check()
            let length = norm(rows[i])
            var (row, level) = (rows[i], right[i])
            for _ in 0..<2 {
                for (direction, known) in zip(directions, levels) {
                    let part = dot(row, direction)
                    for j in 0..<n { row[j] -= part * direction[j] }
                    level -= part * known
                }
            }
            let rest = norm(row)
            guard rest > 1e-12 * length else {
                let scale = max(norm(right), length)
                throw ScriptError(
                    operation,
                    level.magnitude > 1e-9 * scale
                        ? "row \(i + 1) of A contradicts the rows before it: no x satisfies A x = b"
                        : "row \(i + 1) of A is a combination of the rows before it: leave it out")
            }
            directions.append(row.map { $0 / rest })
            levels.append(level / rest)
        }
        (self.directions, self.levels) = (directions, levels)
    }

    public var preferredShape: [Int]? { [rows[0].count] }

    func check(shape: [Int]) throws {
        let (m, n) = (rows.count, rows[0].count)
        let count = try Shape.count(shape, for: operation)
        guard count == n else {
            throw ScriptError(operation, "A (\(m), \(n)) wants x of \(n) elements, x \(Shape.describe(shape)) has \(count)")
        }
    }

    func nearest(to x: [Double], shape: [Int]) throws -> [Double] {
        var result = x
        // The second pass removes what rounding left of the first when x is far away.
        for _ in 0..<2 {
            for (direction, level) in zip(directions, levels) {
                let height = dot(direction, result) - level
                for j in result.indices { result[j] -= height * direction[j] }
            }
            try Cancellation.check()
        }
        return result
    }

    func slope(along v: [Double], at x: [Double]) -> [Double] {
        directions.reduce(v) { rest, direction in
            let along = dot(direction, rest)
            return rest.indices.map { rest[$0] - along * direction[$0] }
        }
    }

    func violation(of x: [Double], shape: [Int]) -> Double {
        zip(rows, right).reduce(0) { max($0, (dot($1.0, x) - $1.1).magnitude / norm($1.0)) }
    }

    public var description: String { "projection.Affine((\(rows.count), \(rows[0].count)), (\(right.count)))" }

    public static let constructor = makeConstructor(
        Documentation(
            "projection.Affine(A, b) -> projection",
            "The set {x : A x = b} for A of shape (m, n), b of shape (m), x of n elements in any shape (row-major). The rows of A are made orthonormal once; each projection costs 4 m n products.",
            errors: "The shapes do not fit, an element is not finite, or a row of A is a combination of the rows before it (the message says whether b contradicts it).",
            source: "Gram-Schmidt with reorthogonalization: Giraud, Langou, Rozloznik 2005.",
            example: """
                local P = projection.Affine({{1, 1, 0}, {0, 1, 1}}, {1, 1})
                local y = P(tensor({0, 0, 0}))
                assert(math.abs(y[2]:item() - 2 / 3) < 1e-6)
                assert(not pcall(projection.Affine, {{1, 1}, {2, 2}}, {1, 3}))
                """)
    ) { arguments in
        try arguments.atMost(2)
        return try Affine(arguments.parameter(1, "A"), arguments.parameter(2, "b"))
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
