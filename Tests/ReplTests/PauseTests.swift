import Foundation
import LuaFlow
import Synchronization
import Testing

@testable import Repl

/// A prompt inside a run, opened by a native function.
@Suite struct PauseTests {
    /// Runs a script whose first local, `pause`, opens the prompt on lines typed beforehand and says how it was left.
    private final class Pause: Sendable {
        let typed: [Line]
        let output = Mutex("")
        init(_ typed: [Line]) { self.typed = typed }

        func run(_ host: LuaFlow.Host, _ script: String) throws -> [Value] {
            let open = NativeFunction("pause", Documentation("pause(state)", "For tests.")) { arguments in
                let console = Console(style: Style(isColoured: false)) { text in self.output.withLock { $0 += text } }
                let departure = try Repl.pause(
                    host, names: arguments.table(1, "state"),
                    commands: [
                        .leaving("continue", ":continue", "Goes on."), .leaving("rewind", ":rewind N", "Goes back."),
                    ],
                    greeting: "paused", console: console, lines: TypedLines(self.typed))
                switch departure {
                case .end: return [.string("end")]
                case .command(let name, let argument): return [.string(name), .string(argument)]
                case .exit(let status): throw ExitRequest(code: status)
                }
            }
            return try host.interpreter.run(
                code: "local pause = ... ; " + script, arguments: [.closure(open, bound: [])])
        }
        var text: String { output.withLock { $0 } }
    }

    @Test func namesAreVisibleAndAssignable() throws {
        let pause = Pause([.text("x"), .text("x = x + 1"), .text("made = x * 10"), .text("k"), .text(":rewind 3")])
        let results = try pause.run(
            LuaFlow.Host(), "local s = {x = 1, k = 7} ; local how, what = pause(s) ; return how, what, s.x, made")
        #expect(results.map(\.shown) == ["\"rewind\"", "\"3\"", "2", "20"])
        #expect(pause.text == "paused\n1\n7\n")
    }

    /// The script has required none, and its globals stay as they are.
    @Test func modulesAreThere() throws {
        let pause = Pause([.text("tensor.zeros(2):size(1), flow ~= nil"), .text("?tensor.exp"), .text(":continue")])
        let results = try pause.run(LuaFlow.Host(), "pause({}) ; return rawget(_G, 'tensor'), rawget(_G, 'flow')")
        #expect(pause.text.hasPrefix("paused\n2\ntrue\ntensor.exp(x)"), "\(pause.text)")
        #expect(results.map(\.typeName) == ["nil", "nil"])
    }

    @Test func anErrorThereLeavesTheRunAlone() throws {
        let pause = Pause([.text("error('oops')"), .text("1 = 2"), .text(":continue")])
        #expect(try pause.run(LuaFlow.Host(), "return pause({})").map(\.shown) == ["\"continue\"", "\"\""])
        #expect(pause.text.contains("oops"))
    }

    @Test func exitEndsTheRun() throws {
        let pause = Pause([.text("os.exit(5)")])
        let error = #expect(throws: LuaError.self) { try pause.run(LuaFlow.Host(), "pause({}) ; ran_on = true") }
        #expect(error?.kind == .exit(code: 5))
    }

    /// An interrupt during what is entered there ends only that.
    @Test func anInterruptThereLeavesTheRunAlone() throws {
        let host = try LuaFlow.Host()
        let pause = Pause([.text("while true do running() end"), .text("'after'"), .text(":continue")])
        let interpreter = host.interpreter
        // Only once the loop runs: before, it would be the paused run that is interrupted.
        let isRunning = Mutex(false)
        let running = NativeFunction("running", Documentation("running()", "For tests.")) { _ in
            if !isRunning.withLock({ was in defer { was = true } ; return was }) {
                DispatchQueue.global().async { interpreter.interrupt() }
            }
            return []
        }
        try interpreter.setGlobal("running", .closure(running, bound: []))
        let results = try pause.run(
            host, "local how = pause({}) ; local n = 0 ; for i = 1, 1000 do n = n + i end return how, n")
        #expect(results.map(\.shown) == ["\"continue\"", "500500"])
        #expect(pause.text.contains("interrupted\n\"after\"\n"))
    }
}
