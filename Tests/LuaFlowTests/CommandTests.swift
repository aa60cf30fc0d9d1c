import Foundation
import Testing

/// The command line: what it prints and how it leaves.
@Suite(.ownTime(minutes: 10)) struct CommandTests {
    @Test func aOneLinerPrintsWhatItPrints() throws {
        let result = try Command.run(["-e", "print(tensor.ones(2, 3):sum():item())"])
        #expect(result.status == 0 && result.output == "6.0\n" && result.errors.isEmpty)
        #expect(try Command.run(["-e", ""]).output.isEmpty)
    }

    @Test func errorsLeaveWithOneAndATraceback() throws {
        let scratch = try Scratch()
        let script = try scratch.write(
            "bad.lua",
            """
            local tensor = require 'tensor'
            local function f()
              return tensor.zeros(2, 5):matmul(tensor.zeros(3, 5))
            end
            f()

            """
        )
        let result = try Command.run(["run", script])
        #expect(result.status == 1)
        #expect(result.errors.contains("bad.lua:3: tensor.matmul: (2, 5) and (3, 5) do not chain: 5 ~= 3"))
        #expect(result.errors.contains("stack traceback") && result.errors.contains("bad.lua:5"))
    }

    @Test func syntaxErrorsNameTheLine() throws {
        let scratch = try Scratch()
        let result = try Command.run(["run", scratch.write("bad.lua", "local x = = 3\n")])
        #expect(result.status == 1 && result.errors.contains("bad.lua:1:"))
    }

    @Test(arguments: [["runn"], ["run"], ["--nonsense"], ["convert", "a"], ["convert", "a", "b", "--dtype", "float8"]])
    func wrongUsageLeavesWithTwo(arguments: [String]) throws {
        let result = try Command.run(arguments)
        #expect(result.status == 2 && !result.errors.isEmpty)
    }

    /// An error message of one line names what is wrong with which option or value; a second line gives a hint.
    @Test(arguments: [
        (["runn"], "there is no subcommand \"runn\""), (["run"], "'<file>'"), (["--nonsense"], "'--nonsense'"),
        (["run", "--timeout", "x", "a.lua"], "10, 0.5, 2m"),
        (["run", "--memory", "1", "a.lua"], "--memory 1: at least 1M expected"),
        (["convert", "a", "b", "--dtype", "float8"], "float8"),
        (["completions", "tcsh"], "tcsh: bash, zsh or fish expected"), (["-e"], "CODE"),
        (["run", "--plugins", "/no/such", "a.lua"], "--plugins /no/such: there is no such folder"),
        (["run", "a.lua", "--sandbox"], "--sandbox goes before the file"),
    ]) func wrongUsageIsOneLine(arguments: [String], message: String) throws {
        let result = try Command.run(arguments)
        let lines = result.errors.split(separator: "\n")
        #expect(result.status == 2 && result.output.isEmpty && (1...2).contains(lines.count), "\(result.errors)")
        #expect(
            lines.first?.hasPrefix("luaflow: ") == true && lines.first?.contains(message) == true, "\(result.errors)")
        #expect(
            lines.dropFirst().allSatisfy { $0.hasPrefix("Try: luaflow") && $0.hasSuffix("--help") }, "\(result.errors)")
    }

    /// Lists that native functions return are printed with their elements.
    @Test func listsArePrintedWithTheirElements() throws {
        let result = try Command.run([
            "-e",
            "local x = tensor.ones(2, 3) print(x.shape, x:size(), x:tolist(), x:tolist()[1], #x.shape, next(x.shape))",
        ])
        #expect(
            result.output == "{2, 3}\t{2, 3}\t{{1.0, 1.0, 1.0}, {1.0, 1.0, 1.0}}\t{1.0, 1.0, 1.0}\t2\t1\t2\n",
            "\(result.output)\(result.errors)")
    }

    /// Standard error that cannot be written (a closed terminal, a full disk) does not change the exit status.
    @Test(arguments: [
        (["nosuchcommand"], 2), (["check", "/no/such/file.lua"], 2), (["check", "-"], 2), (["--nonsense"], 2),
        (["run", "SCRIPT", "--nonsense"], 2), (["run", "SCRIPT"], 0), (["-e", "error('x')"], 1),
    ] as [([String], Int32)]) func messagesThatNobodyReadsChangeNoStatus(arguments: [String], status: Int32) throws {
        let scratch = try Scratch()
        let script = try scratch.write(
            "a.lua", "local host = require 'host' host.arguments{{'steps', 1}} host.progress(1):update(1):close()")
        let words = try [Command.program.path] + arguments.map { $0 == "SCRIPT" ? script : $0 }
        // Standard input is a folder, which `check -` cannot read.
        let result = try Command.run("/bin/sh", ["-c", #"exec "$@" 2>/dev/full </"#, "sh"] + words)
        #expect(result.status == status)
    }

    /// A shell's completions in a file that a full disk cut are no success.
    @Test(arguments: ["--help", "--version", "completions bash", "doc tensor", "run --help"])
    func whatIsNotWrittenWholeIsNoSuccess(_ words: String) throws {
        let result = try Command.run("sh", ["-c", "'\(try Command.program.path)' \(words) > /dev/full"])
        #expect(result.status == 1, "\(words)")
        #expect(result.errors.contains("standard output could not be written in full"), "\(result.errors)")
    }

    #if os(Linux)
        /// Under a limit on addresses OpenBLAS would ask for its buffers for ever; with one thread there is room for
        /// one.
        @Test func aLimitOnAddressesIsNoReasonToHang() throws {
            let code = #"local a = tensor.ones({60, 60}, {dtype = "float64"}) print(a:matmul(a):sum():item())"#
            let result = try Command.run(
                "sh", ["-c", "ulimit -v 600000; exec timeout 60 '\(try Command.program.path)' -e '\(code)'"])
            #expect(result.status == 0 && result.output.hasPrefix("216000.0"), "\(result.output)\(result.errors)")
        }
    #endif

    @Test func scriptsSeeTheirArgumentsAndTheirFolder() throws {
        let scratch = try Scratch()
        _ = try scratch.write("helper.lua", "return {answer = 42}")
        let script = try scratch.write(
            "main.lua",
            """
            assert(arg[0]:match('main.lua$') and arg[1] == '--x' and (...) == '--x' and arg[2] == 'a b')
            print(require('helper').answer)
            """
        )
        let result = try Command.run(["run", script, "--x", "a b"])
        #expect(result.status == 0 && result.output == "42\n", "\(result.errors)")
    }

    @Test func exitStatusIsTheScripts() throws {
        #expect(try Command.run(["-e", "os.exit(7)"]).status == 7)
        #expect(try Command.run(["-e", "os.exit(true)"]).status == 0)
        #expect(try Command.run(["run", "/no/such/file.lua"]).status == 1)
    }

    @Test func interruptsLeaveWith130() throws {
        let scratch = try Scratch()
        let script = try scratch.write(
            "loop.lua",
            """
            io.open([[\(scratch.path("ready"))]], 'w'):close()
            while true do pcall(function() while true do end end) end
            """
        )
        #expect(try Command.interrupted(script, whenThere: scratch.path("ready")) == 130)
    }

    @Test func interruptsReachIntoNativeLoops() throws {
        let scratch = try Scratch()
        let script = try scratch.write("product.lua", """
            local tensor = require "tensor"
            local x = tensor.ones(4000, 4000)
            io.open([[\(scratch.path("ready"))]], "w"):close()
            for i = 1, 1e9 do x = x:matmul(x) end
            """)
        #expect(try Command.interrupted(script, whenThere: scratch.path("ready")) == 130)
    }

    /// Lua's own C functions do not check for interrupts. The program says so, and the second Ctrl-C ends it.
    @Test func aCallThatCannotBeStoppedIsSaidToBe() throws {
        // A press between the file and the call interrupts Lua itself: then the test tries again.
        while try !presses() {}
    }

    /// - Returns: false when the first press came too early.
    private func presses() throws -> Bool {
        let scratch = try Scratch()
        let (ready, said) = (scratch.path("ready"), scratch.path("said"))
        try Data().write(to: URL(fileURLWithPath: said))
        let script = try scratch.write(
            "find.lua", "io.open([[\(ready)]], 'w'):close(); (('a'):rep(300)):find(('.-'):rep(30) .. 'b')")
        let process = Process()
        process.executableURL = try Command.program
        process.arguments = ["run", script]
        process.environment = Command.environment
        process.standardError = FileHandle(forWritingAtPath: said)
        try process.run()
        func messages() throws -> String { try String(contentsOfFile: said, encoding: .utf8) }
        while process.isRunning, !FileManager.default.fileExists(atPath: ready) { usleep(10_000) }
        kill(process.processIdentifier, SIGINT)
        let message = "still inside a call that cannot be stopped; Ctrl-C again ends the program"
        while process.isRunning, try !messages().contains(message) { usleep(10_000) }
        guard process.isRunning else { return try messages().contains(message) }
        kill(process.processIdentifier, SIGINT)
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 130)
        #expect(try messages().hasSuffix("ended: the call did not stop\n"))
        return true
    }

    @Test func conversionsKeepTheModel() throws {
        let scratch = try Scratch()
        let model = scratch.path("m.safetensors")
        let made = try Command.run([
            "-e", "random.manual_seed(1) flow.NICE{dim = 6, hidden = 4, layers = 2, couplings = 2}:save([[\(model)]])",
        ])
        #expect(made.status == 0, "\(made.errors)")
        let half = scratch.path("half.safetensors")
        #expect(try Command.run(["convert", model, half, "--dtype", "float16"]).status == 0)
        let compare = try Command.run(["-e", """
            local a, b = flow.load([[\(model)]]), flow.load([[\(half)]])
            assert(b:parameters()[1].dtype == "float16" and b:parameters()[2].dtype == "float32")
            assert((a:log_prob(tensor.ones(6)) - b:log_prob(tensor.ones(6))):abs():item() < 0.05)
            """])
        #expect(compare.status == 0, "\(compare.errors)")
        let missing = try Command.run(["convert", scratch.path("none.pt"), scratch.path("out.safetensors")])
        #expect(
            missing.status == 1 && missing.errors.contains("none.pt")
                && !FileManager.default.fileExists(atPath: scratch.path("out.safetensors")))
    }

    @Test func documentationIsPrinted() throws {
        #expect(try Command.run(["doc", "flow.load"]).output.contains("safetensors"))
        #expect(try Command.run(["doc", "flow.lod"]).errors.contains("flow.load"))
        #expect(try Command.run(["doc"]).output.contains("projection"))
    }
}

extension CommandTests {
    /// What a script may hold is bounded, and running out of memory is an error that it can catch.
    @Test func memoryEndsInAnError() throws {
        let result = try Command.run([
            "-e",
            """
            local ok, message = pcall(tensor.zeros, 1 << 36) assert(not ok and message:find('not enough memory'), \
            message) assert(tensor.ones(3):sum():item() == 3)
            """,
        ])
        #expect(result.status == 0, "\(result.errors)")
    }

    /// Ctrl-C stops a finaliser that never ends, which runs while the state closes.
    @Test func interruptsReachFinalisersAtTheEnd() throws {
        let scratch = try Scratch()
        let script = try scratch.write(
            "last.lua",
            """
            setmetatable({}, {__gc = function() io.open([[\(scratch.path("ready"))]], 'w'):close() \
            while true do end end})
            """
        )
        #expect(try Command.interrupted(script, whenThere: scratch.path("ready")) == 130)
    }
}
