import Scripting

/// A function of one number that is also defined on int64, where it wraps around on overflow; bool counts as 0 and 1.
public protocol NumericUnaryFunction: UnaryFunction {
    /// Called inside the loop, so it neither allocates nor throws.
    func callAsFunction(_ x: Int64) -> Int64
}

/// A function of two numbers that is also defined on int64, where it wraps around on overflow.
public protocol NumericBinaryFunction: BinaryFunction {
    /// Called inside the loop, so it neither allocates nor throws.
    func callAsFunction(_ x: Int64, _ y: Int64) -> Int64
}

/// A relation between two elements.
public protocol Comparison: Sendable {
    /// One pair of elements of one dtype.
    func callAsFunction<T: StoredElement>(_ x: T, _ y: T) -> Bool
    /// The same relation by vectors, if there is one; `callAsFunction` is then its reference in tests.
    static var vectorized: VectorComparison? { get }
}

extension Comparison {
    public static var vectorized: VectorComparison? { nil }
}

extension Tensor {
    /// `f` of every element: in int64 for int64 and bool, else ``map(_:)``.
    @inlinable
    public func transform<F: NumericUnaryFunction>(_ f: F) throws -> Tensor {
        if dtype.isFloating { return try map(f) }
        let source = try cast(.int64).contiguous()
        let result = try Tensor.uninitialized(like: self, .int64)
        let (to, from) = (result.base(Int64.self), source.base(Int64.self))
        defer { withExtendedLifetime(source) {} }
        try Tensor.forEachPiece(count) { for i in $0 { to[i] = f(from[i]) } }
        return result
    }

    /// `f` of the elements of both, broadcast: in int64 where both are int64 or bool, else ``zip(_:_:for:)``.
    @inlinable
    public func combine<F: NumericBinaryFunction>(_ other: Tensor, _ f: F, for operation: String) throws -> Tensor {
        if dtype.isFloating || other.dtype.isFloating { return try zip(other, f, for: operation) }
        return try pairs(other, operation) {
            (
                a: UnsafePointer<Int64>, aStep: Int, b: UnsafePointer<Int64>, bStep: Int,
                to: UnsafeMutablePointer<Int64>,
                n: Int
            ) in
            Tensor.plainRow(a, aStep, b, bStep, to, n) { f($0, $1) }
        }
    }

    /// Whether the relation holds between the elements of both, broadcast: bool. Compared in the dtype that holds both.
    @inlinable
    public func compare<C: Comparison>(_ other: Tensor, _ holds: C, for operation: String) throws -> Tensor {
        switch dtype.joined(with: other.dtype) {
        case .float64: try compare(other, holds, Double.self, operation)
        case .int64: try compare(other, holds, Int64.self, operation)
        case .bool: try compare(other, holds, UInt8.self, operation)
        case .float32, .float16: try compare(other, holds, Float.self, operation)
        }
    }

    @inlinable
    func compare<C: Comparison, T: StoredElement>(
        _ other: Tensor, _ holds: C, _: T.Type, _ operation: String
    ) throws -> Tensor {
        try pairs(other, operation) {
            (
                a: UnsafePointer<T>, aStep: Int, b: UnsafePointer<T>, bStep: Int, to: UnsafeMutablePointer<UInt8>,
                n: Int
            ) in
            if let vectors = C.vectorized, aStep | bStep | 1 == 1,
                vectors.isComputed(UnsafeRawPointer(a), aStep, UnsafeRawPointer(b), bStep, to, n, T.dtype)
            {
                return
            }
            Tensor.plainRow(a, aStep, b, bStep, to, n) { holds($0, $1) ? 1 : 0 }
        }
    }

    /// The sum of int64 or bool elements over axes, kept with extent 1, in int64, which wraps around.
    func wholeSum(_ axes: [Int], for operation: String) throws -> Tensor {
        let target = shape.indices.map { axes.contains($0) ? 1 : shape[$0] }
        let total = try Tensor.zeros(target, .int64, for: operation)
        let steps = target.indices.map { axes.contains($0) ? 0 : total.strides[$0] }
        func run<T: StoredElement & FixedWidthInteger>(_: T.Type) throws {
            let walk = StridedWalk(shape: shape, strides: [steps, strides])
            let (to, from) = (total.base(Int64.self), base(T.self))
            let (toStep, fromStep) = (walk.rowStep(0), walk.rowStep(1))
            try walk.forEachRow { offsets, n in
                let (to, from) = (to + offsets[0], from + offsets[1])
                if toStep == 0 {
                    var sum: Int64 = 0
                    for i in 0..<n { sum &+= Int64(truncatingIfNeeded: from[i * fromStep]) }
                    to[0] &+= sum
                } else {
                    for i in 0..<n { to[i * toStep] &+= Int64(truncatingIfNeeded: from[i * fromStep]) }
                }
            }
        }
        defer { withExtendedLifetime(self) {} }
        try dtype == .bool ? run(UInt8.self) : run(Int64.self)
        return total
    }

    /// The matrix product of integers, in int64, which wraps around; leading axes are broadcast already.
    func wholeMatmul(_ other: Tensor, lead: [Int], for operation: String) throws -> Tensor {
        let (m, k, n) = (shape[rank - 2], shape[rank - 1], other.shape[other.rank - 1])
        let left = try cast(.int64).expand(lead + [m, k], for: operation).contiguous()
        let right = try other.cast(.int64).expand(lead + [k, n], for: operation).contiguous()
        let result = try Tensor.zeros(lead + [m, n], .int64, for: operation)
        if result.count == 0 { return result }
        let (a, b, to) = (left.base(Int64.self), right.base(Int64.self), result.base(Int64.self))
        defer { withExtendedLifetime((left, right)) {} }
        for row in 0..<(try Shape.count(lead + [m], for: operation)) {
            if row & 0xff == 0 || k * n > 1 << 20 { try Cancellation.check() }
            let matrix = b + row / m * k * n
            for i in 0..<k {
                let factor = a[row * k + i]
                if factor == 0 { continue }
                let line = matrix + i * n
                for j in 0..<n { to[row * n + j] &+= factor &* line[j] }
            }
        }
        return result
    }
}
