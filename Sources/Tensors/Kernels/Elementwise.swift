import CKernels
import Scripting

/// A function applied to every element, written once for both computing types.
///
/// A value type with a generic call, so that the loop below is compiled once per function and element type, with the
/// function inlined into it.
public protocol UnaryFunction: Sendable {
    /// One element; called inside the loop, so it neither allocates nor throws.
    func callAsFunction<T: TensorElement>(_ x: T) -> T
    /// The same function by vectors, if there is one; `callAsFunction` is then its reference in tests.
    static var vectorized: VectorFunction? { get }
}

extension UnaryFunction {
    public static var vectorized: VectorFunction? { nil }
}

/// A function applied to pairs of elements.
public protocol BinaryFunction: Sendable {
    /// One pair of elements; called inside the loop, so it neither allocates nor throws.
    func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T
    /// The same function by vectors, if there is one; `callAsFunction` is then its reference in tests.
    static var vectorized: VectorPair? { get }
}

extension BinaryFunction {
    public static var vectorized: VectorPair? { nil }
}

extension Tensor {
    /// `f` of every element, in floating point: float64 stays, all else is computed in float32.
    @inlinable
    public func map<F: UnaryFunction>(_ f: F) throws -> Tensor {
        dtype == .float64 ? try map(f, Double.self) : try map(f, Float.self)
    }

    @inlinable
    func map<F: UnaryFunction, T: TensorElement>(_ f: F, _: T.Type) throws -> Tensor {
        var source = try cast(T.dtype)
        // Scattered elements are copied into a row first: a result must not depend on where its element lies.
        if F.vectorized != nil || count >= Tensor.manyElements { source = try source.contiguous() }
        let result = try Tensor.uninitialized(like: self, T.dtype)
        let (to, from) = (result.base(T.self), source.base(T.self))
        defer { withExtendedLifetime(source) {} }
        if let function = F.vectorized {
            try Tensor.forEachPiece(count, nanoseconds: 2) {
                function.apply(from + $0.lowerBound, to + $0.lowerBound, count: $0.count) { f($0) }
            }
            return result
        }
        if source.isContiguous {
            // A fast path for small tensors, which are common.
            try Tensor.forEachPiece(count) { for i in $0 { to[i] = f(from[i]) } }
            return result
        }
        let walk = StridedWalk(shape: shape, strides: [result.strides, source.strides])
        let (toStep, fromStep) = (walk.rowStep(0), walk.rowStep(1))
        try walk.forEachRow { offsets, n in
            let (to, from) = (to + offsets[0], from + offsets[1])
            for i in 0..<n { to[i * toStep] = f(from[i * fromStep]) }
        }
        return result
    }

    /// `f` of the elements of both, broadcast, in floating point: float64 if either is.
    @inlinable
    public func zip<F: BinaryFunction>(_ other: Tensor, _ f: F, for operation: String) throws -> Tensor {
        dtype.promoted(with: other.dtype) == .float64
            ? try zip(other, f, Double.self, operation) : try zip(other, f, Float.self, operation)
    }

    @inlinable
    func zip<F: BinaryFunction, T: TensorElement>(
        _ other: Tensor, _ f: F, _: T.Type, _ operation: String
    ) throws -> Tensor {
        if layout === other.layout || shape == other.shape || other.rank == 0, isContiguous, other.isContiguous {
            return try zipContiguous(other, f, T.self, operation)
        }
        return try pairs(other, operation, nanoseconds: F.vectorized == nil ? 1 : 2) {
            (a: UnsafePointer<T>, aStep: Int, b: UnsafePointer<T>, bStep: Int, to: UnsafeMutablePointer<T>, n: Int) in
            Tensor.zipRow(f, a, aStep, b, bStep, to, n)
        }
    }

    /// A row of pairs by vectors, if there are some for the function.
    @inlinable @inline(__always)
    static func zipRow<F: BinaryFunction, T: TensorElement>(
        _ f: F, _ a: UnsafePointer<T>, _ aStep: Int, _ b: UnsafePointer<T>, _ bStep: Int, _ to: UnsafeMutablePointer<T>,
        _ n: Int
    ) {
        if let pair = F.vectorized, aStep | bStep | 1 == 1,
            pair.isComputed(
                UnsafeRawPointer(a), aStep, UnsafeRawPointer(b), bStep, UnsafeMutableRawPointer(to), n, T.dtype)
        {
            return
        }
        plainRow(a, aStep, b, bStep, to, n) { f($0, $1) }
    }

