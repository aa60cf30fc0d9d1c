import Foundation
import LuaFlow
import Testing

/// What a plugin changes in Lua affects neither the script, nor later plugins, nor the host.
@Suite struct PluginIsolationTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        try FileManager.default.createDirectory(atPath: scratch.path("plugins"), withIntermediateDirectories: true)
    }

    private func plugin(_ name: String, _ text: String) throws { _ = try scratch.write("plugins/\(name).lua", text) }

    private let good = "require('host').register{masks = {good = function() return 'good' end}}"

    /// Loads the plugins, then runs a script that expects the last plugin's part and all of Lua's libraries.
    private func run(_ script: String = "", sandbox: Bool = false) throws -> Command.Result {
        try plugin("z_good", good)
        let file = try scratch.write(
            "main.lua",
            """
            for _, name in ipairs{"pairs", "next", "print", "load", "error", "tostring"} do assert(_G[name], name) end
            assert(string.format and package.loaded._G == _G and require("host").registered("masks").good() == "good")
            \(script)
            print("done")
            """)
        let limits = sandbox ? ["--sandbox", "--plugins", scratch.path("plugins")] : []
        return try Command.run(["run"] + limits + [file], in: scratch.url)
    }

    @Test(arguments: [
        "pairs = nil", "for name in pairs(_G) do if name ~= '_G' then _G[name] = nil end end",
        "setmetatable(_G, {__newindex = error, __index = error})", "package.loaded = nil", "package.searchpath = nil",
        "package.path = nil", "debug.sethook(function() error('hook') end, 'c', 1)", "string, table, next = 1, 2, 3",
        "count = 1 _G.other = 2 tensor = 5",
    ])
    func whatAPluginDoesStaysWithIt(text: String) throws {
        try plugin("a_bad", text)
        let result = try run("assert(count == nil and other == nil and tensor == nil)")
        #expect(result.status == 0 && result.output == "done\n", "\(result.errors)")
        // A debug hook stops its own plugin at most.
        #expect(!result.errors.contains("z_good"), "\(result.errors)")
    }

    /// When a plugin fails, what it did to the script's table of globals on purpose is undone, too.
    @Test func aFailedPluginIsTakenBack() throws {
        try plugin(
            "a_bad",
            """
            local globals = package.loaded._G
            globals.tensor, globals.print, package.cpath = 5, nil, 3
            setmetatable(globals, {__newindex = error, __metatable = "locked"})
            error("no luck")
            """)
        let result = try run(
            "assert(rawget(_G, 'tensor') == nil and getmetatable(_G) == nil and package.cpath ~= 3) x = 1")
        #expect(result.status == 0 && result.output == "done\n", "\(result.errors)")
        #expect(result.errors.contains("plugin a_bad is skipped") && result.errors.contains("a_bad.lua:4: no luck"))
    }

    /// A plugin's functions see their own globals first, then those that scripts set.
    @Test func functionsOfAPluginSeeTheScriptsGlobals() throws {
        try plugin("a", "mine = 'mine' require('host').register{noises = {seen = function() return mine, theirs end}}")
        let result = try run("theirs = 'theirs' print(require('host').registered('noises').seen())")
        #expect(result.output == "mine\ttheirs\ndone\n", "\(result.errors)")
        // Modules that are globals are seen as well.
        let line = "print(host.registered('noises').modules().name)"
        try plugin("b", "require('host').register{noises = {modules = function() return {name = host.version} end}}")
        let one = try Command.run(["--plugins", "plugins", "-e", line], in: scratch.url)
        #expect(one.status == 0 && one.output == Host.version + "\n", "\(one.errors)")
    }

    @Test func theSandboxLoadsPluginsAsWell() throws {
        try plugin("a", "pairs = nil count = 1 local util = require 'util'")
        _ = try scratch.write("plugins/util.lua", "return {}")
        try plugin("b", "error('no luck')")
        let result = try run("assert(count == nil)", sandbox: true)
        #expect(result.status == 0 && result.output == "done\n", "\(result.errors)")
        #expect(
            result.errors.contains("plugin b is skipped") && !result.errors.contains("plugin a is"), "\(result.errors)")
    }

    @Test func aPluginThatYieldsIsBroken() throws {
        try plugin("a", "coroutine.yield(1)")
        #expect(try run().errors.contains("it yielded while it was loaded"))
    }

    /// All plugins share one time limit: the one that exceeds it is named, and no other is started.
    @Test func theTimeLimitIsOneForAll() throws {
        for name in ["a", "b"] { try plugin(name, "\nwhile true do end") }
        try plugin("c", good)
        let script = try scratch.write("main.lua", "print('began')")
        let result = try Command.run(["run", "--timeout", "3", script], in: scratch.url)
        #expect(result.status == 1 && result.output.isEmpty)
        #expect(
            result.errors.hasPrefix("luaflow: plugin a is skipped: ")
                && result.errors.contains("a.lua:2: stopped: the time limit of 3 s has passed while it was loaded")
                && !result.errors.contains("plugin b"), "\(result.errors)")
    }

    /// What plugins used of the time limit counts: the run has the rest.
    @Test func runsMayShareATimeLimit() throws {
        let host = try Host()
        host.interpreter.timeLimit = .seconds(3600)
        host.interpreter.timeLimitBegins = .now - .seconds(3601)
        let error = #expect(throws: LuaError.self) { try host.run(code: "while true do end") }
        #expect(error?.kind == .timeLimit && error?.message.contains("3600 s") == true)
        host.interpreter.timeLimitBegins = nil
        #expect(try host.run(code: "return 1").first?.asInteger == 1)
    }
}
