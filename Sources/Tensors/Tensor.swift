import CKernels
import Scripting

/// A dense array of numbers: a strided view of a ``Storage``.
///
/// Copying a `Tensor` copies the view, not the numbers: writes through one view are seen through all views of the same
/// storage, as in PyTorch. Axes and indices are 0-based in Swift; the Lua face counts from 1.
///
///     let x = try Tensor([1, 2, 3, 4], shape: [2, 2])
///     let row = try x.select(0, 1)          // a view: shape (2), values 3, 4
public struct Tensor {
    public let storage: Storage
    public let shape: [Int]
    /// In elements; zero along an expanded axis.
    public let strides: [Int]
    /// Of the first element, in elements.
    public let offset: Int
    /// The number of elements.
    public let count: Int

    public var dtype: DType { storage.dtype }
    public var rank: Int { shape.count }

    /// A view; the caller has checked that it stays inside the storage.
    package init(storage: Storage, shape: [Int], strides: [Int], offset: Int) {
        self.storage = storage
        self.shape = shape
        self.strides = strides
        self.offset = offset
        count = shape.reduce(1, *)
    }

    /// Fresh memory, contents undefined: for kernels that write every element.
    @usableFromInline package static func uninitialized(_ shape: [Int], _ dtype: DType, for operation: String = "tensor") throws -> Tensor {
        let count = try Shape.count(shape, for: operation)
        return Tensor(
            storage: try Storage(dtype, count: count), shape: shape, strides: Shape.strides(shape), offset: 0)
    }

    public static func zeros(_ shape: [Int], _ dtype: DType = .float32, for operation: String = "tensor.zeros") throws -> Tensor {
        let count = try Shape.count(shape, for: operation)
        return Tensor(
            storage: try Storage(dtype, count: count, zeroed: true), shape: shape, strides: Shape.strides(shape), offset: 0)
    }

    public static func full(_ shape: [Int], _ value: Double, _ dtype: DType = .float32) throws -> Tensor {
        let tensor = try uninitialized(shape, dtype, for: "tensor.full")
        try tensor.initialize { _ in value }
        return tensor
    }

    /// A tensor of these values in row-major order.
    /// - Throws: when the count of values is not the shape's.
    public init(_ values: [Double], shape: [Int], _ dtype: DType = .float32) throws {
        self = try Tensor.uninitialized(shape, dtype)
        guard values.count == count else {
            throw ScriptError("tensor", "\(values.count) values do not fill shape \(Shape.describe(shape))")
        }
        try initialize { values[$0] }
    }

    /// An int64 tensor of these values in row-major order.
    /// - Throws: when the count of values is not the shape's.
    public init(integers values: [Int], shape: [Int]) throws {
        self = try Tensor.uninitialized(shape, .int64)
        guard values.count == count else {
            throw ScriptError("tensor", "\(values.count) values do not fill shape \(Shape.describe(shape))")
        }
        let base = storage.bytes.assumingMemoryBound(to: Int64.self)
        for i in 0..<count { base[i] = Int64(values[i]) }
    }

    /// A single number, of no dimension.
    public init(_ value: Double, _ dtype: DType = .float32) throws {
        try self.init([value], shape: [], dtype)
    }

    /// Writes every element of fresh, contiguous memory from its row-major position.
    /// - Throws: when a number for an int64 tensor is not whole or beyond it.
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
                guard let whole = Int64(exactly: value(i)) else { throw ScriptError("tensor", "\(shown(value(i))) is no int64") }
                base[i] = whole
            }
        case .bool:
            let base = storage.bytes.assumingMemoryBound(to: UInt8.self)
            for i in 0..<count { base[i] = value(i) == 0 ? 0 : 1 }
        }
    }

    /// True when the elements lie one after the other in row-major order.
    public var isContiguous: Bool {
        var step = 1
        for axis in shape.indices.reversed() where shape[axis] != 1 {
            if strides[axis] != step { return count == 0 }
            step *= shape[axis]
        }
        return true
    }

    /// This tensor if it is contiguous, else a contiguous copy.
    public func contiguous() throws -> Tensor {
        isContiguous ? self : try copy()
    }

    /// A contiguous copy with storage of its own, converted if `dtype` is given.
    public func copy(_ dtype: DType? = nil) throws -> Tensor {
        let result = try Tensor.uninitialized(shape, dtype ?? self.dtype)
        try result.write(self, for: "tensor.to")
        return result
    }

    /// This tensor in the given type: itself when it has it already. The order of the elements in memory is kept, so
    /// that a transposed matrix stays quick to convert and to multiply with.
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
                    withExtendedLifetime(source) { base.initialize(from: source.base(Double.self), count: source.count) }
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

    /// What a script reads out of a tensor of one element: an integer of int64, 0 or 1 of bool, else a float.
    public func scalar(for operation: String = "tensor:item") throws -> Value {
        guard count == 1 else {
            throw ScriptError(operation, "a tensor of one element expected, this one has shape \(Shape.describe(shape))")
        }
        return scalar(at: offset)
    }

    /// What a script reads out at a storage position that the caller has checked.
    package func scalar(at position: Int) -> Value {
        switch dtype {
        case .int64: .integer(Int(storage.bytes.assumingMemoryBound(to: Int64.self)[position]))
        case .bool: .integer(Int(storage.bytes.assumingMemoryBound(to: UInt8.self)[position]))
        default: .number(element(at: position))
        }
    }

    /// The number in a tensor of one element.
    public func item() throws -> Double {
        guard count == 1 else {
            throw ScriptError("tensor:item", "a tensor of one element expected, this one has shape \(Shape.describe(shape))")
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

    /// The address of the first element; `T` must be the dtype's type (`UInt16` for float16, `UInt8` for bool). Keeps nothing alive: a
    /// kernel that reads a temporary holds it with `withExtendedLifetime` until it is done.
    @usableFromInline package func base<T>(_ type: T.Type) -> UnsafeMutablePointer<T> {
        assert(MemoryLayout<T>.stride == dtype.stride)
        return storage.bytes.assumingMemoryBound(to: type) + offset
    }
}
