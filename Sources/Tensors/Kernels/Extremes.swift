import CKernels
import Scripting

/// A tensor's memory as (outer, extent, inner), where extent is that of one axis, for loops along an axis. With inner 1
/// the elements along it form rows, else columns that lie side by side.
struct Planes {
    let outer: Int
    let extent: Int
    let inner: Int

    /// Without an axis, or for a single number, one row of all elements.
    init(_ shape: [Int], axis: Int?) {
        guard let axis, !shape.isEmpty else {
            (outer, extent, inner) = (1, shape.reduce(1, *), 1)
            return
        }
        (outer, extent, inner) = (shape.prefix(axis).reduce(1, *), shape[axis], shape.dropFirst(axis + 1).reduce(1, *))
    }

    /// Calls `body` with the index of each row.
    func forEachRow(nanoseconds: Int, _ body: (Int) -> Void) throws {
        try Tensor.forEachPiece(outer, nanoseconds: extent * nanoseconds + 10) { for row in $0 { body(row) } }
    }

    /// Calls `body` with the index of an outer part and a range of its columns.
    func forEachGroup(nanoseconds: Int, _ body: (Int, Range<Int>) -> Void) throws {
        let group = 64
        let groups = (inner + group - 1) / group
        try Tensor.forEachPiece(outer * groups, nanoseconds: extent * min(group, inner) * nanoseconds + 10) { pieces in
            var piece = pieces.lowerBound
            while piece < pieces.upperBound {
                // Consecutive groups of one part are processed together.
                let (part, first) = piece.quotientAndRemainder(dividingBy: groups)
                let last = min(first + pieces.upperBound - piece, groups)
                body(part, first * group..<min(last * group, inner))
                piece += last - first
            }
        }
    }
}

extension Tensor {
    /// The shape with extent 1 at an axis; () without one.
    private func reduced(_ axis: Int?) -> [Int] {
        guard let axis, rank > 0 else { return [] }
        return shape.indices.map { $0 == axis ? 1 : shape[$0] }
    }

    private func checkElements(_ axis: Int?, _ operation: String) throws {
        if let axis, rank > 0 { try check(axis: axis, for: operation) }
        let planes = Planes(shape, axis: axis)
        guard planes.extent > 0 || planes.outer * planes.inner == 0 else {
            throw ScriptError(operation, "no elements in \(Shape.describe(shape))")
        }
    }

    /// The position of the largest (smallest) element of each row along `axis`, 0-based in int64, with `axis` kept at
    /// extent 1. NaN wins, as in PyTorch; of equal elements the first.
    public func extremum(
        _ axis: Int?, largest: Bool, for operation: String
    ) throws -> (values: Tensor, positions: Tensor) {
        try checkElements(axis, operation)
        let source = try cast(dtype.working).contiguous()
        let values = try Tensor.uninitialized(reduced(axis), source.dtype, for: operation)
        let positions = try Tensor.uninitialized(reduced(axis), .int64, for: operation)
        if values.count == 0 { return (values, positions) }
        let (planes, at) = (Planes(shape, axis: axis), positions.base(Int64.self))
        defer { withExtendedLifetime((source, values, positions)) {} }
        func vectors<T: TensorElement>(
            _: T.Type, _ row: (UnsafePointer<T>, Int) -> Int,
            _ columns: (UnsafePointer<T>, Int, UnsafeMutablePointer<T>, UnsafeMutablePointer<Int64>) -> Void
        ) throws {
            let (from, to) = (source.base(T.self), values.base(T.self))
            if planes.inner == 1 {
                return try planes.forEachRow(nanoseconds: 1) {
                    let best = row(from + $0 * planes.extent, planes.extent)
                    to[$0] = from[$0 * planes.extent + best]
                    at[$0] = Int64(best)
                }
            }
            try planes.forEachGroup(nanoseconds: 1) { part, group in
                let place = part * planes.inner + group.lowerBound
                let first = from + part * planes.extent * planes.inner + group.lowerBound
                columns(first, group.count, to + place, at + place)
            }
        }
        switch source.dtype {
        case .float64 where planes.extent < 1 << 31:
            try vectors(
                Double.self, { ck_extreme_doubles(Vectors.level, largest, $0, $1) },
                { ck_extreme_columns_doubles(Vectors.level, largest, $0, planes.inner, planes.extent, $1, $2, $3) })
        case .float32 where planes.extent < 1 << 31:
            try vectors(
                Float.self, { ck_extreme_floats(Vectors.level, largest, $0, $1) },
                { ck_extreme_columns_floats(Vectors.level, largest, $0, planes.inner, planes.extent, $1, $2, $3) })
        case .float64: try source.plainExtremum(planes, largest, values.base(Double.self), at)
        case .float32, .float16: try source.plainExtremum(planes, largest, values.base(Float.self), at)
        case .int64: try source.plainExtremum(planes, largest, values.base(Int64.self), at)
        case .bool: try source.plainExtremum(planes, largest, values.base(UInt8.self), at)
        }
        return (values, positions)
    }

