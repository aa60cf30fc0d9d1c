import Scripting

/// Operations on weights and gradients in training, each in one pass over memory.
extension Tensor {
    /// A view with the axes in their order in memory, row-major if there are no gaps.
    private func inMemoryOrder() throws -> Tensor {
        isContiguous ? self : try permute(shape.indices.sorted { strides[$0] > strides[$1] })
    }

    /// The sum of squares in float64; infinite or NaN if an element is.
    package func squaredSum() throws -> Double {
        let x = try inMemoryOrder().contiguous()
        switch dtype {
        case .float64: return try x.squaredSum(Double.self)
        case .float32: return try x.squaredSum(Float.self)
        default: return try x.cast(.float64).squaredSum(Double.self)
        }
    }

    private func squaredSum<T: TensorElement>(_: T.Type) throws -> Double {
        let from = base(T.self)
        defer { withExtendedLifetime(self) {} }
        return try Parallel.reduce(
            count, grain: 1 << 15,
            { piece in
                // Several running sums, which the processor adds at once.
                var sums = SIMD8<Double>(repeating: 0)
                var place = piece.lowerBound
                while place + 8 <= piece.upperBound {
                    var eight = SIMD8<Double>()
                    for lane in 0..<8 { eight[lane] = Double(from[place + lane]) }
                    sums += eight * eight
                    place += 8
                }
                var sum = sums.sum()
                while place < piece.upperBound {
                    let number = Double(from[place])
                    sum += number * number
                    place += 1
                }
                return sum
            }, +) ?? 0
    }

    /// x <- x + weight (y - x) for every element; y has the same shape and dtype.
    package func blend(inPlace other: Tensor, weight: Double, for operation: String = "tensor.lerp_") throws {
        guard shape == other.shape, dtype == other.dtype, dtype == .float32 || dtype == .float64 else {
            throw ScriptError(
                operation,
                "\(dtype.rawValue) \(Shape.describe(shape)) and \(other.dtype.rawValue) \(Shape.describe(other.shape))")
        }
        dtype == .float64 ? try blend(other, weight, Double.self) : try blend(other, Float(weight), Float.self)
    }

    private func blend<T: TensorElement>(_ other: Tensor, _ weight: T, _: T.Type) throws {
        let target = try inMemoryOrder()
        guard target.isContiguous else {
            let copy = try copy()
            try copy.blend(other, weight, T.self)
            return try write(copy)
        }
        let source =
            try layout.matches(other.layout) ? other.inMemoryOrder() : other.copy(inOrderOf: layout).inMemoryOrder()
        let (to, from) = (target.base(T.self), source.base(T.self))
        defer { withExtendedLifetime((target, source)) {} }
        try Parallel.forEach(count, grain: 1 << 14) { piece in
            for i in piece { to[i] += weight * (from[i] - to[i]) }
        }
        storage.version += 1
    }
}
