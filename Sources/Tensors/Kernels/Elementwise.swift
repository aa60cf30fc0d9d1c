import Scripting

/// A function applied to every element, written once for both computing types.
///
/// A value type with a generic call, so that the loop below is compiled once per function and element type, with the
/// function inlined into it.
public protocol UnaryFunction: Sendable {
    func callAsFunction<T: TensorElement>(_ x: T) -> T
    /// The same function of many numbers at once, where there is one; `callAsFunction` is then its reference.
    static var vectorized: VectorFunction? { get }
}

extension UnaryFunction {
    public static var vectorized: VectorFunction? { nil }
}

/// A function applied to pairs of elements.
public protocol BinaryFunction: Sendable {
    func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T
}

extension Tensor {
    /// `f` of every element, in floats: all but float64 is read as float32.
    @inlinable
    public func map<F: UnaryFunction>(_ f: F) throws -> Tensor {
        dtype == .float64 ? try map(f, Double.self) : try map(f, Float.self)
    }

    @inlinable
    func map<F: UnaryFunction, T: TensorElement>(_ f: F, _: T.Type) throws -> Tensor {
        let source = try cast(T.dtype)
        let result = try Tensor.uninitialized(like: self, T.dtype)
        let (to, from) = (result.base(T.self), source.base(T.self))
        defer { withExtendedLifetime(source) {} }
        if let function = F.vectorized {
            // What lies scattered is put in a row first: a number's value does not depend on where it lies.
            let row = try source.contiguous()
            let from = row.base(T.self)
            defer { withExtendedLifetime(row) {} }
            try Tensor.forEachChunk(count) {
                function.apply(from + $0.lowerBound, to + $0.lowerBound, count: $0.count) { f($0) }
            }
            return result
        }
        if source.isContiguous {
            // Small tensors are common: no walk is set up for them.
            try Tensor.forEachChunk(count) { for i in $0 { to[i] = f(from[i]) } }
            return result
        }
        let walk = StridedWalk(shape: shape, strides: [result.strides, source.strides])
        let (toStep, fromStep) = (walk.rowStep(0), walk.rowStep(1))
        try walk.forEachRow { offsets, n in
            let (to, from) = (to + offsets[0], from + offsets[1])
            if toStep == 1, fromStep == 1 {
                for i in 0..<n { to[i] = f(from[i]) }
            } else {
                for i in 0..<n { to[i * toStep] = f(from[i * fromStep]) }
            }
        }
        return result
    }

    /// `f` of the elements of both, broadcast, in floats: float64 if either is.
    @inlinable
    public func zip<F: BinaryFunction>(_ other: Tensor, _ f: F, for operation: String) throws -> Tensor {
        dtype.promoted(with: other.dtype) == .float64
            ? try zip(other, f, Double.self, operation) : try zip(other, f, Float.self, operation)
    }

    @inlinable
    func zip<F: BinaryFunction, T: TensorElement>(_ other: Tensor, _ f: F, _: T.Type, _ operation: String) throws -> Tensor {
        if layout === other.layout || shape == other.shape || other.rank == 0, isContiguous, other.isContiguous {
            return try zipContiguous(other, f, T.self, operation)
        }
        let target = try Shape.broadcast(shape, other.shape, for: operation)
        let x = try cast(T.dtype).expand(target, for: operation)
        let y = try other.cast(T.dtype).expand(target, for: operation)
        let result = try Tensor.uninitialized(target, T.dtype, for: operation)
        let walk = StridedWalk(shape: target, strides: [result.strides, x.strides, y.strides])
        let (to, a, b) = (result.base(T.self), x.base(T.self), y.base(T.self))
        defer { withExtendedLifetime((x, y)) {} }
        let (step, aStep, bStep) = (walk.rowStep(0), walk.rowStep(1), walk.rowStep(2))
        try walk.forEachRow { offsets, n in
            let (to, a, b) = (to + offsets[0], a + offsets[1], b + offsets[2])
            // The three layouts that matter get loops the compiler can vectorise.
            if step == 1, aStep == 1, bStep == 1 {
                for i in 0..<n { to[i] = f(a[i], b[i]) }
            } else if step == 1, aStep == 1, bStep == 0 {
                let y = b[0]
                for i in 0..<n { to[i] = f(a[i], y) }
            } else if step == 1, aStep == 0, bStep == 1 {
                let x = a[0]
                for i in 0..<n { to[i] = f(x, b[i]) }
            } else {
                for i in 0..<n { to[i * step] = f(a[i * aStep], b[i * bStep]) }
            }
        }
        return result
    }

