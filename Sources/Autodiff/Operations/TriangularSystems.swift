import Scripting
import Tensors

extension Variable {
    /// X with A X = B, or with `left` false X A = B; self is A, of which only one triangle is read.
    /// - Parameter unit: the diagonal counts as 1, whatever it holds.
    public func solveTriangular(_ right: Variable, upper: Bool, left: Bool = true, unit: Bool = false) throws
        -> Variable
    {
        let operation = "tensor.solve_triangular"
        try value.checkSquare(for: operation)
        // X A = B is Aᵀ Xᵀ = Bᵀ.
        if !left {
            guard right.shape.count >= 2 else {
                throw ScriptError(
                    operation, "B (\(Shape.describe(right.shape))) with left = false: matrices (..., k, n) expected")
            }
            return try transposed().solveTriangular(right.transposed(), upper: !upper, unit: unit).transposed()
        }
        if right.shape.count == 1 || right.shape == Array(shape.dropLast()) {
            let columns = try right.reshape(right.shape + [1])
            return try solveTriangular(columns, upper: upper, unit: unit).dropping([
                Swift.max(shape.count, columns.shape.count) - 1
            ])
        }
        let n = shape[shape.count - 1]
        guard right.shape.count >= 2, right.shape[right.shape.count - 2] == n else {
            throw ScriptError(
                operation,
                "\(Shape.describe(shape)) and \(Shape.describe(right.shape)) do not fit: right-hand sides of \(n) "
                    + "rows expected"
            )
        }
        let lead = try Shape.broadcast(shape.dropLast(2), right.shape.dropLast(2), for: operation)
        let sides = try right.expand(lead + [n, right.shape[right.shape.count - 1]])
        return try expand(lead + [n, n]).solveTriangularOneToOne(sides, upper, unit, operation)
    }

    private func solveTriangularOneToOne(_ right: Variable, _ upper: Bool, _ unit: Bool, _ operation: String) throws
        -> Variable
    {
        let result = try value.solveTriangular(right.value, upper: upper, unit: unit, for: operation)
        return try .recorded(operation, self, right, result, keeps: [.inputs, .outputs]) { call in
            let back = try call.inputs[0].transposed().solveTriangularOneToOne(call.cotangent, !upper, unit, operation)
            guard call.wanted[0] else { return [nil, back] }
            let whole = try -back.matmul(call.outputs[0].transposed())
            return [try whole.triangle(upper: upper, unit ? (upper ? 1 : -1) : 0, for: operation), back]
        }
    }
}

extension LawCase {
    /// A law case on triangular matrices with 3 added to the diagonal, which are not near singular.
    private static func triangular(
        _ label: String, _ shape: [Int], _ other: [Int],
        _ apply: @escaping @Sendable (Variable, Variable) throws -> Variable
    ) -> LawCase {
        .regular(label, shape, and: [.init(other)]) { try apply($0, $1[0]) }
    }

    fileprivate static let triangularSystems: [LawCase] = [
        triangular("solve_triangular, upper", [3, 3], [3, 2]) { try $0.solveTriangular($1, upper: true) },
        triangular("solve_triangular, lower, for a vector", [3, 3], [3]) { try $0.solveTriangular($1, upper: false) },
        triangular("solve_triangular from the right", [2, 2, 2], [3, 2]) {
            try $0.solveTriangular($1, upper: true, left: false)
        },
        triangular("solve_triangular with ones", [3, 3], [2, 3, 1]) {
            try $0.solveTriangular($1, upper: false, unit: true)
        },
    ]
}

extension Operation {
    static let solveTriangular = Operation(
        Declaration(
            "tensor.solve_triangular",
            """
            X with A X = B for triangular A, of which only that triangle is read (so that what cholesky, lu and qr \
            return can be passed as it is); with left = false, X A = B. Leading dimensions broadcast; a B (n) or (..., \
            n) is a vector for each matrix. Computed in float64.
            """,
            called: .both,
            takes: .argument("A", .tensor, "(..., n, n)"), .argument("B", .tensor, "(n), (..., n) or (..., n, k)"),
            .option("upper", .flag, "whether the upper triangle is read, or the lower"),
            .option("left", .flag, default: true, "whether A stands on the left of X"),
            .option("unitriangular", .flag, default: false, "takes A's diagonal to be 1, whatever stands there"),
            returns: .tensor, errors: "A is not square; 0 on its diagonal; shapes that do not fit",
            source: "torch.linalg.solve_triangular",
            example: """
                local L = tensor({{2, 0}, {1, 4}})
                assert(L:solve_triangular(tensor({2, 9}), {upper = false})[{2}] == 2)
                """
        ) { matrix, right, upper, left, unit in
            try matrix.solveTriangular(right, upper: upper, left: left, unit: unit)
        },
        cases: LawCase.triangularSystems)
}