    /// A row of pairs, one by one. The three layouts that matter get loops the compiler can vectorise.
    @inlinable @inline(__always)
    static func plainRow<T, R>(
        _ a: UnsafePointer<T>, _ aStep: Int, _ b: UnsafePointer<T>, _ bStep: Int, _ to: UnsafeMutablePointer<R>,
        _ n: Int, _ f: (T, T) -> R
    ) {
        if aStep == 1, bStep == 1 {
            for i in 0..<n { to[i] = f(a[i], b[i]) }
        } else if aStep == 1, bStep == 0 {
            let y = b[0]
            for i in 0..<n { to[i] = f(a[i], y) }
        } else if aStep == 0, bStep == 1 {
            let x = a[0]
            for i in 0..<n { to[i] = f(x, b[i]) }
        } else {
            for i in 0..<n { to[i] = f(a[i * aStep], b[i * bStep]) }
        }
    }

    /// ``zip(_:_:for:)`` of two contiguous tensors of one shape, or of one and a number: a fast path.
    @inlinable
    func zipContiguous<F: BinaryFunction, T: TensorElement>(
        _ other: Tensor, _ f: F, _: T.Type, _ operation: String
    ) throws -> Tensor {
        let (x, y) = (try cast(T.dtype), try other.cast(T.dtype))
        let result = try Tensor.uninitialized(like: self, T.dtype, for: operation)
        let (to, a, b) = (result.base(T.self), x.base(T.self), y.base(T.self))
        defer { withExtendedLifetime((x, y)) {} }
        let step = other.count == 1 ? 0 : 1
        try Tensor.forEachPiece(count, nanoseconds: 1) {
            let start = $0.lowerBound
            Tensor.zipRow(f, a + start, 1, b + start * step, step, to + start, $0.count)
        }
        return result
    }

    /// Applies `row` to pairs of elements, broadcast and converted to its type: it gets both operands with their steps,
    /// and writes the results contiguously.
    @inlinable @inline(__always)
    func pairs<T: StoredElement, R: StoredElement>(
        _ other: Tensor, _ operation: String, nanoseconds: Int = 1,
        row: (UnsafePointer<T>, Int, UnsafePointer<T>, Int, UnsafeMutablePointer<R>, Int) -> Void
    ) throws -> Tensor {
        let target = shape == other.shape ? shape : try Shape.broadcast(shape, other.shape, for: operation)
        var x = try cast(T.dtype).expand(target, for: operation)
        var y = try other.cast(T.dtype).expand(target, for: operation)
        let result = try Tensor.uninitialized(target, R.dtype, for: operation)
        var walk = StridedWalk(shape: target, strides: [result.strides, x.strides, y.strides])
        if result.count >= Tensor.manyElements {
            // A transposed operand is copied into order tile by tile; on the fly if the walk has two axes that suit it.
            let (xSteps, ySteps) = (walk.rowStep(1) | 1 != 1, walk.rowStep(2) | 1 != 1)
            if xSteps || ySteps, walk.shape.count == 2, min(walk.shape[0], walk.shape[1]) >= 8,
                !xSteps || walk.strides[1][0] == 1 && walk.rowStep(1) > 1,
                !ySteps || walk.strides[2][0] == 1 && walk.rowStep(2) > 1
            {
                defer { withExtendedLifetime((x, y)) {} }
                try Tensor.forEachTile(
                    walk, x.base(T.self), y.base(T.self), result.base(R.self), nanoseconds: nanoseconds, row: row)
                return result
            }
            if xSteps { x = try cast(T.dtype).contiguous().expand(target, for: operation) }
            if ySteps { y = try other.cast(T.dtype).contiguous().expand(target, for: operation) }
            if xSteps || ySteps { walk = StridedWalk(shape: target, strides: [result.strides, x.strides, y.strides]) }
        }
        let (to, a, b) = (result.base(R.self), x.base(T.self), y.base(T.self))
        defer { withExtendedLifetime((x, y)) {} }
        let (aStep, bStep) = (walk.rowStep(1), walk.rowStep(2))
        // The result is contiguous: its step is 1, or there is a single element.
        try walk.forEachRowAnyOrder(nanoseconds: nanoseconds) { offsets, n in
            row(a + offsets[1], aStep, b + offsets[2], bStep, to + offsets[0], n)
        }
        return result
    }

