import COpenBLAS
import Scripting

extension Tensor {
    /// Lower triangular L with A = L Lᵀ, of symmetric positive definite matrices; only their lower triangles are read.
    public func cholesky(for operation: String = "tensor.cholesky") throws -> Tensor {
        try checkSquare(for: operation)
        let factor = try ColumnMajor(self, for: operation)
        try factor.checkFinite("the matrix has infinite or NaN elements", operation)
        let n = factor.rows
        for index in 0..<factor.count {
            let info = try LongCall.run(operations: cube(n) / 3) {
                var (size, info) = (Int32(n), Int32(0))
                dpotrf_("L", &size, factor.base(index), &size, &info, 1)
                return info
            }
            guard info == 0 else {
                throw ScriptError(
                    operation,
                    (factor.count > 1 ? "matrix \(index + 1) of \(factor.count)" : "the matrix")
                        + " is not positive definite: its leading minor of order \(info) is not")
            }
            // LAPACK leaves the other triangle unchanged: set to 0.
            for column in 1..<max(n, 1) { for row in 0..<min(column, n) { factor.base(index)[column * n + row] = 0 } }
        }
        factor.hold()
        return try factor.tensor(dtype.computing)
    }

    /// A = P L U: a permutation matrix (m, m), L (m, k) with ones on its diagonal, U (k, n), k = min(m, n).
    public func lu(for operation: String = "tensor.lu") throws -> (p: Tensor, l: Tensor, u: Tensor) {
        let factors = try LUFactors(self, for: operation)
        let (lead, m, n) = (factors.matrices.lead, factors.matrices.rows, factors.matrices.columns)
        let k = min(m, n)
        let p = try ColumnMajor(lead: lead, rows: m, columns: m, for: operation)
        let l = try ColumnMajor(lead: lead, rows: m, columns: k, for: operation)
        let u = try ColumnMajor(lead: lead, rows: k, columns: n, for: operation)
        for index in 0..<p.count {
            var order = Array(0..<m)
            if factors.matrices.count > 0 {
                let (packed, pivots) = (factors.matrices.base(index), factors.pivots(index))
                for i in 0..<k { order.swapAt(i, Int(pivots[i]) - 1) }
                for column in 0..<k {
                    l.base(index)[column * m + column] = 1
                    for row in (column + 1)..<max(m, column + 1) {
                        l.base(index)[column * m + row] = packed[column * m + row]
                    }
                }
                for column in 0..<n {
                    for row in 0...min(column, k - 1) { u.base(index)[column * k + row] = packed[column * m + row] }
                }
            }
            // Row i of L U is row order[i] of A.
            for (i, row) in order.enumerated() { p.base(index)[i * m + row] = 1 }
        }
        factors.hold()
        return (try p.tensor(dtype.computing), try l.tensor(dtype.computing), try u.tensor(dtype.computing))
    }

    /// A = Q R: Q (m, k) with orthonormal columns, R (k, n) upper triangular, k = min(m, n).
    public func qr(for operation: String = "tensor.qr") throws -> (q: Tensor, r: Tensor) {
        let packed = try ColumnMajor(self, for: operation)
        let (m, n) = (packed.rows, packed.columns)
        let k = min(m, n)
        let q = try ColumnMajor(lead: packed.lead, rows: m, columns: k, for: operation)
        let r = try ColumnMajor(lead: packed.lead, rows: k, columns: n, for: operation)
        let (tau, work) = (try Workspace(k, for: operation), try Workspace(64 * max(m, n), for: operation))
        for index in 0..<packed.count {
            let operations = 2 * Double(m) * Double(n) * Double(k)
            _ = try LongCall.run(operations: operations) {
                var (rows, columns, room, info) = (Int32(m), Int32(n), work.count, Int32(0))
                dgeqrf_(&rows, &columns, packed.base(index), &rows, tau.doubles, work.doubles, &room, &info)
                return info
            }
            let base = packed.base(index)
            for column in 0..<n {
                for row in 0...min(column, k - 1) { r.base(index)[column * k + row] = base[column * m + row] }
            }
            for i in 0..<(m * k) { q.base(index)[i] = base[i] }
            _ = try LongCall.run(operations: operations) {
                var (rows, size, room, info) = (Int32(m), Int32(k), work.count, Int32(0))
                dorgqr_(&rows, &size, &size, q.base(index), &rows, tau.doubles, work.doubles, &room, &info)
                return info
            }
        }
        packed.hold()
        tau.hold()
        work.hold()
        return (try q.tensor(dtype.computing), try r.tensor(dtype.computing))
    }

