import CKernels
import Scripting

/// A dense array of numbers: a strided view of a ``Storage``.
///
/// Copying a `Tensor` copies the view, not the numbers: writes through one view are seen through all views of the same
/// storage, as in PyTorch. Axes and indices are 0-based in Swift; the Lua binding counts from 1.
///
///     let x = try Tensor([1, 2, 3, 4], shape: [2, 2])
///     let row = try x.select(0, 1)          // a view: shape (2), values 3, 4
public struct Tensor {
    public package(set) var storage: Storage
    @usableFromInline package let layout: Layout
    /// The offset of the first element, in elements.
    public let offset: Int

    /// One size per dimension; empty for a single number.
    @inlinable public var shape: [Int] { layout.shape }
    /// Strides in elements; 0 along an expanded axis.
    @inlinable public var strides: [Int] { layout.strides }
    /// The number of elements.
    @inlinable public var count: Int { layout.count }
    public var dtype: DType { storage.dtype }
    public var rank: Int { shape.count }

    /// A view; the caller has checked that it lies inside the storage.
    package init(storage: Storage, shape: [Int], strides: [Int], offset: Int) {
        self.init(storage: storage, layout: .of(shape, strides), offset: offset)
    }

    /// A view; the caller has checked that it lies inside the storage.
    @usableFromInline package init(storage: Storage, layout: Layout, offset: Int) {
        (self.storage, self.layout, self.offset) = (storage, layout, offset)
    }

    /// New memory with undefined contents, for kernels that write every element.
    @usableFromInline package static func uninitialized(
        _ shape: [Int], _ dtype: DType, for operation: String = "tensor"
    ) throws -> Tensor {
        let layout = try Layout.rowMajor(shape, for: operation)
        return Tensor(storage: try Storage(dtype, count: layout.count), layout: layout, offset: 0)
    }

    /// New row-major memory of another tensor's shape, with undefined contents.
    @usableFromInline package static func uninitialized(
        like other: Tensor, _ dtype: DType, for operation: String = "tensor"
    ) throws -> Tensor {
        let layout = other.layout.isContiguous ? other.layout : try Layout.rowMajor(other.shape, for: operation)
        return Tensor(storage: try Storage(dtype, count: layout.count), layout: layout, offset: 0)
    }

    /// A new row-major tensor; throws ``ScriptError`` for `operation` where memory does not suffice.
    public static func zeros(_ shape: [Int], _ dtype: DType = .float32, for operation: String = "tensor.zeros") throws
        -> Tensor
    {
        let layout = try Layout.rowMajor(shape, for: operation)
        return Tensor(storage: try Storage(dtype, count: layout.count, zeroed: true), layout: layout, offset: 0)
    }

    /// A new row-major tensor, the value rounded to the dtype.
    public static func full(_ shape: [Int], _ value: Double, _ dtype: DType = .float32) throws -> Tensor {
        let tensor = try uninitialized(shape, dtype, for: "tensor.full")
        try tensor.initialize { _ in value }
        return tensor
    }

    /// A tensor of these values in row-major order.
    /// - Throws: when there are more or fewer values than elements.
    public init(_ values: [Double], shape: [Int], _ dtype: DType = .float32) throws {
        self = try Tensor.uninitialized(shape, dtype)
        guard values.count == count else {
            throw ScriptError("tensor", "\(values.count) values do not fill shape \(Shape.describe(shape))")
        }
        try initialize { values[$0] }
    }

    /// An int64 tensor of these values in row-major order.
    /// - Throws: when there are more or fewer values than elements.
    public init(integers values: [Int], shape: [Int]) throws {
        self = try Tensor.uninitialized(shape, .int64)
        guard values.count == count else {
            throw ScriptError("tensor", "\(values.count) values do not fill shape \(Shape.describe(shape))")
        }
        let base = storage.bytes.assumingMemoryBound(to: Int64.self)
        for i in 0..<count { base[i] = Int64(values[i]) }
    }

    /// A single number, of shape ().
    public init(_ value: Double, _ dtype: DType = .float32) throws {
        self.init(storage: try Storage(dtype, count: 1), layout: .number, offset: 0)
        try initialize { _ in value }
    }

    /// Writes every element of new, contiguous memory by its row-major position.
    /// - Throws: when a number for an int64 tensor is not an integer or out of range.
    private func initialize(_ value: (Int) -> Double) throws {
        switch dtype {
        case .float16:
            let base = storage.bytes.assumingMemoryBound(to: UInt16.self)
            for i in 0..<count { base[i] = ck_half_from_float(Float(value(i))) }
        case .float32:
            let base = storage.bytes.assumingMemoryBound(to: Float.self)
            for i in 0..<count { base[i] = Float(value(i)) }
        case .float64:
            let base = storage.bytes.assumingMemoryBound(to: Double.self)
            for i in 0..<count { base[i] = value(i) }
        case .int64:
            let base = storage.bytes.assumingMemoryBound(to: Int64.self)
            for i in 0..<count {
                guard let whole = Int64(exactly: value(i)) else {
                    throw ScriptError("tensor", "\(shown(value(i))) is no int64")
                }
                base[i] = whole
            }
        case .bool:
            let base = storage.bytes.assumingMemoryBound(to: UInt8.self)
            for i in 0..<count { base[i] = value(i) == 0 ? 0 : 1 }
        }
    }

    /// Whether the elements lie one after the other in row-major order.
    @inlinable public var isContiguous: Bool { layout.isContiguous }

