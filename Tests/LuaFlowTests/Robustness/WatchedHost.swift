import LuaFlow
import Testing

/// A host as the suites here want one: every module a global, files only in a folder of its own, and an account that
/// must balance in the end.
struct WatchedHost {
    let host: Host

    init(files folder: String, memoryLimit: Int? = nil) throws {
        var options = Interpreter.Options()
        options.globals = true
        options.memoryLimit = memoryLimit
        host = try Host(options: options)
        // `os.tmpname` makes a file: the examples' files shall be ours. What they print is of no use here.
        try run("""
            local n = 0
            os.tmpname = function() n = n + 1 return [[\(folder)/file]] .. n end
            print = function(...) for i = 1, select("#", ...) do tostring((select(i, ...))) end end
            """)
    }

    @discardableResult
    func run(_ code: String, name: String = "script") throws -> [Value] {
        try host.interpreter.run(code: code, name: name)
    }

    /// The error that a script ends with; nil when it returns.
    func error(_ code: String) throws -> LuaError? {
        do {
            try run(code)
            return nil
        } catch let error as LuaError {
            return error
        }
    }

    /// Tensor bytes that are alive after a full collection.
    func liveBytes() throws -> Int {
        // Twice: what an object of ours held is let go when it is collected, and given back at the next run.
        for _ in 1...2 { try run("collectgarbage() collectgarbage()") }
        return host.interpreter.memory.liveBytes
    }

    /// Work that goes through every layer: the same host must still do it right.
    func expectSane(_ comment: @autoclosure () -> Comment, _ location: SourceLocation = #_sourceLocation) {
        let code = """
            local x = tensor({1, 2, 3}):requires_grad_(true)
            local y = (x * x):sum()
            y:backward()
            local co = coroutine.wrap(function(a) local b = coroutine.yield(a:sum():item()) return b:sum():item() end)
            assert(co(x.grad) == 12 and co(tensor.ones(2, 3):t():matmul(tensor.eye(2))) == 6)
            assert(not pcall(tensor.zeros, -1) and tostring(projection.Box(0, 1)):find("Box"))
            """
        #expect(throws: Never.self, comment(), sourceLocation: location) { try run(code) }
    }
}
