import Foundation
import Scripting
import Synchronization

/// A call of LAPACK that may take seconds, and cannot be stopped from inside.
///
/// It runs on a thread of its own while the caller's waits and looks whether the host asked for a stop. Then the caller
/// goes on with ``Interrupted`` and the call is left to its end: the closure holds the matrices, so they live as long,
/// and are charged as long.
final class LongCall: @unchecked Sendable {
    private var body: (() -> Int32)?
    private var result: Int32 = 0
    private let done = DispatchSemaphore(value: 0)
    private let isAbandoned = Atomic<Bool>(false)

    /// Calls that nobody waits for any more and that still run.
    static let abandoned = Atomic<Int>(0)

    /// From here on a call is worth a thread: some ten milliseconds of work.
    private static let longOperations = 1e8

    /// What OpenBLAS puts on the stack grows with the processors it was built for.
    private static let stackBytes = 16 << 20

    /// - Parameters:
    ///   - operations: how many floating-point operations the call takes, about.
    ///   - body: the call; it must hold the memory that it works on.
    /// - Returns: LAPACK's `info`.
    /// - Throws: ``Interrupted``; the memory is not the caller's any more then.
    static func run(operations: Double, _ body: @escaping () -> Int32) throws -> Int32 {
        try Cancellation.check()
        BLAS.prepare()
        guard operations > longOperations, let cancellation = Cancellation.current else { return body() }
        return try LongCall(body).wait(for: cancellation)
    }

    private init(_ body: @escaping () -> Int32) { self.body = body }

    private func wait(for cancellation: Cancellation) throws -> Int32 {
        let thread = Thread { [self] in work() }
        thread.stackSize = LongCall.stackBytes
        thread.start()
        while done.wait(timeout: .now() + .milliseconds(5)) == .timedOut {
            guard cancellation.isRequested() else { continue }
            LongCall.abandoned.wrappingAdd(1, ordering: .relaxed)
            isAbandoned.store(true, ordering: .sequentiallyConsistent)
            // It may have come to its end just now, and looked before.
            if done.wait(timeout: .now()) == .success { forget() }
            throw Interrupted()
        }
        return result
    }

    private func work() {
        if let body { result = body() }
        // Before anybody is told: the matrices are the caller's alone then.
        body = nil
        done.signal()
        if isAbandoned.load(ordering: .sequentiallyConsistent), done.wait(timeout: .now()) == .success { forget() }
    }

    /// Whoever takes the signal that nobody waits for.
    private func forget() { LongCall.abandoned.wrappingSubtract(1, ordering: .relaxed) }
}

/// n³, for estimates.
func cube(_ n: Int) -> Double { Double(n) * Double(n) * Double(n) }
