import LuaFlow
import Testing

enum CModules {
    static let areInstalled: Bool = {
        do {
            try LuaFlow.Host().run(code: "require 'lpeg' require 'lfs'")
            return true
        } catch {
            return false
        }
    }()
}

/// Lua C modules in trusted mode: Debian's lua-lpeg and lua-filesystem, which `scripts/setup.sh test` installs.
@Suite(
    .enabled(if: CModules.areInstalled, "lua-lpeg and lua-filesystem are not installed: sh scripts/setup.sh test"))
struct CModuleTests {
    private let modules = "local lpeg, lfs, tensor = require 'lpeg', require 'lfs', require 'tensor'\n"

    @Test func grammarsAndFoldersWork() throws {
        let scratch = try Scratch()
        _ = try scratch.write("one.txt", "1, 2, 3")
        try LuaFlow.Host().run(
            code: modules + """
                local number = lpeg.C(lpeg.R("09") ^ 1) / tonumber
                local list = lpeg.Ct(number * (lpeg.P(",") * lpeg.S(" ") ^ 0 * number) ^ 0)
                local names = {}
                for name in lfs.dir([[\(scratch.url.path)]]) do names[name] = lfs.attributes([[\(scratch.url.path)]] .. "/" .. name, "mode") end
                assert(names["one.txt"] == "file" and names["."] == "directory")
                local text = io.open([[\(scratch.path("one.txt"))]]):read("a")
                assert(tensor(list:match(text)):sum():item() == 6)
                """)
    }

    /// Errors, yields and LuaFlow's objects pass through lpeg's C frames.
    @Test func errorsAndCoroutinesPassThrough() throws {
        let host = try LuaFlow.Host()
        try host.run(
            code: modules + """
                local fails = lpeg.P(1) / function() error("mine", 0) end
                for i = 1, 1000 do
                  local ok, message = pcall(fails.match, fails, "x")
                  assert(not ok and message == "mine")
                end
                -- A native function of ours fails inside lpeg inside a coroutine.
                local wrong = lpeg.P(1) / function() return tensor.zeros(2):matmul(tensor.zeros(3)) end
                local ok, message = coroutine.resume(coroutine.create(function() return wrong:match("x") end))
                assert(not ok and message:find("tensor.matmul"), message)
                -- lpeg cannot be left by a yield: a clean error.
                local yields = lpeg.Cmt(lpeg.P(1), function(_, i) coroutine.yield(i) return i end)
                ok, message = coroutine.resume(coroutine.create(function() return yields:match("x") end))
                assert(not ok and message:find("yield across a C%-call boundary"), message)
                -- Between matches it can.
                local words = coroutine.wrap(function()
                  local word = lpeg.C(lpeg.R("az") ^ 1) * lpeg.P(" ") ^ 0 * lpeg.Cp()
                  local text, at = "one two three", 1
                  while true do
                    local found, next = word:match(text, at)
                    if not found then return nil end
                    at = next
                    coroutine.yield(found)
                  end
                end)
                assert(words() == "one" and words() == "two" and words() == "three" and words() == nil)
                -- Captures carry tensors.
                local pair = lpeg.Ct((lpeg.P(1) / function(c) return tensor({#c}) end) ^ 2)
                assert(#pair:match("ab") == 2)
                """)
        #expect(try host.run(code: "return 1").first?.asInteger == 1)
    }

    @Test func interruptsReachCaptures() throws {
        let scratch = try Scratch()
        let script = try scratch.write(
            "loop.lua",
            modules + """
                local loop = lpeg.Cmt(lpeg.P(1), function(_, i) while true do end end)
                io.open([[\(scratch.path("ready"))]], "w"):close()
                while true do pcall(loop.match, loop, "x") end
                """)
        #expect(try Command.interrupted(script, whenThere: scratch.path("ready")) == 130)
    }

    /// What the modules hold when the host closes is released by their own finalisers, in any order.
    @Test func theHostClosesWithTheirObjectsOpen() throws {
        let scratch = try Scratch()
        for index in 0..<20 { _ = try scratch.write("\(index)", "") }
        let script = try scratch.write(
            "open.lua",
            modules + """
                keep = {}
                for i = 1, 50 do
                  local next, folder = lfs.dir([[\(scratch.url.path)]])
                  next(folder)
                  keep[#keep + 1] = {next, folder, lpeg.P("x") ^ i, tensor.zeros(10)}
                  keep[#keep + 1] = coroutine.create(function() for name in lfs.dir([[\(scratch.url.path)]]) do coroutine.yield(name) end end)
                  coroutine.resume(keep[#keep])
                end
                print("done")
                """)
        let result = try Command.run(["run", script])
        #expect(result.status == 0 && result.output == "done\n", "\(result.errors)")
        let exits = try scratch.write("exit.lua", "dofile([[\(script)]]) os.exit(4)")
        #expect(try Command.run(["run", exits]).status == 4)
        let host = try LuaFlow.Host()
        try host.run(file: script)
        host.interpreter.close()
    }

    @Test func theMemoryLimitHoldsOverThem() throws {
        var options = Interpreter.Options()
        options.memoryLimit = 64 << 20
        let host = try LuaFlow.Host(options: options)
        let error = #expect(throws: LuaError.self) {
            try host.run(
                code: modules
                    + """
                        local all = lpeg.Ct(lpeg.C(1) ^ 0) local t = {} while true do t[#t + 1] = \
                        all:match(('abcdefgh'):rep(100000)) end
                        """
            )
        }
        #expect(error?.kind == .memory, "\(error?.message ?? "")")
        let answer = try host.run(code: modules + "return #lpeg.Ct(lpeg.C(1) ^ 0):match('abc')")
        #expect(answer.first?.asInteger == 3)
    }
}
