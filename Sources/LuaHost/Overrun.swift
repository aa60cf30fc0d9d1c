import CLuaTrampolines
import Dispatch
import Scripting

/// What is done about a run that goes on after its time limit: it is in a call that nothing stops.
struct Overrun: Sendable {
    let grace: Duration
    let body: @Sendable (Duration) -> Void
}

extension Interpreter {
    /// Calls `body` with the time limit, on a thread of its own, when a run has not ended `grace` after it: some calls
    /// of C libraries come back to Lua late or never (a pattern that backtracks, a program that is waited for).
    ///
    /// Who embeds an interpreter has other things to do than to end; the command line leaves.
    public func onOverrun(after grace: Duration, _ body: @escaping @Sendable (Duration) -> Void) {
        core.overrun.withLock { $0 = Overrun(grace: grace, body: body) }
    }

    /// Runs `body`, which waits for somebody who looks at the run: that takes none of the run's grace.
    public func whileSomebodyLooks<R>(_ body: () throws -> R) rethrows -> R { try core.whileSomebodyLooks(body) }
}

extension Core {
    func whileSomebodyLooks<R>(_ body: () throws -> R) rethrows -> R {
        runs.withLock { $0.lookers += 1 }
        defer { runs.withLock { $0.lookers -= 1 } }
        return try body()
    }

    /// From the deadline of a run until its end, ten times a second.
    func watchOverrun(_ number: Int, _ limit: Duration, waited: Duration = .zero) {
        deadlines.asyncAfter(deadline: .now() + .milliseconds(100)) { [weak self] in
            guard let self else { return }
            let (goesOn, isLookedAt) = runs.withLock { runs -> (Bool, Bool) in
                let goesOn = runs.running && runs.number == number
                // Again: what only began to wait for input when the first interrupt came did not hear it.
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
