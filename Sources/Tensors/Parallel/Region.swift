import CKernels
import Dispatch
import Foundation
import Scripting
import Synchronization

/// One piece of divided work: its parts are handed out in order to whoever asks next, the caller or a helper.
final class Region: @unchecked Sendable {
    /// Nil once the work is over: a helper may hold on to the region a little longer than the caller's closure may
    /// live.
    private var body: ((Int) throws -> Void)?
    private let parts: Int
    private let next = Atomic<Int>(0)

    // What the caller's thread has, for the helpers.
    private let cancellation = Cancellation.current
    private let memory = NativeMemory.current
    private var arithmetic = fenv_t()

    /// The first part, in order, that failed. Those before it were handed out before, and came to their end.
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
        self.places = places
        self.body = body
        // Rounding and the like are the caller's everywhere.
        fegetenv(&arithmetic)
    }

    /// The caller's share.
    func work() {
        ThreadCount.$current.withValue(.one) { takeParts() }
    }

    /// The pool's, under its lock, before ``help()``.
    func join() { helpers.wrappingAdd(1, ordering: .relaxed) }

    /// A helper's share.
    func help() {
        fesetenv(&arithmetic)
        ThreadCount.$current.withValue(.one) {
            Cancellation.$current.withValue(cancellation) {
                NativeMemory.$current.withValue(memory) { takeParts() }
            }
        }
        let left = helpers.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue
        if left == Region.callerWaits { lastHelper?.signal() }
    }

    private func takeParts() {
        guard let body else { return }
        while true {
            let part = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard part < parts else { return }
            do {
                try Cancellation.check()
                try body(part)
            } catch {
                failure.withLock { failure in
                    if let failure, failure.part < part { return }
                    failure = (part, error)
                }
                next.store(parts, ordering: .relaxed)
                return
            }
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
