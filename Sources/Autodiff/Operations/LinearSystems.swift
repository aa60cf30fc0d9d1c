import Scripting
import Tensors

extension Variable {
    /// The inverse of each matrix in the last two axes.
    public func inverse(for operation: String = "tensor.inverse") throws -> Variable {
        try .recorded(operation, self, value.inverse(for: operation), keeps: .outputs) { call in
            let transposed = try call.outputs[0].transposed()
            return [try -transposed.matmul(call.cotangent).matmul(transposed)]
        }
    }

    /// X with A X = B; self is A. B is one vector (n), or vectors (..., n), one for each matrix, or matrices (..., n,
    /// k).
    public func solve(_ right: Variable, for operation: String = "tensor.solve") throws -> Variable {
        try value.checkSquare(for: operation)
        if right.shape.count == 1 || right.shape == shape.dropLast() {
            return try solve(right.reshape(right.shape + [1]), for: operation).dropping([
                Swift.max(shape.count, right.shape.count + 1) - 1
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
        return try expand(lead + [n, n]).solveOneToOne(
            right.expand(lead + [n, right.shape[right.shape.count - 1]]), operation)
    }

    private func solveOneToOne(_ right: Variable, _ operation: String) throws -> Variable {
        try .recorded(operation, self, right, value.solve(right.value, for: operation), keeps: [.inputs, .outputs]) {
            call in
            let back = try call.inputs[0].transposed().solveOneToOne(call.cotangent, operation)
            return [call.wanted[0] ? try -back.matmul(call.outputs[0].transposed()) : nil, back]
        }
    }

    /// The determinant of each matrix.
    public func determinant() throws -> Variable {
        let operation = "tensor.det"
        return try .recorded(operation, self, value.determinant(for: operation), keeps: [.inputs, .outputs]) { call in
            let (matrix, places) = (call.inputs[0], call.outputs[0].shape + [1, 1])
            guard try call.outputs[0].value.toArray().contains(0) else {
                return [
                    try call.cotangent.reshape(places) * call.outputs[0].reshape(places)
                        * matrix.inverse(for: operation).transposed()
                ]
            }
            return [try call.cotangent.reshape(places) * matrix.cofactors(operation)]
        }
    }

    /// The matrix of cofactors, det(A) A⁻ᵀ, which exists for singular A, too: with A = U S Vᵀ it is det(U) det(V) U S'
    /// Vᵀ, S' holding the products of all singular values but one. It has no gradient.
    private func cofactors(_ operation: String) throws -> Variable {
        let (u, s, v) = try value.svd(for: operation)
        func sign(_ x: Tensor) throws -> Variable {
            Variable(try x.signAndLogDeterminant(for: operation).sign.reshape(Array(x.shape.dropLast(2)) + [1, 1]))
        }
        let n = s.shape[s.rank - 1]
        // Row i holds the singular values with the i-th replaced by 1.
        let all = try Variable(s).reshape(s.shape.dropLast() + [1, n]).expand(s.shape + [n])
        let others = try all.masked(where: Variable.identityMatrix(n, dtype), 1).product(s.rank)
        let result =
            try (Variable(u) * others.reshape(s.shape.dropLast() + [1, n])).matmul(Variable(v).transposed()) * sign(u)
            * sign(v)
        return try .recorded(
            "\(operation), whose gradient at a singular matrix,", self, result.value, keeps: .nothing, rule: nil)
    }

    /// The sign of the determinant of each matrix, and log |det|.
    public func signAndLogDeterminant() throws -> (sign: Variable, logarithm: Variable) {
        let operation = "tensor.slogdet"
        let (sign, logarithm) = try value.signAndLogDeterminant(for: operation)
        let results = try Variable.recorded(operation, [self], outputs: [sign, logarithm]) { call in
            let inverse = try call.inputs[0].inverse(for: operation).transposed()
            return [try call.cotangents[1].reshape(call.cotangents[1].shape + [1, 1]) * inverse]
        }
        return (results[0], results[1])
    }

    /// The (n, n) matrix with ones on its diagonal.
    static func identityMatrix(_ n: Int, _ dtype: DType) throws -> Variable {
        let matrix = try Tensor.zeros([n, n], dtype.computing)
        try matrix.diagonal().fill(1)
        return Variable(matrix)
    }
}

extension LawCase {
    /// A law case on matrices M + 3 I with elements of M between -1 and 1, which are not near singular.
    static func regular(
        _ label: String, _ shape: [Int], and others: [Input] = [],
        _ apply: @escaping @Sendable (Variable, [Variable]) throws -> Variable
    ) -> LawCase {
        LawCase(label, [.init(shape, -1...1)] + others) { inputs in
            try apply(
                inputs[0] + Variable.identityMatrix(shape[shape.count - 1], .float64) * 3, Array(inputs.dropFirst()))
        }
    }
}

extension Operation {
    /// An operation on the matrices in the last two dimensions of one tensor.
    /// - Parameter names: the names of the results; nil for a single one.
    static func onMatrices(
        _ name: String, _ summary: String, returns names: [String?], errors: String, source: String, example: String,
        cases: [LawCase], _ apply: @escaping @Sendable (Variable) throws -> [Variable]
    ) -> Operation {
        let specs = names.map { ResultSpec($0, .object(Variable.type.name)) }
        let declaration = Declaration(
            "tensor.\(name)", summary + " Leading dimensions hold several matrices; computed in float64.",
            called: .both, takes: .argument("A", .tensor), returns: .tensors(specs), errors: errors, source: source,
            example: example
        ) { matrix in try apply(matrix) }
        return Operation(declaration, cases: cases)
    }

    static let inverse = onMatrices(
        "inverse", "The inverse: A:matmul(A:inverse()) is the identity.", returns: [nil],
        errors: "not square; singular", source: "torch.linalg.inv",
        example: "assert(tensor({{2, 0}, {0, 4}}):inverse()[{2, 2}] == 0.25)",
        cases: [
            .regular("inverse", [3, 3]) { matrix, _ in try matrix.inverse() },
            .regular("inverse of several", [2, 2, 2]) { matrix, _ in try matrix.inverse() },
        ]
    ) { [try $0.inverse()] }

    static let solve = Operation(
        Declaration(
            "tensor.solve",
            """
            X with A X = B; leading dimensions broadcast. Better than A:inverse():matmul(B). Computed in float64.
            """,
            called: .both,
            takes: .argument("A", .tensor, "(..., n, n)"), .argument("B", .tensor, "(n), (..., n) or (..., n, k)"),
            returns: .tensor, errors: "A is not square or singular; shapes that do not fit",
            source: "torch.linalg.solve",
            example: "assert(tensor({{2, 0}, {0, 4}}):solve(tensor({2, 4}))[{2}] == 1)"
        ) { matrix, right in try matrix.solve(right) },
        cases: [
            .regular("solve for a vector", [3, 3], and: [.init([3])]) { try $0.solve($1[0]) },
            .regular("solve for matrices, broadcast", [2, 2, 2], and: [.init([2, 3])]) { try $0.solve($1[0]) },
            .regular("solve, one matrix for several", [2, 2], and: [.init([3, 2, 1])]) { try $0.solve($1[0]) },
        ])

    static let det = onMatrices(
        "det", "The determinant.", returns: [nil], errors: "not square", source: "torch.linalg.det",
        example: "assert(math.abs(tensor({{1, 2}, {3, 4}}):det():item() + 2) < 1e-6)",
        cases: [
            .regular("det", [3, 3]) { matrix, _ in try matrix.determinant() },
            .regular("det of several", [2, 2, 2]) { matrix, _ in try matrix.determinant() },
        ]
    ) { [try $0.determinant()] }

    static let slogdet = onMatrices(
        "slogdet",
        """
        The sign of the determinant and the logarithm of its size, which does not overflow: 0 and -inf of a singular \
        matrix.
        """,
        returns: ["sign", "logarithm"], errors: "not square; the gradient of a singular matrix",
        source: "torch.linalg.slogdet",
        example: """
            local s, l = tensor({{0, 1}, {1, 0}}):slogdet()
            assert(s:item() == -1 and l:item() == 0)
            """,
        cases: [
            .regular("slogdet", [3, 3]) { matrix, _ in try matrix.signAndLogDeterminant().logarithm },
            .regular("slogdet of several", [2, 2, 2]) { matrix, _ in try (-matrix).signAndLogDeterminant().logarithm },
        ]
    ) { matrix in
        let (sign, logarithm) = try matrix.signAndLogDeterminant()
        return [sign, logarithm]
    }
}
