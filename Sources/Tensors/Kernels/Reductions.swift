import CKernels
import Scripting

/// Reductions. Sums of float32 are accumulated in float64, so that the error does not grow with the length.
extension Tensor {
    /// The sum over axes, kept with extent 1, over `divisor` before it is rounded. For int64 and bool in int64, which
    /// wraps around.
    public func sum(_ axes: [Int], dividedBy divisor: Double = 1, for operation: String = "tensor.sum") throws -> Tensor
    {
        for axis in axes { try check(axis: axis, for: operation) }
        if !dtype.isFloating { return try wholeSum(axes, for: operation) }
        let target = shape.indices.map { axes.contains($0) ? 1 : shape[$0] }
        let total = try Tensor.zeros(target, .float64, for: operation)
        let steps = target.indices.map { axes.contains($0) ? 0 : total.strides[$0] }
        dtype == .float64
            ? try accumulate(into: total, steps, Double.self) : try accumulate(into: total, steps, Float.self)
        if divisor != 1 {
            let sums = total.base(Double.self)
            for i in 0..<total.count { sums[i] /= divisor }
        }
        return try total.cast(dtype.computing)
    }

    private func accumulate<T: TensorElement>(into total: Tensor, _ steps: [Int], _: T.Type) throws {
        if count == 0 { return }
        var source = try cast(T.dtype)
        var walk = StridedWalk(shape: shape, strides: [steps, source.strides])
        // Scattered columns are copied into order first, unless the view is larger than its memory.
        if walk.rowStep(0) != 0, walk.rowStep(1) != 1, count >= Tensor.manyElements, count <= source.storage.count {
            source = try source.contiguous()
            walk = StridedWalk(shape: shape, strides: [steps, source.strides])
        }
        let (to, from) = (total.base(Double.self), source.base(T.self))
        defer { withExtendedLifetime(source) {} }
        let (toStep, fromStep) = (walk.rowStep(0), walk.rowStep(1))
        if toStep == 1, fromStep == 1 { return try Tensor.addColumns(walk, from, to) }
        if toStep != 0 {
            return try walk.forEachRow { offsets, n in
                let (to, from) = (to + offsets[0], from + offsets[1])
                for i in 0..<n { to[i * toStep] += Double(from[i * fromStep]) }
            }
        }
        let n = walk.rowCount
        let rows = walk.shape.dropLast().reduce(1, *)
        // Rows with sums of their own are added side by side; a single sum one block after the other.
        if walk.strides[0].dropLast().allSatisfy({ $0 != 0 }), rows > 1, n <= Tensor.sumBlock {
            return try Tensor.forEachPiece(rows, nanoseconds: n / 4 + 10) { pieces in
                if walk.shape.count == 2, walk.strides[0][0] == 1 {
                    let (first, stride) = (pieces.lowerBound, walk.strides[1][0])
                    return T.sumRows(from + first * stride, stride, pieces.count, fromStep, n, to + first)
                }
                try walk.forEachRow(in: pieces.lowerBound * n..<pieces.upperBound * n) { offsets, n in
                    to[offsets[0]] += T.sum(from + offsets[1], fromStep, n)
                }
            }
        }
        try walk.forEachRow { offsets, n in to[offsets[0]] += try Tensor.blockSum(from + offsets[1], fromStep, n) }
    }

    /// A row's sum is the sum of the sums of blocks of this length, added from the first to the last, whatever the
    /// number of threads.
    private static var sumBlock: Int { 1 << 16 }

    private static func blockSum<T: TensorElement>(_ from: UnsafePointer<T>, _ step: Int, _ n: Int) throws -> Double {
        if n <= sumBlock { return T.sum(from, step, n) }
        // So many blocks at a time, as an expanded view can be longer than any memory.
        let most = 1 << 10
        var total = 0.0
        try withUnsafeTemporaryAllocation(of: Double.self, capacity: most) { sums in
            guard let sums = sums.baseAddress else { return }
            for first in stride(from: 0, to: n, by: most * sumBlock) {
                let blocks = min((n - first - 1) / sumBlock + 1, most)
                // Each piece writes its own elements.
                try forEachPiece(blocks, nanoseconds: sumBlock / 4) { pieces in
                    for block in pieces {
                        let start = first + block * sumBlock
                        sums[block] = T.sum(from + start * step, step, min(sumBlock, n - start))
                    }
                }
                for block in 0..<blocks { total += sums[block] }
            }
        }
        return total
    }

    /// Sums down columns that lie side by side: each column is added in order, and threads share the columns.
    private static func addColumns<T: TensorElement>(
        _ walk: StridedWalk, _ from: UnsafePointer<T>, _ to: UnsafeMutablePointer<Double>
    ) throws {
        let columns = walk.rowCount
        // The rows to add up, if the next axis outwards is summed.
        let next = walk.shape.count - 2
        let isSummed = next >= 0 && walk.strides[0][next] == 0
        let (rows, rowStep) = isSummed ? (walk.shape[next], walk.strides[1][next]) : (1, 0)
        let axes = isSummed ? next : next + 1
        let others = StridedWalk(
            shape: Array(walk.shape.prefix(axes)), strides: walk.strides.map { Array($0.prefix(axes)) })
        let (toStep, fromStep) = (others.rowStep(0), others.rowStep(1))
        let group = 128
        let groups = (columns + group - 1) / group
        try others.forEachRow { offsets, n in
            for i in 0..<n {
                let (to, from) = (to + offsets[0] + i * toStep, from + offsets[1] + i * fromStep)
                if i & 0xff == 0xff { try Cancellation.check() }
                for row in stride(from: 0, to: rows, by: 1 << 16) {
                    let some = min(rows - row, 1 << 16)
                    try forEachPiece(groups, nanoseconds: group * some / 4) {
                        let start = $0.lowerBound * group
                        let count = min($0.upperBound * group, columns) - start
                        T.addRows(from + row * rowStep + start, rowStep, some, count, to + start)
                    }
                }
            }
        }
    }

    /// The elements as a contiguous matrix (rows, extent of `axis`), for loops along an axis. Without an axis, or for a
    /// single number, one row of all elements.
    package func rows(along axis: Int?, for operation: String) throws -> Tensor {
        guard let axis else { return try cast(dtype.working).contiguous().view([1, count]) }
        if rank == 0 { return try cast(dtype.working).contiguous().view([1, 1]) }
        try check(axis: axis, for: operation)
        let order = shape.indices.filter { $0 != axis } + [axis]
        let outer = try Shape.count(order.dropLast().map { shape[$0] })
        return try cast(dtype.working).permute(order).contiguous().view([outer, shape[axis]])
    }

    /// Undoes ``rows(along:for:)``: a (rows, n) matrix as a tensor of `shape` with `axis` of extent n.
    package static func fromRows(_ rows: Tensor, shape: [Int], axis: Int) throws -> Tensor {
        if shape.isEmpty { return try rows.reshape([]) }
        let order = shape.indices.filter { $0 != axis } + [axis]
        var permuted = order.map { shape[$0] }
        permuted[permuted.count - 1] = rows.shape[1]
        var back = [Int](repeating: 0, count: order.count)
        for (position, axis) in order.enumerated() { back[axis] = position }
        return try rows.reshape(permuted).permute(back)
    }

}
