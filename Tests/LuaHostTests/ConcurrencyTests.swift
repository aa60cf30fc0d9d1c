import Foundation
@testable import LuaHost
import Scripting
import Synchronization
import Testing
import TimeLimits

/// Each Lua state runs on one executor; several interpreters run at the same time.
@Suite struct ConcurrencyTests {
    @Test func callsFromManyThreadsWaitTheirTurn() async throws {
        let interpreter = try Interpreter()
        try interpreter.run(code: "n = 0")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 1...8 {
                group.addTask {
                    for _ in 1...50 {
                        // The script reads and writes the counter by several instructions, so that a lost update would
                        // show.
                        try await interpreter.perform {
                            _ = try interpreter.run(code: "local was = n for _ = 1, 100 do end n = was + 1")
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try interpreter.getGlobal("n").asInteger == 400)
    }

    @Test(.timeLimit(.minutes(30))) func cancellingTheTaskInterruptsTheScript() async throws {
        let interpreter = try Interpreter()
        let (started, signal) = AsyncStream.makeStream(of: Void.self)
        try interpreter.setGlobal("started", .closure(
            NativeFunction("started", Documentation("started()", "")) { _ -> [Value] in
                signal.finish()
                return []
            }, bound: []))
        let task = Task {
            try await interpreter.perform { try interpreter.run(code: "started() while true do end").count }
        }
        for await _ in started {}
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        // The interpreter still works afterwards.
        #expect(try interpreter.run(code: "return 5").first?.asInteger == 5)
    }

    @Test(.timeLimit(.minutes(30))) func aTaskCancelledBeforeItsTurnDoesNotRun() async throws {
        let interpreter = try Interpreter()
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await interpreter.perform { try interpreter.run(code: "ran = true").count }
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        guard case .none = try interpreter.getGlobal("ran") else { throw Unexpected() }
    }
    struct Unexpected: Error {}

    /// An actor on the interpreter's executor.
    actor Lab {
        let interpreter: Interpreter
        nonisolated var unownedExecutor: UnownedSerialExecutor { interpreter.unownedExecutor }

        init(_ interpreter: Interpreter) { self.interpreter = interpreter }

        func run(_ code: String) throws -> Int? { try interpreter.run(code: code).first?.asInteger }

        func increment() throws -> Int {
            try interpreter.run(code: "n = (n or 0) + 1 return n").first?.asInteger ?? -1
        }
    }

    @Test func anActorRunsOnTheInterpretersThread() async throws {
        let lab = Lab(try Interpreter())
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 1...100 { group.addTask { try await lab.increment() } }
            let seen = try await group.reduce(into: Set<Int>()) { $0.insert($1) }
            #expect(seen == Set(1...100))
        }
    }

    @Test(.ownTime(minutes: 10)) func interpretersThatWouldWaitForEachOtherAreToldSo() throws {
        let (a, b) = (try Interpreter(), try Interpreter())
        func function(_ name: String, _ body: @escaping @Sendable () throws -> [Value]) -> Value {
            .closure(NativeFunction(name, Documentation(name, "")) { _ -> [Value] in try body() }, bound: [])
        }
        try a.setGlobal("ask", function("ask") { [unowned b] in try b.run(code: "return answer()") })
        try b.setGlobal("answer", function("answer") { [unowned a] in try a.run(code: "return 1") })
        do {
            try a.run(code: "ask()")
            Issue.record("no error")
        } catch {
            #expect(error.message.contains("would wait for one that waits for it"), "\(error.message)")
        }
        // Calls one after the other are fine.
        try b.setGlobal("answer", function("answer") { [.integer(2)] })
        #expect(try a.run(code: "return ask()").first?.asInteger == 2)
    }

    private static func native(
        _ name: String, _ body: @escaping @Sendable () throws -> [Value]
    ) -> Value {
        .closure(NativeFunction(name, Documentation(name, "")) { _ -> [Value] in try body() }, bound: [])
    }

    /// It is the thread that waits: the actor's job there has other task-locals than the caller.
    @Test(.timeLimit(.minutes(30))) func actorsThatCloseACircleAreToldSo() async throws {
        let (a, b) = (try Interpreter(), try Interpreter())
        try a.setGlobal("ask", Self.native("ask") { [unowned b] in try b.run(code: "return answer()") })
        try b.setGlobal("answer", Self.native("answer") { [unowned a] in try a.run(code: "return 1") })
        let lab = Lab(a)
        await #expect {
            try await lab.run("return ask()")
        } throws: { String(describing: $0).contains("would wait for one that waits for it") }
        try b.setGlobal("answer", Self.native("answer") { [.integer(2)] })
        #expect(try await lab.run("return ask()") == 2)
    }

    /// A task that a native function starts inherits the task-locals, but runs on another thread.
    @Test(.timeLimit(.minutes(30))) func aTaskThatARunStartedMayCallTheInterpreterLater() async throws {
        let interpreter = try Interpreter()
        let (over, signal) = AsyncStream.makeStream(of: Void.self)
        let started = Mutex<Task<Int, any Error>?>(nil)
        try interpreter.setGlobal("later", Self.native("later") { [unowned interpreter] in
            started.withLock {
                $0 = Task {
                    for await _ in over {}
                    return try interpreter.run(code: "x = (x or 0) + 1 return x").first?.asInteger ?? -1
                }
            }
            return []
        })
        try interpreter.run(code: "later()")
        signal.finish()
        #expect(try await started.withLock { $0 }?.value == 1)
    }

    /// The cancellation and location that a run gives its native code are of no use to code that keeps them longer.
    @Test func whatARunBindsHoldsForThatRunOnly() throws {
        let interpreter = try Interpreter()
        struct Kept {
            var cancellation: Cancellation?
            var location: ScriptLocation?
        }
        let kept = Mutex(Kept())
        try interpreter.setGlobal("keep", Self.native("keep") {
            kept.withLock { $0 = Kept(cancellation: .current, location: .current) }
            return []
        })
        try interpreter.setGlobal("interrupt", Self.native("interrupt") { [unowned interpreter] in
            interpreter.interrupt()
            #expect(Cancellation.current?.isRequested() == true)
            return [.boolean(kept.withLock { $0.cancellation }?.isRequested() ?? false)]
        })
        // Asked on another thread while the script runs, the answer is nil, and Lua's state is not touched.
        try interpreter.setGlobal("elsewhere", Self.native("elsewhere") {
            let location = ScriptLocation.current
            #expect(location?.describe() == "here:1")
            let found = Mutex<String?>("not asked")
            let (done, thread) = (DispatchSemaphore(value: 0), DispatchQueue(label: "elsewhere"))
            thread.async {
                found.withLock { $0 = location?.describe() ?? location?.place()?.description }
                done.signal()
            }
            done.wait()
            #expect(found.withLock { $0 } == nil)
            return []
        })
        try interpreter.run(code: "elsewhere()", name: "here")
        try interpreter.run(code: "keep()")
        let asked = Mutex(true)
        try interpreter.setGlobal("look", Self.native("look") { [unowned interpreter] in
            interpreter.interrupt()
            asked.withLock { $0 = kept.withLock { $0.cancellation }?.isRequested() ?? true }
            return []
        })
        #expect(throws: LuaError.self) { try interpreter.run(code: "look()") }
        #expect(asked.withLock { !$0 }, "a later run's interrupt reached the work of an earlier one")
        // The run's own interrupt still applies to its work.
        #expect(throws: LuaError.self) { try interpreter.run(code: "keep() interrupt()") }
        #expect(kept.withLock { $0.cancellation }?.isRequested() == true)
        try interpreter.run(code: "return 1")
        #expect(kept.withLock { $0.cancellation }?.isRequested() == true)
    }

    /// A Lua function that Swift kept is called as a run of its own, with the limits and rules of one.
    @Test(.ownTime(minutes: 10)) func aFunctionCalledOutsideARunIsARun() throws {
        var options = Interpreter.Options()
        options.trust = .sandboxed
        let interpreter = try Interpreter(options: options)
        let bound = Mutex(false)
        try interpreter.setGlobal("look", Self.native("look") {
            bound.withLock { $0 = FileAccess.current != nil && Cancellation.current != nil }
            return []
        })
        let functions = try interpreter.run(code: "return function() look() end, function() while true do end end")
        guard case .function(let look)? = functions.first, case .function(let loop)? = functions.last else {
            throw Unexpected()
        }
        _ = try look.call([])
        #expect(bound.withLock { $0 })
        interpreter.timeLimit = .milliseconds(50)
        #expect { try loop.call([]) } throws: { ($0 as? LuaError)?.kind == .timeLimit }
    }

    private static func runUntilStopped(_ interpreter: Interpreter) {
        do {
            try interpreter.run(
                code: "setmetatable({}, {__gc = function() for i = 1, 1000 do end end}) while true do end")
            Issue.record("an endless loop came back")
        } catch {
            // The error is an interrupt, or says that the interpreter was closed before the run began.
            #expect(error.kind == .interrupted || error.message == "the interpreter was closed", "\(error)")
        }
    }

    @Test(.ownTime(minutes: 10)) func interruptsAndClosingMayComeAtOnce() throws {
        for round in 1...40 {
            let interpreter = try Interpreter()
            let run = DispatchGroup()
            DispatchQueue.global().async(group: run) { Self.runUntilStopped(interpreter) }
            DispatchQueue.concurrentPerform(iterations: 6) { index in
                for _ in 1...20 { interpreter.interrupt() }
                // Closing waits for the run in progress, so it is called on a thread of its own.
                if index == round % 6 { DispatchQueue.global().async(group: run) { interpreter.close() } }
                for _ in 1...20 { interpreter.interrupt() }
            }
            // A run that began after all of those interrupts is interrupted here.
            while run.wait(timeout: .now() + .milliseconds(1)) == .timedOut { interpreter.interrupt() }
            interpreter.close()
            #expect(throws: LuaError.self) { try interpreter.run(code: "return 1") }
        }
    }

    /// A thread that an interpreter waits for cannot wait for that interpreter to close: the run is ended first, and
    /// the interpreter closes after it.
    @Test(.ownTime(minutes: 10)) func closingInACircleClosesAfterTheRun() throws {
        let (a, b) = (try Host(), try Interpreter())
        let interpreter = a.interpreter
        try interpreter.setGlobal("ask", Self.native("ask") { [unowned b] in try b.run(code: "answer()") })
        try b.setGlobal(
            "answer",
            Self.native("answer") { [unowned interpreter] in
                interpreter.close()
                return []
            })
        #expect { try a.run("kept = probe(1) ask() while true do end") } throws: {
            ($0 as? LuaError)?.kind == .interrupted
        }
        #expect { try a.run("return 1") } throws: { "\($0)" == "the interpreter was closed" }
        #expect(a.counter.count == 0)
    }

