import Scripting
import Tensors

/// The element types in files. Tensors have fewer: others are widened to one that holds all their values.
enum FileElement: Sendable {
    case bool, uint8, int8, uint16, int16, uint32, int32, uint64, int64
    case float16, bfloat16, float32, float64

    enum Order: Sendable { case little, big }

    /// Bytes of one element in the file.
    var width: Int {
        switch self {
        case .bool, .uint8, .int8: 1
        case .uint16, .int16, .float16, .bfloat16: 2
        case .uint32, .int32, .float32: 4
        case .uint64, .int64, .float64: 8
        }
    }

    /// The tensor's dtype: int64 for integers, float32 for bfloat16.
    var dtype: DType {
        switch self {
        case .float16: .float16
        case .bfloat16, .float32: .float32
        case .float64: .float64
        case .bool: .bool
        case .uint8, .int8, .uint16, .int16, .uint32, .int32, .uint64, .int64: .int64
        }
    }

    /// Whether float32 holds all its values, for readers of many small integers.
    var fitsFloat32: Bool { width <= 2 || self == .float32 }

    /// The bytes of `count` elements in the file, or nil when that overflows.
    func byteCount(_ count: Int) -> Int? {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: width)
        return overflow || count < 0 ? nil : bytes
    }

    /// A storage of `count` elements whose bytes in the file `read` provides.
    ///
    /// `read` gets a buffer inside the storage itself, so that types that tensors have are not copied. Narrower types
    /// are read into the end of the storage and widened from its beginning, so that each write lands before the unread
    /// bytes.
    /// - Parameter asFloat32: makes float32 of a type with ``fitsFloat32``.
    func storage(
        count: Int, _ order: Order, asFloat32: Bool = false, _ report: Report,
        read: (UnsafeMutableRawBufferPointer) throws -> Void
    ) throws -> Storage {
        let dtype = asFloat32 && fitsFloat32 ? DType.float32 : self.dtype
        guard let bytes = byteCount(count) else { throw report.error("\(count) elements are too many") }
        let storage = try report.naming { try Storage(dtype, count: count) }
        try read(UnsafeMutableRawBufferPointer(start: storage.bytes + (storage.byteCount - bytes), count: bytes))
        if dtype == .float32 { widenToFloat(storage, order) } else { widenInPlace(storage, order) }
        if self == .uint64, let lost = beyondInteger(storage) {
            throw Unreadable("\(UInt64(bitPattern: lost)) is beyond int64, which integers are read as")
        }
        return storage
    }

    /// The first unsigned number that would become negative as int64.
    private func beyondInteger(_ storage: Storage) -> Int64? {
        UnsafeRawBufferPointer(start: storage.bytes, count: storage.byteCount).bindMemory(to: Int64.self).first {
            $0 < 0
        }
    }

    private func widenToFloat(_ storage: Storage, _ order: Order) {
        switch self {
        case .bool: widen(storage, order) { (bits: UInt8) in bits == 0 ? Float(0) : 1 }
        case .uint8: widen(storage, order) { (bits: UInt8) in Float(bits) }
        case .int8: widen(storage, order) { (bits: UInt8) in Float(Int8(bitPattern: bits)) }
        case .uint16: widen(storage, order) { (bits: UInt16) in Float(bits) }
        case .int16: widen(storage, order) { (bits: UInt16) in Float(Int16(bitPattern: bits)) }
        case .bfloat16: widen(storage, order) { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) }
        case .float32: swapped(storage, order, UInt32.self)
        default: break
        }
    }

    private func widenInPlace(_ storage: Storage, _ order: Order) {
        switch self {
        case .bool: widen(storage, order) { (bits: UInt8) in bits == 0 ? UInt8(0) : 1 }
        case .uint8: widen(storage, order) { (bits: UInt8) in Int64(bits) }
        case .int8: widen(storage, order) { (bits: UInt8) in Int64(Int8(bitPattern: bits)) }
        case .uint16: widen(storage, order) { (bits: UInt16) in Int64(bits) }
        case .int16: widen(storage, order) { (bits: UInt16) in Int64(Int16(bitPattern: bits)) }
        case .uint32: widen(storage, order) { (bits: UInt32) in Int64(bits) }
        case .int32: widen(storage, order) { (bits: UInt32) in Int64(Int32(bitPattern: bits)) }
        case .float16: swapped(storage, order, UInt16.self)
        case .float64, .uint64, .int64: swapped(storage, order, UInt64.self)
        default: break
        }
    }

    /// Swaps the bytes of elements where the file's byte order is not the machine's.
    private func swapped<Bits: FixedWidthInteger & BitwiseCopyable>(_ storage: Storage, _ order: Order, _: Bits.Type) {
        if order == .little, Bits(littleEndian: 1) == 1 { return }
        widen(storage, order) { (bits: Bits) -> Bits in bits }
    }

    @inline(__always)
    private func widen<Bits: FixedWidthInteger, Result: BitwiseCopyable>(
        _ storage: Storage, _ order: Order, _ convert: (Bits) -> Result
    ) {
        let (from, to) = (MemoryLayout<Bits>.stride, MemoryLayout<Result>.stride)
        let base = storage.bytes
        let raw = base + storage.count * (to - from)
        for i in 0..<storage.count {
            let bits = raw.loadUnaligned(fromByteOffset: i * from, as: Bits.self)
            let value = convert(order == .big ? Bits(bigEndian: bits) : Bits(littleEndian: bits))
            base.storeBytes(of: value, toByteOffset: i * to, as: Result.self)
        }
    }
}

extension Tensor {
    /// A view of a whole storage; the caller has checked that the shape has as many elements.
    init(_ storage: Storage, shape: [Int]) {
        self.init(storage: storage, shape: shape, strides: Shape.strides(shape), offset: 0)
    }
}
