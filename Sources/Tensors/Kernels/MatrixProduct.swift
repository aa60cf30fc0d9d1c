import COpenBLAS
import Scripting

/// Matrix products, of floats through OpenBLAS.
extension Tensor {
    /// (..., m, k) times (..., k, n) -> (..., m, n); leading axes broadcast. Whole numbers give int64.
    public func matmul(_ other: Tensor, for operation: String = "tensor.matmul") throws -> Tensor {
        guard rank >= 2, other.rank >= 2 else {
            throw ScriptError(operation, "\(Shape.describe(shape)) and \(Shape.describe(other.shape)): matrices expected")
        }
        let (m, k, n) = (shape[rank - 2], shape[rank - 1], other.shape[other.rank - 1])
        guard k == other.shape[other.rank - 2] else {
            throw ScriptError(
                operation,
                "\(Shape.describe(shape)) and \(Shape.describe(other.shape)) do not chain: \(k) ~= \(other.shape[other.rank - 2])")
        }
        let lead = try Shape.broadcast(Array(shape.dropLast(2)), Array(other.shape.dropLast(2)), for: operation)
        guard dtype.isFloating || other.dtype.isFloating else { return try wholeMatmul(other, lead: lead, for: operation) }
        let dtype = dtype.promoted(with: other.dtype)
        let a = try cast(dtype)
        let b = try other.cast(dtype)
        let result = try Tensor.uninitialized(lead + [m, n], dtype, for: operation)
        if k == 0 || result.count == 0 {
            try result.fill(0)
            return result
        }
        let left = try a.expand(lead + [m, k], for: operation).matrices()
        let right = try b.expand(lead + [k, n], for: operation).matrices()
        let count = try Shape.count(lead)
        let outer = Shape.strides(lead)
        for index in 0..<count {
            try Cancellation.check()
            var (aOffset, bOffset) = (0, 0)
            for axis in lead.indices {
                let i = (index / outer[axis]) % lead[axis]
                aOffset += i * left.strides[axis]
                bOffset += i * right.strides[axis]
            }
            try multiply(left, aOffset, right, bOffset, result, index * m * n, m, n, k, operation)
        }
        return result
    }

    /// This tensor with its last two axes in a layout BLAS reads: one of them with step 1.
    private func matrices() throws -> Tensor {
        let (rowStep, columnStep) = (strides[rank - 2], strides[rank - 1])
        let (rows, columns) = (shape[rank - 2], shape[rank - 1])
        if columnStep == 1 && (rowStep >= max(1, columns) || rows == 1) { return self }
        if rowStep == 1 && (columnStep >= max(1, rows) || columns == 1) { return self }
        return try copy()
    }

    private func multiply(
        _ a: Tensor, _ aOffset: Int, _ b: Tensor, _ bOffset: Int, _ c: Tensor, _ cOffset: Int,
        _ m: Int, _ n: Int, _ k: Int, _ operation: String
    ) throws {
        // BLAS counts with 32 bits.
        guard max(m, n, k) <= Int(Int32.max) else { throw ScriptError(operation, "extents above \(Int32.max)") }
        let (aOrder, lda) = a.order(rows: m, columns: k)
        let (bOrder, ldb) = b.order(rows: k, columns: n)
        guard max(lda, ldb) <= Int(Int32.max) else { throw ScriptError(operation, "strides above \(Int32.max)") }
        // Rows in pieces of at most a second or so of work, so that an interrupt is heard.
        let piece = max(1, min(m, Int(2e9 / (Double(n) * Double(k)))))
        var row = 0
        while row < m {
            let rows = min(piece, m - row)
            let aRow = aOffset + (aOrder == CblasTrans ? row : row * lda)
            if c.dtype == .float64 {
                cblas_dgemm(
                    CblasRowMajor, aOrder, bOrder, Int32(rows), Int32(n), Int32(k), 1, a.base(Double.self) + aRow, Int32(lda),
                    b.base(Double.self) + bOffset, Int32(ldb), 0, c.base(Double.self) + cOffset + row * n, Int32(n))
            } else {
                cblas_sgemm(
                    CblasRowMajor, aOrder, bOrder, Int32(rows), Int32(n), Int32(k), 1, a.base(Float.self) + aRow, Int32(lda),
                    b.base(Float.self) + bOffset, Int32(ldb), 0, c.base(Float.self) + cOffset + row * n, Int32(n))
            }
            row += rows
            try Cancellation.check()
        }
    }

    private func order(rows: Int, columns: Int) -> (CBLAS_TRANSPOSE, Int) {
        let (rowStep, columnStep) = (strides[rank - 2], strides[rank - 1])
        if columnStep == 1 && (rowStep >= max(1, columns) || rows == 1) {
            return (CblasNoTrans, max(rows == 1 ? columns : rowStep, 1))
        }
        return (CblasTrans, max(columns == 1 ? rows : columnStep, 1))
    }
}
