import Scripting
import Tensors

extension Variable {
    private func lower(_ above: Int = 0) throws -> Variable { try triangle(upper: false, above, for: "tensor.tril") }
    private func upper() throws -> Variable { try triangle(upper: true, for: "tensor.triu") }

    /// self times the inverse transpose of `matrix`.
    private func dividedByTranspose(of matrix: Variable, _ operation: String) throws -> Variable {
        try matrix.solve(transposed(), for: operation).transposed()
    }

    /// Lower triangular L with A = L Lᵀ.
    ///
    /// The gradient, which is symmetric, is by Murray, "Differentiation of the Cholesky decomposition" (arXiv
    /// 1602.07527), equation 10.
    public func cholesky() throws -> Variable {
        let operation = "tensor.cholesky"
        return try .recorded(operation, self, value.cholesky(), keeps: .outputs) { call in
            let factor = call.outputs[0]
            let product = try factor.transposed().matmul(call.cotangent)
            // The lower triangle with half its diagonal, symmetrised.
            let half = try (product.lower() + product.lower(-1)) / 2
            let middle = try (half + half.transposed()) / 2
            let left = try factor.transposed().solve(middle, for: operation)
            return [try left.dividedByTranspose(of: factor.transposed(), operation)]
        }
    }

    /// A = P L U. The gradient of square matrices is that of Giles (2008) in PyTorch's form.
    public func lu() throws -> (p: Variable, l: Variable, u: Variable) {
        let operation = "tensor.lu"
        let (p, l, u) = try value.lu()
        let results = try Variable.recorded(operation, [self], outputs: [p, l, u], keeps: .outputs) { call in
            let (p, l, u) = (call.outputs[0], call.outputs[1], call.outputs[2])
            guard l.shape == u.shape else {
                throw ScriptError(
                    operation,
                    "only square matrices have a gradient here, not (\(l.shape[l.shape.count - 2]), "
                        + "\(u.shape[u.shape.count - 1]))"
                )
            }
            let middle =
                try l.transposed().matmul(call.cotangents[1]).lower(-1)
                + call.cotangents[2].matmul(u.transposed()).upper()
            return [try p.matmul(l.transposed().solve(middle, for: operation).dividedByTranspose(of: u, operation))]
        }
        return (results[0], results[1], results[2])
    }

    /// A = Q R. The gradient needs at least as many rows as columns, of full rank (Walter & Lehmann 2018).
    public func qr() throws -> (q: Variable, r: Variable) {
        let operation = "tensor.qr"
        let (q, r) = try value.qr()
        let results = try Variable.recorded(operation, [self], outputs: [q, r], keeps: .outputs) { call in
            let (q, r) = (call.outputs[0], call.outputs[1])
            guard r.shape[r.shape.count - 2] == r.shape[r.shape.count - 1] else {
                throw ScriptError(operation, "a matrix with fewer rows than columns has no gradient here")
            }
            let product = try r.matmul(call.cotangents[1].transposed()) - call.cotangents[0].transposed().matmul(q)
            let symmetric = try product.lower() + product.lower(-1).transposed()
            return [try (call.cotangents[0] + q.matmul(symmetric)).dividedByTranspose(of: r, operation)]
        }
        return (results[0], results[1])
    }
}

extension Operation {
    static let cholesky = onMatrices(
        "cholesky",
        """
        The lower triangular L with A = L Lᵀ, of a symmetric positive definite A (only its lower triangle is read).
        """,
        returns: [nil], errors: "not square; not positive definite", source: "torch.linalg.cholesky",
        example: "assert(tensor({{4, 2}, {2, 5}}):cholesky()[{1, 1}] == 2)",
        cases: [
            LawCase("cholesky", [.init([3, 3], -1...1)]) {
                try $0[0].matmul($0[0].transposed()).plusIdentity().cholesky()
            },
            LawCase("cholesky of several", [.init([2, 2, 2], -1...1)]) {
                try $0[0].matmul($0[0].transposed()).plusIdentity().cholesky()
            },
        ]
    ) { [try $0.cholesky()] }

    /// L and U in one tensor, for the law tests.
    private static func joinedLU(_ matrix: Variable) throws -> Variable {
        let (_, l, u) = try matrix.lu()
        return try .stack([l, u], 0)
    }

    static let lu = onMatrices(
        "lu", "A = P L U: a permutation matrix, L with ones on its diagonal, U upper triangular.",
        returns: ["P", "L", "U"], errors: "the gradient of a matrix that is not square or singular",
        source: "torch.linalg.lu",
        example: """
            local P, L, U = tensor({{0, 2}, {1, 3}}):lu()
            assert(P:matmul(L):matmul(U)[{1, 2}] == 2)
            """,
        cases: [
            .regular("lu", [3, 3]) { matrix, _ in try joinedLU(matrix) },
            .regular("lu with exchanged rows", [2, 3, 3]) { matrix, _ in try joinedLU(matrix.flipped([1])) },
        ]
    ) { matrix in
        let (p, l, u) = try matrix.lu()
        return [p, l, u]
    }

    static let qr = onMatrices(
        "qr", "A = Q R: Q (m, k) with orthonormal columns, R (k, n) upper triangular, k = min(m, n).",
        returns: ["Q", "R"], errors: "the gradient of a matrix with fewer rows than columns",
        source: "torch.linalg.qr (mode reduced)",
        example: """
            local Q, R = tensor({{3, 1}, {4, 2}}):qr()
            assert(math.abs(math.abs(R[{1, 1}]) - 5) < 1e-6)
            """,
        cases: [
            .regular("qr", [3, 3]) { matrix, _ in
                let (q, r) = try matrix.qr()
                return try q * 2 + r
            },
            LawCase("qr of several tall ones", [.init([2, 4, 2])]) { inputs in
                let (q, r) = try inputs[0].qr()
                return try Variable.concatenate([q, r], 1)
            },
        ]
    ) { matrix in
        let (q, r) = try matrix.qr()
        return [q, r]
    }
}

extension Variable {
    /// self plus the identity: makes M Mᵀ positive definite.
    fileprivate func plusIdentity() throws -> Variable { try self + .identityMatrix(shape[shape.count - 1], dtype) }
}
