import CLuaTrampolines
import Dispatch
import Scripting
import Synchronization

/// The thread of an interpreter, with a stack large enough for recursion through callbacks.
final class InterpreterThread: @unchecked Sendable {
    /// Lua allows 200 nested C calls; reserved address space costs nothing until it is used.
    static let stackBytes = 64 << 20

    private final class Job: @unchecked Sendable {
        private var body: (() -> Void)?
        let done = DispatchSemaphore(value: 0)

        init(body: @escaping () -> Void) { self.body = body }

        func run() {
            body?()
            body = nil  // it must not outlive the caller, who goes on at the signal
            done.signal()
        }
    }

    /// The part that the thread itself uses; it must not keep the ``InterpreterThread`` alive.
    private final class Queue: Sendable {
        let jobs = Mutex<(waiting: [Job], ended: Bool)>(([], false))
        let available = DispatchSemaphore(value: 0)
        /// The queue whose answer this thread waits for.
        let waitsFor = Mutex<Queue?>(nil)

        /// The queue of the calling thread; nil if it is no interpreter's. Not a task-local value: tasks started by
        /// native functions would carry it to other threads, and jobs of actors bring their own.
        static var current: Queue? {
            lf_thread_context().map { Unmanaged<Queue>.fromOpaque($0).takeUnretainedValue() }
        }

        /// Runs `body`, which waits for another thread's answer. It records the wait first and then checks for a cycle:
        /// of the threads in a cycle, the last one notices.
        func waiting<R>(for other: Queue, _ body: () throws -> R) throws -> R {
            waitsFor.withLock { $0 = other }
            defer { waitsFor.withLock { $0 = nil } }
            var next: Queue? = other
            while let queue = next {
                guard queue !== self else {
                    throw ScriptError("", "this interpreter would wait for one that waits for it")
                }
                next = queue.waitsFor.withLock { $0 }
            }
            return try body()
        }

        func work() {
            while true {
                available.wait()
                let (job, ended) = jobs.withLock { jobs in
                    (jobs.waiting.isEmpty ? nil : jobs.waiting.removeFirst(), jobs.ended)
                }
                guard let job else {
                    if ended { return }
                    continue
                }
                job.run()
            }
        }
    }

    private let queue = Queue()
    private let thread: OpaquePointer

    /// Nil when the system cannot start another thread.
    init?() {
        let context = Unmanaged.passRetained(queue)
        let started = lf_thread_start(
            { context in
                guard let context else { return }
                Unmanaged<Queue>.fromOpaque(context).takeRetainedValue().work()
            }, context.toOpaque(), Self.stackBytes)
        guard let started else {
            context.release()
            return nil
        }
        thread = started
    }

    deinit {
        queue.jobs.withLock { $0.ended = true }
        queue.available.signal()
        lf_thread_join(thread)
    }

    var isCurrent: Bool { lf_thread_is_current(thread) }

    /// What `lf_thread_context` returns on this thread only.
    var context: UnsafeMutableRawPointer { Unmanaged.passUnretained(queue).toOpaque() }

    /// Runs `body` on the thread and waits for it. On the thread itself it is a direct call.
    /// - Throws: errors of `body`; ``ScriptError`` when that thread waits for the caller's, as both would wait for
    ///   ever.
    func perform<R>(_ body: () throws -> R) throws -> R {
        if isCurrent { return try body() }
        guard let waiter = Queue.current else { return try wait(body) }
        return try waiter.waiting(for: queue) { try wait(body) }
    }

    private func wait<R>(_ body: () throws -> R) throws -> R {
        var result: Result<R, any Error>?
        withoutActuallyEscaping({ result = Result(catching: body) }) { work in
            let job = Job(body: work)
            post(job)
            job.done.wait()
        }
        guard let result else { throw LuaError.closed }
        return try result.get()
    }

    /// Runs `body` on the thread later, after what is queued already.
    func post(_ body: @escaping @Sendable () -> Void) {
        post(Job(body: body))
    }

    private func post(_ job: Job) {
        queue.jobs.withLock { $0.waiting.append(job) }
        queue.available.signal()
    }
}
