import Foundation
import Testing

/// Plugins through the built program: where they are found, what broken ones do, what they add to the command line.
@Suite struct PluginTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// Writes a file, and makes its folder.
    @discardableResult
    private func write(_ name: String, _ text: String) throws -> String {
        let folder = scratch.url.appendingPathComponent(name).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return try scratch.write(name, text)
    }

    private func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Command.Result {
        try Command.run(arguments, in: scratch.url, environment: environment)
    }

    private func registering(_ kind: String, _ name: String, _ body: String = "function() end") -> String {
        "require('host').register{\(kind) = {\(name) = \(body)}}"
    }

    private let list = """
        local host, names = require "host", {}
        for name in pairs(host.registered("masks")) do names[#names + 1] = name end
        table.sort(names)
        print(table.concat(names, " "))
        """

    @Test func pluginsAreFoundInEveryPlaceOnceAndBeforeTheScript() throws {
        try write("scripts/plugins/beside.lua", registering("masks", "beside"))
        try write("scripts/plugins/folder/init.lua", registering("masks", "folder"))
        try write("scripts/plugins/no_plugin/other.lua", "error('not to be loaded')")
        try write("scripts/plugins/readme.txt", "error('not to be loaded')")
        try write("scripts/plugins/.hidden.lua", "error('not to be loaded')")
        try write("a/one.lua", registering("masks", "one"))
        try write("b/two.lua", registering("masks", "two"))
        try write("c/three.lua", registering("masks", "three"))
        try write("config/luaflow/plugins/mine.lua", registering("masks", "mine"))
        let script = try write("scripts/main.lua", list)
        let environment = [
            "LUAFLOW_PLUGINS": "\(scratch.path("b")):\(scratch.path("nowhere")):\(scratch.path("a"))",
            "XDG_CONFIG_HOME": scratch.path("config"),
        ]
        let all = try run(["run", "--plugins", "a", "--plugins=c", script], environment: environment)
        #expect(all.output == "beside folder mine one three two\n" && all.errors.isEmpty, "\(all.errors)")
        // The same options before the subcommand, and with -e.
        #expect(try run(["--plugins", "a", "run", script]).output == "beside folder one\n")
        #expect(try run(["--plugins", "a", "-e", list]).output == "one\n")
        #expect(try run(["run", script], environment: ["HOME": scratch.path("home")]).output == "beside folder\n")
        #expect(try run(["run", "--no-plugins", script], environment: environment).output == "\n")
        // After the script's name, options belong to the script.
        let own = try write("own.lua", "print(...)")
        #expect(try run(["run", own, "--plugins", "nowhere"]).output == "--plugins\tnowhere\n")
    }

    @Test func theWorkingFolderRunsNothingByItself() throws {
        try write("plugins/evil.lua", "print('evil')")
        #expect(try run(["-e", "print(1)"]).output == "1\n")
        #expect(try run(["plugins"]).output.hasPrefix("No plugins.\n"))
    }

    @Test func foldersThatAreNotThereAreWrongUsage() throws {
        for arguments in [
            ["--plugins", "nowhere", "-e", "print(1)"], ["run", "--plugins", "nowhere", "x.lua"],
            ["--no-plugins", "--plugins", ".", "-e", ""],
        ] {
            let result = try run(arguments)
            #expect(
                result.status == 2 && result.output.isEmpty && result.errors.contains("--plugins"),
                "\(arguments): \(result.errors)")
        }
    }

    @Test func brokenPluginsAreNamedAndSkipped() throws {
        try write("plugins/a_syntax.lua", "\n\nlocal x = = 1")
        try write("plugins/b_error.lua", "require('host').register{masks = {half = print}}\nerror('no luck')")
        try write("plugins/c_exit.lua", "os.exit(3)")
        try write("plugins/d_clash.lua", "\n" + registering("projections", "Box"))
        try write("plugins/e_first.lua", registering("masks", "taken"))
        try write("plugins/f_second.lua", registering("masks", "taken"))
        try write("plugins/g_value.lua", "error({code = 1})")
        try write("plugins/h_good.lua", registering("masks", "good"))
        let result = try run(["run", write("main.lua", list)])
        #expect(result.status == 0 && result.output == "good taken\n", "\(result.errors)")
        let lines = result.errors.split(separator: "\n")
        #expect(lines.count == 6, "\(result.errors)")
        for (name, text) in [
            ("a_syntax", "plugins/a_syntax.lua:3: unexpected symbol"), ("b_error", "plugins/b_error.lua:2: no luck"),
            ("c_exit", "plugins/c_exit.lua:1: it called os.exit"),
            ("d_clash", "d_clash.lua:2: host.register: projection.Box is built in"),
            ("f_second", "masks.taken is registered already, at"), ("g_value", "table"),
        ] {
            #expect(
                lines.contains { $0.hasPrefix("luaflow: plugin \(name) is skipped: ") && $0.contains(text) },
                "\(name): \(result.errors)")
        }
        #expect(
            result.errors.contains("plugins/e_first.lua:1 (and now at")
                && result.errors.contains("plugins/f_second.lua:1)"))
    }

    @Test func anEndlessPluginIsStoppedByCtrlCAndTheScriptRuns() throws {
        let ready = scratch.path("ready")
        try write(
            "plugins/loop.lua",
            registering("masks", "half")
                + " io.open([[\(ready)]], 'w'):close() while true do pcall(function() while true do end end) end")
        let script = try write(
            "main.lua",
            """
            local f = io.open([[\(scratch.path("done"))]], 'w') f:write(next(require('host').registered('masks')) \
            or 'nothing') f:close()
            """
        )
        let errors = try write("errors", "")
        #expect(try Command.interrupted(script, whenThere: ready, errors: errors) == 0)
        let report = try String(contentsOfFile: errors, encoding: .utf8)
        #expect(
            report.hasPrefix("luaflow: plugin loop is skipped: ") && report.contains("plugins/loop.lua:1: interrupted"),
            "\(report)")
        #expect(try String(contentsOfFile: scratch.path("done"), encoding: .utf8) == "nothing")
    }

    @Test func aPluginFindsItsOwnModulesAndHidesNone() throws {
        try write(
            "plugins/one/init.lua",
            "local util = require 'util'\n" + registering("masks", "one", "function() return util.name end"))
        try write("plugins/one/util.lua", "return {name = 'one'}")
        try write(
            "plugins/two/init.lua",
            "local util = require 'util'\n" + registering("masks", "two", "function() return util.name end"))
        try write("plugins/two/util.lua", "return {name = 'two'}")
        try write("util.lua", "return {name = 'mine'}")
        let script = try write(
            "main.lua",
            """
            local host = require "host"
            local masks = host.registered("masks")
            print(masks.one(), masks.two(), require("util").name, package.path:find("plugins", 1, true), package.luaflow_plugin)
            """)
        let result = try run(["run", script])
        #expect(result.output == "one\ttwo\tmine\tnil\tnil\n", "\(result.errors)")
    }

    @Test func pluginsAreListed() throws {
        try write(
            "plugins/good.lua",
            """
            require("host").register{
              masks = {stripes = print}, projections = {Diamond = print},
              subcommands = {tally = {run = print, help = "counts"}},
            }
            """)
        try write("plugins/broken.lua", "error('oh')")
        let script = try write("main.lua", "error('must not run')")
        let result = try run(["plugins", script])
        // A broken plugin is reported once, and by the exit status.
        #expect(result.status == 1 && result.errors.isEmpty, "\(result.errors)")
        for text in [
            "good  (", "  masks.stripes\n", "  projection.Diamond\n", "  luaflow tally       counts\n", "  broken: ",
            "broken.lua:1: oh", "beside the script",
        ] {
            #expect(result.output.contains(text), "\(text) in \(result.output)")
        }
    }

    @Test func subcommandsRun() throws {
        try write(
            "p/tally.lua",
            """
            local host = require "host"
            host.register{subcommands = {
              tally = {help = "counts words", run = function(...)
                local options = host.arguments{about = "Counts.", {"times", 1}, rest = "WORDS"}
                print(select("#", ...), options.times, table.concat(options.rest, ","), arg[0])
              end},
              fails = function() error("no luck") end,
            }}
            """)
        let environment = ["LUAFLOW_PLUGINS": scratch.path("p")]
        let result = try run(["tally", "--times", "3", "a", "b"], environment: environment)
        #expect(result.status == 0 && result.output == "4\t3\ta,b\ttally\n", "\(result.errors)")
        #expect(try run(["--plugins", "p", "tally", "x"]).output == "1\t1\tx\ttally\n")
        // What follows a subcommand's name belongs to the subcommand.
        let misplaced = try run(["tally", "--plugins", "p", "x"])
        #expect(misplaced.status == 2 && misplaced.errors.contains("--plugins goes before it"), "\(misplaced.errors)")
        let help = try run(["tally", "--help"], environment: environment)
        #expect(help.output.hasPrefix("usage: luaflow tally [options] WORDS\n"), "\(help.output)")
        let wrong = try run(["tally", "--tims", "3"], environment: environment)
        #expect(
            wrong.status == 2 && wrong.errors.contains("did you mean --times?")
                && wrong.errors.contains("luaflow tally --help"))
        let fails = try run(["fails"], environment: environment)
        #expect(fails.status == 1 && fails.errors.contains("tally.lua:7: no luck"), "\(fails.errors)")
        let top = try run(["--help"], environment: environment)
        #expect(
            top.status == 0 && top.output.contains("SUBCOMMANDS OF PLUGINS:") && top.output.contains("counts words"))
        #expect(try !run(["--help"]).output.contains("SUBCOMMANDS OF PLUGINS:"))
        let near = try run(["taly"], environment: environment)
        #expect(
            near.status == 2 && near.errors.contains("there is no subcommand \"taly\" (did you mean \"tally\"?)"),
            "\(near.errors)")
        #expect(try run(["conver", "a", "b"]).errors.contains("did you mean \"convert\"?"))
    }

    /// What follows a plugin's subcommand belongs to it, also options that the host has.
    @Test func optionsBehindASubcommandAreItsOwn() throws {
        try write(
            "p/fetch.lua",
            """
            local host = require "host"
            host.register{subcommands = {fetch = function(...)
              local o = host.arguments{{"timeout", 1}, {"memory", ""}, {"sandbox", false}, {"capsule", ""}}
              print(o.timeout, o.memory, o.sandbox, o.capsule, ...)
            end}}
            """)
        let typed = ["--timeout", "5", "--memory", "some", "--sandbox", "--capsule", "c"]
        let result = try run(["--plugins", "p", "fetch"] + typed)
        #expect(
            result.status == 0 && result.output == "5\tsome\ttrue\tc\t" + typed.joined(separator: "\t") + "\n",
            "\(result.output)\(result.errors)")
    }

    @Test func registeredPartsHavePages() throws {
        try write(
            "p/greet.lua",
            """
            local host = require "host"
            host.register{
              subcommands = {greet = {help = "says hello", run = function() error("must not run") end}},
              projections = {Diamond = print},
            }
            """)
        for arguments in [["--plugins", "p", "help", "greet"], ["help", "--plugins", "p", "greet"]] {
            let help = try run(arguments)
            #expect(
                help.status == 0 && help.output.hasPrefix("luaflow greet\n\n  says hello\n")
                    && help.output.contains("Registered by p/greet.lua:2."), "\(help.output)\(help.errors)")
        }
        #expect(try run(["help", "gret", "--plugins", "p"]).status == 2)
        for arguments in [["doc", "--plugins", "p", "projection.Diamond"], ["--plugins", "p", "doc", "Diamond"]] {
            let page = try run(arguments)
            #expect(
                page.status == 0 && page.output == "projection.Diamond\n\n  Registered by p/greet.lua:2.\n",
                "\(page.output)\(page.errors)")
        }
        let unknown = try run(["doc", "--plugins", "p", "projection.Dimond"])
        #expect(unknown.status == 1 && unknown.errors.contains("nothing is named"), "\(unknown.errors)")
        #expect(try run(["doc", "--plugins", "nowhere", "flow"]).status == 2)
    }

    @Test func whatCannotBeReadIsNamed() throws {
        try write("main.lua", "print(1)")
        try write("plugins/good.lua", registering("masks", "good"))
        try write("file", "no folder")
        let files = FileManager.default
        for (name, target) in [("dangling", "nowhere.lua"), ("loop", "loop.lua")] {
            try files.createSymbolicLink(
                atPath: scratch.path("plugins/\(name).lua"), withDestinationPath: scratch.path("plugins/\(target)"))
        }
        try write("plugins/closed/init.lua", "")
        try write("plugins/secret/init.lua", "")
        // The superuser can read every file, so nothing is unreadable for him.
        let isClosed = geteuid() != 0
        try files.setAttributes([.posixPermissions: isClosed ? 0 : 0o700], ofItemAtPath: scratch.path("plugins/closed"))
        try files.setAttributes(
            [.posixPermissions: isClosed ? 0 : 0o600], ofItemAtPath: scratch.path("plugins/secret/init.lua"))
        defer { try? files.setAttributes([.posixPermissions: 0o700], ofItemAtPath: scratch.path("plugins/closed")) }
        let result = try run(["run", "main.lua"], environment: ["LUAFLOW_PLUGINS": scratch.path("file")])
        #expect(result.status == 0 && result.output == "1\n")
        for text in [
            "plugin dangling is skipped: plugins/dangling.lua: the file cannot be read",
            "plugin loop is skipped: plugins/loop.lua: the file cannot be read",
            "\(scratch.path("file")): this is no folder (LUAFLOW_PLUGINS)",
        ]
            + (isClosed
                ? ["plugins/closed: the folder cannot be read", "plugins/secret/init.lua: the file cannot be read"]
                : [])
        {
            #expect(result.errors.contains(text), "\(text) in \(result.errors)")
        }
    }

    /// A long help text is wrapped, and entries are ordered by kind and name.
    @Test func listingsAreInOrderAndWrapped() throws {
        let long = Array(repeating: "word", count: 40).joined(separator: "\\n")
        try write(
            "p/many.lua",
            """
            require("host").register{
              noises = {b = print, a = print, c = print}, schedules = {z = print, y = print},
              subcommands = {tell = {help = "\(long)", run = print}},
            }
            """)
        let lines = try run(["plugins", "--plugins", "p"]).output.components(separatedBy: "\n")
        #expect(
            lines.dropFirst().prefix(5).map { $0.trimmingCharacters(in: .whitespaces) }
                == ["schedules.y", "schedules.z", "noises.a", "noises.b", "noises.c"], "\(lines)")
        #expect(lines.filter { $0.contains("word") }.count > 2 && lines.allSatisfy { $0.count <= 80 }, "\(lines)")
        let help =
            try run(["--plugins", "p", "--help"]).output.components(separatedBy: "SUBCOMMANDS OF PLUGINS:").last ?? ""
        #expect(help.contains("word word") && help.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(help)")
    }

    @Test func aFileWithoutRunIsExplained() throws {
        let script = try write("train.lua", "print(1)")
        let result = try run([script])
        #expect(result.status == 2 && result.errors.contains("did you mean: luaflow run \(script)"), "\(result.errors)")
    }

    @Test func subcommandsCannotTakeOurNames() throws {
        try write("p/run.lua", registering("subcommands", "run"))
        let result = try run(["--plugins", "p", "-e", ""])
        #expect(result.status == 0 && result.errors.contains("luaflow run is built in"), "\(result.errors)")
    }

    /// Plugins belong to a run's record: a capsule holds them, and a replay notices when they changed.
    @Test func capsulesKnowPlugins() throws {
        try write("plugins/one/init.lua", "require('util')\n" + registering("masks", "one"))
        try write("plugins/one/util.lua", "return {}")
        let script = try write("main.lua", "print(1)")
        let result = try run(["run", "--capsule", "run.json", "--plugins", "plugins", script])
        #expect(result.status == 0, "\(result.errors)")
        let capsule = try String(contentsOfFile: scratch.path("run.json"), encoding: .utf8)
            .replacingOccurrences(of: "\\/", with: "/")
        #expect(capsule.contains("plugins/one/init.lua") && capsule.contains("plugins/one/util.lua"), "\(capsule)")
    }

    /// `luaflow watch` and `host.live` load a plugin's file again, which is no clash of names.
    @Test func aPluginThatIsFollowedReplacesItsOwn() throws {
        let plugin = try write(
            "plugins/steps.lua",
            registering("schedules", "s", "function() return 1 end") + " return {f = function() return 1 end}")
        let script = try write("main.lua", """
            local host = require "host"
            local live = host.live([[\(plugin)]])
            assert(live.f() == 1 and host.registered("schedules").s() == 1)
            io.open([[\(plugin)]], "w"):write([[require("host").register{schedules = {s = function() return 2 end}}
              return {f = function() return 2 end}]]):close()
            local waited = host.clock()
            while live.f() == 1 and host.clock() - waited < 60 do end
            assert(live.f() == 2 and host.registered("schedules").s() == 2)
            """)
        let result = try run(["run", script])
        #expect(result.status == 0 && !result.errors.contains("skipped"), "\(result.errors)")
    }

    /// Problem 3 with parts from a plugin.
    @Test func problem3FindsRegisteredParts() throws {
        try write(
            "p/parts.lua",
            """
            local host, tensor = require "host", require "tensor"
            host.register{
              schedules = {sqrt = function(k, lr) return lr / math.sqrt(k) end},
              noises = {fading = function(k) return 0.01 / k end},
              masks = {corner = function(height, width, size)
                local mask = tensor.ones(height, width)
                mask[{{1, tonumber(size)}, {1, tonumber(size)}}] = 0
                return mask
              end},
            }
            """)
        let script = Command.repository.appendingPathComponent("scripts/problem3_inpainting.lua").path
        let result = try run([
            "run", "--plugins", "p", script, "--schedule", "sqrt", "--noise", "fading", "--mask", "corner:5", "--steps",
            "2", "--out", "x.png",
        ])
        #expect(result.status == 0 && result.output.contains("over the 25 missing pixels"), "\(result.errors)")
        let help = try run(["run", "--plugins", "p", script, "--help"])
        #expect(help.output.contains("corner") && help.output.contains("fading") && help.output.contains("sqrt"))
    }
}
