import Scripting
import Tensors

/// Slices of a tensor along one axis, by their positions.
struct Slices: Sendable {
    let axis: Int
    let positions: [Int]
    /// The extent along the axis of the tensor that they are taken from.
    let extent: Int

    /// The slices in the order of their positions.
    func take(_ source: Tensor) throws -> Tensor {
        let source = try source.cast(source.dtype.working).contiguous()
        var target = source.shape
        target[axis] = positions.count
        let result = try Tensor.uninitialized(target, source.dtype, for: "tensor.index_select")
        switch source.dtype {
        case .float64: try take(source, result, Double.self)
        case .int64: try take(source, result, Int64.self)
        case .bool: try take(source, result, UInt8.self)
        case .float32, .float16: try take(source, result, Float.self)
        }
        return result
    }

    private func take<T: StoredElement>(_ source: Tensor, _ result: Tensor, _: T.Type) throws {
        let (from, to) = (source.base(T.self), result.base(T.self))
        defer { withExtendedLifetime((source, result)) {} }
        try forEach(result.shape) { there, here, inner in
            if inner == 1 { to[here] = from[there] } else { (to + here).update(from: from + there, count: inner) }
        }
    }

    /// A tensor of zeros with that extent along the axis, to whose slices those of `source` are added.
    func put(_ source: Tensor) throws -> Tensor {
        let source = try source.cast(source.dtype.working).contiguous()
        var target = source.shape
        target[axis] = extent
        let result = try Tensor.zeros(target, source.dtype, for: "tensor.index_select")
        switch source.dtype {
        case .float64: try put(source, result, Double.self)
        case .int64: try put(source, result, Int64.self)
        case .bool: try put(source, result, UInt8.self)
        case .float32, .float16: try put(source, result, Float.self)
        }
        return result
    }

    private func put<T: StoredElement>(_ source: Tensor, _ result: Tensor, _: T.Type) throws {
        let (from, to) = (source.base(T.self), result.base(T.self))
        defer { withExtendedLifetime((source, result)) {} }
        try forEach(source.shape) { there, here, inner in
            for i in 0..<inner { to[there + i] = T.plus(to[there + i], from[here + i]) }
        }
    }

    /// Calls `body` for each slice of each outer row with its offset in the whole tensor, its offset among the slices,
    /// and the number of contiguous elements.
    private func forEach(_ sliced: [Int], _ body: (Int, Int, Int) -> Void) throws {
        let outer = sliced[..<axis].reduce(1, *)
        let inner = sliced[(axis + 1)...].reduce(1, *)
        for row in 0..<outer {
            try Cancellation.check()
            let (there, here) = (row * extent * inner, row * positions.count * inner)
            for (index, position) in positions.enumerated() {
                body(there + position * inner, here + index * inner, inner)
            }
        }
    }
}
