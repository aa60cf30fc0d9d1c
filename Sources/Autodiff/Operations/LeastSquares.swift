import Scripting
import Tensors

extension Variable {
    /// The Moore-Penrose pseudoinverse of each matrix. Singular values up to `rcond` times the largest count as 0; the
    /// default is max(m, n) times the dtype's rounding unit. The gradient is valid where the rank is locally constant.
    func pseudoinverse(rcond: Double? = nil) throws -> Variable {
        let rcond = rcond ?? defaultCut
        // Computed in float64 throughout.
        guard dtype == .float64 else {
            return try converted(to: .float64).pseudoinverse(rcond: rcond).converted(to: .float32)
        }
        let operation = "tensor.pinv"
        return try .recorded(
            operation, self, value.pseudoinverse(rcond, operation).inverse, keeps: [.inputs, .outputs]
        ) { call in
            [try call.cotangent.pulledThroughPseudoinverse(call.outputs[0], of: call.inputs[0])]
        }
    }

    /// The default of `rcond`: max(m, n) times the rounding unit of this dtype.
    fileprivate var defaultCut: Double {
        let size = Double(shape.suffix(2).max() ?? 1)
        return size * (dtype == .float64 ? Double.ulpOfOne : Double(Float.ulpOfOne))
    }

    /// The cotangent of A when self is that of its pseudoinverse P (Golub and Pereyra, "The differentiation of
    /// pseudo-inverses and nonlinear least squares problems whose variables separate", 1973).
    fileprivate func pulledThroughPseudoinverse(_ inverse: Variable, of matrix: Variable) throws -> Variable {
        let (g, p, a) = (try transposed(), inverse, matrix)
        let pt = try p.transposed()
        if a.shape[a.shape.count - 2] <= a.shape[a.shape.count - 1] {
            let k = try g.matmul(p)
            let kpt = try k.matmul(pt)
            let lost = try a.matmul(p).matmul(kpt)
            return try kpt - p.matmul(k).transposed() - lost + pt.matmul(p).matmul(g - k.matmul(a))
        }
        let k = try p.matmul(g)
        let ptk = try pt.matmul(k)
        let outside = try (g - a.matmul(k)).matmul(p).matmul(pt)
        return try ptk - k.matmul(p).transposed() + outside - ptk.matmul(p).matmul(a)
    }

    /// The X of least norm among those that minimise |A X - B|; self is A. Matrices (..., m, n) and right-hand sides
    /// (..., m, k) with the same leading axes, all in float64.
    fileprivate func leastSquares(_ right: Variable, _ rcond: Double) throws -> LeastSquares {
        let operation = "tensor.lstsq"
        let (inverse, values, ranks) = try value.pseudoinverse(rcond, operation)
        let solution = try inverse.matmul(right.value, for: operation)
        let result: Variable = try .recorded(operation, self, right, solution) { call in
            let (matrix, right) = (call.inputs[0], call.inputs[1])
            let inverse = try matrix.pseudoinverse(rcond: rcond)
            return [
                call.wanted[0]
                    ? try call.cotangent.matmul(right.transposed()).pulledThroughPseudoinverse(inverse, of: matrix)
                    : nil,
                call.wanted[1] ? try inverse.transposed().matmul(call.cotangent) : nil,
            ]
        }
        return LeastSquares(solution: result, ranks: ranks, values: values)
    }

    /// The results of `tensor.lstsq`: the solution, the squared residuals (empty unless all matrices have full rank and
    /// more rows than columns), ranks and singular values.
    func leastSquares(_ right: Variable, rcond: Double? = nil) throws -> [Variable] {
        guard shape.count >= 2 else { throw Fault("A", "a matrix expected, got shape \(Shape.describe(shape))") }
        let (m, n) = (shape[shape.count - 2], shape[shape.count - 1])
        let isVector = right.shape.count == 1 || right.shape == Array(shape.dropLast())
        let columns = isVector ? try right.reshape(right.shape + [1]) : right
        guard columns.shape.count >= 2, columns.shape[columns.shape.count - 2] == m else {
            throw Fault(
                "\(Shape.describe(shape)) and \(Shape.describe(right.shape)) do not fit: right-hand sides of \(m) "
                    + "rows expected"
            )
        }
        let lead = try Shape.broadcast(shape.dropLast(2), columns.shape.dropLast(2), for: "tensor.lstsq")
        let dtype = dtype.promoted(with: right.dtype)
        let matrix = try converted(to: .float64).expand(lead + [m, n])
        let sides = try columns.converted(to: .float64).expand(lead + [m, columns.shape[columns.shape.count - 1]])
        let found = try matrix.leastSquares(sides, rcond ?? defaultCut)
        let isFull = found.ranks.allSatisfy { $0 == n } && m > n
        let rest =
            try isFull
            ? (matrix.matmul(found.solution) - sides).pow(2).sum([lead.count]) : Variable(Tensor.zeros([0], .float64))
        let result = isVector ? try found.solution.dropping([lead.count + 1]) : found.solution
        return [
            try result.converted(to: dtype), try rest.converted(to: dtype),
            Variable(try Tensor(integers: found.ranks, shape: lead)),
            Variable(try found.values.cast(self.dtype.computing)),
        ]
    }
}

