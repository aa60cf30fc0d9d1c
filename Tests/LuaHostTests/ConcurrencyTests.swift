import LuaHost
import Scripting
import Testing

/// One state, one executor; several interpreters side by side.
@Suite struct ConcurrencyTests {
    @Test func callsFromManyThreadsWaitTheirTurn() async throws {
        let interpreter = try Interpreter()
        try interpreter.run(code: "n = 0")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 1...8 {
                group.addTask {
                    for _ in 1...50 {
                        // A lost update would show: reading and writing are instructions apart.
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

    @Test(.timeLimit(.minutes(2))) func cancellingTheTaskInterruptsTheScript() async throws {
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
        // The interpreter lives on.
        #expect(try interpreter.run(code: "return 5").first?.asInteger == 5)
    }

    @Test(.timeLimit(.minutes(2))) func aTaskCancelledBeforeItsTurnDoesNotRun() async throws {
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

    /// An actor whose code runs where the interpreter's does.
    actor Lab {
        let interpreter: Interpreter
        nonisolated var unownedExecutor: UnownedSerialExecutor { interpreter.unownedExecutor }

        init(_ interpreter: Interpreter) { self.interpreter = interpreter }

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

    @Test(.timeLimit(.minutes(2))) func interpretersThatWouldWaitForEachOtherAreToldSo() throws {
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
        // One after the other is fine.
        try b.setGlobal("answer", function("answer") { [.integer(2)] })
        #expect(try a.run(code: "return ask()").first?.asInteger == 2)
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

    @Test(.timeLimit(.minutes(2))) func aTableIsNotReadElsewhereWhileItsScriptRuns() async throws {
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
        run.cancel()
        _ = try? await run.value
        #expect(message == "a script's value was used on another thread while the script runs")
        #expect(try table.value(at: 3).asInteger == 3)
    }
}
