import Scripting
import Tensors

/// A tensor's numbers as they are written to a file: in its own dtype, or in the type they were read from.
struct StoredNumbers {
    let element: FileElement
    private let storage: Storage
    private let start: Int
    private let byteCount: Int

    /// - Parameter element: the type, if it is not the tensor's own; the numbers must have come from it.
    /// - Throws: when a number does not fit the type, or memory runs out.
    init(_ tensor: Tensor, _ element: FileElement? = nil) throws {
        let own = FileElement(tensor.dtype)
        self.element = element ?? own
        guard let element, element != own else {
            let flat = try tensor.contiguous()
            storage = flat.storage
            start = flat.offset * flat.dtype.stride
            byteCount = flat.count * flat.dtype.stride
            return
        }
        start = 0
        byteCount = tensor.count * element.width
        storage = try StoredNumbers.narrowed(tensor, element)
    }

    /// Calls `body` with the numbers' bytes in row-major order, little-endian.
    func withBytes(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        try withExtendedLifetime(storage) {
            try body(UnsafeRawBufferPointer(start: storage.bytes + start, count: byteCount))
        }
    }

    private static func narrowed(_ tensor: Tensor, _ element: FileElement) throws -> Storage {
        switch element {
        case .bfloat16:
            // The upper half of each float32, from which it was widened.
            let floats = try tensor.cast(.float32).contiguous()
            let bits = (floats.storage.bytes + floats.offset * 4).assumingMemoryBound(to: UInt32.self)
            let result = try bytes(tensor.count, UInt16.self)
            let target = result.bytes.assumingMemoryBound(to: UInt16.self)
            for index in 0..<tensor.count { target[index] = UInt16(bits[index] >> 16).littleEndian }
            return result
        case .bool: return try whole(tensor, UInt8.self)
        case .uint8: return try whole(tensor, UInt8.self)
        case .int8: return try whole(tensor, Int8.self)
        case .uint16: return try whole(tensor, UInt16.self)
        case .int16: return try whole(tensor, Int16.self)
        case .uint32: return try whole(tensor, UInt32.self)
        case .int32: return try whole(tensor, Int32.self)
        case .uint64: return try whole(tensor, UInt64.self)
        case .int64: return try whole(tensor, Int64.self)
        case .float16: return try tensor.cast(.float16).contiguous().storage
        case .float32: return try tensor.cast(.float32).contiguous().storage
        case .float64: return try tensor.cast(.float64).contiguous().storage
        }
    }

    private static func whole<Number: FixedWidthInteger>(_ tensor: Tensor, _: Number.Type) throws -> Storage {
        let values = try tensor.cast(.int64).contiguous()
        let source = (values.storage.bytes + values.offset * 8).assumingMemoryBound(to: Int64.self)
        let result = try bytes(tensor.count, Number.self)
        let target = result.bytes.assumingMemoryBound(to: Number.self)
        for index in 0..<tensor.count {
            guard let number = Number(exactly: source[index]) else {
                throw ScriptError("convert", "\(source[index]) is no number of type \(Number.self)")
            }
            target[index] = number.littleEndian
        }
        return result
    }

    /// Memory for so many numbers, charged like a tensor's.
    private static func bytes<Number>(_ count: Int, _: Number.Type) throws -> Storage {
        try Storage(.float16, count: count * MemoryLayout<Number>.size / 2 + 1)
    }
}

extension FileElement {
    /// The file type of a dtype.
    init(_ dtype: DType) {
        switch dtype {
        case .float16: self = .float16
        case .float32: self = .float32
        case .float64: self = .float64
        case .int64: self = .int64
        case .bool: self = .bool
        }
    }
}

extension StateDict {
    /// The type that a tensor's numbers are written in.
    func writtenType(_ entry: (name: String, tensor: Tensor)) -> FileElement {
        written[ByteString(entry.name)] ?? FileElement(entry.tensor.dtype)
    }
}