private struct LeastSquares {
    let solution: Variable
    let ranks: [Int]
    let values: Tensor
}

extension Tensor {
    /// The pseudoinverses, all singular values, and the rank of each matrix.
    fileprivate func pseudoinverse(_ rcond: Double, _ operation: String) throws -> (
        inverse: Tensor, values: Tensor, ranks: [Int]
    ) {
        let (u, s, v) = try cast(.float64).svd(for: operation)
        let count = s.shape[s.rank - 1]
        let values = try s.toArray()
        var inverses = values
        var ranks: [Int] = []
        for row in 0..<(count == 0 ? 0 : values.count / count) {
            let line = row * count..<(row + 1) * count
            let cut = rcond * values[line.lowerBound]
            // All singular values of a zero matrix count as 0.
            for place in line { inverses[place] = values[place] > cut ? 1 / values[place] : 0 }
            ranks.append(line.count { values[$0] > cut })
        }
        guard inverses.allSatisfy(\.isFinite) else {
            throw ScriptError(
                operation, "a singular value is so small that its inverse is above float64's largest number")
        }
        if count == 0 {
            // There may be more empty matrices than memory has room for: allocating one number for each throws then.
            let none = try Tensor.zeros(Array(s.shape.dropLast()), .int64)
            ranks = Array(repeating: 0, count: none.count)
        }
        let scale = try Tensor(inverses, shape: Array(s.shape.dropLast()) + [1, count], .float64)
        let scaled = try v.zip(scale, Multiply(), for: operation)
        return (try scaled.matmul(u.transpose(u.rank - 2, u.rank - 1), for: operation), s, ranks)
    }
}

extension Parameter<Double?> {
    fileprivate static var rcond: Parameter {
        .argument(
            "rcond", .optional(.number(from: 0)),
            "singular values up to so much of the largest count as 0; max(m, n) times the type's rounding by default")
    }
}

extension Operation {
    static let pinv = Operation(
        Declaration(
            "tensor.pinv",
            """
            The pseudoinverse (Moore and Penrose) of the matrices in the last two dimensions, (..., m, n) -> (..., n, \
            m): the inverse where there is one. Computed in float64. The gradient is right where the rank does not \
            change.
            """,
            called: .both, takes: .argument("A", .tensor, "(..., m, n)"), .rcond, returns: .tensor,
            errors: "not a matrix; infinite or NaN elements", source: "torch.linalg.pinv",
            example: "assert(math.abs(tensor({{2, 0}, {0, 4}, {0, 0}}):pinv()[{2, 2}] - 0.25) < 1e-6)"
        ) { matrix, rcond in
            guard matrix.shape.count >= 2 else {
                throw Fault("A", "a matrix expected, got shape \(Shape.describe(matrix.shape))")
            }
            return try matrix.pseudoinverse(rcond: rcond)
        },
        cases: [
            LawCase("pinv, tall", [.init([4, 2])]) { try $0[0].pseudoinverse() },
            LawCase("pinv of several wide ones", [.init([2, 2, 3])]) { try $0[0].pseudoinverse() },
            LawCase("pinv of rank 1", [.init([3, 1]), .init([1, 3])]) {
                try $0[0].matmul($0[1]).pseudoinverse(rcond: 1e-6)
            },
        ])

    static let lstsq = Operation(
        Declaration(
            "tensor.lstsq",
            """
            X with the least |A X - B| (and of several such the shortest), (..., m, n) and (..., m, k) -> (..., n, k); \
            then the sums of squared residuals (empty unless A has full rank and more rows than columns), the rank, \
            and the singular values of A. Leading dimensions broadcast. Computed in float64. The gradient of X is \
            right where the rank does not change.
            """,
            called: .both, takes: .argument("A", .tensor, "(..., m, n)"),
            .argument("B", .tensor, "(m), (..., m) or (..., m, k)"), .rcond,
            returns: .tensors(
                ["solution", "residuals", "rank", "singular_values"].map { ResultSpec($0, .object(Variable.type.name)) }
            ),
            errors: "not a matrix; shapes that do not fit; infinite or NaN elements", source: "torch.linalg.lstsq",
            example: """
                local A = tensor({{1, 0}, {1, 1}, {1, 2}})
                local x, residuals = A:lstsq(tensor({1, 3, 5}))
                assert(math.abs(x[{2}] - 2) < 1e-5 and residuals:sum():item() < 1e-9)
                """
        ) { matrix, right, rcond in try matrix.leastSquares(right, rcond: rcond) },
        cases: [
            LawCase("lstsq for a vector", [.init([4, 2]), .init([4])]) { try $0[0].leastSquares($0[1])[0] },
            LawCase("lstsq for matrices, broadcast", [.init([2, 4, 2]), .init([4, 3])]) {
                try $0[0].leastSquares($0[1])[0]
            },
            LawCase("lstsq, wide", [.init([2, 3]), .init([2, 2])]) { try $0[0].leastSquares($0[1])[0] },
            LawCase("residuals of lstsq", [.init([4, 2]), .init([4])]) { try $0[0].leastSquares($0[1])[1] },
        ])
}
