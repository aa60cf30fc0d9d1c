import CKernels
import Scripting

/// Cumulative sums, and reversal.
extension Tensor {
    /// Sums from the beginning of `axis` up to each element, or from each element to the end. Added in float64; int64
    /// and bool in int64, which wraps around.
    public func cumulativeSum(_ axis: Int, fromEnd: Bool = false, for operation: String = "tensor.cumsum") throws
        -> Tensor
    {
        let rows = try (dtype == .bool ? cast(.int64) : self).rows(along: axis, for: operation)
        let result = try Tensor.uninitialized(rows.shape, rows.dtype, for: operation)
        if count == 0 { return try Tensor.fromRows(result, shape: shape, axis: axis) }
        let n = rows.shape[1]
        /// `add` gets the start of a piece, the step, the length and the sum before it, and returns the sum after it.
        func run<Sum>(_ none: Sum, _ add: (Int, Int, Int, Sum) -> Sum) throws {
            let (step, piece) = (fromEnd ? -1 : 1, 1 << 16)
            try Tensor.forEachPiece(rows.shape[0], nanoseconds: n + 10) { pieces in
                for row in pieces {
                    var total = none
                    for start in stride(from: 0, to: n, by: piece) {
                        if start > 0 { try Cancellation.check() }
                        let first = row * n + (fromEnd ? n - 1 - start : start)
                        total = add(first, step, min(piece, n - start), total)
                    }
                }
            }
        }
        defer { withExtendedLifetime((rows, result)) {} }
        switch rows.dtype {
        case .float64:
            let (from, to) = (rows.base(Double.self), result.base(Double.self))
            try run(0.0) { ck_cumulate_doubles(from + $0, to + $0, $1, $2, $3) }
        case .int64:
            let (from, to) = (rows.base(Int64.self), result.base(Int64.self))
            try run(Int64(0)) { first, step, count, before in
                var total = before
                for i in 0..<count {
                    total &+= from[first + i * step]
                    to[first + i * step] = total
                }
                return total
            }
        default:
            let (from, to) = (rows.base(Float.self), result.base(Float.self))
            try run(0.0) { ck_cumulate_floats(from + $0, to + $0, $1, $2, $3) }
        }
        return try Tensor.fromRows(result, shape: shape, axis: axis)
    }

    /// A copy with the order along some axes reversed.
    public func flipped(_ axes: [Int], for operation: String = "tensor.flip") throws -> Tensor {
        var (steps, start) = (strides, offset)
        for axis in axes {
            try check(axis: axis, for: operation)
            // Begins at the last element and steps backwards.
            start += max(shape[axis] - 1, 0) * strides[axis]
            steps[axis] = -strides[axis]
        }
        return try Tensor(storage: storage, shape: shape, strides: steps, offset: count == 0 ? offset : start).copy()
    }
}
