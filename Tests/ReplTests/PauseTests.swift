import Foundation
import LuaFlow
import Synchronization
import Testing

@testable import Repl
@testable import Sessions

/// A prompt inside a run, opened by a native function.
@Suite struct PauseTests {
    /// Runs a script whose first local, `pause`, opens the prompt with lines given beforehand, and returns how it was
    /// left.
    private final class Pause: Sendable {
        let typed: [Line]
        let output = Mutex("")
        /// Those of a notebook; nil for the process's own.
        let streams: RunStreams?
        init(_ typed: [Line], streams: RunStreams? = nil) { (self.typed, self.streams) = (typed, streams) }

        func run(_ host: LuaFlow.Host, _ script: String) throws -> [Value] {
            let open = NativeFunction("pause", Documentation("pause(state)", "For tests.")) { arguments in
                guard case .table(let state) = arguments[1] else { throw arguments.error("a table expected") }
                let console = Console(style: Style(isColoured: false)) { text in self.output.withLock { $0 += text } }
                let departure = try RunStreams.$current.withValue(self.streams) {
                    try Repl.pause(
                        host, names: state,
                        commands: [
                            .leaving("continue", ":continue", "Goes on."),
                            .leaving("rewind", ":rewind N", "Goes back."),
                        ],
                        greeting: "paused", console: console, lines: TypedLines(self.typed))
                }
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

    /// Modules are globals at the prompt, although the script required none; the script's own globals do not change.
    @Test func modulesAreThere() throws {
        let pause = Pause([.text("tensor.zeros(2):size(1), flow ~= nil"), .text("?tensor.exp"), .text(":continue")])
        let results = try pause.run(LuaFlow.Host(), "pause({}) ; return rawget(_G, 'tensor'), rawget(_G, 'flow')")
        #expect(pause.text.hasPrefix("paused\n2\ntrue\ntensor.exp(x)"), "\(pause.text)")
        #expect(results.map(\.typeName) == ["nil", "nil"])
    }

    /// In a notebook's pause a picture is one, and no letters stand for it.
    @Test func aNotebookShowsPictures() throws {
        let shown = Mutex<[String]>([])
        let streams = RunStreams(line: { nil }) { piece in
            if case .shown(let ways) = piece { shown.withLock { $0 += ways.map(\.mime) } }
        }
        let pause = Pause([.text("x"), .text("x:sum():item()"), .text(":continue")], streams: streams)
        _ = try pause.run(LuaFlow.Host(), "return pause({x = require('tensor').eye(9)})")
        #expect(shown.withLock { $0 } == ["image/png"])
        #expect(pause.text.hasPrefix("paused\ntensor({{1") && pause.text.hasSuffix("\n9.0\n"), "\(pause.text)")
        #expect(!pause.text.contains("@@"), "\(pause.text)")
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

    /// An interrupt at the prompt ends only the input that is running there.
    @Test func anInterruptThereLeavesTheRunAlone() throws {
        let host = try LuaFlow.Host()
        let pause = Pause([.text("while true do running() end"), .text("'after'"), .text(":continue")])
        let interpreter = host.interpreter
        // The interrupt is sent once the loop runs; before, it would interrupt the paused run.
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

    /// Visible are the variables of the loop's function, of the functions around it, and of its callers.
    @Test func variablesOfTheFunctionsAreVisibleAndAssignable() throws {
        let pause = Pause([
            .text("rate, count, seen"), .text("rate = rate * 2"), .text("count = 'changed'"), .text("total = 100"),
            .text("outer"), .text("outer = 'new'"), .text("late"), .text("x = 5"), .text("called"), .text(":who"),
            .text("made = function() return rate end"),
        ])
        let results = try pause.run(
            LuaFlow.Host(),
            """
            local outer, total, seen = "kept", 0, nil
            local function loop(s, count)
              local rate = 1
              do local rate = 7 ; total = total + 1 ; pause(s) ; total = total + rate end
              local late = 3
              return rate, count, total
            end
            local function caller() local called = "by me" ; return (function(...) return ... end)(loop({x = 1}, 2)) end
            local rate, count, total = caller()
            return rate, count, total, outer, made(), rawget(_G, "rate")
            """)
        let said = pause.text
        #expect(results.map(\.shown) == ["1", "\"changed\"", "114", "\"new\"", "nil", "nil"], "\(said)")
        #expect(said.hasPrefix("paused\n7\n2\nnil\n\"kept\"\nunknown name late"), "\(said)")
        #expect(said.contains("called") && said.contains("x       number 5"), "\(said)")
    }

    /// An assignment is recorded, as the run can no longer be repeated from its files.
    @Test func assignmentsAreNoted() throws {
        let host = try LuaFlow.Host()
        let pause = Pause([.text("rate = 2"), .text("s.x = 1"), .text("rate")])
        _ = try pause.run(host, "local rate, s = 1, {} pause({}) return rate")
        #expect(try host.liveChanges() == ["rate was assigned to in a pause"])
    }

    /// The same in a coroutine, in a coroutine that an input starts, and in a sandbox, which has no library `debug`.
    @Test func coroutinesAndSandboxesHaveThemToo() throws {
        var options = Interpreter.Options()
        options.trust = .sandboxed
        for options in [Interpreter.Options(), options] {
            let pause = Pause([
                .text("n"), .text("coroutine.wrap(function() n = n + 1 return n end)()"),
                .text("coroutine.wrap(function() far = far .. '!' end)()"), .text("n, far"),
            ])
            let results = try pause.run(
                LuaFlow.Host(options: options), """
                    local far = "far"
                    local run = coroutine.wrap(function() local n = 1 ; pause({}) ; coroutine.yield(n + #far) end)
                    return run()
                    """)
            #expect(results.map(\.shown) == ["6"], "\(pause.text)")
            #expect(pause.text == "paused\n1\n2\n2\n\"far!\"\n", "\(pause.text)")
        }
    }
}
