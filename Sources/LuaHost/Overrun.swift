import CLuaTrampolines
import Dispatch
import Scripting

/// What to do about a run that continues after its time limit, because it is in a call that cannot be interrupted.
struct Overrun: Sendable {
    let grace: Duration
    let body: @Sendable (Duration) -> Void
}

extension Interpreter {
    /// Calls `body` with the time limit, on a separate thread, when a run has not ended `grace` after it: some calls of
    /// C libraries return to Lua late or never (a pattern that backtracks, a program that is waited for).
    ///
    /// For programs that then want to end, as the command line does.
    public func onOverrun(after grace: Duration, _ body: @escaping @Sendable (Duration) -> Void) {
        core.overrun.withLock { $0 = Overrun(grace: grace, body: body) }
    }

    /// Runs `body`, in which a person looks at the run: this time does not count for `grace`.
    public func whileSomebodyLooks<R>(_ body: () throws -> R) rethrows -> R { try core.whileSomebodyLooks(body) }
}

extension Core {
    func whileSomebodyLooks<R>(_ body: () throws -> R) rethrows -> R {
        runs.withLock { $0.lookers += 1 }
        defer { runs.withLock { $0.lookers -= 1 } }
        return try body()
    }

    /// Checks ten times a second from the deadline of a run until it ends.
    func watchOverrun(_ number: Int, _ limit: Duration, waited: Duration = .zero) {
        deadlines.asyncAfter(deadline: .now() + .milliseconds(100)) { [weak self] in
            guard let self else { return }
            let (goesOn, isLookedAt) = runs.withLock { runs -> (Bool, Bool) in
                let goesOn = runs.running && runs.number == number
                // Interrupts again: a call that had only begun to wait for input did not notice the first interrupt.
                if goesOn, runs.lookers == 0 { lf_interrupt(state) }
                return (goesOn, runs.lookers > 0)
            }
            guard goesOn else { return }
            let waited = isLookedAt ? waited : waited + .milliseconds(100)
            if let overrun = overrun.withLock({ $0 }), waited >= overrun.grace { return overrun.body(limit) }
            watchOverrun(number, limit, waited: waited)
        }
    }
}
