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

    private let reclaim: (@Sendable () -> Void)?

    /// - Parameters:
    ///   - limit: the most bytes that may live at once; `Int.max` for no cap.
    ///   - reclaim: called when a charge would pass the cap, before it is tried once more: a host collects garbage.
    public init(limit: Int = .max, reclaim: (@Sendable () -> Void)? = nil) {
        self.limit = Atomic(limit)
        self.reclaim = reclaim
    }

    /// Bytes alive now.
    public var liveBytes: Int { live.load(ordering: .relaxed) }

    /// Bytes ever charged: the host compares two readings to see what a call allocated.
    public var chargedBytes: Int { charged.load(ordering: .relaxed) }

    /// Counts `bytes` as alive.
    /// - Throws: ``ScriptError`` "not enough memory" when the cap would be passed; nothing is charged then.
    public func charge(_ bytes: Int) throws {
        if tryCharge(bytes) { return }
        reclaim?()
        if tryCharge(bytes) { return }
        throw ScriptError(
            "memory", "not enough memory: \(bytes) bytes asked, \(liveBytes) in use, the limit is "
                + "\(limit.load(ordering: .relaxed))")
    }

    private func tryCharge(_ bytes: Int) -> Bool {
        if refuses() { return false }
        let after = live.wrappingAdd(bytes, ordering: .relaxed).newValue
        guard after <= limit.load(ordering: .relaxed) else {
            live.wrappingSubtract(bytes, ordering: .relaxed)
            return false
        }
        charged.wrappingAdd(bytes, ordering: .relaxed)
        return true
    }

    /// Takes back what ``charge(_:)`` counted.
    public func release(_ bytes: Int) {
        live.wrappingSubtract(bytes, ordering: .relaxed)
    }

    // MARK: For tests

    /// The first charge to be refused, 0 when nobody counts; and the charges tried since then.
    private let firstRefused = Atomic<Int>(0)
    private let tried = Atomic<Int>(0)

    /// For tests: every charge from the nth on is refused, as if the cap were reached (`Int.max`: they are only counted);
    /// nil ends it.
    /// - Returns: how many charges were tried since the last call.
    @discardableResult
    package func failCharges(from nth: Int?) -> Int {
        firstRefused.store(nth ?? 0, ordering: .relaxed)
        return tried.exchange(0, ordering: .relaxed)
    }

    private func refuses() -> Bool {
        let first = firstRefused.load(ordering: .relaxed)
        return first > 0 && tried.wrappingAdd(1, ordering: .relaxed).newValue >= first
    }
}