    /// This tensor if it is contiguous, else a contiguous copy.
    public func contiguous() throws -> Tensor {
        isContiguous ? self : try copy()
    }

    /// A contiguous copy with storage of its own, converted if `dtype` is given.
    public func copy(_ dtype: DType? = nil) throws -> Tensor {
        let result = try Tensor.uninitialized(like: self, dtype ?? self.dtype)
        try result.write(self, for: "tensor.to")
        return result
    }

    /// A copy whose elements lie in memory in the order of another layout of this shape (row-major if that one has gaps
    /// or repeats elements).
    package func copy(inOrderOf other: Layout) throws -> Tensor {
        guard !other.isContiguous, other.isDense, other.shape == shape else { return try copy() }
        let result = Tensor(storage: try Storage(dtype, count: count), layout: other, offset: 0)
        try result.write(self)
        return result
    }

    /// Zeros in that order in memory, as in ``copy(inOrderOf:)``.
    package static func zeros(inOrderOf other: Layout, _ dtype: DType) throws -> Tensor {
        guard !other.isContiguous, other.isDense else { return try zeros(other.shape, dtype) }
        return Tensor(storage: try Storage(dtype, count: other.count, zeroed: true), layout: other, offset: 0)
    }

    /// This tensor, or a copy, in that order in memory, as in ``copy(inOrderOf:)``.
    package func ordered(as other: Layout) throws -> Tensor {
        isContiguous && (other.isContiguous || !other.isDense) || layout.matches(other)
            ? self : try copy(inOrderOf: other)
    }

    /// This tensor in the given dtype: itself if it has it already. The order of elements in memory is kept, so that a
    /// transposed matrix stays fast to convert and to multiply with.
    public func cast(_ dtype: DType) throws -> Tensor {
        if dtype == self.dtype { return self }
        if isContiguous { return try copy(dtype) }
        let order = shape.indices.sorted { strides[$0] > strides[$1] }
        let inMemoryOrder = try permute(order)
        guard inMemoryOrder.isContiguous else { return try copy(dtype) }
        var back = order
        for (position, axis) in order.enumerated() { back[axis] = position }
        return try inMemoryOrder.copy(dtype).permute(back)
    }

    /// The elements in row-major order, as float64: int64 beyond 2^53 is rounded (see ``toIntegers()``).
    public func toArray() throws -> [Double] {
        let source = try cast(.float64).contiguous()
        return try Storage.reserving(source.count, bytes: MemoryLayout<Double>.stride) {
            [Double](unsafeUninitializedCapacity: source.count) { buffer, initialized in
                if let base = buffer.baseAddress {
                    withExtendedLifetime(source) {
                        base.initialize(from: source.base(Double.self), count: source.count)
                    }
                }
                initialized = source.count
            }
        }
    }

    /// The elements of an int64 or bool tensor in row-major order, exactly.
    public func toIntegers() throws -> [Int] {
        let source = try cast(.int64).contiguous()
        return try Storage.reserving(source.count, bytes: MemoryLayout<Int>.stride) {
            [Int](unsafeUninitializedCapacity: source.count) { buffer, initialized in
                if let base = buffer.baseAddress {
                    withExtendedLifetime(source) {
                        let from = source.base(Int64.self)
                        for i in 0..<source.count { (base + i).initialize(to: Int(from[i])) }
                    }
                }
                initialized = source.count
            }
        }
    }

    /// The value of a one-element tensor as a script reads it: an integer for int64, 0 or 1 for bool, else a float.
    public func scalar(for operation: String = "tensor:item") throws -> Value {
        guard count == 1 else {
            throw ScriptError(
                operation, "a tensor of one element expected, this one has shape \(Shape.describe(shape))")
        }
        return scalar(at: offset)
    }

    /// The value at a storage position that the caller has checked, as a script reads it.
    package func scalar(at position: Int) -> Value {
        switch dtype {
        case .int64: .integer(Int(storage.bytes.assumingMemoryBound(to: Int64.self)[position]))
        case .bool: .integer(Int(storage.bytes.assumingMemoryBound(to: UInt8.self)[position]))
        default: .number(element(at: position))
        }
    }

    /// The number in a one-element tensor.
    public func item() throws -> Double {
        guard count == 1 else {
            throw ScriptError(
                "tensor:item", "a tensor of one element expected, this one has shape \(Shape.describe(shape))")
        }
        return element(at: offset)
    }

    /// The element at a storage position the caller has checked.
    package func element(at position: Int) -> Double {
        switch dtype {
        case .float16: Double(ck_float_from_half(storage.bytes.assumingMemoryBound(to: UInt16.self)[position]))
        case .float32: Double(storage.bytes.assumingMemoryBound(to: Float.self)[position])
        case .float64: storage.bytes.assumingMemoryBound(to: Double.self)[position]
        case .int64: Double(storage.bytes.assumingMemoryBound(to: Int64.self)[position])
        case .bool: Double(storage.bytes.assumingMemoryBound(to: UInt8.self)[position])
        }
    }

    /// The address of the first element; `T` must be the dtype's type (`UInt16` for float16, `UInt8` for bool). It
    /// keeps nothing alive: a kernel that reads a temporary must hold it with `withExtendedLifetime` until it is done.
    @usableFromInline package func base<T>(_ type: T.Type) -> UnsafeMutablePointer<T> {
        assert(MemoryLayout<T>.stride == dtype.stride)
        return storage.bytes.assumingMemoryBound(to: type) + offset
    }
}