    /// Lua allows 200 nested C calls, which here have Swift frames between them, so the thread needs a large stack. A
    /// thread that cannot get one is not started.
    @Test func theThreadHasALargeStack() {
        #expect(InterpreterThread.stackBytes >= 8 << 20)
    }

    @Test func aFunctionOfAnotherInterpreterIsRefused() throws {
        let (a, b) = (try Interpreter(), try Interpreter())
        let function = try a.run(code: "return function() end").first ?? .none
        do {
            try b.setGlobal("f", function)
            Issue.record("no error")
        } catch {
            #expect(error.message == "a value of another interpreter cannot be given to a script")
        }
    }

    @Test(.timeLimit(.minutes(30))) func aTableIsNotReadElsewhereWhileItsScriptRuns() async throws {
        let interpreter = try Interpreter()
        nonisolated(unsafe) let values = try interpreter.run(code: "return {1, 2, 3}")
        guard case .table(let table)? = values.first else { throw Unexpected() }
        #expect(try table.value(at: 2).asInteger == 2)
        let (started, signal) = AsyncStream.makeStream(of: Void.self)
        try interpreter.setGlobal("started", .closure(
            NativeFunction("started", Documentation("started()", "")) { _ -> [Value] in
                signal.finish()
                return []
            }, bound: []))
        let run = Task {
            try await interpreter.perform { try interpreter.run(code: "started() while not done do end").count }
        }
        for await _ in started {}
        var message = "no error"
        do { _ = try table.value(at: 1) } catch { message = String(describing: error) }
        var ofCount = "no error"
        do { _ = try table.count } catch { ofCount = String(describing: error) }
        run.cancel()
        _ = try? await run.value
        #expect(message == "a script's value was used on another thread while the script runs")
        #expect(ofCount == message)
        #expect(try table.value(at: 3).asInteger == 3)
    }
}
