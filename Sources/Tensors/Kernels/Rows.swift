import Scripting

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Rows copied into a batch.
extension Tensor {
    /// The rows (first dimension) at 0-based places, copied into a new tensor.
    package func rows(at places: some Collection<Int>, for operation: String) throws -> Tensor {
        guard let extent = shape.first else {
            throw ScriptError(operation, "a tensor with rows expected, this one has no dimension")
        }
        if let wrong = places.first(where: { !(0..<extent).contains($0) }) {
            throw ScriptError(operation, "no row \(wrong &+ 1): there are \(extent)")
        }
        let source = try contiguous()
        defer { withExtendedLifetime(source) {} }
        let batch = try Tensor.uninitialized([places.count] + shape.dropFirst(), dtype, for: operation)
        let rowBytes = extent > 0 ? count / extent * dtype.stride : 0
        let from = source.storage.bytes + source.offset &* dtype.stride
        for (index, place) in places.enumerated() {
            memcpy(batch.storage.bytes + index * rowBytes, from + place * rowBytes, rowBytes)
        }
        return batch
    }
}
