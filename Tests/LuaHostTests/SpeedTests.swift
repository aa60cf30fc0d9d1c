import Foundation
import LuaHost
import Testing

/// Prints the cost of calls between Lua and Swift; run with LUAFLOW_SPEED=1 and `-c release`. The tests are serialized,
/// because `os.clock` counts every thread of the process.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["LUAFLOW_SPEED"] != nil), .serialized) struct SpeedTests {
    static let loops = [
        ("an empty loop turn", "for i = 1, N do end"),
        ("a native call, number to number", "local f = probe.count for i = 1, N do f(i) end"),
        ("a native call, new object", "local f = probe.new for i = 1, N do f(i) end"),
        ("a method call, new object", "local p = probe(1) for i = 1, N do p:double() end"),
        ("a property", "local p = probe(1) for i = 1, N do local x = p.number end"),
        ("an operator, new object", "local p = probe(1) for i = 1, N do local x = p + 1 end"),
        ("a call with a table", "local f, t = probe.count, {} for i = 1, N do f(t) end"),
        ("a call with a string result", "local f = probe.echo for i = 1, N do f('text') end"),
        ("a callback from Swift", "local f, g = probe.caught, function() end for i = 1, N do f(g) end"),
        (
            "a coroutine's resume and yield",
            "local f = coroutine.wrap(function() while true do coroutine.yield() end end) for i = 1, N do f() end"
        ),
    ]

    @Test(arguments: loops) func cost(_ name: String, _ loop: String) throws {
        let host = try Host()
        let values = try host.run("""
            local N = 1000000
            local start = os.clock()
            \(loop)
            return (os.clock() - start) / N * 1e9
            """)
        print("\(name): \(Int(values.first?.asNumber ?? 0)) ns")
    }
}
