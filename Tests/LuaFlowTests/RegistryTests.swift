import LuaFlow
import Testing

/// host.register: kinds, names, clashes, and what the program makes of registered parts.
@Suite struct RegistryTests {
    private func message(_ host: Host, _ code: String) -> String {
        do {
            try host.run(code: code)
            return "no error"
        } catch let error as LuaError {
            return error.message
        } catch {
            return "\(error)"
        }
    }

    @Test func everyKindTakesFunctions() throws {
        let host = try Host()
        let kinds = host.context.service(Registry.self).kinds
        #expect(kinds.count == 10)
        for kind in kinds {
            let name = kind.module == nil ? "mine" : "Mine"
            try host.run(code: "require('host').register{\(kind.name) = {\(name) = function(x) return x + 1 end}}")
            let entry = try #require(host.context.service(Registry.self).entry(kind, name))
            #expect(entry.help == nil && entry.complete == nil)
            let answer = try host.run(code: "return require('host').registered('\(kind.name)').\(name)(41)")
            #expect(answer.first?.asInteger == 42)
        }
    }

    /// A preset may be a table, and is returned as it was registered.
    @Test func presetsAreTables() throws {
        let host = try Host()
        try host.run(
            code: """
                local host = require "host"
                local mine = {lr = 2}
                host.register{presets = {mine = mine, made = function(text) return {lr = tonumber(text)} end}}
                assert(host.registered("presets").mine == mine and host.registered("presets").made("3").lr == 3)
                assert(host.pick("presets", {own = {lr = 1}}, "own").lr == 1)
                assert(host.pick("presets", {own = {lr = 1}}, "mine") == mine)
                assert(host.names({own = {}, other = 3}, "presets") == "made, mine, own")
                assert(host.names{own = {}} == "")
                local f, text = host.pick("presets", {}, "made:7", {text = 1})
                assert(f(text).lr == 7)
                local function refused(...)
                  local fine, message = pcall(host.pick, ...)
                  assert(not fine)
                  return tostring(message)
                end
                assert(refused("presets", {}, "mine:7", {text = 1}):find("mine takes nothing behind a colon", 1, true))
                assert(refused("masks", {top = function(h, w) end}, "top:7", {text = 3}):find("top:7: top takes", 1, true))
                assert(select(2, host.pick("masks", {any = function(...) end}, "any:7", {text = 3})) == "7")
                """)
        #expect(
            message(host, "require('host').register{presets = {a = 3}}").contains("presets.a: a table expected, got 3"))
    }

    @Test func unknownKindsNameTheNearest() throws {
        let host = try Host()
        let wrong = message(host, "require('host').register{schedule = {a = print}}")
        #expect(wrong.contains("there is no kind \"schedule\" (did you mean \"schedules\"?)"), "\(wrong)")
        #expect(message(host, "require('host').registered('mask')").contains("masks"))
    }

    @Test func commandsMayBringHelpAndCompletion() throws {
        let host = try Host()
        try host.run(
            code: """
                require("host").register{commands = {frames = {
                  run = function(text) return #text end, help = "how long a text is", complete = function(text) return {text .. "!"} end,
                }}}
                """)
        let entry = try #require(host.context.service(Registry.self).entry(.commands, "frames"))
        #expect(entry.help == "how long a text is")
        #expect(try entry.function.call([.string("abc")]).first?.asInteger == 3)
        guard case .table(let list)? = try entry.complete?.call([.string("a")]).first else {
            Issue.record("no list")
            return
        }
        #expect(try list.elements().map(\.shown) == ["\"a!\""])
    }

    @Test(arguments: [
        ("{commands = {a = {help = 'x'}}}", "run = a function expected"),
        ("{commands = {a = {run = print, hlp = 'x'}}}", "did you mean \"help\"?"),
        ("{schedules = {a = {run = print}}}", "a function expected"),
        ("{schedules = {a = 3}}", "schedules.a: a function expected, got 3"),
        ("{schedules = print}", "a table from names to functions expected"),
        ("{schedules = {print}}", "a name and a function expected, got 1"),
        ("{masks = {['a b'] = print}}", "letters, digits, _ and - expected"),
        ("{masks = {['random:3'] = print}}", "letters, digits, _ and - expected"),
        ("{subcommands = {['--x'] = print}}", "letters, digits, _ and - expected"),
        ("{projections = {diamond = print}}", "a capital letter"),
        ("{projections = {['Dia-mond'] = print}}", "a capital letter"),
        ("{projections = {Box = print}}", "projection.Box is built in"),
    ])
    func wrongRegistrationsAreRefusedWhole(table: String, expected: String) throws {
        let host = try Host()
        let wrong = message(host, "local t = \(table) t.noises = {fine = print} require('host').register(t)")
        #expect(wrong.contains(expected), "\(wrong)")
        #expect(host.context.service(Registry.self).all.isEmpty)
    }

    @Test func clashesNameBothPlaces() throws {
        let scratch = try Scratch()
        let a = try scratch.write(
            "a.lua", "local host = require 'host'\nhost.register{masks = {stripes = function() return 'a' end}}")
        let b = try scratch.write(
            "b.lua", "\n\nrequire('host').register{noises = {other = print}, masks = {stripes = print}}")
        let host = try Host()
        try host.run(file: a)
        let error = #expect(throws: LuaError.self) { try host.run(file: b) }
        let text = error?.message ?? ""
        #expect(text.contains("masks.stripes is registered already, at \(a):2 (and now at \(b):3)"), "\(text)")
        // None of the second call's parts was registered.
        #expect(host.context.service(Registry.self).all.map(\.name) == ["stripes"])
    }

    @Test func aFileLoadedAgainReplacesItsOwn() throws {
        let scratch = try Scratch()
        let file = try scratch.write("a.lua", "require('host').register{schedules = {s = function() return 1 end}}")
        let host = try Host()
        try host.run(file: file)
        _ = try scratch.write(
            "a.lua", "-- moved\n\nrequire('host').register{schedules = {s = function() return 2 end}}")
        // The same file by another path is no clash.
        try host.run(file: scratch.url.appendingPathComponent("../\(scratch.url.lastPathComponent)/a.lua").path)
        #expect(try host.run(code: "return require('host').registered('schedules').s()").first?.asInteger == 2)
        // A registration at the prompt is no clash either.
        try host.run(code: "require('host').register{masks = {m = print}}", name: "(prompt)")
        try host.run(code: "\nrequire('host').register{masks = {m = print}}", name: "(prompt)")
    }

    @Test func loadingIsAllOrNothing() throws {
        let scratch = try Scratch()
        let text = "require('host').register{schedules = {s = function() return 1 end, old = print}}"
        let file = try scratch.write("a.lua", text)
        let host = try Host()
        let registry = host.context.service(Registry.self)
        _ = try registry.loading(file) { try host.run(file: file) }
        #expect(Set(registry.entries(of: file).map(\.name)) == ["s", "old"])
        _ = try scratch.write("a.lua", "require('host').register{schedules = {new = print}} error('broken')")
        #expect(throws: LuaError.self) { try registry.loading(file) { try host.run(file: file) } }
        #expect(Set(registry.all.map(\.name)) == ["s", "old"])
        _ = try scratch.write("a.lua", "require('host').register{schedules = {new = print}}")
        _ = try registry.loading(file) { try host.run(file: file) }
        #expect(registry.all.map(\.name) == ["new"])
        // The same name twice in one file is a mistake.
        _ = try scratch.write("a.lua", "\(text)\n\(text)")
        #expect(throws: LuaError.self) { try registry.loading(file) { try host.run(file: file) } }
        #expect(registry.all.map(\.name) == ["new"])
    }

    @Test func registeredPartsArePicked() throws {
        let scratch = try Scratch()
        let script = try scratch.write(
            "pick.lua",
            """
            local host = require "host"
            host.register{masks = {theirs = function() return "theirs" end, both = print}}
            local masks = {
              mine = function() return "mine" end,
              both = print,
            }
            function masks.both() end
            assert(host.pick("masks", masks, "mine")() == "mine")
            local f, text = host.pick("masks", masks, "theirs:3")
            assert(f() == "theirs" and text == "3")
            assert(host.names(masks, "masks") == "both, mine, theirs" and host.names(masks) == "both, mine")
            local _, message = pcall(host.pick, "masks", masks, "thiers")
            assert(message:find('did you mean "theirs"?', 1, true), message)
            return select(2, pcall(host.pick, "masks", masks, "both"))
            """)
        guard let message = try Host().run(file: script).first?.asText else {
            Issue.record("no message")
            return
        }
        #expect(
            message.contains("\"both\" is the script's own (\(script):7), and registered at \(script):2"), "\(message)")
    }

    /// host.live wraps functions; a clash still names the file and line of the original.
    @Test func clashesWithLiveFunctionsNameTheirFile() throws {
        let scratch = try Scratch()
        let live = try scratch.write("live.lua", "local M = {}\n\nfunction M.slow() end\n\nreturn M")
        let script = try scratch.write(
            "main.lua",
            """
            local host = require "host"
            host.register{schedules = {slow = print}}
            return select(2, pcall(host.pick, "schedules", host.live [[\(live)]], "slow"))
            """)
        guard let message = try Host().run(file: script).first?.asText else {
            Issue.record("no message")
            return
        }
        #expect(
            message.contains("\"slow\" is the script's own (\(live):3), and registered at \(script):2"), "\(message)")
    }

    @Test func whatIsBuiltInAndWhatIsYoursAreToldApart() throws {
        let wrong = message(try Host(), "require('host').register{projections = {Box = print}}")
        #expect(
            wrong.contains("projection.Box is built in; choose another name (yours: ")
                && !wrong.contains("registered at"),
            "\(wrong)")
    }

    /// The name that a part is registered by takes precedence over the `name` in the table that its constructor
    /// returns.
    @Test func registeredNamesWinOverTheTables() throws {
        try Host().run(
            code: """
                local host, tensor = require "host", require "tensor"
                host.register{
                  projections = {Mine = function() return {name = "other", project = function(x) return x end} end},
                  distributions = {Mine = function() return {name = "other", log_prob = function(x) return x end} end},
                  transforms = {Mine = function()
                    return {name = "other", to_latent = function(x) return x, 0 end, to_data = function(z) return z, 0 end}
                  end},
                }
                for _, module in ipairs{"projection", "distribution", "flow"} do
                  local text = tostring(require(module).Mine())
                  assert(text:find(module .. ".Mine", 1, true) and not text:find("other"), text)
                end
                """)
    }

    @Test func misspeltMembersNameRegisteredOnes() throws {
        let host = try Host()
        try host.run(code: "require('host').register{projections = {Diamond = function() end}}")
        #expect(message(host, "return require('projection').Diamnod").contains("no function \"Diamnod\""))
    }
}