    /// `self` where `mask` is not 0, else `other`; all three broadcast. In the dtype that holds both.
    public func choose(_ mask: Tensor, _ other: Tensor, for operation: String = "tensor.where") throws -> Tensor {
        switch dtype.joined(with: other.dtype) {
        case .float64: try choose(mask, other, Double.self, operation)
        case .int64: try choose(mask, other, Int64.self, operation)
        case .bool: try choose(mask, other, UInt8.self, operation)
        case .float32, .float16: try choose(mask, other, Float.self, operation)
        }
    }

    private func choose<T: StoredElement>(_ mask: Tensor, _ other: Tensor, _: T.Type, _ operation: String) throws
        -> Tensor
    {
        var target = try Shape.broadcast(shape, other.shape, for: operation)
        target = try Shape.broadcast(target, mask.shape, for: operation)
        let x = try cast(T.dtype).expand(target, for: operation)
        let y = try other.cast(T.dtype).expand(target, for: operation)
        let m = try mask.cast(.bool).expand(target, for: operation)
        let result = try Tensor.uninitialized(target, T.dtype, for: operation)
        let walk = StridedWalk(shape: target, strides: [result.strides, x.strides, y.strides, m.strides])
        let (to, a, b, c) = (result.base(T.self), x.base(T.self), y.base(T.self), m.base(UInt8.self))
        defer { withExtendedLifetime((x, y, m)) {} }
        let (aStep, bStep, cStep) = (walk.rowStep(1), walk.rowStep(2), walk.rowStep(3))
        try walk.forEachRowAnyOrder { offsets, n in
            let (to, a, b, c) = (to + offsets[0], a + offsets[1], b + offsets[2], c + offsets[3])
            if aStep | bStep | cStep | 1 == 1, T.dtype.stride >= 4 {
                Tensor.chooseRow(c, cStep, a, aStep, b, bStep, to, n)
            } else {
                for i in 0..<n { to[i] = c[i * cStep] != 0 ? a[i * aStep] : b[i * bStep] }
            }
        }
        return result
    }

    /// The choice by bits, for elements of 4 or 8 bytes.
    private static func chooseRow<T>(
        _ mask: UnsafePointer<UInt8>, _ maskStep: Int, _ a: UnsafePointer<T>, _ aStep: Int, _ b: UnsafePointer<T>,
        _ bStep: Int, _ to: UnsafeMutablePointer<T>, _ n: Int
    ) {
        let (a, b, to) = (UnsafeRawPointer(a), UnsafeRawPointer(b), UnsafeMutableRawPointer(to))
        if MemoryLayout<T>.stride == 8 {
            ck_choose_8(
                Vectors.level, mask, Int32(maskStep), a.assumingMemoryBound(to: UInt64.self), Int32(aStep),
                b.assumingMemoryBound(to: UInt64.self), Int32(bStep), to.assumingMemoryBound(to: UInt64.self), n)
        } else {
            ck_choose_4(
                Vectors.level, mask, Int32(maskStep), a.assumingMemoryBound(to: UInt32.self), Int32(aStep),
                b.assumingMemoryBound(to: UInt32.self), Int32(bStep), to.assumingMemoryBound(to: UInt32.self), n)
        }
    }

    /// Adds `other` in place: for accumulating gradients and for optimisers.
    public func add(inPlace other: Tensor, scale: Double = 1, for operation: String = "tensor.add_") throws {
        dtype == .float64
            ? try add(other, scale, Double.self, operation) : try add(other, Float(scale), Float.self, operation)
    }

    private func add<T: TensorElement>(_ other: Tensor, _ scale: T, _: T.Type, _ operation: String) throws {
        guard dtype == T.dtype else {
            throw ScriptError(
                operation, "a \(dtype.rawValue) tensor takes no fractions in place; convert it to float32")
        }
        var y = try other.cast(T.dtype).expand(shape, for: operation)
        if y.storage === storage, !(y.offset == offset && y.strides == strides) { y = try y.copy() }
        let (to, from) = (base(T.self), y.base(T.self))
        defer { withExtendedLifetime(y) {} }
        if isContiguous, y.isContiguous {
            try Tensor.forEachPiece(count) { for i in $0 { to[i] += scale * from[i] } }
        } else {
            let walk = StridedWalk(shape: shape, strides: [strides, y.strides])
            let (toStep, fromStep) = (walk.rowStep(0), walk.rowStep(1))
            try walk.forEachRow { offsets, n in
                let (to, from) = (to + offsets[0], from + offsets[1])
                for i in 0..<n { to[i * toStep] += scale * from[i * fromStep] }
            }
        }
        storage.version += 1
    }
}
