import CKernels
import COpenBLAS
import Scripting

/// Matrix products.
extension Tensor {
    /// (..., m, k) times (..., k, n) -> (..., m, n); leading axes broadcast. Integers give int64.
    public func matmul(_ other: Tensor, for operation: String = "tensor.matmul") throws -> Tensor {
        try matmul(other, plus: nil, level: ck_best_level(), for: operation)
    }

    /// The same plus a row of n numbers, of no wider type than the result's, in one step if all is float32.
    /// - Parameter other: float16 is widened while it is read, without a copy.
    package func matmul(
        _ other: Tensor, plus bias: Tensor?, level: ck_level = ck_best_level(), for operation: String
    ) throws -> Tensor {
        guard rank >= 2, other.rank >= 2 else {
            throw ScriptError(
                operation, "\(Shape.describe(shape)) and \(Shape.describe(other.shape)): matrices expected")
        }
        let (m, k, n) = (shape[rank - 2], shape[rank - 1], other.shape[other.rank - 1])
        guard k == other.shape[other.rank - 2] else {
            throw ScriptError(
                operation,
                "\(Shape.describe(shape)) and \(Shape.describe(other.shape)) do not chain: "
                    + "\(k) ~= \(other.shape[other.rank - 2])")
        }
        let lead = try Shape.broadcast(Array(shape.dropLast(2)), Array(other.shape.dropLast(2)), for: operation)
        guard dtype.isFloating || other.dtype.isFloating else {
            return try wholeMatmul(other, lead: lead, for: operation).adding(bias, operation)
        }
        let dtype = dtype.promoted(with: other.dtype)
        let result = try Tensor.uninitialized(lead + [m, n], dtype, for: operation)
        if k == 0 || result.count == 0 {
            try result.fill(0)
            return try result.adding(bias, operation)
        }
        let a = try cast(dtype)
        let isHalf = other.dtype == .float16 && dtype == .float32
        let b = isHalf ? other : try other.cast(dtype)
        var left = try a.expand(lead + [m, k], for: operation).matrices()
        // Down a column, each number lies on another page of memory: twice as slow as a copy and the product.
        if dtype == .float32, left.steps.column != 1, min(m, k, n) >= 64 { left = try left.inRows() }
        let right = try b.expand(lead + [k, n], for: operation).matrices()
        let outer = Shape.strides(lead)
        let tiles = ProductTiles(
            m: m, n: n, k: k, a: left.steps, b: right.steps, count: try Shape.count(lead),
            offsets: { index in
                var (aOffset, bOffset) = (0, 0)
                for axis in lead.indices {
                    let i = (index / outer[axis]) % lead[axis]
                    aOffset += i * left.strides[axis]
                    bOffset += i * right.strides[axis]
                }
                return (aOffset, bOffset)
            })
        defer { withExtendedLifetime((left, right, bias)) {} }
        if dtype == .float64 {
            try tiles.checkForBLAS(operation)
            try tiles.run(left.base(Double.self), right.base(Double.self),
                to: result.base(Double.self), one: 1, zero: 0, by: cblas_dgemm)
            return try result.adding(bias, operation)
        }
        if level == ck_level_portable, !isHalf {
            try tiles.checkForBLAS(operation)
            try tiles.run(left.base(Float.self), right.base(Float.self),
                to: result.base(Float.self), one: 1, zero: 0, by: cblas_sgemm)
            return try result.adding(bias, operation)
        }
        let fused = bias.map { $0.dtype == .float32 && $0.shape == [n] && $0.isContiguous } ?? false
        let numbers = right.storage.bytes + right.offset &* right.dtype.stride
        try tiles.run(
            left.base(Float.self), UnsafeRawPointer(numbers), half: isHalf, start: fused ? bias?.base(Float.self) : nil,
            to: result.base(Float.self), level: level)
        return fused ? result : try result.adding(bias, operation)
    }

    private func adding(_ bias: Tensor?, _ operation: String) throws -> Tensor {
        if let bias { try add(inPlace: bias, for: operation) }
        return self
    }

    /// This tensor with the last two axes in a layout that products can read: one of them has step 1.
    private func matrices() throws -> Tensor {
        let (rowStep, columnStep) = (strides[rank - 2], strides[rank - 1])
        let (rows, columns) = (shape[rank - 2], shape[rank - 1])
        if columnStep == 1 && (rowStep >= max(1, columns) || rows == 1) { return self }
        if rowStep == 1 && (columnStep >= max(1, rows) || columns == 1) { return self }
        return try copy()
    }

    /// A row-major copy of a float32 tensor stored by columns.
    private func inRows() throws -> Tensor {
        let (rows, columns, step) = (shape[rank - 2], shape[rank - 1], strides[rank - 1])
        guard rank == 2, strides[0] == 1 else { return try copy() }
        let result = try Tensor.uninitialized(shape, .float32)
        let (from, to) = (base(UInt32.self), result.base(UInt32.self))
        try Parallel.forEach(rows, grain: max(16, (1 << 18) / max(columns, 1))) { range in
            // Row j of the memory holds column j.
            ck_transpose_4(
                from + range.lowerBound, step, columns, range.count, to + range.lowerBound * columns, columns)
        }
        return withExtendedLifetime((self, result)) { result }
    }

    /// The steps of the last two axes after ``matrices()``. The step along an extent of 1 is never taken; it is set to
    /// what the product wants.
    private var steps: (row: Int, column: Int) {
        let (rows, columns) = (shape[rank - 2], shape[rank - 1])
        var (row, column) = (strides[rank - 2], strides[rank - 1])
        if column == 1 {
            if rows == 1 { row = max(columns, 1) }
        } else if columns == 1 {
            column = max(rows, 1)
        }
        return (row, column)
    }
}
