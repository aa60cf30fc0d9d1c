import Foundation
import Testing

/// `luaflow new`: every skeleton works as it is written. (The module's is built in ``ExampleTests``.)
@Suite struct NewTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func run(_ arguments: String...) throws -> Command.Result { try Command.run(arguments, in: scratch.url) }

    /// The commands that the advice of a result names, as words.
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

    @Test func aPluginLoadsAndEveryPartWorks() throws {
        let made = try run("new", "plugin", "stripes2")
        #expect(made.status == 0 && made.output.hasPrefix("Wrote plugins/stripes2.lua.\n"), "\(made.errors)")
        let commands = advised(made)
        #expect(commands.count == 2)
        let listed = try Command.run(Array(commands[0].dropFirst()), in: scratch.url)
        #expect(listed.output.contains(":stripes2  says") && !listed.output.contains("broken"), "\(listed.output)")
        #expect(
            try Command.run(Array(commands[1].dropFirst()), in: scratch.url).output
                == "hello from stripes2\nhello from stripes2\n")
        // Beside the script it is found by itself.
        _ = try scratch.write(
            "use.lua",
            """
            local host, tensor, projection = require "host", require "tensor", require "projection"
            local distribution, flow, random = require "distribution", require "flow", require "random"
            assert(host.pick("schedules", {}, "stripes2")(4, 1, 10) == 0.5)
            assert(host.pick("noises", {}, "stripes2")(10, 1, 10) == 0.01)
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

    @Test func nothingIsOverwritten() throws {
        _ = try scratch.write("mine.lua", "precious")
        let result = try run("new", "script", "mine")
        #expect(result.status == 1 && result.errors.contains("mine.lua exists already"), "\(result.errors)")
        #expect(try String(contentsOfFile: scratch.path("mine.lua"), encoding: .utf8) == "precious")
        // A module is several files: none is written when one is there.
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
        ("ünder", "(\"nder\" would do)"), (String(repeating: "a", count: 51), "at most 50"),
    ])
    func namesAreChecked(name: String, expected: String) throws {
        for kind in ["script", "plugin"] {
            let result = try run("new", kind, name)
            #expect(result.status == 1 && result.errors.contains(expected), "\(result.errors)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path).isEmpty)
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
