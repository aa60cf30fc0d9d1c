import CKernels
import Dispatch
import Foundation
import Scripting
import Synchronization

/// One piece of divided work: its parts are handed out to whoever asks next, the caller and every second helper from
/// the first on, the others from the last on. So when the same memory is walked again, a processor mostly meets the
/// part of it that is in its own caches.
final class Region: @unchecked Sendable {
    /// Nil once the work is over: a helper may hold on to the region a little longer than the caller's closure may
    /// live.
    private var body: ((Int) throws -> Void)?
    private let parts: Int
    /// How many were asked for at the beginning (the lower half of the bits) and at the end.
    private let taken = Atomic<UInt64>(0)
    private static let oneFromEnd: UInt64 = 1 << 32
    /// Parts from here on are left out: one of them failed, or the work was stopped.
    private let end: Atomic<Int>

    // What the caller's thread has, for the helpers.
    private let cancellation = Cancellation.current
    private let memory = NativeMemory.current
    private var arithmetic = fenv_t()

    /// The first part, in order, that failed. Those before it come to their end.
    private let failure = GuardedState<(part: Int, error: any Error)?>(nil)

    /// Helpers at work, and ``callerWaits`` once the caller sleeps.
    private let helpers = Atomic<Int>(0)
    private static let callerWaits = 1 << 32
    /// Signalled by the last helper when the caller waits; made before ``callerWaits`` is set.
    private var lastHelper: DispatchSemaphore?

    /// How many more may join; the pool's, under its lock.
    var places: Int

    /// - Parameter body: called with the number of each part; it ends before ``finish()`` returns.
    init(_ parts: Int, places: Int, _ body: @escaping (Int) throws -> Void) {
        self.parts = parts
        end = Atomic(parts)
        self.places = places
        self.body = body
        // Rounding and the like are the caller's everywhere.
        fegetenv(&arithmetic)
    }

    /// The caller's share.
    func work() {
        ThreadCount.$current.withValue(.one) { takeParts(fromEnd: false) }
    }

    /// The pool's, under its lock, before ``help(fromEnd:)``, which gets what this returns.
    func join() -> Bool {
        helpers.wrappingAdd(1, ordering: .relaxed)
        joined += 1
        return joined % 2 == 1
    }
    private var joined = 0

    /// A helper's share.
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
                // Parts before it go on, so that the first error is found; a stop is for all.
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

    /// Waits for the helpers. Nobody may join any more.
    /// - Throws: what the first part that failed did.
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
            // What the helpers wrote is seen from here on.
            _ = helpers.load(ordering: .acquiring)
        }
        body = nil
        if let failure = failure.withLock({ $0 }) { throw failure.error }
    }
}

/// How long a thread looks again and again before it sleeps: waking one takes longer than most kernels' pauses.
enum Spin {
    /// Of ``ck_pause()``; some 50 microseconds.
    static let turns = 1500
}
