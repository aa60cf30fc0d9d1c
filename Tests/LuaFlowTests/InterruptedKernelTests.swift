import LuaFlow
import Synchronization
import Testing

/// Native code that takes long looks for an interrupt repeatedly, and not only at its beginning.
@Suite(.ownTime(minutes: 10)) struct InterruptedKernelTests {
    /// At these sizes, which take a fraction of a second, each looks more than once.
    @Test(arguments: [
        "local _ = x:sort()", "local _ = x:topk(3)", "local _ = x:cumsum(1)", "local _ = x:tolist()",
        "local _ = x:gather(1, places)",
        "local _ = x:index_select(1, places)", "local _ = x:flip(1)", "local _ = x:roll(5)",
        "local _ = x:masked_select(all)",
        "local _ = random.permutation(1 << 18)", "local _ = projection.Sparse(5)(x)", "local _ = tensor(pairs)",
        "local _ = tensor.ones(1, 1, 40, 40):conv2d(tensor.ones(1, 1, 20, 20))", "local _ = random.normal({1 << 18})",
    ]) func looksAgain(_ code: String) throws {
        var options = Interpreter.Options()
        options.globals = true
        let host = try Host(options: options)
        try host.run(code: """
            local n = 3 << 20
            x = tensor.arange(1, n):flip(1)
            places, all = tensor.arange(1, n), tensor.ones(n)
            pairs = {}
            for i = 1, 1 << 16 do pairs[i] = {i, i} end
            """)
        let looks = Mutex(0)
        let counted = Cancellation {
            looks.withLock { $0 += 1 }
            return false
        }
        try host.define("counted") { (f: FunctionValue) in
            try Cancellation.$current.withValue(counted) { try f() }
        }
        try host.run(code: "counted(function() \(code) end)")
        #expect(looks.withLock { $0 } > 1, "\(code)")
        // It stops at a later look as well.
        let stopping = Cancellation { looks.withLock { $0 -= 1; return $0 <= 0 } }
        looks.withLock { $0 = 2 }
        try host.define("stopped") { (f: FunctionValue) in
            try Cancellation.$current.withValue(stopping) { try f() }
        }
        #expect { try host.run(code: "stopped(function() \(code) end)") } throws: {
            ($0 as? LuaError)?.kind == .interrupted
        }
    }
}