    /// A = U diag(S) Vᵀ: U (m, k), S (k) in descending order, V (n, k), k = min(m, n).
    public func svd(for operation: String = "tensor.svd") throws -> (u: Tensor, s: Tensor, v: Tensor) {
        let matrices = try ColumnMajor(self, for: operation)
        try matrices.checkFinite("the matrix has infinite or NaN elements", operation)
        let (m, n) = (matrices.rows, matrices.columns)
        let k = min(m, n)
        let u = try ColumnMajor(lead: matrices.lead, rows: m, columns: k, for: operation)
        let s = try ColumnMajor(lead: matrices.lead, rows: k, columns: 1, for: operation)
        let vt = try ColumnMajor(lead: matrices.lead, rows: k, columns: n, for: operation)
        // More than the minimum in DGESDD's documentation for JOBZ = 'S'.
        let work = try Workspace(4 * k * k + 7 * k + 64 * max(m, n), for: operation)
        let integers = try Workspace(4 * k, for: operation)
        for index in 0..<matrices.count {
            let info = try LongCall.run(operations: 10 * Double(m) * Double(n) * Double(k)) {
                var (rows, columns, size, room, info) = (Int32(m), Int32(n), Int32(k), work.count, Int32(0))
                dgesdd_(
                    "S", &rows, &columns, matrices.base(index), &rows, s.base(index), u.base(index), &rows,
                    vt.base(index),
                    &size, work.doubles, &room, integers.integers, &info, 1)
                return info
            }
            guard info == 0 else { throw ScriptError(operation, "the iteration did not converge") }
        }
        work.hold()
        integers.hold()
        matrices.hold()
        let v = try vt.tensor(dtype.computing)
        return (
            try u.tensor(dtype.computing), try s.vectors(dtype.computing),
            try v.transpose(v.rank - 2, v.rank - 1).copy()
        )
    }

    /// A = V diag(w) Vᵀ of symmetric matrices, of which only the lower triangles are read: w (n) in ascending order.
    public func eigh(for operation: String = "tensor.eigh") throws -> (values: Tensor, vectors: Tensor) {
        try checkSquare(for: operation)
        let vectors = try ColumnMajor(self, for: operation)
        try vectors.checkFinite("the matrix has infinite or NaN elements", operation)
        let n = vectors.rows
        let values = try ColumnMajor(lead: vectors.lead, rows: n, columns: 1, for: operation)
        // As DSYEVD's documentation asks for with JOBZ = 'V'.
        let work = try Workspace(1 + 6 * n + 2 * n * n, for: operation)
        let integers = try Workspace((3 + 5 * n + 1) / 2, for: operation)
        for index in 0..<vectors.count {
            let info = try LongCall.run(operations: 10 * cube(n)) {
                var (size, room, integerRoom, info) = (Int32(n), work.count, Int32(3 + 5 * n), Int32(0))
                dsyevd_(
                    "V", "L", &size, vectors.base(index), &size, values.base(index), work.doubles, &room,
                    integers.integers,
                    &integerRoom, &info, 1, 1)
                return info
            }
            guard info == 0 else { throw ScriptError(operation, "the iteration did not converge") }
        }
        work.hold()
        integers.hold()
        return (try values.vectors(dtype.computing), try vectors.tensor(dtype.computing))
    }
}
