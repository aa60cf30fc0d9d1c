import LuaHost
import Scripting
import Testing

@Suite struct ErrorTests {
    @Test func thrownErrorsReleaseEverything() throws {
        let host = try Host()
        try host.run(
            "for i = 1, 1e4 do local ok, e = pcall(probe.boom) assert(not ok and e == 'probe.boom: failed with 1.0') end"
        )
        #expect(host.counter.count == 0)
        let error = try host.error("local function inner()\n  probe.boom()\nend\ninner()")
        #expect(error.kind == .runtime)
        #expect(error.message == "script:2: probe.boom: failed with 1.0")
        let traceback = try #require(error.traceback)
        #expect(traceback.contains("script:2: in upvalue 'inner'") || traceback.contains("script:2: in local 'inner'"))
        #expect(traceback.contains("script:4: in main chunk"))
    }

    @Test(arguments: ["0/0", "1e300", "-1", "math.mininteger", "math.huge", "2^63", "0.5", "'3'", "{}", "nil"])
    func hostileSizes(_ size: String) throws {
        let message = try Host().message("probe.size(\(size))")
        #expect(
            message.hasPrefix(
                "script:1: probe.size: argument 1 (size): a whole number from 0 to 1000000 expected, got "))
    }

    @Test func metatablesAreHidden() throws {
        let host = try Host()
        try host.run("assert(getmetatable(probe(1)) == 'Probe') assert(not pcall(setmetatable, probe(1), {}))")
        try host.run("""
            local p = probe(1)
            local gc = debug.getmetatable(p).__gc
            gc(p) gc(p) gc(1) gc() gc(io.stdout)
            local ok, e = pcall(function() return p.number end)
            assert(not ok and e:find("Probe expected, got released object"), e)
            assert(p ~= probe(1) and tostring(p) == "Probe")
            debug.setmetatable(io.stdout, debug.getmetatable(p))
            assert(not pcall(function() return io.stdout.number end))
            """)
        #expect(try host.message("debug.setupvalue(probe.count, 1, 5) probe.count()").contains("not a native function"))
        try host.expectNoLeak()
    }

    @Test func wrongObjectsAreNamed() throws {
        let host = try Host()
        #expect(
            try host.message("probe(1).double(io.stdout)")
                == """
                    script:1: Probe:double: argument 1 (self): a Probe expected, got FILE* (a method is called with a \
                    colon: x:double(...))
                    """
        )
        #expect(
            try host.message("probe(1).double()")
                == """
                    script:1: Probe:double: argument 1 (self): a Probe expected, got nothing (a method is called with \
                    a colon: x:double(...))
                    """
        )
        #expect(
            try host.message("return debug.getmetatable(probe(1)).__index(io.stdout, 'number')").hasSuffix(
                "a Probe expected, got FILE*"))
        #expect(
            try host.message("return probe(1) + io.stdout").hasSuffix(
                "argument 2 (operand): a Probe expected, got FILE*"))
    }

    @Test func recursionThroughCallbacks() throws {
        let host = try Host()
        #expect(try host.message("local function f() return probe.map(f) end f()").contains("C stack overflow"))
        #expect(try host.message("local function f() return probe.map(f) .. '' end f()").contains("C stack overflow"))
        #expect(try host.message("local function f() return f() + 1 end f()").contains("stack overflow"))
        #expect(try host.text("return 'alive'") == "alive")
        try host.expectNoLeak()
    }

    @Test func yieldAcrossACallback() throws {
        let host = try Host()
        #expect(try host.text("return coroutine.wrap(function() return pcall(probe.map, coroutine.yield) end)()")
            == "false attempt to yield across a C-call boundary")
        try host.expectNoLeak()
    }

    @Test func errorObjectsOfEveryKind() throws {
        let host = try Host()
        #expect(try host.message("error(nil)") == "(error object is a nil value)")
        #expect(try host.message("error({})") == "(error object is a table value)")
        #expect(try host.message("error(12)") == "12")
        #expect(try host.message("error(setmetatable({}, {__tostring = function() while true do end end}))")
            == "(error object is a table value)")
    }

    @Test func errorValuesPassThroughCallbacksUnchanged() throws {
        let host = try Host()
        try host.run("""
            local e = {}
            local ok, caught = pcall(probe.map, function() error(e) end)
            assert(not ok and rawequal(caught, e))
            ok, caught = pcall(probe.map, probe.map, probe.map, function() error(e) end)
            assert(not ok and rawequal(caught, e))
            ok, caught = pcall(probe.map, function() error(nil) end)
            assert(not ok and caught == nil)
            assert(probe.caught(function() error("x", 0) end) == "caught x")
            """)
        let error = try host.error("local function thrower() error('deep') end\nprobe.map(function()\n  thrower() end)")
        #expect(error.message == "script:1: deep")
        #expect(error.traceback?.contains("thrower") == true)
        try host.expectNoLeak()
    }

    @Test func syntaxErrorsNameFileAndLine() throws {
        let host = try Host()
        let error = try host.error("local x = 1\nlocal y = = 2")
        #expect(error.kind == .syntax)
        #expect(error.message == "script:2: unexpected symbol near '='")
        #expect(throws: Never.self) { try host.interpreter.check(code: "return 1") }
        do {
            try host.interpreter.check(code: "for i = 1, 2 do")
            Issue.record("an unfinished text was accepted")
        } catch { #expect(error.isIncomplete) }
        do {
            try host.interpreter.check(code: "for for")
            Issue.record("a wrong text was accepted")
        } catch { #expect(!error.isIncomplete) }
    }

    /// Code from Swift's `String` is Lua text: bytecode in it would have lost bytes, and running that is unsafe.
    @Test func textsAreNotBytecode() throws {
        let host = try Host()
        #expect(try host.error("\u{1B}Lua").message.contains("attempt to load a binary chunk"))
        #expect(throws: LuaError.self) { try host.interpreter.check(code: "\u{1B}LuaT") }
        #expect(try host.text("return load(string.dump(function() return 7 end))()") == "7")
    }

    @Test func exitEndsTheRunWhateverCatches() throws {
        let host = try Host()
        #expect(try host.error("while true do pcall(os.exit, 3) end").kind == .exit(code: 3))
        #expect(try host.error("os.exit()").kind == .exit(code: 0))
        #expect(try host.error("os.exit(false)").kind == .exit(code: 1))
        #expect(try host.error("coroutine.wrap(function() probe.map(os.exit, true) end)()").kind == .exit(code: 0))
        #expect(try host.text("return 1") == "1")
        try host.expectNoLeak()
    }
}
