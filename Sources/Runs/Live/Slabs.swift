import Foundation
import Scripting
import Tensors

/// Memory for numbers that are saved step after step, in large pieces.
///
/// Small blocks that stay between those that a loop allocates and frees would spread the loop's own memory over more
/// pages: keeping 3 KB at every step made problem 3 five percent slower.
struct Slabs {
    private var current: Slab?

    /// A piece of memory that lives as long as a copy in it.
    fileprivate final class Slab {
        let bytes: UnsafeMutableRawPointer
        let size: Int
        var used = 0
        private let account: NativeMemory?

        init(size: Int) throws {
            account = NativeMemory.current
            try account?.charge(size)
            self.size = size
            bytes = .allocate(byteCount: size, alignment: 64)
        }

        deinit {
            bytes.deallocate()
            account?.release(size)
        }
    }

    private static let size = 1 << 20

    /// A copy of a tensor's numbers, in row-major order.
    struct Copy {
        private let slab: Slab
        private let offset: Int
        private let count: Int
        let shape: [Int]
        let dtype: DType

        fileprivate init(_ slab: Slab, _ offset: Int, _ count: Int, _ shape: [Int], _ dtype: DType) {
            (self.slab, self.offset, self.count) = (slab, offset, count)
            (self.shape, self.dtype) = (shape, dtype)
        }

        func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
            try withExtendedLifetime(slab) {
                try body(UnsafeRawBufferPointer(start: slab.bytes + offset, count: count))
            }
        }

        /// The numbers as a new tensor.
        func tensor() throws -> Tensor {
            let tensor = try Tensor.uninitialized(shape, dtype, for: "host.steps")
            withBytes { bytes in
                guard let start = bytes.baseAddress else { return }
                tensor.storage.bytes.copyMemory(from: start, byteCount: bytes.count)
            }
            return tensor
        }

        /// Whether another copy has the same dtype, shape and bits.
        func equals(_ other: Copy) -> Bool {
            guard other.dtype == dtype, other.shape == shape, other.count == count else { return false }
            return withBytes { mine in
                other.withBytes { theirs in
                    guard let a = mine.baseAddress, let b = theirs.baseAddress else { return true }
                    return memcmp(a, b, count) == 0
                }
            }
        }

        /// The number of bytes.
        var size: Int { count }
    }

    /// Copies a tensor's numbers.
    /// - Parameter lasting: whether the copy will stay for longer than a step; others do not keep a piece alive.
    mutating func copy(_ tensor: Tensor, lasting: Bool) throws -> Copy {
        let flat = try tensor.contiguous()
        return try withExtendedLifetime(flat) {
            let start = flat.storage.bytes + flat.offset * flat.dtype.stride
            let bytes = UnsafeRawBufferPointer(start: start, count: flat.count * flat.dtype.stride)
            return try copy(bytes, flat.shape, flat.dtype, lasting: lasting)
        }
    }

    /// Moves a copy out of another piece, so that that one can be freed.
    mutating func copy(_ other: Copy) throws -> Copy {
        try other.withBytes { try copy($0, other.shape, other.dtype, lasting: true) }
    }

    private mutating func copy(
        _ bytes: UnsafeRawBufferPointer, _ shape: [Int], _ dtype: DType, lasting: Bool
    ) throws -> Copy {
        let room = max((bytes.count + 63) / 64 * 64, 64)
        let slab: Slab
        if let current, lasting, current.size - current.used >= room {
            slab = current
        } else {
            slab = try Slab(size: lasting ? max(Slabs.size, room) : room)
            if lasting, room < Slabs.size { current = slab }
        }
        let offset = slab.used
        slab.used += room
        if let start = bytes.baseAddress { (slab.bytes + offset).copyMemory(from: start, byteCount: bytes.count) }
        return Copy(slab, offset, bytes.count, shape, dtype)
    }
}
