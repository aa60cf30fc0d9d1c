import Foundation
import Testing

/// What `luaflow check` reads (files, folders, pipes), and that `luaflow doc` finds the names that its pages use.
@Suite struct CheckCommandTests {
    @Test func foldersArePathsToEveryScriptBelow() throws {
        let scratch = try Scratch()
        for folder in ["scripts/part", "scripts/.hidden"] {
            try FileManager.default.createDirectory(
                at: scratch.url.appendingPathComponent(folder), withIntermediateDirectories: true)
        }
        _ = try scratch.write("scripts/a.lua", "require 'part.b'\nprint(c, d)")
        _ = try scratch.write("scripts/part/b.lua", "prnt(1)")
        _ = try scratch.write("scripts/part/c.lua", "require 'part.b'\nc = 1")
        _ = try scratch.write("scripts/.hidden/d.lua", "x = = 1")
        let folder = scratch.path("scripts")
        let result = try Command.run(["check", folder])
        #expect(result.status == 1)
        #expect(
            result.output.split(separator: "\n") == [
                "\(folder)/a.lua:2:10: unknown global \"d\"",
                "\(folder)/part/b.lua:1:1: unknown global \"prnt\" (did you mean \"print\"?)",
            ])
    }

    @Test func pipesAreRead() throws {
        let scratch = try Scratch()
        let path = scratch.path("pipe")
        #expect(mkfifo(path, 0o600) == 0)
        let writer = try Process.run(URL(fileURLWithPath: "/bin/sh"), arguments: ["-c", "echo 'prnt(1)' > '\(path)'"])
        let result = try Command.run(["check", path])
        writer.waitUntilExit()
        #expect(result.output == "\(path):1:1: unknown global \"prnt\" (did you mean \"print\"?)\n")
    }

    /// A pipe without a writer beside the scripts is not waited for: not by `check`, and not as a plugin or module.
    @Test func pipesThatNobodyWritesIntoAreNoModulesAndNoPlugins() throws {
        let scratch = try Scratch()
        try FileManager.default.createDirectory(
            at: scratch.url.appendingPathComponent("parts"), withIntermediateDirectories: true)
        #expect(mkfifo(scratch.path("parts/p.lua"), 0o600) == 0 && mkfifo(scratch.path("m.lua"), 0o600) == 0)
        let script = try scratch.write("s.lua", "require 'm'")
        #expect(try Command.run(["check", script]).output.contains("no module \"m\""))
        let plugins = try Command.run(["--plugins", scratch.path("parts"), "-e", "print(1)"])
        #expect(plugins.output == "1\n" && plugins.errors.contains("p.lua: the file cannot be read"), "\(plugins)")
        let required = try Command.run(["run", script])
        #expect(required.status == 1 && required.errors.contains("m.lua':\n\tit is a pipe, not a file"), "\(required)")
        // A file that is run or loaded explicitly may be a pipe: then the program waits, and says so.
        let run = try scratch.write("run.lua", "dofile(arg[1])")
        let pipe = scratch.path("m.lua")
        let waiting = try Command.run(
            "sh",
            ["-c", "(sleep 1; echo 'print(2)' > '\(pipe)') & exec '\(Command.program.path)' run '\(run)' '\(pipe)'"])
        #expect(waiting.output == "2\n" && waiting.errors.contains("m.lua is a pipe: waiting"), "\(waiting)")
    }

    @Test func filesGivenTogetherShareTheirGlobals() throws {
        let scratch = try Scratch()
        let main = try scratch.write("main.lua", "CONFIG = 1")
        let part = try scratch.write("part.lua", "print(CONFIG)")
        #expect(try Command.run(["check", main, part]).status == 0)
        #expect(try Command.run(["check", part]).status == 1)
    }

    @Test func pluginsMayRegisterInTheirParts() throws {
        let scratch = try Scratch()
        try FileManager.default.createDirectory(
            at: scratch.url.appendingPathComponent("plugins/big"), withIntermediateDirectories: true)
        _ = try scratch.write("plugins/big/init.lua", "require 'parts'")
        _ = try scratch.write("plugins/big/parts.lua", "require('host').register{projections = {Mine = print}}")
        let script = try scratch.write("main.lua", "return require('projection').Mine(1)")
        let result = try Command.run(["check", script])
        #expect(result.status == 0, "\(result.output)")
    }

    @Test func pagesAreFoundAsTheyAreWritten() throws {
        func doc(_ name: String) throws -> String { try Command.run(["doc", name]).output }
        #expect(try doc("x:sum").contains("x:sum(dim") && doc("d:sample").contains("d:sample("))
        #expect(try doc("opt:step").contains("opt:step(closure = nil)"))
        #expect(try doc("optim.schedule").contains("optim.schedule.cosine"))
        #expect(try doc("montecarlo.baselines").contains("montecarlo.baselines.mean"))
        #expect(try doc("host.version").hasPrefix("host.version = "))
        #expect(try doc("==").contains("x:eq(y)") && doc("<").contains("x:lt(y)") && doc("..").contains("strings"))
        for (name, meant) in [("adam", "optim.Adam"), ("zeroes", "tensor.zeros"), ("schedul", "optim.schedule")] {
            let result = try Command.run(["doc", name])
            #expect(result.status == 1 && result.errors.contains("(did you mean \"\(meant)\"?)"), "\(result.errors)")
        }
    }

    @Test func noPageEndsASentenceTwice() throws {
        for name in ["checkpoint.save", "data.batches", "projection.Box", "projection.contains"] {
            let page = try Command.run(["doc", name]).output
            // Lua's operators `..` and `...` are no doubled full stops.
            let text = page.replacing("...", with: "").replacing(" .. ", with: "")
            #expect(!text.contains(".."), "\(page)")
        }
    }
}

/// Folders of many files, and paths that are no folders.
@Suite struct CheckFolderTests {
    @Test func aFolderThatIsNamedLikeAScriptIsGoneThrough() throws {
        let scratch = try Scratch()
        try FileManager.default.createDirectory(
            at: scratch.url.appendingPathComponent("x.lua"), withIntermediateDirectories: true)
        _ = try scratch.write("x.lua/in.lua", "prnt(1)")
        #expect(mkfifo(scratch.path("pipe.lua"), 0o600) == 0)
        let result = try Command.run(["check", scratch.url.path])
        #expect(result.status == 1 && result.errors == "", "\(result)")
        #expect(
            result.output == "\(scratch.url.path)/x.lua/in.lua:1:1: unknown global \"prnt\" (did you mean \"print\"?)\n"
        )
    }

    /// The files of a folder know each other's globals, and each of many has its own findings. (Each is read once, so
    /// that the time grows in proportion to their number.)
    @Test func findingsAmongManyAreThoseOfEach() throws {
        let scratch = try Scratch()
        for number in 1...60 {
            _ = try scratch.write(
                "f\(number).lua",
                """
                local part = require 'part'
                SHARED\(number) = part.value
                print(SHARED\(number % 60 + 1), OWN\(number))
                print(part.vlaue.x)
                thing = require 'tensor'
                thing.zeroes(2)
                """
            )
        }
        _ = try scratch.write("part.lua", "return {value = 1}")
        let result = try Command.run(["check", scratch.url.path])
        let lines = result.output.split(separator: "\n")
        // Two findings for each file: OWN, and the field of it. Nothing is reported of `thing`, which every file
        // assigns.
        #expect(lines.count == 120, "\(result.output.prefix(500))")
        #expect(lines.filter { $0.contains("unknown global \"OWN") }.count == 60)
        #expect(lines.filter { $0.contains("part has no member \"vlaue\"") }.count == 60)
    }
}
