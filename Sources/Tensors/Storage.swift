import CKernels
import Scripting

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A block of memory that tensors view. Reference-counted; charged to the host's ``NativeMemory`` while it lives.
public final class Storage {
    /// Of all elements; a tensor of another dtype has memory of its own.
    public let dtype: DType
    /// The number of elements, of `dtype`.
    public let count: Int
    /// Aligned to 64 bytes. Only kernels access it, after shapes were checked.
    package let bytes: UnsafeMutableRawPointer
    /// The block to free, which contains `bytes`.
    private let block: UnsafeMutableRawPointer
    /// Counts writes, so that a gradient that needs an overwritten value is refused instead of wrong.
    public package(set) var version = 0
    /// The version at which a write last put a recorded (differentiable) value here; see Autodiff's stale-view check.
    package var trackedSince: Int?
    /// The version at which a write last put a derivative without its graph here; see Autodiff's severed values.
    package var severedSince: Int?

    /// The account that it is charged to.
    package let memory: NativeMemory?

    /// The bytes that it holds.
    public var byteCount: Int { count * dtype.stride }

    /// Allocates; the contents are undefined unless `zeroed`.
    /// - Throws: ``ScriptError`` when the size overflows, passes the memory cap, or the system has no more.
    package init(_ dtype: DType, count: Int, zeroed: Bool = false) throws {
        let (size, overflow) = count.multipliedReportingOverflow(by: dtype.stride)
        guard count >= 0, !overflow, size <= Int.max - 64 else {
            throw ScriptError("tensor", "not enough memory: \(count) elements of \(dtype.rawValue)")
        }
        let memory = NativeMemory.current
        try memory?.charge(size, overhead: NativeMemory.overhead)
        guard let (block, aligned) = Storage.allocate(size) else {
            memory?.release(size + NativeMemory.overhead)
            throw ScriptError("tensor", "not enough memory: \(size) bytes")
        }
        do {
            if zeroed { try Storage.clear(aligned, size) }
        } catch {
            free(block)
            memory?.release(size + NativeMemory.overhead)
            throw error
        }
        self.dtype = dtype
        self.count = count
        self.memory = memory
        self.block = block
        bytes = aligned
    }

    /// The allocated block, and the first address in it that is a multiple of 64. For small blocks `malloc` plus
    /// rounding up is several times faster than `posix_memalign`.
    private static func allocate(_ size: Int) -> (block: UnsafeMutableRawPointer, aligned: UnsafeMutableRawPointer)? {
        if size <= 896 {
            guard let block = malloc(max(size, 1) + 63) else { return nil }
            return (block, UnsafeMutableRawPointer(bitPattern: (UInt(bitPattern: block) + 63) & ~63) ?? block)
        }
        var block: UnsafeMutableRawPointer?
        guard size >= hugePage, takesHugePages else {
            guard posix_memalign(&block, 64, size) == 0, let block else { return nil }
            return (block, block)
        }
        // The last page is asked for whole where little of it stays unused.
        let rest = (hugePage - size % hugePage) % hugePage
        let room = rest <= size / 8 && size <= Int.max - rest ? size + rest : size
        guard posix_memalign(&block, hugePage, room) == 0, let block else { return nil }
        #if os(Linux)
            // Advice only: where the system has no such pages, ordinary ones are as right.
            madvise(block, room, MADV_HUGEPAGE)
        #endif
        return (block, block)
    }

    /// Blocks of this many bytes and more begin at a multiple of it and ask for memory in pages of this size, where the
    /// usual page has 4 KB: the system maps fresh memory 7 times faster. A block may use an eighth more for that than
    /// is charged to the script's account.
    private static var hugePage: Int { 2 << 20 }

    /// A block that begins at such a page takes addresses of one page more, which nobody misses who has them without a
    /// limit (`ulimit -v`, the sandbox). Asked for once: both limit a process before its first script.
    private static let takesHugePages = !ck_addresses_are_limited()

    /// In pieces, with checks for cancellation: the system maps a large block page by page, which takes a second for
    /// some gigabytes.
    private static func clear(_ block: UnsafeMutableRawPointer, _ size: Int) throws {
        let piece = 1 << 26
        for start in stride(from: 0, to: size, by: piece) {
            if start > 0 { try Cancellation.check() }
            memset(block + start, 0, min(piece, size - start))
        }
    }

    /// Throws if the system cannot provide so much memory in one piece now.
    private static func probe(_ bytes: Int) throws {
        guard bytes > 1 << 24 else { return }
        guard let block = malloc(bytes) else { throw ScriptError("tensor", "not enough memory: \(bytes) bytes") }
        free(block)
    }

    /// Runs `body`, which allocates that much in Swift's own collections: charged to the script, and refused beforehand
    /// if the system cannot provide it, since a failed allocation of a collection ends the process.
    package static func reserving<R>(_ count: Int, bytes each: Int, _ body: () throws -> R) throws -> R {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: each)
        guard !overflow else { throw ScriptError("tensor", "not enough memory: \(count) times \(each) bytes") }
        try NativeMemory.current?.charge(bytes)
        defer { NativeMemory.current?.release(bytes) }
        try probe(bytes)
        return try body()
    }

    deinit {
        free(block)
        memory?.release(byteCount + NativeMemory.overhead)
    }
}
