import Foundation
import LuaFlow
import Testing

/// `luaflow watch`, as a user runs it.
@Suite(.ownTime(minutes: 10)) struct WatchTests {
    /// A `luaflow watch` process, and what it has printed so far.
    private final class Watcher {
        private let process = Process()
        private let scratch: Scratch

        init(_ arguments: [String], in scratch: Scratch) throws {
            self.scratch = scratch
            process.executableURL = try Command.program
            process.arguments = ["watch"] + arguments
            process.currentDirectoryURL = scratch.url
            process.environment = Command.environment
            for path in ["stdout", "stderr"] { _ = try scratch.write(path, "") }
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = FileHandle(forWritingAtPath: scratch.path("stdout"))
            process.standardError = FileHandle(forWritingAtPath: scratch.path("stderr"))
            try process.run()
        }

        deinit {
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
            process.waitUntilExit()
        }

        private func read(_ name: String) -> String {
            (try? String(contentsOfFile: scratch.path(name), encoding: .utf8)) ?? ""
        }
        var output: String { read("stdout") }
        var errors: String { read("stderr") }
        var reports: [String] { errors.split(separator: "\n").map(String.init).filter { $0.hasPrefix("watch: ") } }

        /// Waits until there are `count` status lines.
        func runs(_ count: Int) -> Bool { Self.until { self.reports.count >= count } }

        static func until(_ condition: () -> Bool) -> Bool {
            for _ in 0..<100_000 {
                if condition() { return true }
                usleep(10_000)
            }
            return false
        }

        func interrupt() { kill(process.processIdentifier, SIGINT) }

        var isRunning: Bool { process.isRunning }

        /// The exit status; minus the signal's number if it died of one.
        func status() -> Int32 {
            process.waitUntilExit()
            return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
        }
    }

    @Test func changesOfAnythingLoadedRunItAgain() throws {
        let scratch = try Scratch()
        _ = try scratch.write("part.lua", "return 1")
        let script = try scratch.write("main.lua", "print('part', require 'part', ...)\n")
        let watcher = try Watcher([script, "--an", "argument"], in: scratch)
        try #require(watcher.runs(1), "\(watcher.errors)")
        #expect(watcher.output == "part\t1\t--an\targument\n")
        #expect(watcher.reports[0].contains("run 1, done after") && watcher.reports[0].hasSuffix("watching 2 files"))

        // Written in place; saved by renaming (Foundation's atomic writes); and the script itself.
        try Data("return 2".utf8).write(to: URL(fileURLWithPath: scratch.path("part.lua")))
        try #require(watcher.runs(2), "\(watcher.errors)")
        _ = try scratch.write("part.lua", "return 3")
        try #require(watcher.runs(3), "\(watcher.errors)")
        _ = try scratch.write("main.lua", "print('new')\n")
        try #require(watcher.runs(4), "\(watcher.errors)")
        #expect(watcher.output.hasSuffix("part\t2\t--an\targument\npart\t3\t--an\targument\nnew\n"))
        #expect(watcher.reports[1].contains("run 2 (part.lua changed), done after"))
        #expect(watcher.reports[3].contains("(main.lua changed)"))
        #expect(!watcher.output.contains("\u{1B}"))
        watcher.interrupt()
        #expect(watcher.status() == 130)
    }

    @Test func brokenAndMissingFilesAreWaitedFor() throws {
        let scratch = try Scratch()
        let script = try scratch.write("main.lua", "local x = = 1\n")
        let watcher = try Watcher([script], in: scratch)
        try #require(watcher.runs(1), "\(watcher.errors)")
        #expect(
            watcher.errors.contains("main.lua:1: unexpected symbol near '='") && watcher.reports[0].contains("status 1")
        )
        _ = try scratch.write("main.lua", "print((require 'sub.later'))\n")
        try #require(watcher.runs(2), "\(watcher.errors)")
        #expect(watcher.errors.contains("module 'sub.later' not found"))
        try FileManager.default.createDirectory(atPath: scratch.path("sub"), withIntermediateDirectories: false)
        _ = try scratch.write("sub/later.lua", "error('not yet')")
        try #require(watcher.runs(3), "\(watcher.errors)")
        _ = try scratch.write("sub/later.lua", "return 'at last'")
        try #require(watcher.runs(4), "\(watcher.errors)")
        #expect(watcher.output == "at last\n")
        _ = try scratch.write("main.lua", "os.exit(7)")
        try #require(watcher.runs(5), "\(watcher.errors)")
        #expect(watcher.reports[4].contains("status 7"))
    }

    @Test func aChangeDuringARunStartsItAnew() throws {
        let scratch = try Scratch()
        let forever =
            """
            io.open([[\(scratch.path("ready"))]], 'w'):close()
            while true do pcall(function() while true do end end) end
            """
        let script = try scratch.write("main.lua", forever)
        let watcher = try Watcher([script], in: scratch)
        try #require(Watcher.until { FileManager.default.fileExists(atPath: scratch.path("ready")) })
        // Several writes in quick succession count as one change, unless the writer is delayed between them.
        for i in 1...5 { _ = try scratch.write("main.lua", "print('burst \(i)')") }
        try #require(
            Watcher.until { watcher.output.hasSuffix("burst 5\n") && watcher.reports.count >= 2 }, "\(watcher.errors)")
        #expect(watcher.reports[0].contains("run 1, stopped for a change"))
        #expect(watcher.reports[1].contains("run 2 (main.lua changed), "))
        #expect(!watcher.errors.contains("interrupted"), "\(watcher.errors)")
    }

    @Test func interruptsEndTheRunAndThenTheWatch() throws {
        let scratch = try Scratch()
        let script = try scratch.write(
            "main.lua", "io.open([[\(scratch.path("ready"))]], 'w'):close()\nwhile true do end")
        let watcher = try Watcher([script], in: scratch)
        try #require(Watcher.until { FileManager.default.fileExists(atPath: scratch.path("ready")) })
        watcher.interrupt()
        try #require(watcher.runs(1), "\(watcher.errors)")
        #expect(watcher.reports[0].contains("run 1, interrupted after") && watcher.isRunning)
        _ = try scratch.write("main.lua", "print('again')")
        try #require(watcher.runs(2), "\(watcher.errors)")
        #expect(watcher.output == "again\n")
        watcher.interrupt()
        #expect(watcher.status() == 130)
    }

    /// A script that writes Lua files and runs them does not cause its own rerun.
    @Test func whatTheScriptWritesIsItsOwn() throws {
        let scratch = try Scratch()
        let script = try scratch.write("main.lua", """
            local path = [[\(scratch.path("made.lua"))]]
            local f <close> = io.open(path, "w")
            f:write("return ", os.time()) f:close()
            print(type(dofile(path)))
            """)
        let watcher = try Watcher([script], in: scratch)
        try #require(watcher.runs(1), "\(watcher.errors)")
        _ = try scratch.write("main.lua", "print('end')")
        try #require(watcher.runs(2), "\(watcher.errors)")
        #expect(watcher.output == "number\nend\n" && watcher.reports.count == 2)
    }

    /// host.live takes up a change during the run; after the run the change causes a rerun.
    @Test func followedFilesAreLeftToTheRun() throws {
        let scratch = try Scratch()
        _ = try scratch.write("part.lua", "return {f = function() return 1 end}")
        let script = try scratch.write("main.lua", """
            local live = require("host").live "part.lua"
            local first = live.f()
            io.open([[\(scratch.path("ready"))]], "w"):close()
            if first == 1 then while live.f() == 1 do end end
            print(first, live.f())
            """)
        let watcher = try Watcher([script], in: scratch)
        try #require(Watcher.until { FileManager.default.fileExists(atPath: scratch.path("ready")) })
        _ = try scratch.write("part.lua", "return {f = function() return 2 end}")
        try #require(watcher.runs(1), "\(watcher.errors)")
        #expect(watcher.output == "1\t2\n" && watcher.reports[0].contains("run 1, done"), "\(watcher.errors)")
        _ = try scratch.write("part.lua", "return {f = function() return 3 end}")
        try #require(watcher.runs(2), "\(watcher.errors)")
        #expect(
            watcher.output == "1\t2\n3\t3\n" && watcher.reports[1].contains("(part.lua changed)"), "\(watcher.output)")
    }

    @Test func dataThatWasReadIsWatchedToo() throws {
        let scratch = try Scratch()
        _ = try scratch.write("numbers.txt", "1")
        let script = try scratch.write("main.lua", """
            local folder = [[\(scratch.url.path)/]]
            local f <close> = io.open(folder .. "numbers.txt")
            print(f:read("a"))
            -- Its own state, saved by renaming, is no reason to run again.
            local old = io.open(folder .. "state.txt")
            if old then old:close() end
            local new <close> = io.open(folder .. "state.new", "w")
            new:write(os.clock()) new:close()
            os.rename(folder .. "state.new", folder .. "state.txt")
            """)
        let watcher = try Watcher([script], in: scratch)
        try #require(watcher.runs(1), "\(watcher.errors)")
        _ = try scratch.write("numbers.txt", "2")
        try #require(watcher.runs(2), "\(watcher.errors)")
        #expect(watcher.output == "1\n2\n" && watcher.reports[1].contains("(numbers.txt changed)"), "\(watcher.errors)")
        #expect(watcher.reports.count == 2)
    }

    /// A file that is touched without a change of its content causes no rerun; a new plugin does.
    @Test func contentsCountAndNewPlugins() throws {
        let scratch = try Scratch()
        let script = try scratch.write("main.lua", "print(require('host').names({}, 'masks'))")
        let plugins = scratch.url.appendingPathComponent("parts")
        try FileManager.default.createDirectory(at: plugins, withIntermediateDirectories: true)
        let watcher = try Watcher(["--plugins", plugins.path, script], in: scratch)
        try #require(watcher.runs(1), "\(watcher.errors)")
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: script)
        _ = try scratch.write("parts/mine.lua", "require('host').register{masks = {mine = function() end}}")
        try #require(watcher.runs(2), "\(watcher.errors)")
        #expect(watcher.reports[1].contains("(mine.lua changed)"), "\(watcher.errors)")
        #expect(watcher.output == "\nmine\n")
    }

    /// A C call that never returns does not prevent the next version from running.
    @Test func aNewVersionRunsThoughTheOldIsStuckInAPattern() throws {
        let scratch = try Scratch()
        let script = try scratch.write(
            "main.lua", "print('stuck') io.stdout:flush()\nreturn (('a'):rep(40)):find(('a*'):rep(40) .. 'b')\n")
        let watcher = try Watcher([script], in: scratch)
        #expect(Watcher.until { watcher.output.contains("stuck") })
        _ = try scratch.write("main.lua", "print('new version', arg[0])\n")
        #expect(Watcher.until { watcher.output.contains("new version\t\(script)\n") }, "\(watcher.errors)")
        #expect(watcher.errors.contains("watch: the run is inside a call that cannot be stopped; watching begins anew"))
        _ = try scratch.write("main.lua", "print('the next')\n")
        #expect(Watcher.until { watcher.output.contains("the next\n") }, "\(watcher.errors)")
        watcher.interrupt()
        #expect(watcher.status() == 130)
    }

    @Test func aScriptThatAppendedToItselfIsWatchedStill() throws {
        let scratch = try Scratch()
        let text = """
            local seen = false
            for line in io.lines(arg[0]) do seen = seen or line:find("^%-%- mark") end
            if not seen then
              local file <close> = io.open(arg[0], "a")
              file:write("\\n-- mark\\n")
            end
            print("ran", VERSION)
            """
        let script = try scratch.write("main.lua", text.replacingOccurrences(of: "VERSION", with: "1"))
        let watcher = try Watcher([script], in: scratch)
        try #require(watcher.runs(1), "\(watcher.errors)")
        for version in 2...3 {
            _ = try scratch.write("main.lua", text.replacingOccurrences(of: "VERSION", with: "\(version)"))
            try #require(watcher.runs(version), "\(watcher.errors)")
        }
        #expect(watcher.output == "ran\t1\nran\t2\nran\t3\n")
    }
}
