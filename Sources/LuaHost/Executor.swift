import Synchronization

// Interpreters in Swift concurrency: work is done on the interpreter's own thread, without blocking a thread of the
// pool.

extension Interpreter {
    /// Runs `body` on the interpreter's thread and waits for it. Calls to the interpreter in it are direct.
    public func perform<R>(_ body: () throws -> R) throws -> R { try thread.perform(body) }

    /// Runs `body` on the interpreter's thread while the calling task is suspended. Cancelling the task interrupts the
    /// script that `body` runs.
    ///
    ///     let answer = try await interpreter.perform { try interpreter.run(code: "return 6 * 7").count }
    ///
    /// - Throws: errors of `body`; `CancellationError` when the task was cancelled.
    public func perform<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
        let work = CancellableWork()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                thread.post { continuation.resume(with: Result { try self.run(work, body) }) }
            }
        } onCancel: {
            core.cancel(work)
        }
    }

    private func run<R>(_ work: CancellableWork, _ body: () throws -> R) throws -> R {
        core.begin(work)
        defer { core.begin(nil) }
        guard !work.isCancelled else { throw CancellationError() }
        do {
            return try body()
        } catch let error as LuaError where error.kind == .interrupted && work.isCancelled {
            throw CancellationError()
        }
    }

    /// The interpreter's thread as an executor. An actor on it calls the interpreter directly:
    ///
    ///     actor Lab {
    ///         let interpreter: Interpreter
    ///         nonisolated var unownedExecutor: UnownedSerialExecutor { interpreter.unownedExecutor }
    ///     }
    ///
    /// The actor must hold the interpreter.
    public var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
}

extension InterpreterThread: SerialExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        post { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

    func isIsolatingCurrentContext() -> Bool? { isCurrent }
}

/// A piece of asynchronous work that its task can cancel.
final class CancellableWork: Sendable {
    private let cancelled = Atomic<Bool>(false)

    var isCancelled: Bool { cancelled.load(ordering: .acquiring) }
    func cancel() { cancelled.store(true, ordering: .releasing) }
}
