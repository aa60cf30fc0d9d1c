import CLuaTrampolines
import Dispatch
import Scripting
import Synchronization

/// The state of the run in progress that other threads may access.
struct Runs {
    var number = 0
    var running = false
    var closed = false
    var timedOut = false
    /// How many look at the run while it stands still; see ``Interpreter/whileSomebodyLooks(_:)``.
    var lookers = 0
    /// The asynchronous work on the thread, which its task may cancel.
    var work: CancellableWork?
}

/// A run, as the work that it started knows it. That work may outlive it: a native function may start a task.
private final class Run: Sendable {
    private let phase = Atomic<UInt8>(running)
    private static let running: UInt8 = 0, over: UInt8 = 1, stopped: UInt8 = 2

    func end(stopped: Bool) { phase.store(stopped ? Run.stopped : Run.over, ordering: .releasing) }

    /// An interrupt of a later run does not affect the work of this one.
    func isStopping(_ core: Core) -> Bool {
        switch phase.load(ordering: .acquiring) {
        case Run.running: lf_is_stopping(core.state)
        case Run.stopped: true
        default: false
        }
    }
}

// A run lasts from its first call into Lua to the end of everything that it called.
extension Core {
    /// A call of the outermost level, or from inside a native function.
    /// - Parameter script: the file that will run; a sandboxed run may load the Lua files beside it.
    func inRun<R>(
        script: ByteString? = nil, nested isNested: Bool = false, _ body: () throws -> R
    ) throws(LuaError) -> R {
        do {
            return try thread.perform {
                guard !isClosed else { throw LuaError.closed }
                // Inside a run it is a part of it, unless the caller wants a nested run.
                if isRunning.load(ordering: .acquiring) { return isNested ? try nested(body) : try body() }
                if let script, access != nil { access = try access(for: script) }
                return try outermost(body)
            }
        } catch let error as LuaError {
            throw error
        } catch is Interrupted {
            throw LuaError(.interrupted, "interrupted")
        } catch {
            throw LuaError(.runtime, String(describing: error))
        }
    }

    private func outermost<R>(_ body: () throws -> R) throws -> R {
        lf_begin_run(state)
        isRunning.store(true, ordering: .releasing)
        let timer = startTimer(beginRun(), since: timeLimitBegins.withLock { $0 })
        defer {
            timer?.cancel()
            runs.withLock { $0.running = false }
            isRunning.store(false, ordering: .releasing)
            lf_end_run(state)
            if closeRequested { close() }
        }
        return try reportingStops { try bound(body) }
    }

    private func nested<R>(_ body: () throws -> R) throws -> R {
        let outer = lf_begin_nested_run(state)
        defer {
            lf_end_nested_run(state, outer)
            // What ends the whole run and came during the nested one still takes effect.
            if closeRequested || runs.withLock({ $0.timedOut || $0.work?.isCancelled == true }) {
                lf_interrupt(state)
            }
        }
        return try whileSomebodyLooks { try reportingStops(body) }
    }

    /// Reports why a run was stopped.
    private func reportingStops<R>(_ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch let error
            where error is Interrupted || (error as? LuaError)?.kind == .interrupted
            // A C function that a signal interrupted may have raised an error about it.
            || lf_is_stopping(state)
        {
            var code: Int32 = 0
            if lf_is_exiting(state, &code) { throw LuaError(.exit(code: Int(code)), "exit with status \(code)") }
            throw stop()
        }
    }

    /// The error for a run that was stopped.
    private func stop() -> LuaError {
        if let limit = timeLimit.withLock({ $0 }), runs.withLock({ $0.timedOut }) {
            return LuaError(.timeLimit, "stopped: the time limit of \(limit.inSeconds) has passed", place: stoppedAt)
        }
        return LuaError(.interrupted, "interrupted", place: stoppedAt)
    }

    private func beginRun() -> Int {
        runs.withLock { runs in
            runs.number += 1
            runs.running = true
            runs.timedOut = false
            if runs.work?.isCancelled == true { lf_interrupt(state) }
            return runs.number
        }
    }

    private func startTimer(_ number: Int, since begin: ContinuousClock.Instant?) -> DispatchWorkItem? {
        guard let limit = timeLimit.withLock({ $0 }) else { return nil }
        let timer = DispatchWorkItem { [weak self] in
            self?.runs.withLock { runs in
                guard let self, runs.running, runs.number == number else { return }
                runs.timedOut = true
                lf_interrupt(self.state)
            }
            self?.watchOverrun(number, limit)
        }
        let parts = (limit - (begin?.duration(to: .now) ?? .zero)).components
        let nanoseconds = Double(parts.seconds) * 1e9 + Double(parts.attoseconds) * 1e-9
        deadlines.asyncAfter(
            deadline: .now() + .nanoseconds(Int(min(max(nanoseconds, 0), 1e18))), execute: timer)
        return timer
    }

    /// Binds the task-local values for native code. Tasks started by it inherit them: their tensors are charged to this
    /// host, their files are subject to the run's rules, and an interrupt of this run is one of the task.
    private func bound<R>(_ body: () throws -> R) rethrows -> R {
        let run = Run()
        defer { run.end(stopped: lf_is_stopping(state)) }
        let cancellation = Cancellation { run.isStopping(self) }
        return try Cancellation.$current.withValue(cancellation) {
            try NativeMemory.$current.withValue(memory) {
                try LoadedFiles.$current.withValue(files) {
                    try FileAccess.$current.withValue(access) {
                        try ScriptLocation.$current.withValue(location) {
                            try ThreadCount.$current.withValue(threads) {
                                try FileWriting.$isOn.withValue(options.writesFiles) { try body() }
                            }
                        }
                    }
                }
            }
        }
    }

    /// The rules for a run of this script: Lua files in its folder may be loaded.
    private func access(for script: ByteString) throws -> FileAccess {
        var files = options.files
        try files.allow(.load, folder: script.splitPath.folder, option: "")
        return files
    }

    // MARK: From outside

    /// Stops the run in progress. May be called from any thread.
    func interrupt() { runs.withLock { if $0.running { lf_interrupt(state) } } }

    /// Sets the work that has the thread from now on; nil at its end.
    func begin(_ work: CancellableWork?) { runs.withLock { $0.work = work } }

    /// Interrupts this work if it has the thread; if no run of it is in progress, its next run does not start.
    func cancel(_ work: CancellableWork) {
        work.cancel()
        runs.withLock { if $0.work === work, $0.running { lf_interrupt(state) } }
    }

    /// Ends the run in progress, if any, and then the state. On the interpreter's thread.
    func close() {
        if isRunning.load(ordering: .acquiring) {
            closeRequested = true
            return interrupt()
        }
        let first = runs.withLock { runs in
            defer { runs.closed = true }
            return !runs.closed
        }
        guard first else { return }
        // Finalisers have the time limit of a run.
        let timer = startTimer(beginRun(), since: nil)
        bound {
            end()
            stopAtClose = lf_is_stopping(state) ? stop() : nil
        }
        timer?.cancel()
        runs.withLock { $0.running = false }
    }
}
