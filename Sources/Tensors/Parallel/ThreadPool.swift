import CKernels
import Dispatch
import Foundation
import Scripting
import Synchronization

/// The threads that help with divided work: one pool for the process, shared by all hosts in it.
///
/// A thread is started when a kernel first needs it, and kept. Nothing ever waits for the pool: the caller works itself
/// and continues without helpers if none is free. So where the system refuses threads, after a fork (which loses them),
/// and with many hosts at once, work is only slower. A helper without work polls for some 50 microseconds, then sleeps.
///
/// In the sandbox the first kernel runs after the process was confined, and threads inherit the confinement of the
/// thread that starts them.
final class ThreadPool: Sendable {
    static let shared = ThreadPool()

    private struct State {
        /// Regions with room for helpers, oldest first.
        var open: [Region] = []
        /// The semaphores of sleeping helpers.
        var asleep: [DispatchSemaphore] = []
        /// The number of helpers that are awake and look for work.
        var looking = 0
        var started = 0
    }

    private let state = GuardedState(State())
    /// Counts the regions offered so far: polling helpers read it.
    private let published = Atomic<Int>(0)

    /// The stack of helpers: enough for the deepest kernel, little enough for the sandbox's limit on address space.
    private static let stackBytes = 2 << 20

    /// Calls `body` with 0..<parts, on this thread and at most `threads` - 1 others.
    func run(_ parts: Int, threads: Int, _ body: @escaping (Int) throws -> Void) throws {
        let region = Region(parts, places: threads - 1, body)
        publish(region)
        region.work()
        state.withLock { $0.open.removeAll { $0 === region } }
        try region.finish()
    }

    private func publish(_ region: Region) {
        let (sleepers, missing) = state.withLock { state in
            let wanted = region.places
            state.open.append(region)
            published.wrappingAdd(1, ordering: .releasing)
            let wakes = min(max(wanted - state.looking, 0), state.asleep.count)
            let sleepers = Array(state.asleep.suffix(wakes))
            state.asleep.removeLast(wakes)
            let missing = max(wanted - state.started, 0)
            state.looking += wakes + missing
            state.started += missing
            return (sleepers, missing)
        }
        for sleeper in sleepers { sleeper.signal() }
        for started in 0..<missing where !start() {
            // The system refused a thread: this call goes on without it, and the next one asks again.
            state.withLock { state in
                state.looking -= missing - started
                state.started -= missing - started
            }
            break
        }
    }

    /// Starts a helper that blocks signals, which are meant for the threads that expect them.
    private func start() -> Bool {
        var (all, before) = (sigset_t(), sigset_t())
        sigfillset(&all)
        // Faults are not blocked: they belong to the thread that causes them.
        for fault in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP] { sigdelset(&all, fault) }
        guard pthread_sigmask(SIG_SETMASK, &all, &before) == 0 else { return false }
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var attributes = pthread_attr_t()
        guard pthread_attr_init(&attributes) == 0 else { return false }
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, ThreadPool.stackBytes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        #if canImport(Darwin)
            var thread: pthread_t?
        #else
            var thread = pthread_t()
        #endif
        return pthread_create(
            &thread, &attributes,
            { _ in
                ThreadPool.shared.help()
                return nil
            }, nil) == 0
    }

    /// A helper's loop, for the life of the process.
    private func help() {
        let mine = DispatchSemaphore(value: 0)
        while true {
            let seen = published.load(ordering: .acquiring)
            if let (region, fromEnd) = take() {
                region.help(fromEnd: fromEnd)
                state.withLock { $0.looking += 1 }
                continue
            }
            var turns = 0
            while turns < Spin.turns, published.load(ordering: .acquiring) == seen {
                turns += 1
                ck_pause()
            }
            guard turns == Spin.turns else { continue }
            let sleeps = state.withLock { state in
                guard state.open.isEmpty else { return false }
                state.asleep.append(mine)
                state.looking -= 1
                return true
            }
            // Whoever wakes it counts it as looking again.
            if sleeps { mine.wait() }
        }
    }

    private func take() -> (Region, fromEnd: Bool)? {
        state.withLock { state in
            guard let region = state.open.first else { return nil }
            region.places -= 1
            if region.places == 0 { state.open.removeFirst() }
            let fromEnd = region.join()
            state.looking -= 1
            return (region, fromEnd)
        }
    }
}
