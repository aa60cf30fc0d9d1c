import Foundation
import Testing

/// `luaflow check`, `luaflow doc --luacats` and `luaflow completions` as a user runs them.
@Suite struct EditorCommandTests {
    @Test func checkReportsAndLeavesWithOne() throws {
        let scratch = try Scratch()
        let bad = try scratch.write("bad.lua", "local t = require 'tensor'\nprint(t.zeroes(2), totl)\n")
        let result = try Command.run(["check", bad])
        #expect(result.status == 1 && result.errors.isEmpty)
        #expect(
            result.output == """
                \(bad):2:9: tensor has no function "zeroes" (did you mean "zeros"?)
                \(bad):2:20: unknown global "totl"

                """)
        #expect(try Command.run(["check", "--globals", "totl, other", bad]).output.split(separator: "\n").count == 1)
        let quiet = try Command.run(["check", "--quiet", bad])
        #expect(quiet.status == 1 && quiet.output.isEmpty)
    }

    @Test func checkIsCleanOnEveryScriptWithoutRunningIt() throws {
        let folder = Command.repository.appendingPathComponent("scripts").path
        let files = try #require(FileManager.default.enumerator(atPath: folder)?.allObjects as? [String])
            .filter { $0.hasSuffix(".lua") }.map { "\(folder)/\($0)" }
        let result = try Command.run(["check"] + files)
        #expect(result.status == 0 && result.output.isEmpty && files.count > 8, "\(result.output)")
        let scratch = try Scratch()
        let script = try scratch.write("run.lua", "os.exit(9)")
        #expect(try Command.run(["check", script]).status == 0)
    }

    @Test func checkReadsModulesAndPluginsBesideTheScript() throws {
        let scratch = try Scratch()
        _ = try scratch.write("helper.lua", "local M = {}\nfunction M.f() end\nreturn M")
        let script = try scratch.write(
            "main.lua", "local h = require 'helper'\nh.f()\nh.g()\nreturn require('projection').Mine(1)")
        var result = try Command.run(["check", script])
        #expect(result.output.contains("main.lua:3:3: helper has no member \"g\"") && result.output.contains("Mine"))
        let plugins = scratch.url.appendingPathComponent("plugins")
        try FileManager.default.createDirectory(at: plugins, withIntermediateDirectories: true)
        _ = try scratch.write("plugins/mine.lua", "require('host').register{projections = {Mine = function() end}}")
        result = try Command.run(["check", script])
        #expect(!result.output.contains("Mine"))
    }

    @Test func checkSuggestsWhatPluginsRegisterAndNamesBrokenOnes() throws {
        let scratch = try Scratch()
        _ = try scratch.write("mine.lua", "require('host').register{projections = {Diamond = function() end}}")
        _ = try scratch.write("torn.lua", "\nlocal x = = 1")
        let script = try scratch.write(
            "main.lua",
            "print(require('projection').Diamnod(1))\nrequire('host').register{scedules = {a = print}}\n")
        let result = try Command.run(["check", "--plugins", ".", script], in: scratch.url)
        #expect(result.output.contains("(did you mean \"Diamond\"?)"), "\(result.output)")
        #expect(
            result.output.contains("host.register: there is no kind \"scedules\" (did you mean \"schedules\"?)"),
            "\(result.output)")
        #expect(
            result.errors == "luaflow check: plugin torn is skipped: ./torn.lua:2: unexpected symbol near '='\n",
            "\(result.errors)")
    }

    /// What plugins add to completion in the shells: names of subcommands, and the words of their `complete`.
    @Test(arguments: ["bash", "zsh", "fish"]) func shellsCompletePlugins(shell: String) throws {
        let scratch = try Scratch()
        _ = try scratch.write(
            "greet.lua",
            """
            require("host").register{subcommands = {greet = {run = print, complete = function(text)
              assert(text == "very lo" or text == "l" or text == "", text)
              return {"loud", "low", "very loud", "quiet"}
            end}, gallop = print}}
            """)
        let plugins = ["LUAFLOW_PLUGINS": scratch.url.path]
        func words(_ typed: String...) throws -> [String] {
            try Command.run(["---plugin-words"] + typed, environment: plugins).output.split(separator: "\n").map(
                String.init)
        }
        #expect(try words("g") == ["gallop", "greet"] && words("help", "gr") == ["greet"] && words("x").isEmpty)
        #expect(try words("greet", "l") == ["loud", "low"] && words("greet", "very", "lo") == ["loud", "low", "loud"])
        #expect(try words("run", "g").isEmpty && words("--no-plugins", "g").isEmpty && words("-").isEmpty)
        let script = try Command.run(["completions", shell]).output
        #expect(script.contains("---plugin-words"))
        guard shell == "bash" else { return }
        let folder = try Command.program.deletingLastPathComponent().path
        let program = try scratch.write("complete.bash", """
            PATH="\(folder):$PATH"
            source "\(try scratch.write("completions", script))"
            COMP_WORDS=(luaflow gre) COMP_CWORD=1 COMP_LINE="luaflow gre" COMP_POINT=11
            $(complete -p luaflow | sed 's/.*-F \\([^ ]*\\).*/\\1/') luaflow gre luaflow
            printf '%s\\n' "${COMPREPLY[@]}"
            """)
        let reply = try Command.run("/bin/bash", ["--norc", program], environment: plugins)
        #expect(reply.output.split(separator: "\n").contains("greet"), "\(reply.output)\(reply.errors)")
    }

    @Test func filesThatCannotBeReadLeaveWithTwo() throws {
        let result = try Command.run(["check", "/no/such.lua"])
        #expect(result.status == 2 && result.errors == "luaflow check: /no/such.lua cannot be read\n")
        #expect(try Command.run(["check"]).status == 2)
        #expect(try Command.run(["check", "-"]).status == 0)
    }

    @Test func definitionsAreWrittenAndLeaveSettingsAlone() throws {
        let scratch = try Scratch()
        #expect(try Command.run(["doc", "--luacats", scratch.url.path]).status == 0)
        let text = try String(contentsOfFile: scratch.path("luacats/tensor.lua"), encoding: .utf8)
        #expect(text.hasPrefix("---@meta tensor\n"))
        let settings = try Data(contentsOf: URL(fileURLWithPath: scratch.path(".luarc.json")))
        let read = try #require(try JSONSerialization.jsonObject(with: settings) as? [String: Any])
        #expect(read["workspace.library"] as? [String] == ["luacats"])
        _ = try scratch.write(".luarc.json", "{}")
        #expect(try Command.run(["doc", "--luacats", scratch.url.path]).output.contains("is yours"))
        #expect(try String(contentsOfFile: scratch.path(".luarc.json"), encoding: .utf8) == "{}")
        #expect(try Command.run(["doc", "--luacats"]).output.contains(text))
        // The user's own definition files are never overwritten; when one is in the way, nothing is written.
        let own = try scratch.write("luacats/tensor.lua", "---@meta tensor\n-- mine\n")
        try FileManager.default.removeItem(atPath: scratch.path("luacats/flow.lua"))
        let refused = try Command.run(["doc", "--luacats", scratch.url.path])
        #expect(
            refused.status == 1
                && refused.errors.contains("luacats/tensor.lua: is there and was not written by luaflow doc"))
        #expect(try String(contentsOfFile: own, encoding: .utf8) == "---@meta tensor\n-- mine\n")
        #expect(!FileManager.default.fileExists(atPath: scratch.path("luacats/flow.lua")))
        #expect(try Command.run(["doc", "--luacats", "--search", "x"]).status == 2)
    }

    @Test func pagesComeOnceAndAreFoundInManyWays() throws {
        func doc(_ arguments: String...) throws -> String { try Command.run(["doc"] + arguments).output }
        let norm = try doc("tensor.norm")
        #expect(norm.components(separatedBy: "The p-norm").count == 2 && norm.contains("tensor.norm(x, p = 2"))
        #expect(try doc("generator").contains("get_state") && doc("tensor:").contains("tensor:sum"))
        #expect(try doc(":norm").contains("The p-norm"))
        #expect(try doc("+").contains("tensor.add") && doc("#").contains("#x"))
        #expect(try doc("tensor.shape").contains("extents"))
        #expect(try doc("--search", "dykstra").contains("projection.Intersection"))
        #expect(try Command.run(["doc", "--search", "nothingatall"]).status == 1)
        for page in ["tensor", "plot", "optim", "plot.line", "optim.LBFGS"] {
            let wide = try doc(page).split(separator: "\n").filter { $0.count > 80 && !$0.hasPrefix("    ") }
            #expect(wide.isEmpty, "\(wide)")
        }
    }

    @Test(arguments: ["bash", "zsh", "fish"]) func completionsAreValid(shell: String) throws {
        let scratch = try Scratch()
        let result = try Command.run(["completions", shell])
        #expect(result.status == 0 && result.output.contains("luaflow"))
        let script = try scratch.write("completions", result.output)
        let places = ["/bin/\(shell)", "/usr/bin/\(shell)"]
        // The shell that would read the script may be missing (Test.cancel, which would say so, is Swift 6.3's).
        guard let program = places.first(where: FileManager.default.isExecutableFile) else { return }
        let process = try Process.run(URL(fileURLWithPath: program), arguments: ["-n", script])
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    @Test func bashCompletesNames() throws {
        let scratch = try Scratch()
        let folder = try Command.program.deletingLastPathComponent().path
        let script = try scratch.write("completions", try Command.run(["completions", "bash"]).output)
        let program = try scratch.write("complete.bash", """
            PATH="\(folder):$PATH"
            source "\(script)"
            COMP_WORDS=(luaflow doc tensor.ze) COMP_CWORD=2 COMP_LINE="luaflow doc tensor.ze" COMP_POINT=21
            $(complete -p luaflow | sed 's/.*-F \\([^ ]*\\).*/\\1/') luaflow tensor.ze doc
            printf '%s\\n' "${COMPREPLY[@]}" > "\(scratch.path("reply"))"
            """)
        let process = try Process.run(URL(fileURLWithPath: "/bin/bash"), arguments: ["--norc", program])
        process.waitUntilExit()
        let reply = try String(contentsOfFile: scratch.path("reply"), encoding: .utf8).split(separator: "\n")
        #expect(Set(reply) == ["tensor.zeros", "tensor.zeros_like"])
    }

    @Test func wrongShellsAreUsageErrors() throws {
        #expect(try Command.run(["completions", "csh"]).status == 2)
    }
}
