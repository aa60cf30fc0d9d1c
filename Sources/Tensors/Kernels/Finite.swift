/// A check for NaN and infinity.
extension Tensor {
    /// False when some element is NaN or infinite. Reads the whole memory in one pass, whatever the order of the axes.
    package func isFinite() throws -> Bool {
        guard dtype.isFloating else { return true }
        let dense = try permute(shape.indices.sorted { strides[$0] > strides[$1] }).contiguous()
        defer { withExtendedLifetime(dense) {} }
        // NaN and infinity have an exponent of all ones.
        func highest<T: FixedWidthInteger>(_: T.Type, _ exponent: T) -> Bool {
            let bits = dense.base(T.self)
            var found: T = 0
            for i in 0..<dense.count { found |= (bits[i] & exponent) == exponent ? 1 : 0 }
            return found == 0
        }
        switch dtype {
        case .float16: return highest(UInt16.self, 0x7c00)
        case .float32: return highest(UInt32.self, 0x7f80_0000)
        case .float64: return highest(UInt64.self, 0x7ff0_0000_0000_0000)
        case .int64, .bool: return true
        }
    }
}
