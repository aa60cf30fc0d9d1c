import Synchronization

/// The bytes that scripts hold outside the interpreter's own heap: tensors, whose userdata are a few bytes each.
///
/// A host binds one account for its run. Every tensor storage charges it on allocation and releases it when freed, so a
/// memory cap holds over tensors too, and the host can let the collector work in proportion to what was allocated.
public final class NativeMemory: Sendable {
    /// The account in force for the work of the current task or thread.
    @TaskLocal public static var current: NativeMemory?

    private let live = Atomic<Int>(0)
    private let charged = Atomic<Int>(0)
    private let limit: Atomic<Int>

    /// - Parameter limit: the most bytes that may live at once; `Int.max` for no cap.
    public init(limit: Int = .max) {
        self.limit = Atomic(limit)
    }

    /// Bytes alive now.
    public var liveBytes: Int { live.load(ordering: .relaxed) }

    /// Bytes ever charged: the host compares two readings to see what a call allocated.
    public var chargedBytes: Int { charged.load(ordering: .relaxed) }

    /// Counts `bytes` as alive.
    /// - Throws: ``ScriptError`` "not enough memory" when the cap would be passed; nothing is charged then.
    public func charge(_ bytes: Int) throws {
        let after = live.wrappingAdd(bytes, ordering: .relaxed).newValue
        let cap = limit.load(ordering: .relaxed)
        guard after <= cap else {
            live.wrappingSubtract(bytes, ordering: .relaxed)
            throw ScriptError(
                "memory", "not enough memory: \(bytes) bytes asked, \(after - bytes) in use, the limit is \(cap)")
        }
        charged.wrappingAdd(bytes, ordering: .relaxed)
    }

    /// Takes back what ``charge(_:)`` counted.
    public func release(_ bytes: Int) {
        live.wrappingSubtract(bytes, ordering: .relaxed)
    }
}
