import CKernels
import Dispatch
import Foundation
import Scripting
import Synchronization

/// One divided piece of work. The caller and every second helper take its parts from the first on, the other helpers
/// from the last on. So when the same memory is processed again, each processor mostly gets the parts that are in its
/// caches.
final class Region: @unchecked Sendable {
    /// Nil once the work is over: a helper may keep the region alive a little longer than the caller's closure is
    /// valid.
    private var body: ((Int) throws -> Void)?
    private let parts: Int
    /// How many parts were taken from the beginning (lower half of the bits) and from the end.
    private let taken = Atomic<UInt64>(0)
    private static let oneFromEnd: UInt64 = 1 << 32
    /// Parts from here on are skipped, because one failed or the work was cancelled.
    private let end: Atomic<Int>

    // The caller's task-local values, for the helpers.
    private let cancellation = Cancellation.current
    private let memory = NativeMemory.current
    private var arithmetic = fenv_t()

    /// The first part, in order, that failed. Parts before it are completed.
    private let failure = GuardedState<(part: Int, error: any Error)?>(nil)

    /// The number of helpers at work, plus ``callerWaits`` once the caller sleeps.
    private let helpers = Atomic<Int>(0)
    private static let callerWaits = 1 << 32
    /// Signalled by the last helper when the caller sleeps; created before ``callerWaits`` is set.
    private var lastHelper: DispatchSemaphore?

    /// How many more helpers may join; protected by the pool's lock.
    var places: Int

    /// - Parameter body: called with the index of each part; not called after ``finish()`` returns.
    init(_ parts: Int, places: Int, _ body: @escaping (Int) throws -> Void) {
        self.parts = parts
        end = Atomic(parts)
        self.places = places
        self.body = body
        // Helpers use the caller's floating-point settings, such as rounding.
        fegetenv(&arithmetic)
    }

    /// The caller's work on the region.
    func work() {
        ThreadCount.$current.withValue(.one) { takeParts(fromEnd: false) }
    }

    /// Called under the pool's lock before ``help(fromEnd:)``, which gets the result.
    func join() -> Bool {
        helpers.wrappingAdd(1, ordering: .relaxed)
        joined += 1
        return joined % 2 == 1
    }
    private var joined = 0

    /// A helper's work on the region.
    func help(fromEnd: Bool) {
        fesetenv(&arithmetic)
        ThreadCount.$current.withValue(.one) {
            Cancellation.$current.withValue(cancellation) {
                NativeMemory.$current.withValue(memory) { takeParts(fromEnd: fromEnd) }
            }
        }
        let left = helpers.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue
        if left == Region.callerWaits { lastHelper?.signal() }
    }

    private func takeParts(fromEnd: Bool) {
        guard let body else { return }
        while let part = takePart(fromEnd) {
            do {
                try Cancellation.check()
                try body(part)
            } catch {
                failure.withLock { failure in
                    if let failure, failure.part < part { return }
                    failure = (part, error)
                }
                // After an error, parts before it go on, so that the first error is found; cancellation ends all.
                end.min(error is Interrupted ? 0 : part, ordering: .relaxed)
            }
        }
    }

    private func takePart(_ fromEnd: Bool) -> Int? {
        while true {
            let before = taken.wrappingAdd(fromEnd ? Region.oneFromEnd : 1, ordering: .relaxed).oldValue
            let (first, last) = (Int(before % Region.oneFromEnd), Int(before / Region.oneFromEnd))
            let limit = end.load(ordering: .relaxed)
            guard first + last < parts, fromEnd || first < limit, limit > 0 else { return nil }
            let part = fromEnd ? parts - 1 - last : first
            if part < limit { return part }
        }
    }

    /// Waits for the helpers; no others may join from here on.
    /// - Throws: the error of the first part that failed.
    func finish() throws {
        var turns = 0
        while helpers.load(ordering: .acquiring) > 0, turns < Spin.turns {
            turns += 1
            ck_pause()
        }
        if helpers.load(ordering: .acquiring) > 0 {
            let semaphore = DispatchSemaphore(value: 0)
            lastHelper = semaphore
            let before = helpers.wrappingAdd(Region.callerWaits, ordering: .acquiringAndReleasing).oldValue
            if before > 0 { semaphore.wait() }
            // Makes the helpers' writes visible to the caller.
            _ = helpers.load(ordering: .acquiring)
        }
        body = nil
        if let failure = failure.withLock({ $0 }) { throw failure.error }
    }
}

/// How long a thread polls before it sleeps: waking one takes longer than most pauses between kernels.
enum Spin {
    /// Number of calls of ``ck_pause()``, some 50 microseconds.
    static let turns = 1500
}
