import Foundation
import Synchronization
import Testing

/// `luaflow --sandbox` as a user runs it: what ends a hostile script, and what is left of it.
@Suite(.ownTime(minutes: 10)) struct SandboxCommandTests {
    /// Whether the message is the single line of a deadline, with the script's line where it was stopped there.
    static func isLate(_ errors: String) -> Bool {
        errors.wholeMatch(of: /luaflow: (\(command line\):\d+: )?stopped: the time limit of \d s has passed\n/) != nil
    }

    struct Endless: CustomTestStringConvertible, Sendable {
        let kind: String
        let script: String
        var testDescription: String { "\(kind): \(script.prefix(60))" }
    }

    /// Only the deadline ends these scripts; for some of them only the kill that follows it.
    @Test(arguments: [
        Endless(kind: "coroutines", script: "coroutine.wrap(function() while true do end end)()"),
        Endless(kind: "caught errors", script: "while true do pcall(function() while true do end end) end"),
        Endless(
            kind: "finalisers",
            script: "local function loop() while true do end end while true do xpcall(loop, loop) end"),
        Endless(
            kind: "finalisers",
            script:
                """
                local m = {__gc = true} setmetatable({}, m) m.__gc = function() while true do end end collectgarbage() \
                while true do end
                """
        ),
        Endless(kind: "calls inside C", script: "(('a'):rep(200)):find(('.-'):rep(20) .. 'b')"),
        Endless(
            kind: "calls inside C",
            script: "while true do pcall(string.find, ('a'):rep(200), ('.-'):rep(20) .. 'b') end"),
        Endless(kind: "calls inside C", script: "string.rep('', 1 << 62)"),
        Endless(
            kind: "calls inside C",
            script:
                """
                table.concat(setmetatable({}, {__len = function() return 1 << 60 end, __index = function() \
                return '' end}))
                """
        ),
        Endless(kind: "calls inside C", script: "for i = 1, math.huge do table.move({}, 1, 1 << 40, 2) end"),
        Endless(
            kind: "error objects",
            script: "while true do pcall(error, setmetatable({}, {__tostring = function() while true do end end})) end"),
        Endless(kind: "kernels", script: "local x = tensor.ones(1000, 1000) while true do x = x:matmul(x) end"),
        Endless(kind: "output", script: "while true do print(('x'):rep(1000)) end"),
        Endless(
            kind: "finalisers",
            script: "local x <close> = setmetatable({}, {__close = function() while true do end end}) while true do end"
        ),
    ]) func theDeadlineEndsIt(_ endless: Endless) throws {
        let result = try Command.run(["--sandbox", "--timeout", "1", "-e", endless.script])
        #expect(result.status == 1 && SandboxCommandTests.isLate(result.errors), "\(result.status) \(result.errors)")
    }

    /// `--memory` holds with and without the sandbox, and the state still works afterwards.
    @Test(
        arguments: [[], ["--sandbox"]],
        [
            Endless(kind: "Lua memory", script: "local s = 'x' while true do s = s .. s end"),
            Endless(kind: "Lua memory", script: "local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1000) .. i end"),
            Endless(
                kind: "Lua memory", script: "local t = {} for i = 1, 1e9 do t[i] = coroutine.create(function() end) end"
            ),
            Endless(kind: "Lua memory", script: "local s = 'x' while true do s = s:gsub('.', '%0%0%0%0%0%0%0%0') end"),
            Endless(kind: "tensors", script: "local t = {} while true do t[#t + 1] = tensor.zeros(1000000) end"),
            Endless(
                kind: "tensors", script: "local t, x = {}, tensor.ones(1000) while true do t[#t + 1] = x:tolist() end"),
            // Objects whose memory is mostly not tensor bytes: the tape, views, objects, a list that becomes a table.
            Endless(
                kind: "tensors", script: "local x = tensor.zeros(1):requires_grad_(true) while true do x = x + 1 end"),
            Endless(kind: "tensors", script: "local t, x = {}, tensor.ones(4) while true do t[#t + 1] = x[1] end"),
            Endless(kind: "tensors", script: "local t = {} while true do t[#t + 1] = distribution.Normal(0, 1) end"),
            Endless(kind: "tensors", script: "tensor.zeros(1500, 1500):tolist()"),
        ]) func memoryEndsInAnError(mode: [String], bomb: Endless) throws
    {
        let script =
            "local ok, message = pcall(function() \(bomb.script) end) assert(not ok) "
            + """
                assert(tostring(message):find('not enough memory'), message) assert(tensor.ones(3):sum():item() == 3) \
                print('alive')
                """
        let result = try Command.run(mode + ["--memory", "64M", "--timeout", "5m", "-e", script])
        #expect(result.status == 0 && result.output == "alive\n", "\(result.errors)")
        let uncaught = try Command.run(mode + ["--memory", "64M", "--timeout", "5m", "-e", bomb.script])
        #expect(uncaught.status == 1 && uncaught.errors.contains("not enough memory"), "\(uncaught.errors)")
    }

    /// A loop of temporary tensors stays under a limit of a few of them.
    @Test(arguments: [[], ["--sandbox"]]) func temporariesStayFlat(mode: [String]) throws {
        let script = "for i = 1, 20000 do local x = tensor.zeros(262144) end print(collectgarbage('count') < 32768)"
        let result = try Command.run(mode + ["--memory", "16M", "--timeout", "5m", "-e", script])
        #expect(result.status == 0 && result.output == "true\n", "\(result.errors)")
    }

    @Test func deepRecursionIsAnError() throws {
        let result = try Command.run([
            "--sandbox", "-e", "local function f(n) return f(n + 1) + 1 end print(pcall(f, 1))",
        ])
        #expect(result.status == 0 && result.output.contains("stack overflow"), "\(result.errors)")
    }

    /// Coroutines that are closed from __close handlers, inside of each other: liblua 5.4.4 does not count them, and
    /// would overflow the C stack.
    @Test(arguments: [[], ["--sandbox"]]) func closesInsideOfEachOtherAreCounted(mode: [String]) throws {
        let result = try Command.run(
            mode + [
                "-e",
                """
                local last
                for i = 1, 400000 do
                  local previous = last
                  last = coroutine.create(function()
                    local x <close> = setmetatable({}, {__close = function() if previous then assert(coroutine.close(previous)) end end})
                    coroutine.yield()
                  end)
                  coroutine.resume(last)
                end
                local ok, message = coroutine.close(last)
                error(message or "closed")
                """,
            ])
        #expect(result.status == 1 && result.errors.contains("C stack overflow"), "\(result.status) \(result.errors)")
        let next = try Command.run(["--sandbox", "-e", "print(1)"])
        #expect(next.status == 0 && next.output == "1\n")
    }

    /// A known fault of liblua 5.4.4: a weak table whose metatable goes in a collection that ran out of memory.
    @Test func weakTablesUnderAMemoryCap() throws {
        let result = try Command.run(["--sandbox", "--memory", "16M", "--timeout", "2", "-e", """
            while true do
              pcall(function()
                local all = {}
                while true do
                  all[#all + 1] = setmetatable({{}, {}, ("x"):rep(200) .. #all}, {__mode = #all % 2 == 0 and "k" or "v"})
                  if #all % 1000 == 0 then for i = 1, #all, 2 do setmetatable(all[i], nil) end end
                end
              end)
            end
            """])
        #expect(result.status == 1 && result.errors.contains(": stopped: "), "\(result.status) \(result.errors)")
    }

    @Test(arguments: [
        ("", Int32(0)), ("os.exit(7)", 7), ("os.exit(true)", 0), ("os.exit(false)", 1), ("error('x')", 1),
        ("error(nil)", 1),
        ("error(setmetatable({}, {__tostring = function() while true do end end}))", 1), ("x = = 1", 1),
    ]) func statusesAreTheScripts(script: String, status: Int32) throws {
        #expect(try Command.run(["--sandbox", "-e", script]).status == status)
    }

    @Test func errorsAreWordedAsEver() throws {
        let scratch = try Scratch()
        let script = try scratch.write(
            "bad.lua",
            "local tensor = require 'tensor'\nprint(...)\nreturn tensor.zeros(2, 5):matmul(tensor.zeros(3, 5))\n")
        let result = try Command.run(["run", "--sandbox", script, "--x", "a b"])
        #expect(result.status == 1 && result.output == "--x\ta b\n")
        #expect(result.errors.contains("bad.lua:3: tensor.matmul: (2, 5) and (3, 5) do not chain: 5 ~= 3"))
        #expect(result.errors.contains("stack traceback"))
    }

    /// Misplaced options of the sandbox, and options with wrong values, are refused, so that no script runs with less
    /// protection than expected.
    @Test(arguments: [
        ["run", "FILE", "--sandbox"], ["--allow-read", ".", "-e", "print(1)"], ["run", "--allow-write", ".", "FILE"],
        ["plugins", "--sandbox"], ["--sandbox", "plugins"],
        ["--memory", "0.3", "-e", "print(1)"], ["--sandbox", "--memory", "1023K", "-e", "print(1)"],
        ["--sandbox", "--memory", "lots", "-e", "print(1)"], ["--sandbox", "--memory", "-5", "-e", "print(1)"],
        ["--sandbox", "--timeout", "0", "-e", "print(1)"], ["--sandbox", "--timeout", "soon", "-e", "print(1)"],
        ["--timeout", "-1", "-e", "print(1)"], ["--memory", "0x10M", "-e", "print(1)"], ["--sandbox", "repl", "FILE"],
    ]) func wrongUsageRunsNothing(arguments: [String]) throws {
        let scratch = try Scratch()
        let script = try scratch.write("a.lua", "print('ran')")
        let result = try Command.run(arguments.map { $0 == "FILE" ? script : $0 })
        #expect(result.status == 2 && result.output.isEmpty && !result.errors.isEmpty)
    }

    @Test(arguments: ["--allow-read", "--allow-write"]) func aFolderThatIsNotThereRunsNothing(option: String) throws {
        for folder in ["no such folder", "", "README.md"] {
            let result = try Command.run(["--sandbox", option, folder, "-e", "print('ran')"])
            #expect(
                result.status == 2 && result.output.isEmpty && result.errors.contains("\(option) "), "\(result.errors)")
        }
    }

    @Test func optionsHoldBeforeAndAfterTheSubcommand() throws {
        let scratch = try Scratch()
        let script = try scratch.write("a.lua", "print(io.open == nil)")
        for arguments in [["--sandbox", "run", script], ["run", "--sandbox", script]] {
            #expect(try Command.run(arguments).output == "true\n")
        }
        #expect(try Command.run(["run", script]).output == "false\n")
    }

    @Test(arguments: ["100000000", "1e8", "95.4M", "0.0932G", "97657K", "96m", "96MB"]) func sizesAsTyped(size: String)
        throws
    {
        let result = try Command.run([
            "--memory", size, "-e", "print(pcall(tensor.zeros, 20000000) , pcall(tensor.zeros, 27000000))",
        ])
        #expect(result.output.hasPrefix("true\tfalse"), "\(result.output) \(result.errors)")
    }

    /// `--timeout` without the sandbox: in the script, in native loops, and in finalisers at the end.
    @Test(arguments: [
        "while true do pcall(function() while true do end end) end",
        "local x = tensor.ones(500, 500) while true do x = x:matmul(x) end",
    ]) func timeLimitsHoldWhenTrusted(script: String) throws {
        let result = try Command.run(["--timeout", "1s", "-e", script])
        #expect(result.status == 1 && SandboxCommandTests.isLate(result.errors), "\(result.errors)")
    }

    /// A call that never returns to Lua is ended with the process, two seconds after the deadline; what was printed
    /// before is there.
    @Test(arguments: [
        "(('a'):rep(200)):find(('.-'):rep(20) .. 'b')",
        "while true do pcall(string.rep, '', 1 << 62) end",
        "local m = {__gc = true} setmetatable({}, m) m.__gc = function() while true do end end collectgarbage()",
        "local t = debug.sethook(function() while true do end end, '', 1) x = 1",
    ]) func theBackstopOfATimeLimit(script: String) throws {
        let result = try Command.run(["--timeout", "3s", "-e", "io.write('before '); " + script])
        #expect(result.status == 1 && SandboxCommandTests.isLate(result.errors), "\(result.errors)")
        #expect(result.output == "before ")
    }

    @Test func aLineIsNamedWhereTheDeadlineCame() throws {
        let scratch = try Scratch()
        let script = try scratch.write("loop.lua", "local x = 1\nwhile true do\nx = x + 1 end\n")
        let result = try Command.run(["run", "--timeout", "1", script])
        #expect(
            result.errors.contains(/loop\.lua:[23]: stopped: the time limit of 1 s has passed\n/), "\(result.errors)")
    }

    @Test(arguments: ["--sandbox", "run --sandbox -", "run -"]) func aScriptOnStandardInput(options: String) throws {
        let scratch = try Scratch()
        let script = try scratch.write(
            "in.lua",
            """
            #!/usr/bin/env luaflow
            local tensor = require 'tensor'
            print(io.open == nil, #'\\xff\u{e9}', ...)
            error('here')

            """
        )
        let words = options.hasSuffix("-") ? options + " a b" : options
        let result = try Command.run("sh", ["-c", "'\(try Command.program.path)' \(words) < '\(script)'"])
        let arguments = options.hasSuffix("-") ? "\ta\tb" : ""
        #expect(result.output == "\(options.contains("sandbox"))\t3\(arguments)\n", "\(result.errors)")
        #expect(result.status == 1 && result.errors.hasPrefix("luaflow: stdin:4: here\n"), "\(result.errors)")
    }

    /// Waiting for an overrun deadline works where the filter refuses /proc: libdispatch reads it once a second when
    /// threads block. Several runs at once make that likely.
    @Test func aDeadlineInTheSandboxIsNoCrash() throws {
        let endless = "while true do pcall(function() while true do end end) end"
        let code = "error(setmetatable({}, {__tostring = function() \(endless) end}))"
        let runs = DispatchGroup()
        let said = Mutex<[Result<String, any Error>]>([])
        for _ in 0..<8 {
            DispatchQueue.global().async(group: runs) {
                let errors = Result { try Command.run(["--sandbox", "-e", code]).errors }
                said.withLock { $0.append(errors) }
            }
        }
        runs.wait()
        let all = try said.withLock { try $0.map { try $0.get() } }
        #expect(all.count == 8)
        for errors in all { #expect(errors.hasPrefix("luaflow: (error object is a table value)"), "\(errors)") }
    }

    @Test(arguments: [[], ["--sandbox"]]) func anErrorObjectSpeaksForItself(mode: [String]) throws {
        func errors(_ body: String) throws -> String {
            let result = try Command.run(
                mode + ["-e", "error(setmetatable({}, {__tostring = function() \(body) end}))"])
            #expect(result.status == 1)
            return result.errors
        }
        #expect(try errors("return 'what it says'").hasPrefix("luaflow: what it says\n"))
        for body in ["return 1", "error('no')", "while true do pcall(function() while true do end end) end"] {
            let told = try errors(body)
            #expect(told.hasPrefix("luaflow: (error object is a table value)"), "\(body): \(told)")
        }
    }

    @Test func messagesOfAnyLengthAreShownInPart() throws {
        let result = try Command.run(["-e", "error(('z'):rep(1 << 24))"])
        #expect(result.status == 1 && result.errors.utf8.count < 10_000 && result.errors.contains("bytes are left out"))
        let kept = try Command.run(["-e", "print(#select(2, pcall(error, ('z'):rep(1 << 24))))"])
        #expect(kept.output == "16777216\n")
    }

    #if os(Linux)
        @Test(arguments: [[], ["--sandbox"]]) func outputThatIsLostIsAnError(mode: [String]) throws {
            let words = mode.joined(separator: " ")
            let result = try Command.run(
                "sh", ["-c", "'\(try Command.program.path)' \(words) -e 'print(1)' > /dev/full"])
            #expect(
                result.status == 1 && result.errors.hasPrefix("luaflow: standard output could not be written in full"))
        }
    #endif

    @Test func finalisersAtTheEndHaveTheTimeOfARun() throws {
        let result = try Command.run([
            "--timeout", "3s", "-e",
            "for i = 1, 3 do setmetatable({}, {__gc = function() while true do end end}) end print(1)",
        ])
        #expect(result.output == "1\n", "\(result.errors)")
    }

    @Test func theEnvironmentStaysOutside() throws {
        let result = try Command.run(
            ["--sandbox", "-e", "print(os.getenv, pcall(data.idx, '/proc/self/environ'))"],
            environment: ["SECRET": "xyzzy"])
        #expect(result.status == 0 && result.output.hasPrefix("nil\tfalse") && !result.output.contains("xyzzy"))
    }

    @Test func shippedModelsAreThere() throws {
        let script =
            "print(flow.load(host.resource('nice-mnist.safetensors')):log_prob(data.digits().images[1]):item() > 1000)"
        let result = try Command.run(["--sandbox", "-e", script])
        #expect(result.status == 0 && result.output == "true\n", "\(result.errors)")
    }
}
