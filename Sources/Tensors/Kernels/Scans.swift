import Scripting

/// Sums along the way, and what is read backwards.
extension Tensor {
    /// Sums from the beginning of `axis` up to each element, or from each element to the end. Added up in float64; of int64
    /// and bool in int64, round its end.
    public func cumulativeSum(_ axis: Int, fromEnd: Bool = false, for operation: String = "tensor.cumsum") throws -> Tensor {
        let rows = try (dtype == .bool ? cast(.int64) : self).rows(along: axis, for: operation)
        let result = try Tensor.uninitialized(rows.shape, rows.dtype, for: operation)
        if count == 0 { return try Tensor.fromRows(result, shape: shape, axis: axis) }
        func run<T: StoredElement, Sum: StoredElement>(_: T.Type, _ widened: (T) -> Sum, _ rounded: (Sum) -> T) throws {
            defer { withExtendedLifetime(rows) {} }
            let n = rows.shape[1]
            for row in 0..<rows.shape[0] {
                if row & 0xfff == 0 { try Cancellation.check() }
                let (from, to) = (rows.base(T.self) + row * n, result.base(T.self) + row * n)
                var total: Sum = 0
                for i in 0..<n {
                    if i & 0xfffff == 0xfffff { try Cancellation.check() }
                    let place = fromEnd ? n - 1 - i : i
                    total = Sum.plus(total, widened(from[place]))
                    to[place] = rounded(total)
                }
            }
        }
        switch rows.dtype {
        case .float64: try run(Double.self, { $0 }, { $0 })
        case .int64: try run(Int64.self, { $0 }, { $0 })
        default: try run(Float.self, { Double($0) }, { Float($0) })
        }
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
