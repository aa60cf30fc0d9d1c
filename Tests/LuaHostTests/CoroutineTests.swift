import LuaHost
import Testing

/// The host's versions of resume, wrap and close against Lua's manual and the plain interpreter.
@Suite struct CoroutineTests {
    static let scripts: [(code: String, result: String)] = [
        (
            """
            local co = coroutine.create(function(a, b) local c = coroutine.yield(a + b) return c * 2 end) \
            local _, s = coroutine.resume(co, 1, 2) local _, d = coroutine.resume(co, 5) \
            return s, d, coroutine.status(co)
            """,
            "3 10 dead"
        ),
        (
            "local co = coroutine.create(function() end) coroutine.resume(co) return coroutine.resume(co)",
            "false cannot resume dead coroutine"
        ),
        (
            "local co co = coroutine.create(function() return coroutine.resume(co) end) return coroutine.resume(co)",
            "true false cannot resume non-suspended coroutine"
        ),
        (
            "return pcall(coroutine.resume, 1)",
            "false bad argument #1 to 'coroutine.resume' (thread expected, got number)"
        ),
        (
            "return pcall(coroutine.wrap, 1)",
            "false bad argument #1 to 'coroutine.wrap' (function expected, got number)"
        ),
        ("return select('#', coroutine.resume(coroutine.create(function(...) return ... end), nil, nil, nil))", "4"),
        ("return coroutine.wrap(function(...) return select('#', ...) end)(nil, nil)", "2"),
        // `wrap` puts its caller's position before a string, and leaves other values as they are.
        ("return pcall(coroutine.wrap(function() error('x', 0) end))", "false x"),
        (
            "local f = coroutine.wrap(function() error('x') end) return pcall(function() f() end)",
            "false script:1: script:1: x"
        ),
        (
            """
            local e = {} local f = coroutine.wrap(function() error(e) end) local ok, v = pcall(f) \
            return ok, rawequal(v, e)
            """,
            "false true"
        ),
        ("local f = coroutine.wrap(function() end) f() return pcall(f)", "false cannot resume dead coroutine"),
        // `wrap` closes what an error leaves open; `resume` does not.
        (
            """
            local log = {} local function c(n) return setmetatable({}, {__close = function(_, \
            e) log[#log + 1] = n .. tostring(e) end}) end pcall(coroutine.wrap(function() local a <close> = c 'a' \
            error('x', 0) end)) return table.concat(log, ',')
            """,
            "ax"
        ),
        (
            """
            local n = 0 local co = coroutine.create(function() \
            local a <close> = setmetatable({}, {__close = function() n = n + 1 end}) \
            error('x', 0) end) coroutine.resume(co) local before = n local ok, e = coroutine.close(co) \
            return before, n, ok, e
            """,
            "0 1 false x"
        ),
        (
            """
            local co = coroutine.create(error) coroutine.resume(co, 100) local a, b = coroutine.close(co) \
            local c, d = coroutine.close(co) return a, b, c, d
            """,
            "false 100 true nil"
        ),
        ("local co = coroutine.create(print) return coroutine.close(co), coroutine.status(co)", "true dead"),
        (
            """
            local n = 0 local co = coroutine.create(function() \
            local a <close> = setmetatable({}, {__close = function() n = n + 1 end}) coroutine.yield() end) \
            coroutine.resume(co) local ok = coroutine.close(co) return ok, n, coroutine.status(co)
            """,
            "true 1 dead"
        ),
        (
            """
            local co = coroutine.create(function() local a <close> = setmetatable({}, {__close = function() \
            error('c', 0) end}) coroutine.yield() end) coroutine.resume(co) return coroutine.close(co)
            """,
            "false c"
        ),
        ("return pcall(coroutine.close, coroutine.running())", "false cannot close a running coroutine"),
        (
            """
            local co co = coroutine.create(function() return coroutine.wrap(function() \
            return pcall(coroutine.close, co) end)() end) return coroutine.resume(co)
            """,
            "true false cannot close a normal coroutine"
        ),
        // Yields through pcall, metamethods and iterators.
        (
            """
            local f = coroutine.wrap(function() return pcall(function() local x = coroutine.yield(1) \
            error(x, 0) end) end) local a = f() return a, f('e')
            """,
            "1 false e"
        ),
        (
            """
            local f = coroutine.wrap(function() return xpcall(function() coroutine.yield(1) \
            error('e', 0) end, function(e) return e .. '!' end) end) local a = f() return a, f()
            """,
            "1 false e!"
        ),
        (
            """
            local t = setmetatable({}, {__index = function(_, k) return coroutine.yield(k) end}) \
            local f = coroutine.wrap(function() return t.key end) local a = f() return a, f('v')
            """,
            "key v"
        ),
        (
            """
            local f = coroutine.wrap(function() for i in coroutine.wrap(function() \
            for i = 1, 3 do coroutine.yield(i) end end) do coroutine.yield(i * 10) end end) return f(), f(), f()
            """,
            "10 20 30"
        ),
        (
            """
            return coroutine.isyieldable(), coroutine.wrap(function() \
            return coroutine.isyieldable() end)(), select(2, coroutine.running())
            """,
            "false true true"
        ),
        (
            "local co = coroutine.wrap(function() return pcall(pcall, coroutine.yield) end) co() return co(1, 2)",
            "true true 1 2"
        ),
        (
            "local function rec(n) if n == 0 then return 0 end return 1 + coroutine.wrap(rec)(n - 1) end return rec(100)",
            "100"
        ),
        (
            """
            local function rec() return coroutine.wrap(rec)() end local ok, e = pcall(rec) \
            return ok, e:find('C stack overflow', 1, true) ~= nil
            """,
            "false true"
        ),
        (
            """
            return coroutine.wrap(function() return coroutine.resume(coroutine.create(function() \
            return table.unpack({}, 1, 200) end)) end)() == true
            """,
            "true"
        ),
    ]

    @Test(arguments: scripts) func resultsAreLuas(_ code: String, _ result: String) throws {
        #expect(try Host().text(code) == result)
    }

    @Test func tracebacksAndNativesInside() throws {
        let host = try Host()
        #expect(
            try host.text(
                "return coroutine.wrap(function() local p = probe(2) coroutine.yield(p:double().number) end)()")
                == "4.0")
        #expect(
            try host.message("coroutine.wrap(function()\n probe.boom() end)()").contains("script:2: probe.boom: failed")
        )
        try host.expectNoLeak()
    }

    /// Finalisers run in a coroutine of the host's, which a script must not notice.
    @Test func finalisers() throws {
        let host = try Host()
        try host.run("""
            local log = {}
            local mt = {__gc = function(self) log[#log + 1] = self.name end}
            do local a, b = setmetatable({name = "a"}, mt), setmetatable({name = "b"}, mt) end
            collectgarbage()
            table.sort(log)
            assert(table.concat(log) == "ab")
            setmetatable({}, {__gc = function() error "ignored" end})
            setmetatable({}, {__gc = function() coroutine.yield() end})
            setmetatable({}, {__gc = function() setmetatable({}, {__gc = function() log.inner = true end}) collectgarbage() end})
            setmetatable({}, {__gc = true})
            setmetatable({}, {__gc = setmetatable({}, {__call = function() log.called = true end})})
            collectgarbage() collectgarbage()
            assert(log.inner and log.called)
            """)
    }
}
