import Scripting
import Tensors

/// What `x[t]` selects: with a mask (bool) elements or slices of x's leading extents, with positions (int64) slices
/// along its first axis.
struct PickedRows: Sendable {
    /// How many leading axes of x are selected from.
    let axes: Int
    /// The selected places, 0-based, row-major over those axes.
    let places: [Int]
    /// The extents that replace those axes in the result.
    let shape: [Int]

    init(_ picker: Variable, of shape: [Int], for operation: String) throws {
        switch picker.dtype {
        case .bool:
            guard picker.shape.count <= shape.count, Array(shape.prefix(picker.shape.count)) == picker.shape else {
                throw ScriptError(
                    operation,
                    "a mask of shape \(Shape.describe(picker.shape)) for a tensor of \(Shape.describe(shape)): its "
                        + "shape or its leading extents expected; masked_select and where broadcast"
                )
            }
            axes = picker.shape.count
            places = try picker.value.placesOfTrue()
            self.shape = [places.count]
        case .int64:
            guard let extent = shape.first else {
                throw ScriptError(operation, "a tensor without dimensions has no positions; use x:item()")
            }
            axes = 1
            places = try picker.zeroBasedPositions(below: extent, operation)
            self.shape = picker.shape
        default:
            throw ScriptError(
                operation,
                "a \(picker.dtype.rawValue) tensor picks nothing: masks are bool (t:gt(0) makes one) and positions "
                    + "int64 (t:to(\"int64\"))"
            )
        }
    }

    /// 1 for places that are not selected again later, else 0: their slice stays when all are written in turn.
    fileprivate var lasting: [Double] {
        var seen: Set<Int> = []
        return places.reversed().map { seen.insert($0).inserted ? 1 : 0 }.reversed()
    }
}

extension Tensor {
    /// Where a bool tensor is true, in row-major order.
    func placesOfTrue() throws -> [Int] {
        let flags = try cast(.bool).contiguous()
        return try Storage.reserving(count, bytes: MemoryLayout<Int>.stride) {
            let base = flags.base(UInt8.self)
            defer { withExtendedLifetime(flags) {} }
            return (0..<flags.count).filter { base[$0] != 0 }
        }
    }

    /// Writes the slices of `source`, in turn, over the selected ones. `source` has the shape of the selection and this
    /// dtype.
    fileprivate func write(_ source: Tensor, over rows: PickedRows, for operation: String) throws {
        let (lead, rest) = (Array(shape.prefix(rows.axes)), Array(shape.dropFirst(rows.axes)))
        let source = try (source.storage === storage ? source.copy() : source.contiguous()).reshape(
            [rows.places.count] + rest)
        let target = Tensor(storage: storage, shape: rest, strides: Array(strides.dropFirst(rows.axes)), offset: offset)
        let width = target.count * dtype.stride
        let isDense = target.isContiguous
        defer { withExtendedLifetime(source) {} }
        for (index, place) in rows.places.enumerated() where width > 0 {
            if index & 0xfff == 0 { try Cancellation.check() }
            var (rest, start) = (place, offset)
            for axis in lead.indices.reversed() {
                start += rest % lead[axis] * strides[axis]
                rest /= lead[axis]
            }
            if isDense {
                (storage.bytes + start * dtype.stride).copyMemory(
                    from: source.storage.bytes + source.offset * dtype.stride + index * width, byteCount: width)
            } else {
                try Tensor(storage: storage, shape: target.shape, strides: target.strides, offset: start).write(
                    source.select(0, index), for: operation)
            }
        }
        storage.version += 1
    }
}

extension Variable {
    /// `x[t]`: the elements where a mask is true, in row-major order; or the slices at 1-based positions, in t's shape.
    func picked(by picker: Variable, for operation: String) throws -> Variable {
        let rows = try PickedRows(picker, of: shape, for: operation)
        return try taking(rows, operation)
    }

    private func taking(_ rows: PickedRows, _ operation: String) throws -> Variable {
        let (lead, rest) = (shape.prefix(rows.axes), Array(shape.dropFirst(rows.axes)))
        let extent = try Shape.count(Array(lead), for: operation)
        let slices = Slices(axis: 0, positions: rows.places, extent: extent)
        return try reshape([extent] + rest).taking(slices, operation).reshape(rows.shape + rest)
    }

    /// `x[t] = v`: writes v, broadcast to the shape of `x[t]`. If a position occurs twice, the last write stays.
    func write(_ source: Variable, at picker: Variable, for operation: String) throws {
        try checkAccepts(source.dtype, for: operation)
        let rows = try PickedRows(picker, of: shape, for: operation)
        let target = rows.shape + shape.dropFirst(rows.axes)
        // Additional leading extents of 1 are dropped, as in NumPy.
        let lead = source.shape.count - target.count
        let source =
            lead > 0 && source.shape.prefix(lead).allSatisfy { $0 == 1 }
            ? try source.reshape(Array(source.shape.dropFirst(lead))) : source
        guard GradMode.isEnabled, requiresGrad || source.requiresGrad else {
            try value.checkElementsApart(for: operation)
            return try value.write(source.value.expand(target, for: operation).cast(dtype), over: rows, for: operation)
        }
        try update(operation) { try $0.replacing(rows, source, target, operation) }
    }

    /// A copy in which the slices at some places are replaced.
    private func replacing(_ rows: PickedRows, _ source: Variable, _ target: [Int], _ operation: String) throws
        -> Variable
    {
        let result = try value.copy()
        try result.write(source.value.expand(target, for: operation).cast(dtype), over: rows, for: operation)
        return try .recorded(operation, self, source, result, keeps: .nothing) { call in
            let cotangent = call.cotangent
            return [
                try call.gradient(of: 0) {
                    let outside = try Tensor.full(result.shape, 1, .bool)
                    let none = try Tensor.zeros(target, .bool)
                    try outside.write(none, over: rows, for: operation)
                    return try cotangent.kept(where: Variable(outside))
                },
                try call.gradient(of: 1) {
                    let rest = target.dropFirst(rows.shape.count).map { _ in 1 }
                    let lasting = Variable(try Tensor(rows.lasting, shape: rows.shape + rest, .bool))
                    return try cotangent.taking(rows, operation).kept(where: lasting)
                },
            ]
        }
    }
}
