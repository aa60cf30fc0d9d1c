import Foundation
import LuaFlow
import Testing

/// What a sandboxed script can reach from inside the interpreter.
///
/// Every attempt is a script that asserts that the attempt failed. As a trusted script it must fail at that assertion,
/// which shows that the attempt would work without the sandbox.
@Suite(.ownTime(minutes: 10)) struct SandboxTests {
    struct Attempt: CustomTestStringConvertible, Sendable {
        let kind: String
        let script: String
        /// Whether the attempt succeeds in trusted mode, so that the script's assertion fails there.
        var worksWhenTrusted = true
        var testDescription: String { "\(kind): \(script.prefix(70))" }

        init(_ kind: String, _ script: String, worksWhenTrusted: Bool = true) {
            self.kind = kind
            self.script = script
            self.worksWhenTrusted = worksWhenTrusted
        }
    }

    static func host(_ change: (inout Interpreter.Options) throws -> Void = { _ in }) throws -> LuaFlow.Host {
        var options = Interpreter.Options()
        options.trust = .sandboxed
        options.globals = true
        options.memoryLimit = 256 << 20
        try change(&options)
        return try LuaFlow.Host(options: options)
    }

    /// Libraries are replaced by copies, yet messages and tracebacks know the functions' names.
    @Test func functionsHaveTheirNamesInMessages() throws {
        let host = try SandboxTests.host()
        let script = """
            local names = {}
            local _, first = pcall(string.format, "%d", tensor.ones(1))
            local _, second = xpcall(tensor.zeros, debug.traceback, "x")
            local _, third = xpcall(require("tensor").zeros, debug.traceback, "x")
            return first, second, third, require("string") == string, package.loaded.tensor == tensor
            """
        let values = try host.run(code: script)
        guard values.count == 5, let first = values[0].asText, let second = values[1].asText,
            let third = values[2].asText, case .boolean(true) = values[3], case .boolean(true) = values[4]
        else {
            Issue.record("\(values)")
            return
        }
        #expect(first.contains("'string.format'"), "\(first)")
        for text in [second, third] { #expect(text.contains("in function 'tensor.zeros'"), "\(text)") }
    }

    @Test func whatIsRequiredIsFoundAndRefusedAsEver() throws {
        let host = try SandboxTests.host()
        let script = """
            assert(require("tensor") == require("tensor") and select(2, require("tensor")) == nil)
            local ok, message = pcall(require, "nowhere")
            assert(not ok and message:find("module 'nowhere' not found:\\n\\tno field package.preload['nowhere']", 1, true), message)
            for name, library in pairs(package.loaded) do
                if name ~= "_G" and name ~= "package" then
                    assert(not pcall(rawset, library, "x", 1) and not pcall(function() library.x = 1 end), name)
                end
            end
            """
        try host.run(code: script)
    }

    static let attempts: [Attempt] = [
        // What all scripts share cannot be changed.
        Attempt(
            "shared", "assert(not pcall(function() getmetatable('').__index = {evil = 1} end)) assert(('').evil == nil)"
        ),
        Attempt("shared", "assert(getmetatable('') == false)"),
        Attempt(
            "shared", "assert(not pcall(setmetatable, string, {})) assert(not pcall(rawset, string, 'upper', print))"),
        Attempt("shared", "assert(not pcall(function() string.upper = 1 end) and ('a'):upper() == 'A')"),
        Attempt("shared", "assert(not pcall(table.insert, math, 1) and not pcall(table.move, {1}, 1, 1, 1, math))"),
        Attempt(
            "shared", "assert(not pcall(function() tensor.zeros = nil end)) assert(tensor.zeros(2):sum():item() == 0)"),
        Attempt("shared", "assert(not pcall(function() require('tensor').evil = 1 end))"),
        Attempt(
            "shared",
            """
            for _, t in pairs{string, table, math, utf8, coroutine, os, tensor, flow} do \
            assert(next(t) and getmetatable(t) == false) end
            """
        ),
        Attempt("shared", "for k, v in pairs(math) do assert(v == math[k]) assert(not pcall(rawset, math, k, 1)) end"),
        Attempt(
            "shared", "assert(not pcall(function() getmetatable(tensor.zeros(1)).__index = 1 end))",
            worksWhenTrusted: false),
        Attempt("shared", "assert(getmetatable(_G) == false and not pcall(setmetatable, _G, {}))"),
        Attempt(
            "shared", "assert(not pcall(function() package.loaded.string = {} end)) assert(require 'string' == string)"),
        Attempt(
            "shared",
            """
            assert(not pcall(function() package.loaded.tensor = {zeros = print} end)) \
            assert(require('tensor').zeros ~= print)
            """
        ),
        Attempt("shared", "assert(not pcall(rawset, package.loaded, 'tensor', {}))"),
        // Functions that could do harm do not exist.
        Attempt("shared", "assert(package.loadlib == nil and package.cpath == nil and package.searchers == nil)"),
        Attempt("shared", "assert(package.preload == nil)"),
        Attempt(
            "shared", "for name in pairs(debug) do assert(name == 'traceback') end assert(require 'debug' == debug)"),
        Attempt(
            "shared",
            """
            assert(debug.sethook == nil and debug.getregistry == nil and debug.getupvalue == nil \
            and debug.setmetatable == nil)
            """
        ),
        Attempt(
            "shared",
            """
            assert(os.execute == nil and os.remove == nil and os.rename == nil and os.tmpname == nil and os.getenv \
            == nil)
            """
        ),
        Attempt(
            "shared",
            "assert(require('os').execute == nil and require('io').open == nil and require('io').popen == nil)"),
        Attempt(
            "shared",
            "assert(io.open == nil and io.lines == nil and io.read == nil and io.input == nil and io.tmpfile == nil)"),
        Attempt("shared", "assert(io.stdout.close == nil and io.stdout.seek == nil and io.stdout.lines == nil)"),
        Attempt(
            "shared",
            "assert(not pcall(require, 'lpeg') and not pcall(require, 'lfs') and not pcall(require, 'socket.core'))",
            worksWhenTrusted: false),
        Attempt(
            "shared",
            "package.cpath = '/usr/lib/?.so;./?.so' assert(not pcall(require, 'x86_64-linux-gnu.lua.5.4.lpeg'))",
            worksWhenTrusted: false),
        Attempt("shared", "package.path = 1 assert(not pcall(require, 'no such'))", worksWhenTrusted: false),
        Attempt("shared", "assert(string.dump == nil)"),
        Attempt(
            "shared",
            """
            assert(not pcall(collectgarbage, 'stop') and not pcall(collectgarbage, 'generational') \
            and not pcall(collectgarbage, 'setpause', 1))
            """
        ),
        Attempt(
            "shared", "assert(collectgarbage('count') > 0 and collectgarbage() == 0) collectgarbage('step')",
            worksWhenTrusted: false),
        Attempt(
            "shared",
            """
            local ok, e = pcall(error, setmetatable({}, {__index = function(t, k) return _G end})) \
            assert(e.x.os.execute == nil)
            """
        ),
        Attempt("shared", "local f = load('return _ENV') assert(f() == _G and f().io.open == nil)"),
        Attempt(
            "shared",
            "local f = load('return os', 'x', 't', setmetatable({}, {__index = _G})) assert(f().execute == nil)"),
        Attempt("shared", "local co = coroutine.wrap(function() return _ENV end) assert(co().os.execute == nil)"),
        Attempt(
            "shared",
            """
            for level = 1, 5 do local t = debug.traceback('x', level) assert(type(t) == 'string') end \
            assert(debug.getinfo == nil)
            """
        ),
        // __gc is never called, whenever it is set.
        Attempt(
            "finalisers",
            """
            ran = false setmetatable({}, {__gc = function() ran = true end}) collectgarbage() collectgarbage() \
            assert(not ran)
            """
        ),
        Attempt(
            "finalisers",
            """
            ran = false local m = {__gc = true} setmetatable({}, m) m.__gc = function() ran = true end \
            collectgarbage() collectgarbage() assert(not ran)
            """
        ),
        Attempt(
            "finalisers", "local m = {__gc = print} setmetatable({}, m) assert(m.__gc == print)",
            worksWhenTrusted: false),
        // Bytecode is not loaded.
        Attempt("binary chunks", "assert(not pcall(function() return load(string.dump(function() end)) end))"),
        Attempt(
            "binary chunks",
            "local f, e = load('\\27Lua') assert(not f and e:find(\"attempt to load a binary chunk %(mode is 't'%)\"), e)"
        ),
        Attempt("binary chunks", "local f, e = load('\\27Lua', 'x', 'b') assert(not f and e:find('text only'), e)"),
        Attempt(
            "binary chunks", "local f, e = load('\\27Lua', 'x', 'bt') assert(not f and e:find(\"mode is 't'\"), e)"),
        Attempt(
            "binary chunks",
            """
            local parts = {'\\27', 'Lua'} local f, e = load(function() return table.remove(parts, 1) end) \
            assert(not f and e:find(\"mode is 't'\"), e)
            """
        ),
        // Misuse of the modules.
        Attempt(
            "errors", "for i = 1, 1e4 do assert(not pcall(tensor.matmul, tensor.zeros(2, 5), tensor.zeros(3, 5))) end",
            worksWhenTrusted: false),
        Attempt(
            "sizes",
            """
            for _, n in ipairs{0/0, 1e300, -1, math.mininteger, math.maxinteger} do assert(not pcall(tensor.zeros, n)) \
            assert(not pcall(tensor.zeros, n, n)) end
            """,
            worksWhenTrusted: false),
        Attempt(
            "sizes",
            """
            local x = tensor.zeros(3) for _, i in ipairs{0/0, 1e300, -4, math.mininteger} do \
            assert(not pcall(function() return x[i] end)) end
            """,
            worksWhenTrusted: false),
        Attempt(
            "metatables", "assert(not pcall(function() getmetatable(tensor.zeros(1)).__gc(tensor.zeros(1)) end))",
            worksWhenTrusted: false),
        Attempt(
            "types", "local ok, e = pcall(tensor.add, io.stdout, 1) assert(not ok and e:find('tensor'), e)",
            worksWhenTrusted: false),
        Attempt("types", "assert(not pcall(tensor.zeros(1).sum, random.generator(0)))", worksWhenTrusted: false),
        Attempt(
            "recursion",
            """
            local function f(x) return autodiff.grad(f)(x) end local ok, e = pcall(f, tensor(1.0)) \
            assert(not ok and tostring(e):find('stack overflow'), e)
            """,
            worksWhenTrusted: false),
        Attempt(
            "yields",
            """
            local co = coroutine.create(function() return autodiff.grad(function(x) coroutine.yield() \
            return x end)(tensor(1.0)) end) assert(not coroutine.resume(co))
            """,
            worksWhenTrusted: false),
        // Endless memory is an error, and the state still works.
        Attempt(
            "strings",
            """
            local ok, e = pcall(function() local s = 'x' while true do s = s .. s end end) \
            assert(not ok and e:find('not enough memory')) assert(#('y'):rep(1000) == 1000)
            """,
            worksWhenTrusted: false),
        Attempt("strings", "assert(not pcall(string.rep, 'x', 1 << 40))", worksWhenTrusted: false),
        Attempt(
            "tensors",
            """
            local ok, e = pcall(function() local t = {} while true do t[#t + 1] = tensor.zeros(1000000) end end) \
            assert(not ok and e:find('not enough memory'), e)
            """,
            worksWhenTrusted: false),
    ]

    @Test(arguments: attempts) func anAttemptFails(_ attempt: Attempt) throws {
        try SandboxTests.host().run(code: attempt.script)
    }

    @Test(arguments: attempts.filter(\.worksWhenTrusted)) func theAttemptIsReal(_ attempt: Attempt) throws {
        var options = Interpreter.Options()
        options.globals = true
        let host = try LuaFlow.Host(options: options)
        #expect(throws: LuaError.self) { try host.run(code: attempt.script) }
    }

    /// The script's file may not be bytecode either, nor a text that Swift passes.
    @Test func binaryScriptsAreRefused() throws {
        let scratch = try Scratch()
        let trusted = try LuaFlow.Host()
        #expect(try trusted.interpreter.run(code: "return #string.dump(function() end)").first?.asInteger ?? 0 > 10)
        try trusted.run(
            code:
                """
                local f = io.open([[\(scratch.path("b.lua"))]], 'wb') f:write(string.dump(function() \
                return 1 end)) f:close()
                """
        )
        #expect(try trusted.run(file: scratch.path("b.lua")).first?.asInteger == 1)
        let error = #expect(throws: LuaError.self) { try SandboxTests.host().run(file: scratch.path("b.lua")) }
        #expect(error?.message.contains("attempt to load a binary chunk (mode is 't')") == true)
    }

    /// A script cannot change what the next one in the same host finds in the libraries.
    @Test func librariesOutliveAScript() throws {
        let host = try SandboxTests.host()
        try host.run(
            code: """
                for _, t in pairs{string, table, math, utf8, coroutine, os, io, io.stdout, debug, tensor, flow, package.loaded} do
                  for k in pairs(t) do
                    pcall(rawset, t, k, nil) pcall(function() t[k] = nil end) pcall(setmetatable, t, nil)
                  end
                end
                pcall(function() getmetatable("").__index = nil end)
                """)
        try host.run(
            code: """
                assert(("x"):upper() == "X" and string.format("%d", 3) == "3" and math.floor(2.5) == 2 and #table.pack(1, 2) == 2)
                assert(tensor.ones(2):sum():item() == 2 and require("tensor") == tensor and type(flow.load) == "function")
                """)
    }

    @Test func ordinaryScriptsWork() throws {
        try SandboxTests.host().run(
            code: """
                random.manual_seed(0)
                local m = flow.NICE{dim = 6, hidden = 4, layers = 2, couplings = 2}
                local x = tensor.ones(6):requires_grad_(true)
                m:log_prob(x):backward()
                assert(x.grad:numel() == 6)
                assert(data.digits().images:size(1) == 2000)
                local up = setmetatable({}, {__index = function(_, k) return k .. "!" end, __call = function(_, a) return a end})
                assert(up.x == "x!" and up(3) == 3)
                local t = {3, 1, 2} table.sort(t) assert(table.concat(t, ",") == "1,2,3")
                assert(select("#", table.unpack({1, 2, 3})) == 3 and os.time() > 0 and os.clock() >= 0 and os.date("%Y"))
                local log = {} do local c <close> = setmetatable({}, {__close = function() log[1] = "closed" end}) end
                assert(log[1] == "closed" and xpcall(error, debug.traceback, "x") == false)
                assert(load("return ...")(7) == 7 and load("return x", "n", "t", {x = 5})() == 5)
                for i, v in ipairs({10, 20}) do assert(v == i * 10) end
                assert(warn and utf8.char(955) == "λ" and math.type(1) == "integer")
                """)
    }
}