    /// ``extremum(_:largest:for:)`` without vectors, for every type.
    private func plainExtremum<T: StoredElement>(
        _ planes: Planes, _ largest: Bool, _ values: UnsafeMutablePointer<T>, _ positions: UnsafeMutablePointer<Int64>
    ) throws {
        let from = base(T.self)
        try planes.forEachGroup(nanoseconds: 2) { part, group in
            for column in group {
                let line = from + part * planes.extent * planes.inner + column
                var best = 0
                for i in 0..<planes.extent {
                    let (x, y) = (line[i * planes.inner], line[best * planes.inner])
                    if y.isUnordered { break }
                    if x.isUnordered || (largest ? x > y : x < y) { best = i }
                }
                values[part * planes.inner + column] = line[best * planes.inner]
                positions[part * planes.inner + column] = Int64(best)
            }
        }
    }

    /// The largest (smallest) element over axes, kept with extent 1, in the dtype in which elements are compared
    /// (``DType/working``).
    public func peak(_ axes: [Int], largest: Bool, for operation: String) throws -> Tensor {
        var result = try cast(dtype.working)
        if axes.count == rank, rank > 0, result.isContiguous, count > 0 {
            // Over all elements: of blocks first, then of the blocks' results.
            let ones = [Int](repeating: 1, count: rank)
            return try result.reshape([count]).rowPeak(largest, for: operation).reshape(ones)
        }
        for axis in axes {
            if result.dtype.isFloating, axis == rank - 1 {
                try result.checkElements(axis, operation)
                result = try result.contiguous().rowPeak(largest, for: operation)
            } else {
                result = try result.extremum(axis, largest: largest, for: operation).values
            }
        }
        return result
    }

    /// ``peak(_:largest:for:)`` along the last axis of a contiguous tensor that has elements along it.
    private func rowPeak(_ largest: Bool, for operation: String) throws -> Tensor {
        guard dtype.isFloating else { return try extremum(rank - 1, largest: largest, for: operation).values }
        let planes = Planes(shape, axis: rank - 1)
        let block = 1 << 14
        if planes.outer == 1, planes.extent >= 4 * block {
            // One long row: its blocks become rows, and their results a shorter row.
            let blocks = planes.extent / block
            let whole = try slice(rank - 1, from: 0, count: blocks * block).reshape([blocks, block])
            let most = try whole.rowPeak(largest, for: operation)
            let rest = try slice(rank - 1, from: blocks * block, count: planes.extent - blocks * block)
            let row = try Tensor.uninitialized([blocks + rest.count], dtype, for: operation)
            try row.slice(0, from: 0, count: blocks).write(most.reshape([blocks]))
            try row.slice(0, from: blocks, count: rest.count).write(rest.reshape([rest.count]))
            return try row.rowPeak(largest, for: operation).reshape(reduced(rank - 1))
        }
        let values = try Tensor.uninitialized(reduced(rank - 1), dtype, for: operation)
        defer { withExtendedLifetime(values) {} }
        if values.count == 0 { return values }
        if dtype == .float64 {
            let (from, to) = (base(Double.self), values.base(Double.self))
            try planes.forEachRow(nanoseconds: 1) {
                to[$0] = ck_peak_doubles(Vectors.level, largest, from + $0 * planes.extent, planes.extent)
            }
        } else {
            let (from, to) = (base(Float.self), values.base(Float.self))
            try planes.forEachRow(nanoseconds: 1) {
                to[$0] = ck_peak_floats(Vectors.level, largest, from + $0 * planes.extent, planes.extent)
            }
        }
        return values
    }
}
