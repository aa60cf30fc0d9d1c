import CKernels
import Scripting

private struct Power: UnaryFunction {
    static var vectorized: VectorFunction? { .exp }
    func callAsFunction<T: TensorElement>(_ x: T) -> T { .exp(x) }
}
private struct Below: BinaryFunction {
    static var vectorized: VectorPair? { .subtract }
    func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T { x - y }
}
private struct Share: BinaryFunction {
    static var vectorized: VectorPair? { .divide }
    func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T { x / y }
}
private struct FiniteOrZero: UnaryFunction {
    func callAsFunction<T: TensorElement>(_ x: T) -> T { x.isFinite ? x : 0 }
}

/// Exponentials and their sums along an axis in one pass over memory, shifted by the largest element. Where the
/// processor has no vectors for it, composed of plain operations, which differ only in rounding of the exponential.
extension Tensor {
    /// e^x over its sum along an axis, in floating point. Not e^(log softmax), which would magnify rounding of the
    /// logarithm.
    public func softmax(_ axis: Int, for operation: String = "tensor.softmax") throws -> Tensor {
        try check(axis: axis, for: operation)
        let source = try cast(dtype.computing).contiguous()
        let result = try Tensor.uninitialized(shape, source.dtype, for: operation)
        if count == 0 { return result }
        let planes = Planes(shape, axis: axis)
        defer { withExtendedLifetime((source, result)) {} }
        let isComputed =
            if source.dtype == .float64 {
                try planes.exponentials(
                    source.base(Double.self),
                    row: { ck_softmax_doubles(Vectors.level, $1, planes.extent, result.base(Double.self) + $0) },
                    columns: {
                        let to = result.base(Double.self) + $0
                        return ck_softmax_columns_doubles(
                            Vectors.level, $1, planes.inner, planes.extent, $2, to, planes.inner)
                    })
            } else {
                try planes.exponentials(
                    source.base(Float.self),
                    row: { ck_softmax_floats(Vectors.level, $1, planes.extent, result.base(Float.self) + $0) },
                    columns: {
                        let to = result.base(Float.self) + $0
                        return ck_softmax_columns_floats(
                            Vectors.level, $1, planes.inner, planes.extent, $2, to, planes.inner)
                    })
            }
        if isComputed { return result }
        let peak = try source.peak([axis], largest: true, for: operation)
        let powers = try source.zip(peak, Below(), for: operation).map(Power())
        return try powers.zip(powers.sum([axis]), Share(), for: operation)
    }

    /// The sum of e^(x - shift) over axes, kept with extent 1, and the shift: the largest element, or 0 where that is
    /// infinite, as inf - inf is NaN.
    public func sumExp(_ axes: [Int], for operation: String) throws -> (sum: Tensor, shift: Tensor) {
        let source = try cast(dtype.computing)
        if axes.count == 1 || (axes.count == rank && source.isContiguous), count > 0,
            let found = try source.contiguous().sumExp(along: axes.count == 1 ? axes[0] : nil, for: operation)
        {
            let target = shape.indices.map { axes.contains($0) ? 1 : shape[$0] }
            return (try found.sum.reshape(target), try found.shift.reshape(target))
        }
        let shift = try source.peak(axes, largest: true, for: operation).map(FiniteOrZero())
        return (try source.zip(shift, Below(), for: operation).map(Power()).sum(axes, for: operation), shift)
    }

    /// The same for a contiguous tensor along one axis, or over all elements; nil where there are no vectors for it.
    private func sumExp(along axis: Int?, for operation: String) throws -> (sum: Tensor, shift: Tensor)? {
        let planes = Planes(shape, axis: axis)
        let sums = try Tensor.uninitialized([planes.outer * planes.inner], dtype, for: operation)
        let shifts = try Tensor.uninitialized([planes.outer * planes.inner], dtype, for: operation)
        defer { withExtendedLifetime((sums, shifts)) {} }
        let isComputed =
            if dtype == .float64 {
                try planes.exponentials(
                    base(Double.self),
                    row: {
                        let (shift, sum) = (shifts.base(Double.self), sums.base(Double.self))
                        let row = $0 / planes.extent
                        return ck_sum_exp_doubles(Vectors.level, $1, planes.extent, shift + row, sum + row)
                    },
                    columns: {
                        let place = planes.reducedPlace($0)
                        return ck_sum_exp_columns_doubles(
                            Vectors.level, $1, planes.inner, planes.extent, $2, shifts.base(Double.self) + place,
                            sums.base(Double.self) + place)
                    })
            } else {
                try planes.exponentials(
                    base(Float.self),
                    row: {
                        let (shift, sum) = (shifts.base(Float.self), sums.base(Float.self))
                        let row = $0 / planes.extent
                        return ck_sum_exp_floats(Vectors.level, $1, planes.extent, shift + row, sum + row)
                    },
                    columns: {
                        let place = planes.reducedPlace($0)
                        return ck_sum_exp_columns_floats(
                            Vectors.level, $1, planes.inner, planes.extent, $2, shifts.base(Float.self) + place,
                            sums.base(Float.self) + place)
                    })
            }
        return isComputed ? (sums, shifts) : nil
    }
}

extension Planes {
    /// From the offset of a column's first element, its position among the results, one per column.
    fileprivate func reducedPlace(_ offset: Int) -> Int {
        let (part, column) = offset.quotientAndRemainder(dividingBy: extent * inner)
        return part * inner + column
    }

    /// Calls `row` with each row's offset and address, or `columns` with those of several columns and their number.
    /// Returns false, without calling either, where this processor has no vectors for them.
    fileprivate func exponentials<T>(
        _ from: UnsafePointer<T>, row: (Int, UnsafePointer<T>) -> Bool, columns: (Int, UnsafePointer<T>, Int) -> Bool
    ) throws -> Bool {
        guard Vectors.hasElementary else { return false }
        if inner == 1 {
            try forEachRow(nanoseconds: 1) { _ = row($0 * extent, from + $0 * extent) }
        } else {
            try forEachGroup(nanoseconds: 1) { part, group in
                let offset = part * extent * inner + group.lowerBound
                _ = columns(offset, from + offset, group.count)
            }
        }
        return true
    }
}
