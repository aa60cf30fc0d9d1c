import Foundation
import Testing

/// The worker process: it ends with its parent, its output goes straight to the parent's, and ordinary work runs in it.
@Suite(.ownTime(minutes: 10)) struct SandboxProcessTests {
    /// A script that makes a file and then runs for ever.
    private static func endless(_ scratch: Scratch) throws -> String {
        try scratch.write("endless.lua", """
            require "checkpoint".save([[\(scratch.path("ready.npy"))]], {x = require "tensor".ones(1)})
            while true do pcall(function() while true do end end) end
            """)
    }

    @Test func interruptsLeaveWith130() throws {
        let scratch = try Scratch()
        let options = ["--sandbox", "--timeout", "10m", "--allow-write", scratch.url.path]
        #expect(
            try Command.interrupted(
                SandboxProcessTests.endless(scratch), options: options, whenThere: scratch.path("ready.npy")) == 130)
    }

    #if os(Linux)
        /// `kill -9` of the parent, which it cannot handle, ends the worker as well.
        @Test(arguments: [SIGKILL, SIGTERM]) func theWorkerEndsWithItsParent(signal: Int32) throws {
            let scratch = try Scratch()
            let process = Process()
            process.executableURL = try Command.program
            process.arguments = [
                "--sandbox", "--timeout", "10m", "--allow-write", scratch.url.path, "run",
                try SandboxProcessTests.endless(scratch),
            ]
            process.standardError = FileHandle.nullDevice
            try process.run()
            while process.isRunning, !FileManager.default.fileExists(atPath: scratch.path("ready.npy")) {
                usleep(10_000)
            }
            let worker = try #require(SandboxProcessTests.children(of: process.processIdentifier).first)
            #expect(kill(worker, 0) == 0)
            let status = try String(contentsOfFile: "/proc/\(worker)/status", encoding: .utf8)
            #expect(status.contains("NoNewPrivs:\t1"))
            kill(process.processIdentifier, signal)
            process.waitUntilExit()
            #expect(process.terminationReason == .uncaughtSignal)
            // If the worker never ends, the suite's time limit ends the test.
            while SandboxProcessTests.isRunning(worker) { usleep(10_000) }
        }

        private static func fields(_ process: String) -> [Substring]? {
            // The process' name in parentheses may contain blanks; state and parent follow it.
            guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
                let end = text.lastIndex(of: ")")
            else { return nil }
            return text[text.index(after: end)...].split(separator: " ")
        }

        private static func isRunning(_ process: pid_t) -> Bool {
            guard let state = fields(String(process))?.first else { return false }
            return state != "Z" && state != "X"
        }

        private static func children(of parent: pid_t) -> [pid_t] {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
            return names.filter { Int32($0) != nil && fields($0)?.dropFirst().first.flatMap { Int32($0) } == parent }
                .compactMap { Int32($0) }
        }
    #endif

    /// When the worker is killed, the command fails.
    @Test func aKilledWorkerIsReported() throws {
        let result = try shell(
            "\"$LUAFLOW\" --sandbox --timeout 5m -e 'while true do end' & parent=$!; "
                + """
                    until [ -n \"$worker\" ]; do worker=$(cat /proc/$parent/task/$parent/children || pgrep -P \
                    $parent); sleep 0.1; done 2> /dev/null; 
                    """
                + "kill -9 $worker; wait $parent")
        #expect(
            result.status == 1 && result.errors.contains("luaflow: stopped: the sandbox was killed from outside"),
            "\(result.errors)")
    }

    /// Endless output goes where the user directs it; when the reader closes the pipe, the script ends without a
    /// message.
    @Test func aReaderThatLeavesEndsIt() throws {
        let result = try shell(
            """
            \"$LUAFLOW\" --sandbox --timeout 5m -e 'while true do print(\"line\") end' | head -n 1; \
            echo ${PIPESTATUS[0]}
            """
        )
        #expect(result.output == "line\n141\n" && result.errors.isEmpty, "\(result.output) \(result.errors)")
    }

    @Test(arguments: [">&-", "2>&-", "<&-", ">&- 2>&- <&-"]) func closedStreamsAreNoTrouble(streams: String) throws {
        let result = try shell(
            "\"$LUAFLOW\" --sandbox -e 'print(1) io.stderr:write(2) error(3)' \(streams); echo status $?")
        #expect(result.output.hasSuffix("status 1\n"), "\(result.output)")
    }

    private func shell(_ command: String) throws -> Command.Result {
        try Command.run(
            "bash", ["-c", command], environment: ["LUAFLOW": Command.program.path, "XDG_CONFIG_HOME": "/nonexistent"])
    }

    /// The numbers are the same with and without the sandbox. (LAPACK's last bits, which problem 4 and its Glow print,
    /// depend on memory addresses.)
    @Test(arguments: ProblemScriptTests.names) func problemsGiveTheSameNumbers(name: String) throws {
        let scratch = try Scratch()
        let script = ProblemScriptTests.scripts.appendingPathComponent(name + ".lua").path
        let arguments = [script, "--out", scratch.path("figure.png")]
        let trusted = try Command.run(["run"] + arguments)
        try FileManager.default.removeItem(atPath: scratch.path("figure.png"))
        let sandboxed = try Command.run(
            ["--sandbox", "--timeout", "5m", "--allow-write", scratch.url.path, "run"] + arguments)
        #expect(sandboxed.status == 0 && sandboxed.errors.isEmpty, "\(sandboxed.errors)")
        #expect(name.contains("glow") || sandboxed.output == trusted.output)
        #expect(FileManager.default.fileExists(atPath: scratch.path("figure.png")))
    }

    @Test func inpaintingReadsAMaskAndWritesAFigure() throws {
        let scratch = try Scratch()
        let script = ProblemScriptTests.scripts.appendingPathComponent("problem3_inpainting.lua").path
        let mask = scratch.path("mask.png")
        #expect(
            try Command.run(["-e", "local m = tensor.ones(28, 28) m[{{1, 14}, {}}] = 0 image.save([[\(mask)]], m)"])
                .status == 0)
        let arguments = ["run", script, "--steps", "5", "--mask", mask, "--out", scratch.path("figure.png")]
        let refused = try Command.run(["--sandbox", "--allow-read", scratch.url.path] + arguments)
        #expect(
            refused.status == 2 && refused.errors.contains("figure.png: no file may be written"), "\(refused.errors)")
        let other = try Scratch()
        let unread = try Command.run(
            ["--sandbox", "--allow-write", other.url.path] + arguments.dropLast() + [other.path("figure.png")])
        #expect(unread.status == 2 && unread.errors.contains("may not be read"), "\(unread.errors)")
        let done = try Command.run(["--sandbox", "--allow-write", scratch.url.path] + arguments)
        #expect(
            done.status == 0 && FileManager.default.fileExists(atPath: scratch.path("figure.png")), "\(done.errors)")
    }

    /// Plugins are loaded only from folders that the user named.
    @Test func onlyNamedPluginsAreLoaded() throws {
        let scratch = try Scratch()
        for folder in ["plugins", "named"] {
            try FileManager.default.createDirectory(atPath: scratch.path(folder), withIntermediateDirectories: true)
        }
        _ = try scratch.write("plugins/beside.lua", "print('beside')")
        _ = try scratch.write("named/own.lua", "print('named', io.open == nil, (require('part')))")
        _ = try scratch.write("named/part.lua", "return 7")
        let script = try scratch.write("main.lua", "print('main', pcall(require, 'part') == false)")
        let bare = try Command.run(["--sandbox", "run", script])
        #expect(bare.status == 0 && bare.output == "main\ttrue\n", "\(bare.output) \(bare.errors)")
        let named = try Command.run(["--sandbox", "--plugins", scratch.path("named"), "run", script])
        #expect(
            named.status == 0 && named.output.contains("named\ttrue\t7\n") && named.output.hasSuffix("main\ttrue\n"),
            "\(named.output) \(named.errors)")
    }
}
