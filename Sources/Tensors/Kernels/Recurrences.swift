import Scripting

/// Cumulative products, and the linear recurrence of their gradients.
extension Tensor {
    /// Products from the beginning of `axis` up to each element. Multiplied in float64; int64 and bool in int64, which
    /// wraps around.
    public func cumulativeProduct(_ axis: Int, for operation: String = "tensor.cumprod") throws -> Tensor {
        let rows = try (dtype == .bool ? cast(.int64) : self).rows(along: axis, for: operation)
        let result = try Tensor.uninitialized(rows.shape, rows.dtype, for: operation)
        defer { withExtendedLifetime((rows, result)) {} }
        func run<T: StoredElement, P>(_: T.Type, _ one: P, _ step: (inout P, T) -> T) throws {
            let (from, to) = (rows.base(T.self), result.base(T.self))
            try rows.alongRows(fromEnd: false, start: { one }) { product, place, _ in
                to[place] = step(&product, from[place])
            }
        }
        switch rows.dtype {
        case .float64:
            try run(Double.self, 1.0) { product, x in
                product *= x
                return product
            }
        case .int64:
            try run(Int64.self, Int64(1)) { product, x in
                product = product &* x
                return product
            }
        default:
            try run(Float.self, 1.0) { product, x in
                product *= Double(x)
                return Float(product)
            }
        }
        return try Tensor.fromRows(result, shape: shape, axis: axis)
    }

    /// s with s_k = self_k + factors_k s_(k-1) along an axis, s_1 = self_1; or, with `fromEnd`, s_k = self_k +
    /// factors_k s_(k+1). Both tensors have the same shape; computed in float64.
    public func recurrence(_ factors: Tensor, _ axis: Int, fromEnd: Bool, for operation: String) throws -> Tensor {
        guard factors.shape == shape else {
            throw ScriptError(operation, "\(Shape.describe(shape)) and \(Shape.describe(factors.shape)) do not fit")
        }
        let computed = dtype.promoted(with: factors.dtype)
        let terms = try cast(computed).rows(along: axis, for: operation)
        let slopes = try factors.cast(computed).rows(along: axis, for: operation)
        let result = try Tensor.uninitialized(terms.shape, computed, for: operation)
        defer { withExtendedLifetime((terms, slopes, result)) {} }
        func run<T: TensorElement>(_: T.Type) throws {
            let (from, by, to) = (terms.base(T.self), slopes.base(T.self), result.base(T.self))
            try terms.alongRows(fromEnd: fromEnd, start: { 0.0 }) { sum, place, isFirst in
                sum = isFirst ? Double(from[place]) : Double(from[place]) + Double(by[place]) * sum
                to[place] = T(sum)
            }
        }
        try computed == .float64 ? run(Double.self) : run(Float.self)
        return try Tensor.fromRows(result, shape: shape, axis: axis)
    }

    /// Walks along the rows of a contiguous matrix with a value that is carried from element to element. `body` gets
    /// that value, the element's position, and whether it is the first.
    @inline(__always)
    private func alongRows<C>(fromEnd: Bool, start: () -> C, _ body: (inout C, Int, Bool) -> Void) throws {
        let (n, step, piece) = (shape[1], fromEnd ? -1 : 1, 1 << 16)
        guard count > 0 else { return }
        try Tensor.forEachPiece(shape[0], nanoseconds: 2 * n + 10) { rows in
            for row in rows {
                var carried = start()
                var place = row * n + (fromEnd ? n - 1 : 0)
                for first in stride(from: 0, to: n, by: piece) {
                    if first > 0 { try Cancellation.check() }
                    for i in first..<min(first + piece, n) {
                        body(&carried, place, i == 0)
                        place += step
                    }
                }
            }
        }
    }
}