    /// ``zip(_:_:for:)`` of two contiguous tensors of one shape, or of one and a number: no walk is set up.
    @inlinable
    func zipContiguous<F: BinaryFunction, T: TensorElement>(_ other: Tensor, _ f: F, _: T.Type, _ operation: String) throws -> Tensor {
        let (x, y) = (try cast(T.dtype), try other.cast(T.dtype))
        let result = try Tensor.uninitialized(like: self, T.dtype, for: operation)
        let (to, a, b) = (result.base(T.self), x.base(T.self), y.base(T.self))
        defer { withExtendedLifetime((x, y)) {} }
        if other.count == 1 {
            let number = b[0]
            try Tensor.forEachChunk(count) { for i in $0 { to[i] = f(a[i], number) } }
        } else {
            try Tensor.forEachChunk(count) { for i in $0 { to[i] = f(a[i], b[i]) } }
        }
        return result
    }

    /// Calls `body` with 0..<count in pieces, so that an interrupt is heard between them.
    @inlinable @inline(__always)
    static func forEachChunk(_ count: Int, _ body: (Range<Int>) -> Void) throws {
        var start = 0
        while start < count {
            let end = count - start > 1 << 20 ? start + (1 << 20) : count
            body(start..<end)
            start = end
            if start < count { try Cancellation.check() }
        }
    }

    /// `self` where `mask` is not 0, else `other`; all three broadcast. In the type that holds both.
    public func choose(_ mask: Tensor, _ other: Tensor, for operation: String = "tensor.where") throws -> Tensor {
        switch dtype.joined(with: other.dtype) {
        case .float64: try choose(mask, other, Double.self, operation)
        case .int64: try choose(mask, other, Int64.self, operation)
        case .bool: try choose(mask, other, UInt8.self, operation)
        case .float32, .float16: try choose(mask, other, Float.self, operation)
        }
    }

    private func choose<T: StoredElement>(_ mask: Tensor, _ other: Tensor, _: T.Type, _ operation: String) throws -> Tensor {
        var target = try Shape.broadcast(shape, other.shape, for: operation)
        target = try Shape.broadcast(target, mask.shape, for: operation)
        let x = try cast(T.dtype).expand(target, for: operation)
        let y = try other.cast(T.dtype).expand(target, for: operation)
        let m = try mask.cast(.bool).expand(target, for: operation)
        let result = try Tensor.uninitialized(target, T.dtype, for: operation)
        let walk = StridedWalk(shape: target, strides: [result.strides, x.strides, y.strides, m.strides])
        let (to, a, b, c) = (result.base(T.self), x.base(T.self), y.base(T.self), m.base(UInt8.self))
        defer { withExtendedLifetime((x, y, m)) {} }
        let steps = (walk.rowStep(0), walk.rowStep(1), walk.rowStep(2), walk.rowStep(3))
        try walk.forEachRow { offsets, n in
            let (to, a, b, c) = (to + offsets[0], a + offsets[1], b + offsets[2], c + offsets[3])
            if steps == (1, 1, 1, 1) {
                for i in 0..<n { to[i] = c[i] != 0 ? a[i] : b[i] }
            } else if steps == (1, 1, 0, 1) {
                let y = b[0]
                for i in 0..<n { to[i] = c[i] != 0 ? a[i] : y }
            } else if steps == (1, 0, 1, 1) {
                let x = a[0]
                for i in 0..<n { to[i] = c[i] != 0 ? x : b[i] }
            } else {
                for i in 0..<n { to[i * steps.0] = c[i * steps.3] != 0 ? a[i * steps.1] : b[i * steps.2] }
            }
        }
        return result
    }

    /// Adds `other` into this tensor's memory: accumulation of gradients and optimisers' updates.
    public func add(inPlace other: Tensor, scale: Double = 1, for operation: String = "tensor.add_") throws {
        dtype == .float64
            ? try add(other, scale, Double.self, operation) : try add(other, Float(scale), Float.self, operation)
    }

    private func add<T: TensorElement>(_ other: Tensor, _ scale: T, _: T.Type, _ operation: String) throws {
        guard dtype == T.dtype else { throw ScriptError(operation, "a \(dtype.rawValue) tensor takes no fractions in place; convert it to float32") }
        var y = try other.cast(T.dtype).expand(shape, for: operation)
        if y.storage === storage, !(y.offset == offset && y.strides == strides) { y = try y.copy() }
        let walk = StridedWalk(shape: shape, strides: [strides, y.strides])
        let (to, from) = (base(T.self), y.base(T.self))
        defer { withExtendedLifetime(y) {} }
        let (toStep, fromStep) = (walk.rowStep(0), walk.rowStep(1))
        try walk.forEachRow { offsets, n in
            let (to, from) = (to + offsets[0], from + offsets[1])
            for i in 0..<n { to[i * toStep] += scale * from[i * fromStep] }
        }
        storage.version += 1
    }
}
