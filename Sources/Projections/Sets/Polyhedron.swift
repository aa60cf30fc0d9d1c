import Autodiff
import Scripting
import Tensors

/// {x : A x <= b}, with C x = d where that is given: A of shape (m, n), b of shape (m), x of n elements.
///
/// Rows are divided by their norms once. The projection (``DualActiveSet``) finds the rows that hold with equality;
/// near x it is the projection onto the intersection of these hyperplanes.
public struct Polyhedron: CataloguedSet, VectorSet {
    public static let name = "Polyhedron"
    /// C and d, then A and b.
    private let blocks: [Block]
    private let search: DualActiveSet

    /// Rows with their right-hand sides, as they were given.
    private struct Block {
        let matrix, right: SetParameter
        let lengths: [Double]
        let label: String
    }

    /// - Throws: when shapes do not fit, an element is not finite, a row is 0 with a right-hand side that contradicts
    ///   it, or no x satisfies all rows: the message then has a combination of rows that proves it.
    public init(_ a: Variable, _ b: Variable, equal: (c: Variable, d: Variable)? = nil) throws {
        let operation = Polyhedron.operation
        let inequalities = try Polyhedron.block(a, b, "A", "b", operation)
        let equations = try equal.map { try Polyhedron.block($0.c, $0.d, "C", "d", operation) }
        if let equations, equations.matrix.shape[1] != inequalities.matrix.shape[1] {
            throw ScriptError(
                operation,
                "A \(Shape.describe(inequalities.matrix.shape)) and C \(Shape.describe(equations.matrix.shape)) have "
                    + "not as many columns"
            )
        }
        blocks = [equations, inequalities].compactMap { $0 }
        let n = inequalities.matrix.shape[1]
        var (rows, levels): ([[Double]], [Double]) = ([], [])
        for block in blocks {
            for (i, length) in block.lengths.enumerated() {
                rows.append((i * n..<(i + 1) * n).map { block.matrix.values[$0] / length })
                levels.append(block.right.values[i] / length)
                guard levels[levels.count - 1].isFinite else {
                    throw ScriptError(
                        operation,
                        "row \(i + 1) of \(block.label) is too small beside its right-hand side "
                            + "\(format(block.right.values[i]))"
                    )
                }
            }
        }
        search = DualActiveSet(
            rows: rows, levels: levels, equations: equations?.lengths.count ?? 0, operation: operation)
        if case .empty(let certificate) = try search.nearest(to: [Double](repeating: 0, count: n)) {
            throw ScriptError(operation, Polyhedron.describe(certificate, blocks))
        }
    }

    /// A x <= b with a of shape (m, n) and b of (m), as constants.
    public init(_ a: Tensor, _ b: Tensor) throws { try self.init(Variable(a), Variable(b)) }

    private static func block(
        _ a: Variable, _ b: Variable, _ name: String, _ right: String, _ operation: String
    ) throws -> Block {
        guard a.shape.count == 2, a.shape[0] > 0, a.shape[1] > 0 else {
            throw ScriptError(operation, "\(name) \(Shape.describe(a.shape)) is not a matrix (m, n)")
        }
        let (m, n) = (a.shape[0], a.shape[1])
        guard b.shape == [m] || (m == 1 && b.shape.isEmpty) else {
            throw ScriptError(
                operation,
                "\(name) \(Shape.describe(a.shape)) and \(right) \(Shape.describe(b.shape)) do not fit: \(right) of "
                    + "(\(m)) expected"
            )
        }
        let (matrix, levels) = (try SetParameter(a, name, for: operation), try SetParameter(b, right, for: operation))
        let lengths = try (0..<m).map { i in
            let length = norm(Array(matrix.values[i * n..<(i + 1) * n]))
            if length > 0 { return length }
            throw ScriptError(operation, "row \(i + 1) of \(name) is 0: leave it out")
        }
        return Block(matrix: matrix, right: levels, lengths: lengths, label: name)
    }

    /// `no x satisfies all rows: 1 * row 1 of A + 2 * row 3 of A add up to 0, their right-hand sides to -1`
    private static func describe(_ certificate: DualActiveSet.Certificate, _ blocks: [Block]) -> String {
        var terms: [(text: String, weight: Double)] = []
        for (row, weight) in certificate.weights.sorted(by: { $0.row < $1.row }) where weight.magnitude > 1e-12 {
            var (block, i) = (blocks[0], row)
            if i >= block.lengths.count, blocks.count > 1 { (block, i) = (blocks[1], i - block.lengths.count) }
            terms.append(("row \(i + 1) of \(block.label)", weight / block.lengths[i]))
        }
        // Weights relative to the first row's.
        let unit = terms.first?.weight.magnitude ?? 1
        func tidy(_ number: Double) -> String {
            shown(number.magnitude < 1e3 ? (number * 1e12).rounded() / 1e12 : number)
        }
        let sum = terms.prefix(8).map { "\(tidy($0.weight / unit)) * \($0.text)" }.joined(separator: " + ")
        let more = terms.count > 8 ? " + ..." : ""
        return
            "no x satisfies all rows: \(sum)\(more) add up to 0, their right-hand sides to "
                + "\(tidy(-certificate.gap / unit))"
    }

    public var parameters: [SetParameter] { blocks.flatMap { [$0.matrix, $0.right] } }
    public var size: Double { search.levels.largestMagnitude }
    public var preferredShape: [Int]? { [search.rows[0].count] }

    func check(shape: [Int]) throws {
        let (m, n) = (search.rows.count - search.equations, search.rows[0].count)
        let count = try Shape.count(shape, for: operation)
        guard count == n else {
            throw ScriptError(
                operation, "A (\(m), \(n)) wants x of \(n) elements, x \(Shape.describe(shape)) has \(count)")
        }
    }

