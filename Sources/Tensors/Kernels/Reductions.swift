import CKernels
import Scripting

/// Reductions. Sums of float32 are accumulated in float64, so a sum's error does not grow with its length.
extension Tensor {
    /// The sum over the given axes, kept as extents of 1: int64 of int64 and bool, exact but for its end; divided, where a
    /// divisor is given, before it is rounded.
    public func sum(_ axes: [Int], dividedBy divisor: Double = 1, for operation: String = "tensor.sum") throws -> Tensor {
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
        let source = try cast(T.dtype)
        let walk = StridedWalk(shape: shape, strides: [steps, source.strides])
        let (to, from) = (total.base(Double.self), source.base(T.self))
        defer { withExtendedLifetime(source) {} }
        let (toStep, fromStep) = (walk.rowStep(0), walk.rowStep(1))
        try walk.forEachRow { offsets, n in
            let (to, from) = (to + offsets[0], from + offsets[1])
            if toStep == 0 {
                to[0] += T.sum(from, fromStep, n)
            } else if toStep == 1, fromStep == 1 {
                T.add(from, to, n)
            } else {
                for i in 0..<n { to[i * toStep] += Double(from[i * fromStep]) }
            }
        }
    }

    /// The elements as a contiguous (rows, extent of `axis`) matrix: what operations along one axis loop over.
    /// Without an axis, one row of all elements. A tensor of no dimension is one row of one.
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

    /// The position of the largest (or smallest) element of each row along `axis`, as an int64 tensor of 0-based
    /// positions with `axis` kept at extent 1. NaN wins, as in PyTorch; ties go to the first.
    public func extremum(_ axis: Int?, largest: Bool, for operation: String) throws -> (values: Tensor, positions: Tensor) {
        let rows = try rows(along: axis, for: operation)
        let (count, n) = (rows.shape[0], rows.shape[1])
        guard n > 0 || count == 0 else { throw ScriptError(operation, "no elements in \(Shape.describe(shape))") }
        let values = try Tensor.uninitialized([count, 1], rows.dtype)
        let positions = try Tensor.uninitialized([count, 1], .int64)
        func run<T: StoredElement>(_: T.Type) {
            let (from, to, at) = (rows.base(T.self), values.base(T.self), positions.base(Int64.self))
            defer { withExtendedLifetime(rows) {} }
            for row in 0..<count {
                let line = from + row * n
                var best = 0
                for i in 1..<max(n, 1) {
                    let (x, y) = (line[i], line[best])
                    if y.isUnordered { break }
                    if x.isUnordered || (largest ? x > y : x < y) { best = i }
                }
                to[row] = line[best]
                at[row] = Int64(best)
            }
        }
        switch rows.dtype {
        case .float64: run(Double.self)
        case .int64: run(Int64.self)
        case .bool: run(UInt8.self)
        case .float32, .float16: run(Float.self)
        }
        guard let axis, rank > 0 else { return (try values.reshape([]), try positions.reshape([])) }
        return (
            try Tensor.fromRows(values, shape: shape, axis: axis), try Tensor.fromRows(positions, shape: shape, axis: axis)
        )
    }
}
