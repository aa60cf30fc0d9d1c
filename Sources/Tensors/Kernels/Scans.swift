import Scripting

/// Sums along the way, and what is read backwards.
extension Tensor {
    /// Sums from the beginning of `axis` up to each element, or from each element to the end. Added up in float64.
    public func cumulativeSum(_ axis: Int, fromEnd: Bool = false, for operation: String = "tensor.cumsum") throws -> Tensor {
        let rows = try rows(along: axis, for: operation)
        let result = try Tensor.uninitialized(rows.shape, rows.dtype, for: operation)
        if count == 0 { return try Tensor.fromRows(result, shape: shape, axis: axis) }
        func run<T: TensorElement>(_: T.Type) throws {
            defer { withExtendedLifetime(rows) {} }
            let n = rows.shape[1]
            for row in 0..<rows.shape[0] {
                if row & 0xfff == 0 { try Cancellation.check() }
                let (from, to) = (rows.base(T.self) + row * n, result.base(T.self) + row * n)
                var total = 0.0
                for i in 0..<n {
                    if i & 0xfffff == 0xfffff { try Cancellation.check() }
                    let place = fromEnd ? n - 1 - i : i
                    total += Double(from[place])
                    to[place] = T(total)
                }
            }
        }
        try rows.dtype == .float64 ? run(Double.self) : run(Float.self)
        return try Tensor.fromRows(result, shape: shape, axis: axis)
    }

    /// A copy with the order along some axes reversed.
    public func flipped(_ axes: [Int], for operation: String = "tensor.flip") throws -> Tensor {
        var (steps, start) = (strides, offset)
        for axis in axes {
            try check(axis: axis, for: operation)
            // Read backwards from the last element.
            start += max(shape[axis] - 1, 0) * strides[axis]
            steps[axis] = -strides[axis]
        }
        return try Tensor(storage: storage, shape: shape, strides: steps, offset: count == 0 ? offset : start).copy()
    }
}
