import Scripting
import Tensors

extension Variable {
    /// The last axis as columns: (..., k) -> (..., k, 1).
    private func column() throws -> Variable { try reshape(shape + [1]) }
    /// The last axis as rows: (..., k) -> (..., 1, k).
    private func row() throws -> Variable { try reshape(shape.dropLast() + [1, shape[shape.count - 1]]) }

    /// x_j - x_i at (i, j) for the elements of the last axis, and 1 on the diagonal: the divisors in gradients of
    /// eigenvectors.
    /// - Throws: when two are equal, where eigenvectors are not unique.
    private func gaps(_ what: String, _ operation: String) throws -> Variable {
        let gaps = try (row() - column()).masked(where: .identityMatrix(shape[shape.count - 1], dtype), 1)
        guard try !gaps.value.toArray().contains(0) else {
            throw ScriptError(
                operation, "the vectors that belong to equal \(what) have no gradient (the \(what) alone have)")
        }
        return gaps
    }

    private func skew() throws -> Variable { try self - transposed() }

    /// A = U diag(S) Vᵀ, S descending.
    ///
    /// The gradient is PyTorch's (Townsend, "Differentiating the singular value decomposition", 2016).
    public func svd() throws -> (u: Variable, s: Variable, v: Variable) {
        let operation = "tensor.svd"
        let (u, s, v) = try value.svd()
        let results = try Variable.recorded(operation, [self], outputs: [u, s, v], keeps: .outputs) { call in
            let (u, s, v) = (call.outputs[0], call.outputs[1], call.outputs[2])
            let (du, ds, dv) = (call.cotangents[0], call.cotangents[1], call.cotangents[2])
            let k = s.shape[s.shape.count - 1]
            var middle = try Variable.identityMatrix(k, s.dtype) * ds.column()
            if call.received[0] || call.received[2] {
                // s_j^2 - s_i^2 as (s_j - s_i) (s_j + s_i): squares may over- or underflow.
                let gaps = try s.gaps("singular values", operation)
                let sums = try (s.row() + s.column()).masked(where: .identityMatrix(k, s.dtype), 1)
                if call.received[0] { middle = try middle + u.transposed().matmul(du).skew() / gaps * (s.row() / sums) }
                if call.received[2] {
                    middle = try middle + v.transposed().matmul(dv).skew() / gaps * (s.column() / sums)
                }
            }
            var result = try u.matmul(middle).matmul(v.transposed())
            // The parts of the gradient orthogonal to the columns of U and V, if these are not square.
            if call.received[0], u.shape[u.shape.count - 2] > k {
                result = try result + ((du - u.matmul(u.transposed().matmul(du))) / s.row()).matmul(v.transposed())
            }
            if call.received[2], v.shape[v.shape.count - 2] > k {
                result = try result + u.matmul(((dv - v.matmul(v.transposed().matmul(dv))) / s.row()).transposed())
            }
            return [result]
        }
        return (results[0], results[1], results[2])
    }

    /// A = V diag(w) Vᵀ of a symmetric A, w ascending. The gradient, which is symmetric, is Giles' (2008), section 3.1.
    public func eigh() throws -> (values: Variable, vectors: Variable) {
        let operation = "tensor.eigh"
        let (values, vectors) = try value.eigh()
        let results = try Variable.recorded(operation, [self], outputs: [values, vectors], keeps: .outputs) { call in
            let (w, v) = (call.outputs[0], call.outputs[1])
            let identity = try Variable.identityMatrix(w.shape[w.shape.count - 1], w.dtype)
            var middle = try identity * call.cotangents[0].column()
            if call.received[1] {
                let turned = try v.transposed().matmul(call.cotangents[1]) / w.gaps("eigenvalues", operation)
                middle = try middle + turned.masked(where: identity, 0)
            }
            let result = try v.matmul(middle).matmul(v.transposed())
            return [try (result + result.transposed()) / 2]
        }
        return (results[0], results[1])
    }
}

extension Operation {
    /// The results in one vector, for the law tests.
    private static func joined(_ parts: [Variable]) throws -> Variable {
        try .concatenate(parts.map { try $0.reshape([$0.value.count]) }, 0)
    }

    static let svd = onMatrices(
        "svd",
        "A = U diag(S) Vᵀ: U (m, k) and V (n, k) with orthonormal columns, S (k) in descending order, k = min(m, n).",
        returns: ["U", "S", "V"],
        errors: "infinite or NaN elements; the gradient of U or V where two singular values are equal",
        source: "torch.svd",
        example: """
            local U, S, V = tensor({{0, 3}, {2, 0}}):svd()
            assert(math.abs(S[{1}] - 3) < 1e-6 and math.abs(S[{2}] - 2) < 1e-6)
            """,
        cases: [
            LawCase("svd, square", [.init([3, 3])]) { inputs in
                let (u, s, v) = try inputs[0].svd()
                return try joined([u, s, v])
            },
            LawCase("svd of several tall ones", [.init([2, 4, 2])]) { inputs in
                let (u, s, v) = try inputs[0].svd()
                return try joined([u, s, v])
            },
            LawCase("svd, wide", [.init([2, 4])]) { inputs in
                let (u, s, v) = try inputs[0].svd()
                return try joined([u, s, v])
            },
        ]
    ) { matrix in
        let (u, s, v) = try matrix.svd()
        return [u, s, v]
    }

    static let eigh = onMatrices(
        "eigh",
        """
        The eigenvalues w (n), ascending, and eigenvectors (the columns of V) of a symmetric A = V diag(w) Vᵀ, of \
        which only the lower triangle is read.
        """,
        returns: ["w", "V"],
        errors: "not square; infinite or NaN elements; the gradient of V where two eigenvalues are equal",
        source: "torch.linalg.eigh",
        example: """
            local w, V = tensor({{2, 0}, {0, 1}}):eigh()
            assert(w:tolist()[1] == 1 and w:tolist()[2] == 2)
            """,
        cases: [
            LawCase("eigh", [.init([3, 3])]) { inputs in
                let (w, v) = try (inputs[0] + inputs[0].transposed()).eigh()
                return try joined([w, v])
            },
            LawCase("eigh of several", [.init([2, 2, 2])]) { inputs in
                let (w, v) = try (inputs[0] + inputs[0].transposed()).eigh()
                return try joined([w, v])
            },
        ]
    ) { matrix in
        let (values, vectors) = try matrix.eigh()
        return [values, vectors]
    }
}
