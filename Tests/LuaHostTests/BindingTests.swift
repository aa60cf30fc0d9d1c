import LuaHost
import Scripting
import Testing

@Suite struct BindingTests {
    /// Lua's `#t` may be any border of a table; of this one it is far larger than memory.
    @Test func aTablesLengthIsNoLongerThanTheTable() throws {
        let host = try Host()
        try host.run("t = {} for i = 61, 0, -1 do t[1 << i] = i end assert(#t > 1 << 60)")
        #expect(try host.text("return #probe.elements(t), probe.sum(t)") == "2 1.0")
    }

    @Test func valuesOfEveryKindArriveAndLeave() throws {
        let host = try Host()
        try host.run("""
            local a, b, c, d, e = probe.echo(nil, true, 7, 0.5, "x")
            assert(a == nil and b == true and math.type(c) == "integer" and d == 0.5 and e == "x")
            local t, f, o = {}, function() end, probe(1)
            local t2, f2, o2 = probe.echo(t, f, o)
            assert(rawequal(t, t2) and rawequal(f, f2) and rawequal(o, o2))
            local every = probe.every()
            assert(every.nothing == nil and every.yes and every.integer == 7 and every.number == 0.5)
            assert(every.text == "ä" and every.object.number == 5 and every.list[2] == "two" and #every.list[3] == 0)
            assert(select("#", probe.echo(nil, nil)) == 2 and select("#", probe.echo()) == 0)
            """)
        #expect(
            try host.text(
                """
                return table.concat(probe.types(nil, 1, 'x', {}, print, io.stdout, coroutine.create(print), probe(1)), \
                ' ')
                """
            )
                == "nil number string table function FILE* thread Probe")
        try host.expectNoLeak()
    }

    @Test func manyArgumentsAndResults() throws {
        let host = try Host()
        #expect(try host.text("return probe.count(table.unpack({}, 1, 300))") == "300")
        #expect(try host.text("return select('#', probe.echo(table.unpack({}, 1, 5000)))") == "5000")
        try host.run(
            """
            local o = probe(1) local t = {} for i = 1, 300 do t[i] = i % 2 == 0 and o or tostring(i) end \
            local r = {probe.echo(table.unpack(t))} for i = 1, 300 do assert(rawequal(r[i], t[i]) or r[i] == t[i]) end
            """
        )
        try host.expectNoLeak()
    }

    @Test func stringsThatAreNotUTF8AreRepaired() throws {
        #expect(try Host().text(#"return probe.echo("a\xffb\0c")"#) == "a\u{FFFD}b\0c")
    }

    @Test func nestedResultsHaveALimit() throws {
        let host = try Host()
        #expect(
            try host.text(
                "local t, n = probe.nested(900), 0 while type(t) == 'table' do t = t[1] n = n + 1 end return n, t.number"
            ) == "900 4.0")
        #expect(try host.message("probe.nested(5000)").hasSuffix("a result of more than 1000 nested tables"))
        try host.expectNoLeak()
    }

    @Test func methodsPropertiesAndOperators() throws {
        let host = try Host()
        try host.run("""
            local p = probe.new(2)
            assert(p.number == 2 and p:double().number == 4 and p:triple().number == 6)
            assert(rawequal(p:same_(), p))
            local a, b, c = p:both(9)
            assert(rawequal(a, p) and b == "text" and c == 9)
            assert((p + 1).number == 3 and (1 + p).number == 3 and (-p).number == -2)
            assert(#p == 3 and p(5) == 7 and p < probe(3) and not (p > probe(3)))
            assert(p[1] == "at 1" and p[{1}] == "at table")
            assert(tostring(p) == "Probe" and p == p and p ~= probe.new(2))
            p.target = {}
            """)
        #expect(try host.message("probe(1)[1] = 2") == "script:1: Probe: no room at 1")
    }

    @Test func unknownMembersNameTheNearest() throws {
        let host = try Host()
        #expect(
            try host.message("probe(1):doubel()")
                == "script:1: Probe has no field or method \"doubel\" (did you mean \"double\"?)")
        #expect(
            try host.message("return probe.coutn")
                == "script:1: probe has no function \"coutn\" (did you mean \"count\"?)")
        #expect(
            try host.message("return probe.inner.depe")
                == "script:1: probe.inner has no function \"depe\" (did you mean \"deep\"?)")
        #expect(try host.message("probe(1).number = 2") == "script:1: Probe.number can only be read")
        #expect(
            try host.message("probe(1).targt = 2")
                == "script:1: Probe has no field \"targt\" to assign to (did you mean \"target\"?)")
    }

    @Test func modulesAreTablesWithNestedOnes() throws {
        let host = try Host()
        try host.run("""
            assert(require "probe" == probe and package.loaded.probe == probe)
            assert(probe.inner.deep.two() == 2 and probe.answer == 42 and probe.list[2].deep)
            assert(probe(3).number == 3)
            """)
        let plain = try Interpreter(modules: [ProbeModule(counter: Counter())])
        #expect(throws: LuaError.self) { try plain.run(code: "probe.new(1)") }
        try plain.run(code: "assert(require 'probe'.new(1).number == 1 and probe == nil)")
    }

    @Test func clashingMembersAreRefused() throws {
        let modules: [any ScriptModule] = [ProbeModule(counter: Counter()), ExtraModule(method: "Probe:double")]
        #expect(throws: ScriptError("", "Probe:double is brought twice: by probe and by extra")) {
            try Interpreter(modules: modules)
        }
        #expect(throws: ScriptError("", "two modules are named extra")) {
            try Interpreter(modules: [ExtraModule(), ExtraModule()])
        }
    }

    @Test func closuresHoldTheirValuesUntilCollected() throws {
        let host = try Host()
        try host.run("local add = probe.adder(10) assert(add(5) == 15 and add(6) == 16)")
        try host.run("for i = 1, 100 do local t = {probe(1)} t.f = probe.holder(t) assert(t.f() == t) end")
        try host.expectNoLeak()
    }

    @Test func tablesAreReadWithoutMetamethods() throws {
        let host = try Host()
        try host.run("""
            local evil = setmetatable({1, 2, 3, name = "n"}, {
                __index = function() error "read" end, __len = function() error "length" end,
                __pairs = function() error "pairs" end})
            assert(probe.sum(evil) == 6 and probe.entries(evil) == 4 and #probe.elements(evil) == 3)
            assert(probe.field(evil, "name") == "n" and probe.field(evil, "other") == nil)
            assert(probe.sum({1, "2"}) == nil and probe.sum({}) == 0 and probe.sum({[2] = 1}) == 0)
            local deep = {} for i = 1, 100000 do deep = {deep} end
            assert(probe.entries(deep) == 1)
            """)
    }

    @Test func handlesOutliveTheCallAndTheState() throws {
        let host = try Host()
        try host.run("local n = 0 probe.keep(function(x) n = n + x return n end) collectgarbage()")
        #expect(try host.text("probe.kept(2) return probe.kept(3)") == "5")
        guard case .table(let table)? = try host.run("return {1, 2, name = 'x'}").first,
            case .function(let function)? = try host.run("return function(a) return a + 1 end").first
        else { throw ScriptError("test", "a table and a function expected") }
        #expect(try table.count == 2)
        #expect(try function.call([.integer(1)]).first?.asInteger == 2)
        host.interpreter.close()
        #expect(throws: LuaError.self) { try table.count }
        #expect(throws: LuaError.self) { try table.entries() }
        #expect(throws: LuaError.self) { try function.call([]) }
        #expect(throws: LuaError.self) { try host.run("return 1") }
    }
}
