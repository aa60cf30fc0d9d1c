import LuaFlow
import Testing

extension HostSafetyTests {
    private func limited(_ bytes: Int) throws -> WatchedHost {
        try WatchedHost(files: scratch.url.path, memoryLimit: bytes)
    }

    @Test(arguments: [
        "local s = 'x' while true do s = s .. s end", "return string.rep('x', 1 << 40)", "return ('x'):rep(1 << 30)",
        "local t = {} for i = 1, 1e9 do t[i] = {i} end",
        "local t = {} while true do t[#t + 1] = function() return t end end",
        "local s = {} for i = 1, 1e9 do s[i] = tostring(tensor.ones(3)) end",
    ]) func M1_luasMemoryHasALimit(_ code: String) throws {
        let watched = try limited(48 << 20)
        let error = try #require(try watched.error(code))
        #expect(
            error.message.contains("not enough memory") || error.message.contains("resulting string too large"),
            "\(error.message)")
        watched.expectSane("after \(code)")
        #expect(try watched.liveBytes() < 48 << 20)
    }

    @Test(arguments: [
        "local t = {} while true do t[#t + 1] = tensor.zeros(1e6) end",
        "local t = {} while true do t[#t + 1] = random.normal({1000, 1000}) end",
        "local x = tensor.ones(10):requires_grad_(true) while true do x = x * tensor.ones(1000, 10) end",
        "tensor.zeros(1 << 40)", "tensor.ones(1):expand(1 << 40):clone()",
        "tensor.ones(1 << 12, 1):matmul(tensor.ones(1, 1 << 20))",
        "local t = {} while true do t[#t + 1] = flow.NICE{dim = 784} end",
    ]) func M2_nativeMemoryHasALimit(_ code: String) throws {
        let watched = try limited(64 << 20)
        let error = try #require(try watched.error(code))
        #expect(error.message.contains("not enough memory"), "\(error.message)")
        watched.expectSane("after \(code)")
        #expect(try watched.liveBytes() < 4 << 20)
    }

    /// The resident memory of a separate process, as the system counts it.
    @Test func M3_temporariesLeaveResidentMemoryFlat() throws {
        let script = try scratch.write("temporaries.lua", """
            local tensor = require "tensor"
            local function resident()
                local file = io.open("/proc/self/status")
                if not file then return 0 end  -- not on this system
                local text = file:read("a")
                file:close()
                return tonumber(text:match("VmHWM:%s*(%d+) kB"))
            end
            local function work(count) for i = 1, count do local x = tensor.zeros(250000) end end
            work(100)
            local before = resident()
            work(20000)  -- 20 GB in all
            print(resident() - before)
            """)
        let result = try Command.run(["run", script])
        #expect(result.status == 0, "\(result.errors)")
        let grown = try #require(Int(result.output.split(separator: "\n").first ?? ""))
        #expect(grown < 150_000, "resident memory grew by \(grown) kB")
    }
}
