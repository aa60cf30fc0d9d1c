import Foundation
import Testing

/// `luaflow new`: every skeleton works as written. (The module's is built in ``ExampleTests``.)
@Suite struct NewTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func run(_ arguments: String...) throws -> Command.Result { try Command.run(arguments, in: scratch.url) }

    /// The commands that the result's advice names, split into words.
    private func advised(_ result: Command.Result) -> [[String]] {
        result.output.split(separator: "\n").dropFirst().map { line in
            line.prefix { $0 != "#" }.split(separator: " ").map(String.init)
        }
    }

    @Test func aScriptRuns() throws {
        let made = try run("new", "script", "first", "--in", "deep/folder")
        #expect(made.status == 0 && made.output.hasPrefix("Wrote deep/folder/first.lua.\n"), "\(made.errors)")
        let commands = advised(made)
        #expect(commands.count == 2)
        for command in commands {
            #expect(command.first == "luaflow")
            let result = try Command.run(Array(command.dropFirst()), in: scratch.url)
            #expect(
                result.status == 0
                    && result.output.contains(command.contains("--help") ? "--steps N" : "found  mean 3.0"),
                "\(result.output)\(result.errors)")
        }
    }

    /// The templates of skeletons are Lua in which the checker finds no fault.
    @Test func nothingIsWrongInTheTemplates() throws {
        let folder = "Sources/LuaFlowCommand/New/Templates/"
        let result = try Command.run(["check", folder + "script.lua", folder + "plugin.lua"], in: Command.repository)
        #expect(result.status == 0 && result.output.isEmpty, "\(result.output)\(result.errors)")
    }

    @Test func aPluginLoadsAndEveryPartWorks() throws {
        let made = try run("new", "plugin", "stripes2")
        #expect(made.status == 0 && made.output.hasPrefix("Wrote plugins/stripes2.lua.\n"), "\(made.errors)")
        let commands = advised(made)
        #expect(commands.count == 2)
        let listed = try Command.run(Array(commands[0].dropFirst()), in: scratch.url)
        #expect(listed.output.contains("  :stripes2 ") && !listed.output.contains("broken"), "\(listed.output)")
        #expect(
            try Command.run(Array(commands[1].dropFirst()), in: scratch.url).output
                == "hello from stripes2\nhello from stripes2\n")
        // A plugin beside the script is found without an option.
        _ = try scratch.write(
            "use.lua",
            """
            local host, tensor, projection = require "host", require "tensor", require "projection"
            local distribution, flow, random = require "distribution", require "flow", require "random"
            assert(host.pick("schedules", {}, "stripes2")(4, 1, 10) == 0.5)
            assert(host.pick("noises", {}, "stripes2")(10, 1, 10) == 0.01)
            assert(host.pick("presets", {}, "stripes2").schedule == "stripes2")
            local mask, text = host.pick("masks", {}, "stripes2:2")
            assert(mask(4, 3, text):sum():item() == 6)
            local P = projection.Stripes2(2)
            assert(projection.verify(P) and P:contains(tensor{1, 2}) and P(tensor{5})[1]:item() == 2)
            local d = distribution.Stripes2(3)
            local draws = d:sample({20000}, {generator = random.generator(0)})
            assert(math.abs(draws:mean():item()) < 0.05 and math.abs(draws:var():item() - d.variance:item()) < 0.05)
            -- The density integrates to 1.
            local grid = tensor.linspace(-3, 3, 6001)
            assert(math.abs(d:log_prob(grid):exp():sum():item() * 0.001 - 1) < 1e-3)
            assert(flow.Stripes2(1):check(tensor.ones(3, 2)).log_det_dense < 1e-9)
            host.registered("commands").stripes2("three words here")
            """)
        let used = try run("run", "use.lua")
        #expect(used.status == 0 && used.output == "3 words\n", "\(used.errors)")
    }

    /// On a full disk, or beyond a limit on file sizes, there is an error, and neither a file nor a folder is left.
    @Test func whatCannotBeWrittenLeavesNothing() throws {
        let program = try Command.program.path
        for words in ["plugin two", "plugin two --in deep/folder", "script one --in here"] {
            let made = try Command.run(
                "bash", ["-c", "cd '\(scratch.url.path)' && ulimit -f 1 && exec '\(program)' new \(words)"])
            #expect(made.status == 1 && made.errors.contains("cannot write: File too large"), "\(words): \(made)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path).isEmpty, "\(words)")
        }
    }

    @Test func nothingIsOverwritten() throws {
        _ = try scratch.write("mine.lua", "precious")
        let result = try run("new", "script", "mine")
        #expect(result.status == 1 && result.errors.contains("mine.lua exists already"), "\(result.errors)")
        #expect(try String(contentsOfFile: scratch.path("mine.lua"), encoding: .utf8) == "precious")
        // A module consists of several files: none is written when one of them exists.
        try FileManager.default.createDirectory(atPath: scratch.path("Half"), withIntermediateDirectories: true)
        _ = try scratch.write("Half/demo.lua", "precious")
        #expect(try run("new", "module", "Half", "--luaflow", Command.repository.path).status == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path("Half")) == ["demo.lua"])
    }

    @Test(arguments: [
        ("my-masks", "(\"my_masks\" would do)"), ("2nd", "(\"nd\" would do)"), ("a b", "(\"a_b\" would do)"),
        ("", "a letter"),
        ("x.lua", "(\"x\" would do)"), ("../x", "(\"x\" would do)"), ("tensor", "is a module already"),
        ("String", "is a module already"),
        ("ünder", "(\"under\" would do)"), ("ünï", "(\"uni\" would do)"),
        (String(repeating: "a", count: 51), "at most 50"),
    ])
    func namesAreChecked(name: String, expected: String) throws {
        for kind in ["script", "plugin"] {
            let result = try run("new", kind, name)
            #expect(result.status == 1 && result.errors.contains(expected), "\(result.errors)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path).isEmpty)
    }

    /// Names that would clash with something that exists, or that are words of Lua: an error, and nothing is written.
    @Test(arguments: [
        ("end", "is a word of Lua's"), ("nil", "is a word of Lua's"), ("and", "is a word of Lua's"),
        ("local", "is a word of Lua's"), ("goto", "is a word of Lua's"),
        ("normal", "distribution.Normal is built in"), ("box", "projection.Box is built in"),
        ("set", "projection.Set is built in"), ("law", "distribution.Law is built in"),
        ("intersection", "projection.Intersection is built in"), ("load", ":load is built in"),
        ("quit", ":quit is built in"), ("time", ":time is built in"), ("run", "luaflow run is built in"),
        ("help", "help is built in"), ("new", "luaflow new is built in"), ("plugins", "luaflow plugins is built in"),
        ("watch", "luaflow watch is built in"), ("cosine", "problem 3"), ("rows", "problem 3"),
    ])
    func pluginsThatCouldNotWorkAreRefused(name: String, expected: String) throws {
        let result = try run("new", "plugin", name)
        #expect(
            result.status == 1 && result.errors.contains(expected)
                && result.errors.contains("(\"my_\(name)\" would do)"),
            "\(result.errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path).isEmpty)
    }

    /// Names that are free, among them those that error messages suggest.
    @Test(arguments: ["mine", "Mine", "my_end", "my_box", "a", "A1", "function_", "print", "self", "tensors"])
    func everyPluginThatIsWrittenLoads(name: String) throws {
        let made = try run("new", "plugin", name)
        #expect(made.status == 0, "\(made.errors)")
        let listed = try run("plugins", "--plugins", "plugins")
        #expect(
            listed.status == 0 && listed.output.contains("  schedules.\(name)\n"), "\(listed.output)\(listed.errors)")
    }

    /// Every function of scripts/inpainting counts as a taken name.
    @Test func partsOfProblem3AreNoNamesForPlugins() throws {
        let folder = Command.repository.appendingPathComponent("scripts/inpainting")
        for file in ["schedules", "noises", "masks"] {
            let text = try String(contentsOf: folder.appendingPathComponent("\(file).lua"), encoding: .utf8)
            let names = text.matches(of: /\nfunction \w+\.(\w+)\(/).map { String($0.output.1) }
            #expect(names.count > 3)
            for name in names {
                #expect(try run("new", "plugin", name).status == 1, "\(file).\(name)")
            }
        }
        for name in ["homework", "adam", "quick", "best"] {
            #expect(try run("new", "plugin", name).status == 1, "presets.\(name)")
        }
    }

    @Test func namesThatDifferInCaseOnlyAreRefused() throws {
        #expect(try run("new", "plugin", "mine").status == 0)
        let other = try run("new", "plugin", "Mine")
        #expect(other.status == 1 && other.errors.contains("differs from mine.lua only in case"), "\(other.errors)")
    }

    /// The commands in the printed advice and in the plugin's comments work in the folder where the plugin was made.
    @Test func aPluginsOwnCommandsWork() throws {
        try FileManager.default.copyItem(
            at: Command.repository.appendingPathComponent("scripts"), to: scratch.url.appendingPathComponent("scripts"))
        try FileManager.default.createSymbolicLink(
            at: scratch.url.appendingPathComponent("models"),
            withDestinationURL: Command.repository.appendingPathComponent("models"))
        let made = try run("new", "plugin", "mine")
        let commands = advised(made)
        #expect(commands.count == 3, "\(made.output)")
        let text = try String(contentsOfFile: scratch.path("plugins/mine.lua"), encoding: .utf8)
        // Commands in comments: `-- luaflow run ...`, and `luaflow ...` between backquotes.
        let whole = text.matches(of: /-- (luaflow run .*)/).map { String($0.output.1) }
        let quoted = text.matches(of: /`(luaflow --plugins \S+ mine .*?)`/).map { String($0.output.1) }
        #expect(whole.count == 1 && quoted.count == 1, "\(text)")
        let told = (whole + quoted).map { $0.split(separator: " ").map(String.init) }
        for command in commands + told {
            let isRun = command.contains("run")
            let result = try Command.run(
                Array(command.dropFirst()) + (isRun ? ["--steps", "2", "--out", "x.png"] : []), in: scratch.url)
            #expect(result.status == 0, "\(command): \(result.errors)")
        }
    }

    /// A module cannot have the name of a target of LuaFlow's own package, or of one that they depend on.
    @Test func modulesThatCouldNotBeBuiltAreRefused() throws {
        let manifest = Command.repository.appendingPathComponent("Package.swift")
        let targets = try String(contentsOf: manifest, encoding: .utf8)
            .matches(of: /(?:arget|systemLibrary)\(\s*name: "(\w+)"/).map { String($0.output.1) }
        #expect(targets.count > 20 && targets.contains("CLua") && targets.contains("LuaFlowCommand"))
        let others = [
            "ArgumentParser", "RealModule", "Editors", "repl", "self", "Any", "Foundation", "Lua", "end", "print",
        ]
        for name in targets + others {
            let result = try run("new", "module", name, "--luaflow", Command.repository.path)
            #expect(result.status == 1 && result.errors.contains("would do"), "\(name): \(result.errors)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path).isEmpty)
    }

    @Test func whatIsThereStaysAsItIs() throws {
        // A folder that is not empty is not filled, and a dangling link is not followed.
        try FileManager.default.createDirectory(atPath: scratch.path("Full"), withIntermediateDirectories: true)
        _ = try scratch.write("Full/notes.txt", "precious")
        let full = try run("new", "module", "Full", "--luaflow", Command.repository.path)
        #expect(full.status == 1 && full.errors.contains("Full exists already"), "\(full.errors)")
        try FileManager.default.createSymbolicLink(
            atPath: scratch.path("x.lua"), withDestinationPath: scratch.path("far"))
        let link = try run("new", "script", "x")
        #expect(link.status == 1 && link.errors.contains("x.lua exists already"), "\(link.errors)")
        #expect(!FileManager.default.fileExists(atPath: scratch.path("far")))
    }

    @Test func wrongUsageIsExplained() throws {
        let kind = try run("new", "plugn", "x")
        #expect(kind.status == 2 && kind.errors.contains("did you mean \"plugin\"?"))
        #expect(try run("new", "script", "x", "--luaflow", ".").status == 2)
        let folder = try run("new", "module", "Mine", "--luaflow", ".")
        #expect(
            folder.status == 1 && folder.errors.contains("--luaflow .: LuaFlow's source folder expected"),
            "\(folder.errors)")
        #expect(
            try run("new", "module", "Tensors", "--luaflow", Command.repository.path).errors.contains(
                "is a module already"))
        _ = try scratch.write("file", "")
        let blocked = try run("new", "script", "x", "--in", "file")
        #expect(blocked.status == 1 && blocked.errors.contains("cannot be written"), "\(blocked.errors)")
    }
}
