import Foundation
import Scripting
import Synchronization

/// A LAPACK call that may take seconds and cannot be stopped from inside.
///
/// It runs on a thread of its own while the caller waits and checks for cancellation. When it is cancelled, the caller
/// goes on with ``Interrupted`` and the call is left to finish: the closure keeps the matrices alive and charged until
/// then.
final class LongCall: @unchecked Sendable {
    private var body: (() -> Int32)?
    private var result: Int32 = 0
    private let done = DispatchSemaphore(value: 0)
    private let isAbandoned = Atomic<Bool>(false)

    /// How many calls still run that nobody waits for.
    static let abandoned = Atomic<Int>(0)

    /// From so many operations on a call gets a thread: some ten milliseconds of work.
    private static let longOperations = 1e8

    /// The stack size: OpenBLAS needs more of it the more processors it was built for.
    private static let stackBytes = 16 << 20

    /// - Parameters:
    ///   - operations: roughly the number of floating-point operations of the call.
    ///   - body: the call; it must hold the memory that it works on.
    /// - Returns: LAPACK's `info`.
    /// - Throws: ``Interrupted``; the memory then belongs to the call that goes on.
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
            // The call may have ended in the meantime, before it was marked as abandoned.
            if done.wait(timeout: .now()) == .success { forget() }
            throw Interrupted()
        }
        return result
    }

    private func work() {
        if let body { result = body() }
        // Released before the caller is signalled, so that the matrices belong to the caller alone again.
        body = nil
        done.signal()
        if isAbandoned.load(ordering: .sequentiallyConsistent), done.wait(timeout: .now()) == .success { forget() }
    }

    /// Counts down ``abandoned``: called by whichever side sees that an abandoned call has ended.
    private func forget() { LongCall.abandoned.wrappingSubtract(1, ordering: .relaxed) }
}

/// n³, to estimate operations.
func cube(_ n: Int) -> Double { Double(n) * Double(n) * Double(n) }
