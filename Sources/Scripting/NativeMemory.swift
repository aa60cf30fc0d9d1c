import Synchronization

/// The bytes that scripts hold outside the interpreter's own heap: tensors, whose userdata are a few bytes each.
///
/// A host binds one account for its run. Every tensor storage charges it on allocation and releases it when freed, so a
/// memory cap holds over tensors too, and the host can let the collector work in proportion to what was allocated.
///
/// Objects count as well, each with a fixed cost (``overhead`` for a block of memory, ``ObjectType/footprint`` for what
/// a script holds, and what the tape records): millions of small ones fill a machine as surely as a few large ones do.
public final class NativeMemory: Sendable {
    /// The account in force for the work of the current task or thread.
    @TaskLocal public static var current: NativeMemory?

    /// What errors name in place of an operation, until a host that knows it puts it there.
    public static let operation = "memory"

    private let live = Atomic<Int>(0)
    private let charged = Atomic<Int>(0)
    private let limit: Atomic<Int>

    private let reclaim: (@Sendable () -> Void)?

    /// What the host's operations cost, where that is asked for. It is found here because every tensor knows its
    /// account: who has a result looks at one field, and at nil does nothing.
    public let profile: Profile?

    /// - Parameters:
    ///   - limit: the most bytes that may live at once; `Int.max` for no cap.
    ///   - profile: what is told of operations.
    ///   - reclaim: called when a charge would pass the cap, before it is tried once more: a host collects garbage.
    public init(limit: Int = .max, profile: Profile? = nil, reclaim: (@Sendable () -> Void)? = nil) {
        self.profile = profile
        self.limit = Atomic(limit)
        self.reclaim = reclaim
    }

    /// The most bytes that may live at once; `Int.max` for no cap.
    public var limitBytes: Int { limit.load(ordering: .relaxed) }

    /// Bytes alive now.
    public var liveBytes: Int { live.load(ordering: .relaxed) }

    /// Bytes ever charged, without the fixed costs of objects: the host compares two readings to see what a call
    /// allocated. Small objects are collected at the pace of the interpreter's own, of which each has one.
    public var chargedBytes: Int { charged.load(ordering: .relaxed) }

    /// What a block of memory costs besides its bytes: the object that owns it, shapes, the allocator's own.
    public static let overhead = 160

    /// Counts `bytes` as alive, and `overhead` of the objects that hold them.
    /// - Throws: ``ScriptError`` "not enough memory" when the cap would be passed; nothing is charged then.
    public func charge(_ bytes: Int, overhead: Int = 0) throws {
        if tryCharge(bytes, overhead) { return }
        reclaim?()
        if tryCharge(bytes, overhead) { return }
        throw ScriptError(
            NativeMemory.operation,
            "not enough memory: \(bytes) bytes asked, \(liveBytes) in use, the limit is "
                + "\(limit.load(ordering: .relaxed))")
    }

    /// Counts as alive what exists already: a small object, or the heap of an interpreter that shares the limit. Past
    /// the cap it is the next ``charge(_:overhead:)``, or the interpreter's next allocation, that is refused: nothing
    /// small has to handle an error for it.
    public func count(_ bytes: Int) {
        live.wrappingAdd(bytes, ordering: .relaxed)
    }

    private func tryCharge(_ bytes: Int, _ overhead: Int) -> Bool {
        if refuses() { return false }
        // What does not fit an Int fits no memory.
        let (size, overflow) = bytes.addingReportingOverflow(overhead)
        guard !overflow else { return false }
        let after = live.wrappingAdd(size, ordering: .relaxed).newValue
        guard after <= limit.load(ordering: .relaxed) else {
            live.wrappingSubtract(size, ordering: .relaxed)
            return false
        }
        charged.wrappingAdd(bytes, ordering: .relaxed)
        return true
    }

    /// Takes back what ``charge(_:overhead:)`` or ``count(_:)`` counted.
    public func release(_ bytes: Int) {
        live.wrappingSubtract(bytes, ordering: .relaxed)
    }

    // MARK: For tests

    /// The first charge to be refused, 0 when nobody counts; whether it is the only one; and the charges tried since
    /// then.
    private let firstRefused = Atomic<Int>(0)
    private let refusesOnce = Atomic<Bool>(false)
    private let tried = Atomic<Int>(0)

    /// For tests: every charge from the nth on is refused, as if the cap were reached (`Int.max`: they are only
    /// counted), or with `once` the nth alone, which is tried again after a collection; nil ends it.
    /// - Returns: how many charges were tried since the last call.
    @discardableResult
    package func failCharges(from nth: Int?, once: Bool = false) -> Int {
        refusesOnce.store(once, ordering: .relaxed)
        firstRefused.store(nth ?? 0, ordering: .relaxed)
        return tried.exchange(0, ordering: .relaxed)
    }

    private func refuses() -> Bool {
        let first = firstRefused.load(ordering: .relaxed)
        guard first > 0 else { return false }
        let number = tried.wrappingAdd(1, ordering: .relaxed).newValue
        return refusesOnce.load(ordering: .relaxed) ? number == first : number >= first
    }
}