    private func found(_ x: [Double]) throws -> (point: [Double], active: [Int]) {
        switch try search.nearest(to: x) {
        case .point(let point, let active, _): return (point, active)
        case .empty(let certificate): throw ScriptError(operation, Polyhedron.describe(certificate, blocks))
        }
    }

    func nearest(to x: [Double], shape: [Int]) throws -> [Double] { try found(x).point }

    /// The projection onto {x : R x = l} of the active rows: with R^T = Q U, x - Q (Q^T x - U^-T l).
    func vectorFormula(_ x: Variable) throws -> Variable {
        let active = try found(x.value.toArray()).active
        guard !active.isEmpty else { return x }
        let flat = try x.reshape([x.value.count])
        var (rows, levels): ([Variable], [Variable]) = ([], [])
        var start = 0
        for block in blocks {
            let places = active.map { $0 - start }.filter { block.lengths.indices.contains($0) }
            start += block.lengths.count
            guard !places.isEmpty else { continue }
            let index = try Variable(places.map { Double($0 + 1) }, shape: [places.count])
            let lengths = try Variable(places.map { block.lengths[$0] }, shape: [places.count])
            let right = try block.right.variable(for: [block.lengths.count])
            rows.append(try block.matrix.variable().indexSelect(0, index) / lengths.reshape([places.count, 1]))
            levels.append(try right.indexSelect(0, index) / lengths)
        }
        let (q, u) = try Variable.concatenate(rows, 0).transposed().qr()
        let heights = try u.transposed().solve(.concatenate(levels, 0))
        return try (flat - q.matmul(flat.matmul(q) - heights)).reshape(x.shape)
    }

    public func slope(at x: Tensor) throws -> Slope {
        let directions = Directions(try found(x.toArray()).active.map { search.rows[$0] })
        return { directions.split($0).rest }
    }

    func violation(of x: [Double], shape: [Int]) -> Double {
        search.rows.indices.reduce(0) { largest, i in
            let height = dot(search.rows[i], x) - search.levels[i]
            return max(largest, i < search.equations ? height.magnitude : height)
        }
    }

    public var description: String {
        let parts = blocks.reversed().map { "\($0.matrix), \($0.right)" }
        return "projection.Polyhedron(\(parts.joined(separator: ", ")))"
    }

    public static let declaration = Declaration(
        "projection.Polyhedron",
        """
        The set {x : A x <= b}, with C x = d as well where that is given. Found by an active-set method in float64, to \
        rounding; each step costs 4 m n products. Where rows are few or boxes, BoxSection and Intersection are quicker.
        """,
        forms: Form(
            takes: .argument("A", .entries, "of shape (m, n), for x of n elements in any shape (row-major)"),
            .argument("b", .entries, "of shape (m)"), returns: .projection
        ) { a, b in try Polyhedron(a, b) },
        Form(
            takes: .argument("A", .entries), .argument("b", .entries), .argument("C", .entries, "of shape (k, n)"),
            .argument("d", .entries, "of shape (k)"), returns: .projection
        ) { a, b, c, d in try Polyhedron(a, b, equal: (c, d)) },
        errors: """
            The shapes do not fit, an element is not finite, a row is 0, or no x satisfies all rows: the message has \
            the combination of rows that adds up to 0 <= a number below 0.
            """,
        source: "Goldfarb and Idnani 1983.",
        example: """
            local P = projection.Polyhedron({{1, 1}, {-1, 0}}, {1, 0})    -- x + y <= 1, x >= 0
            local y = P(tensor({-1, 3}))
            assert(math.abs(y[{1}]) < 1e-6 and math.abs(y[{2}] - 1) < 1e-6)
            local ok, message = pcall(projection.Polyhedron, {{1, 1}, {-1, -1}}, {1, -2})
            assert(not ok and tostring(message):find("1 * row 1 of A + 1 * row 2 of A add up to 0", 1, true))
            """,
        see: ["projection.Affine", "projection.BoxSection", "projection.Intersection"]
    )

    public static func families() throws -> [SetFamily] {
        [
            try SetFamily([1, 2, 0, -1, 0, 1, 0, -1, -1, 1, 1, 1], [1, 2, 0.5, 1.5], shape: [3]) {
                try Polyhedron($0[0].reshape([4, 3]), $0[1])
            },
            try SetFamily([1, 2, 0, -1, 0, 1], [0.2, 0.3], [0, 1, -1], shape: [3]) {
                let d = Variable(try Tensor([0.1], shape: [1], .float64))
                return try Polyhedron($0[0].reshape([2, 3]), $0[1], equal: ($0[2].reshape([1, 3]), d))
            },
        ]
    }

    public static func examples() throws -> [SetExample] {
        func matrix(_ values: [Double], _ shape: [Int]) throws -> Variable {
            Variable(try Tensor(values, shape: shape, .float64))
        }
        let a = try matrix([1, 2, 0, -1, 0, 1, 0, -1, -1, 1, 1, 1], [4, 3])
        return [
            SetExample(try Polyhedron(a, matrix([1, 2, 0.5, 1.5], [4])), shape: [3]),
            SetExample(
                try Polyhedron(
                    a, matrix([1, 2, 0.5, 1.5], [4]), equal: (matrix([1, -1, 1], [1, 3]), matrix([0.2], [1]))),
                shape: [3]),
            // A corner of three lines, and a redundant line.
            SetExample(
                try Polyhedron(matrix([1, 0, 0, 1, 1, 1, 1, 2, 2, 0], [5, 2]), matrix([1, 1, 2, 3, 5], [5])), shape: [2]
            ),
        ]
    }
}
