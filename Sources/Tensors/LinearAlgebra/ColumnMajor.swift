import COpenBLAS
import Scripting

/// Matrices as LAPACK stores them: in float64, column by column, one matrix after the other.
struct ColumnMajor {
    /// The dimensions before the last two: one matrix for each index into them.
    let lead: [Int]
    let rows: Int
    let columns: Int
    /// (lead..., columns, rows), contiguous.
    private let transposed: Tensor

    /// A copy of the last two axes' matrices.
    /// - Throws: when there are fewer axes, or an extent is beyond LAPACK's 32-bit integers.
    init(_ matrices: Tensor, for operation: String) throws {
        guard matrices.rank >= 2 else {
            throw ScriptError(operation, "a matrix expected, got shape \(Shape.describe(matrices.shape))")
        }
        try self.init(
            transposed: matrices.transpose(matrices.rank - 2, matrices.rank - 1).copy(.float64), for: operation)
    }

    /// Zeros of a shape of matrices.
    init(lead: [Int], rows: Int, columns: Int, for operation: String) throws {
        try self.init(transposed: .zeros(lead + [columns, rows], .float64, for: operation), for: operation)
    }

    private init(transposed: Tensor, for operation: String) throws {
        let rank = transposed.rank
        guard transposed.shape[rank - 1] < Int(Int32.max) / 16, transposed.shape[rank - 2] < Int(Int32.max) / 16 else {
            throw ScriptError(
                operation, "matrices of \(transposed.shape[rank - 1]) x \(transposed.shape[rank - 2]) are too large")
        }
        self.transposed = transposed
        lead = Array(transposed.shape.dropLast(2))
        (rows, columns) = (transposed.shape[rank - 1], transposed.shape[rank - 2])
    }

    /// The number of matrices.
    var count: Int { rows * columns == 0 ? 0 : transposed.count / (rows * columns) }

    /// The address of a matrix's first element; valid as long as this value lives.
    func base(_ index: Int) -> UnsafeMutablePointer<Double> { transposed.base(Double.self) + index * rows * columns }

    /// Keeps the memory alive up to this call.
    func hold() { withExtendedLifetime(transposed) {} }

    /// The matrices as a contiguous row-major tensor of the given dtype.
    func tensor(_ dtype: DType) throws -> Tensor {
        try transposed.transpose(transposed.rank - 2, transposed.rank - 1).copy(dtype)
    }

    /// The first columns as a tensor of vectors, one for each matrix.
    func vectors(_ dtype: DType) throws -> Tensor { try tensor(dtype).reshape(lead + [rows]) }

    /// Throws unless all numbers are finite: LAPACK may loop forever on NaN, and results must not be infinite silently.
    func checkFinite(_ what: String, _ operation: String) throws {
        defer { hold() }
        let base = transposed.base(Double.self)
        for i in 0..<transposed.count where !base[i].isFinite { throw ScriptError(operation, what) }
    }
}

/// Scratch memory, charged to the script like any tensor.
struct Workspace {
    private let memory: Tensor
    let count: Int32

    init(_ count: Int, for operation: String) throws {
        guard count < Int(Int32.max) else { throw ScriptError(operation, "a matrix too large for LAPACK") }
        memory = try .zeros([max(count, 1)], .float64, for: operation)
        self.count = Int32(max(count, 1))
    }

    var doubles: UnsafeMutablePointer<Double> { memory.base(Double.self) }
    /// The same memory as 32-bit integers, of which twice as many fit.
    var integers: UnsafeMutablePointer<Int32> { memory.storage.bytes.assumingMemoryBound(to: Int32.self) }
    func hold() { withExtendedLifetime(memory) {} }
}
