import LuaFlow
import Testing

/// A host for these suites: every module is a global, files are made in a folder of its own only, and all its memory
/// must be accounted for at the end.
struct WatchedHost {
    let host: Host

    init(files folder: String, memoryLimit: Int? = nil) throws {
        var options = Interpreter.Options()
        options.globals = true
        options.memoryLimit = memoryLimit
        host = try Host(options: options)
        host.context.service(GlobalGenerator.self).generator = Generator(seed: 0)
        // `os.tmpname` makes a file: the examples' files go into the test's folder. What examples print is dropped.
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

    /// The bytes of tensors that are alive after a full collection.
    func liveBytes() throws -> Int {
        // Twice: what a collected object held is released at the collection, and accounted for at the next run.
        for _ in 1...2 { try run("collectgarbage() collectgarbage()") }
        return host.interpreter.memory.liveBytes
    }

    /// Code that uses every layer: it must still work on the same host.
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
