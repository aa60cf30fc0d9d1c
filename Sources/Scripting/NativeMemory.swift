import Synchronization

/// The account of the bytes that scripts hold outside of Lua's heap: tensors, whose userdata take only a few bytes.
///
/// A host binds one account for its run. Every tensor storage charges it on allocation and releases it when freed, so
/// that a memory limit includes tensors, and the host can run the collector in proportion to what was allocated.
///
/// Objects are charged, too, each with a fixed cost (``overhead`` for a block of memory, ``ObjectType/footprint`` for
/// an object held by a script, and entries of the tape): millions of small ones also fill a machine.
public final class NativeMemory: Sendable {
    /// The account of the current task or thread.
    @TaskLocal public static var current: NativeMemory?

    /// Stands for the operation in errors until code that knows it fills it in.
    public static let operation = "memory"

    private let live = Atomic<Int>(0)
    private let charged = Atomic<Int>(0)
    private let limit: Atomic<Int>

    private let reclaim: (@Sendable () -> Void)?

    /// The profile of the run, if there is one. It is kept here because every tensor refers to its account: recording
    /// an operation costs one comparison with nil if there is none.
    public let profile: Profile?

    /// - Parameters:
    ///   - limit: the most bytes that may be live at once; `Int.max` for no limit.
    ///   - profile: records the operations.
    ///   - reclaim: called when a charge would exceed the limit, before it is tried again: a host collects garbage.
    public init(limit: Int = .max, profile: Profile? = nil, reclaim: (@Sendable () -> Void)? = nil) {
        self.profile = profile
        self.limit = Atomic(limit)
        self.reclaim = reclaim
    }

    /// The most bytes that may be live at once; `Int.max` for no limit.
    public var limitBytes: Int { limit.load(ordering: .relaxed) }

    /// The bytes live now.
    public var liveBytes: Int { live.load(ordering: .relaxed) }

    /// The bytes ever charged, without the fixed costs of objects: the difference before and after a call is what it
    /// allocated. Small objects are collected along with their userdata, at the interpreter's pace.
    public var chargedBytes: Int { charged.load(ordering: .relaxed) }

    /// The cost of a block of memory besides its bytes: the object that owns it, shapes, the allocator's headers.
    public static let overhead = 160

    /// Adds `bytes` to the live bytes, and `overhead` for the objects that hold them.
    /// - Throws: ``ScriptError`` "not enough memory" when the limit would be exceeded; nothing is charged then.
    public func charge(_ bytes: Int, overhead: Int = 0) throws {
        if tryCharge(bytes, overhead) { return }
        reclaim?()
        if tryCharge(bytes, overhead) { return }
        throw ScriptError(
            NativeMemory.operation,
            "not enough memory: \(bytes) bytes asked, \(liveBytes) in use, the limit is "
                + "\(limit.load(ordering: .relaxed))")
    }

    /// Counts something that exists already: a small object, or the heap of an interpreter that shares the limit.
    /// Beyond the limit, the next ``charge(_:overhead:)`` or the interpreter's next allocation fails, so that small
    /// objects need no error handling.
    public func count(_ bytes: Int) {
        live.wrappingAdd(bytes, ordering: .relaxed)
    }

    private func tryCharge(_ bytes: Int, _ overhead: Int) -> Bool {
        if refuses() { return false }
        // A size that does not fit an Int fits no memory.
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

    /// Undoes ``charge(_:overhead:)`` or ``count(_:)``.
    public func release(_ bytes: Int) {
        live.wrappingSubtract(bytes, ordering: .relaxed)
    }

    // MARK: For tests

    /// The number of the first charge to refuse (0: none), whether only that one is refused, and the number of charges
    /// since.
    private let firstRefused = Atomic<Int>(0)
    private let refusesOnce = Atomic<Bool>(false)
    private let tried = Atomic<Int>(0)

    /// For tests: refuses every charge from the nth on as if the limit were reached (`Int.max` only counts them), or
    /// with `once` only the nth, which is then tried again after a collection. Nil ends it.
    /// - Returns: the number of charges since the last call.
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
