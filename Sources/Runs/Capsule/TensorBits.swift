import Tensors

extension Tensor {
    /// The bytes of the elements in row-major order.
    var bits: [UInt8] {
        get throws {
            let flat = try contiguous()
            return withExtendedLifetime(flat) {
                let start = flat.storage.bytes + flat.offset * flat.dtype.stride
                return [UInt8](UnsafeRawBufferPointer(start: start, count: flat.count * flat.dtype.stride))
            }
        }
    }
}
