@testable import LuaHost
import Scripting
import Testing
import TimeLimits

@Suite(.ownTime(minutes: 10)) struct MemoryTests {
    /// A Lua heap that grows without end ends in an error that can be caught, and the state still works.
    @Test func luaMemoryHasALimit() throws {
        let host = try Host(memoryLimit: 32 << 20)
        for script in [
            "local s = 'x' while true do s = s .. s end", "return string.rep('x', 1 << 30)",
            "local t = {} for i = 1, 1e9 do t[i] = tostring(i) end",
            "local t = {} while true do t = {t, probe(1)} end",
        ] {
            let error = try host.error(script)
            #expect(error.kind == .memory)
            #expect(error.message.contains("not enough memory"))
            #expect(try host.text("return 'alive', probe(7).number") == "alive 7.0")
        }
        try host.expectNoLeak()
    }

    /// The memory of native objects counts as Lua's own does.
    @Test func nativeMemoryHasALimit() throws {
        let host = try Host(memoryLimit: 64 << 20)
        let error = try host.error("local t = {} while true do t[#t + 1] = probe.big(1000000) end")
        #expect(error.kind == .memory)
        #expect(error.message.hasPrefix("script:1: probe.big: not enough memory: 1000000 bytes asked, "))
        // The memory that the failed run held is available again.
        try host.run("for i = 1, 60 do probe.big(10000000) end")
        try host.expectNoLeak()
        #expect(host.interpreter.memory.liveBytes < 4 << 20)
    }

    /// Objects that are held by one object are released only when its finaliser runs, which Lua's own emergency
    /// collection does not do.
    @Test func luaHasRoomToGoOnAfterNativeMemoryRanOut() throws {
        let host = try Host(memoryLimit: 64 << 20)
        for bytes in [1 << 20, 100_000, 10_000] {
            try host.run("""
                local ok, e = pcall(function()
                    local chain
                    while true do
                        local p = probe.big(\(bytes))
                        chain = probe.holder({p, chain})
                    end
                end)
                assert(not ok and e:find("not enough memory"))
                local t = {}
                for i = 1, 1000 do t[i] = {tostring(i)} end
                """)
            #expect(try host.text("return probe.big(10000000).number") == "0.0")
        }
        try host.expectNoLeak()
    }

    /// After memory ran out with nothing to collect, inputs can still be compiled and run, so that one of them can
    /// release what holds it.
    @Test(arguments: [
        "t = {} while true do t[#t + 1] = {1, 2, 3} end",
        "s = 'x' while #s < 1 << 25 do s = s .. s end t = {} while true do t[#t + 1] = probe.big(1000) end",
        "t = {} while true do t[#t + 1] = probe.big(100000) t[#t + 1] = {1, 2, 3} end",
        "t = {} pcall(function() while true do t[#t + 1] = probe.big(1000000) end end) while true do t[#t + 1] = {t} end",
    ]) func aFullStateCanBeEmptied(_ script: String) throws {
        let host = try Host(memoryLimit: 64 << 20)
        // The reserve for this is not used up by the first input.
        for _ in 1...5 { #expect(try host.error(script.replacing("t = {} ", with: "t = t or {} ")).kind == .memory) }
        #expect(try host.text("return 1") == "1")
        #expect(try host.text("return collectgarbage('count') > 1") == "true")
        for _ in 1...100 { try host.run("local a = {1, 2, 3} local function f(x) return x .. 'y' end b = f('x')") }
        try host.run("t = nil s = nil collectgarbage()")
        try host.run("t = {} for i = 1, 1e5 do t[i] = {} end x = probe.big(20 << 20)")
        try host.run("t, x = nil, nil")
        try host.expectNoLeak()
    }

    /// Lua's own bytes are counted once.
    @Test func objectsThatAreCollectedMakeRoom() throws {
        let host = try Host(memoryLimit: 64 << 20)
        try host.run(
            "x = string.rep('x', 17 << 20) probe.count() probe.big(10) collectgarbage() y = string.rep('y', 17 << 20)")
    }

    @Test(arguments: [0, 1, 1000, Interpreter.Options.leastMemory - 1]) func aLimitThatNothingFitsIsRefused(bytes: Int)
        throws
    {
        #expect {
            try Host(memoryLimit: bytes)
        } throws: {
            "\($0)".hasPrefix("memoryLimit: \(bytes) bytes: at least \(Interpreter.Options.leastMemory) expected")
        }
        let host = try Host(memoryLimit: Interpreter.Options.leastMemory)
        #expect(try host.text("return probe(7).number") == "7.0")
    }

    /// Lua's memory and native memory share one limit.
    @Test func nativeBytesLeaveLessToLua() throws {
        let host = try Host(memoryLimit: 64 << 20)
        try host.run("x = string.rep('x', 24 << 20) x = nil collectgarbage()")
        #expect(try host.error("local p = probe.big(40 << 20) x = string.rep('x', 24 << 20)").kind == .memory)
        #expect(try host.error("local x = string.rep('x', 24 << 20) probe.count() probe.big(40 << 20)").kind == .memory)
    }

    /// A loop that makes temporary tensors stays under the limit.
    @Test func temporariesStayFlat() throws {
        let host = try Host()
        let peak = try host.run("""
            local peak = 0
            for i = 1, 1e5 do
                local p = probe.big(1000000)
                if i % 10 == 0 then peak = math.max(peak, probe.live()) end
            end
            return peak
            """).first?.asNumber
        #expect(try #require(peak) < 96e6)
        try host.expectNoLeak()
    }

    /// The collector's threshold follows the size of what a script holds, so that a large live set is not collected at
    /// every call.
    @Test func largeLiveSetsAreCheap() throws {
        let host = try Host()
        try host.run(
            "local t = {} for i = 1, 500 do t[i] = probe.big(1000000) end for i = 1, 20000 do probe.big(1000) end")
        try host.expectNoLeak()
    }

    /// In a run that uses every kind of binding, each allocation fails in turn: no crash, and no object is lost.
    @Test func everyAllocationMayFail() throws {
        let script = """
            local p = probe.new(1)
            local t = {p, p:double(), -p, p + 1, probe.echo(p, {}, print, "text", 0.5)}
            local a, b, c = p:both("x")
            local every = probe.every()
            local add = probe.adder(3) add(4)
            local held = probe.holder(t) held()
            t.sum = probe.sum({1, 2, 3})
            probe.entries(every) probe.elements(t) probe.field(every, "text")
            probe.map(function(...) return ..., probe(2) end, 1, "two", p, {})
            pcall(probe.boom)
            pcall(probe.map, function() error({}) end)
            probe.caught(function() error("x") end)
            local co = coroutine.wrap(function(x) while true do x = coroutine.yield(probe(x)) end end)
            co(1) co(2)
            setmetatable({}, {__gc = function() probe.count(probe(9)) end})
            pcall(function() return p.nothing end)
            xpcall(probe.boom, function(e) return probe(1) end)
            probe.nested(5)
            p.target = {1}
            collectgarbage("step")
            local many = {probe.echo(table.unpack({}, 1, 300))}
            """
        let host = try Host()
        // Once before counting, so that the module's tables exist; then once more to count the allocations.
        try host.run(script)
        host.interpreter.failAllocations(from: nil)
        try host.run(script)
        let allocations = host.interpreter.failAllocations(from: nil)
        #expect(allocations > 100)
        for nth in 1...allocations {
            host.interpreter.failAllocations(from: nth)
            do { try host.run(script) } catch let error as LuaError {
                #expect(error.message.contains("not enough memory") || error.kind == .memory, "allocation \(nth)")
            }
            host.interpreter.failAllocations(from: nil)
        }
        try host.run(script)
        try host.run("probe.keep({})")
        try host.expectNoLeak()
        // A single allocation fails: Lua collects and tries again, the bridge raises an error.
        for nth in 1...allocations {
            host.interpreter.failAllocations(from: nth, once: true)
            do { try host.run(script) } catch let error as LuaError {
                #expect(error.kind == .memory, "allocation \(nth): \(error.message)")
            }
            host.interpreter.failAllocations(from: nil)
        }
        // With a fresh state each time, so that the creation of modules and types fails as well.
        for nth in stride(from: 1, through: 2000, by: 7) {
            let host = try Host()
            host.interpreter.failAllocations(from: nth)
            _ = try? host.run(script)
            host.interpreter.failAllocations(from: nil)
            try host.run(script)
            try host.run("probe.keep({})")
            try host.expectNoLeak()
        }
    }

    @Test func closingReleasesEverything() throws {
        let host = try Host()
        try host.run("""
            kept = {probe(1), probe.adder(2)}
            local cycle = setmetatable({probe(3)}, {__gc = function(self) probe.count(self[1]:double()) end})
            cycle.self = cycle
            co = coroutine.wrap(function() local p = probe(4) coroutine.yield() end) co()
            """)
        #expect(host.counter.count == 4)
        host.interpreter.close()
        #expect(host.counter.count == 0)
        host.interpreter.close()
        // With a limit Lua's own bytes are counted as well.
        let limited = try Host(memoryLimit: 64 << 20)
        try limited.run("t = {} for i = 1, 1e5 do t[i] = i end probe.count()")
        #expect(limited.interpreter.memory.liveBytes > 1 << 20)
        limited.interpreter.close()
        #expect(limited.interpreter.memory.liveBytes == 0)
    }
}
