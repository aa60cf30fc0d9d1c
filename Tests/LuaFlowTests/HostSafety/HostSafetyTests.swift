import LuaFlow
import Testing

/// What no script may do to its host: one test for each known attack, against the real modules, in trusted mode.
///
/// | rows | attack | shown here, and in more depth by |
/// |---|---|---|
/// | B1-B7 | bindings: errors, sizes, types, recursion, yields, error objects | LuaHostTests: ErrorTests, BindingTests |
/// | S1-S4 | scripts that will not stop | LuaHostTests: InterruptTests (30 loops), TerminalTests, CommandTests |
/// | M1-M3 | memory without end | LuaHostTests: MemoryTests; FailingAllocationTests |
/// | F1 | pickles that call | FilesTests: HostilePickleTests, CorruptionTests |
/// | F2 | views outside their storage | FilesTests: HostilePickleTests |
/// | F3 | zip archives that lie | FilesTests: HostileZipTests |
/// | F4 | safetensors headers that lie | FilesTests: HostileHeaderTests |
/// | F5 | sizes that a file cannot fill | FilesTests: NumpyTests, IDXTests; PicturesTests: PNGReadingTests |
/// | F7 | a save killed half way | FilesTests: KilledSaveTests, AtomicFileTests |
@Suite(.ownTime(minutes: 10)) struct HostSafetyTests {
    let scratch: Scratch
    let watched: WatchedHost

    init() throws {
        scratch = try Scratch()
        watched = try WatchedHost(files: scratch.url.path)
    }

    func message(_ code: String) throws -> String { try watched.error(code)?.message ?? "no error" }

    // MARK: Bindings

    @Test(arguments: [
        "tensor.ones(2, 5):matmul(tensor.ones(3, 5))", "tensor.zeros(-1)", "tensor({{1, 2}, {3}})",
        "error(tensor.ones(3)[4])",
        "tensor.ones(3):item()", "tensor.ones(2):backward()", "projection.Box(tensor.ones(2), tensor.zeros(2))",
        "distribution.Normal(0, -tensor.ones(4))", "flow.NICE{dim = 3}", "optim.SGD({tensor.ones(2)}, {lr = -1})",
        "autodiff.grad(function(x) return x * x end)(tensor.ones(3))", "image.render(tensor.ones(2))",
        "checkpoint.load('no such file')", "tensor.ones(2, 2):cholesky():inverse():nothing()",
        "error(tensor.eye(2) .. '')",
    ]) func B1_errorsReleaseEverything(_ call: String) throws {
        // The first calls make what is made once; then 700 errors for each argument, ten thousand in all.
        try watched.run("for i = 1, 10 do pcall(function() \(call) end) end")
        let before = try watched.liveBytes()
        let count = try watched.run("""
            for i = 1, 700 do
                local ok, e = pcall(function()
                    local x = tensor.ones(50):requires_grad_(true)
                    local y = (x * x):sum()
                    \(call)
                end)
                assert(not ok and type(e) == "string")
            end
            collectgarbage() collectgarbage()
            return collectgarbage("count")
            """).first?.asNumber
        #expect(try watched.liveBytes() == before)
        // Lua's own heap in kB: 700 leaked errors, objects or references would take far more.
        let after = try watched.run("collectgarbage() collectgarbage() return collectgarbage('count')").first?.asNumber
        #expect(try #require(count) - #require(after) < 20)
        let error = try #require(try watched.error("local function inner()\n  \(call)\nend\ninner()"))
        #expect(error.message.hasPrefix("script:2: "), "\(error.message)")
        #expect(try #require(error.traceback).contains("script:4: in main chunk"))
    }

    static let sizes = [
        "0/0", "1e300", "-1e300", "1/0", "-1/0", "math.mininteger", "math.maxinteger", "2^63", "2^53", "1 << 62", "0.5",
        "-1",
    ]

    /// Where N is the size of what is to be made (the first list), the call is an error; elsewhere it is an error or a
    /// value. The host goes on working.
    @Test(arguments: sizes) func B2_hostileSizes(_ size: String) throws {
        for call in [
            "tensor.zeros(N)", "tensor.ones(2, N)", "tensor.full({N, 2}, 1)", "tensor.eye(N)",
            "tensor.linspace(0, 1, N)",
            "random.normal({N})", "random.uniform({3, N})", "random.permutation(N)", "random.choice(5, N)",
            "flow.NICE{dim = N}", "flow.NICE{dim = 4, hidden = N}", "distribution.Normal(0, 1):sample({N})",
            "tensor.ones(4):reshape(N, 3)", "tensor.ones(3):topk(N)", "image.render(tensor.ones(2, 2), {width = N})",
        ] {
            let code = "local N = \(size) local _ = " + call
            let error = try watched.error(code)
            #expect(error?.kind == .runtime || error?.kind == .memory, "\(code): \(error?.message ?? "no error")")
        }
        // With such a number of steps some calls rightly run for ever.
        watched.host.interpreter.timeLimit = .milliseconds(300)
        for call in [
            "x[N]", "x[{N, 1}]", "x[{{N, N}, {}}]", "x:sum(N)", "x:transpose(1, N)", "x:permute(N, 1)",
            "x:unsqueeze(N)",
            "x:index_select(1, tensor({N}))", "x:gather(1, tensor({{N}}))", "x:split(N)", "x:roll(N)", "x:flip(N)",
            "tensor.cat({x, x}, N)", "x:softmax(N)", "x:clamp(N, N)", "x ^ N", "tensor.arange(1, N)",
            "x:expand(N, 2, 3)",
            "projection.Sparse(N)(x)", "projection.Ball(N)(x)", "host.progress(N):update(N)", "data.batches(x, N)()",
            "optim.projected_gradient(function(x) return x:sum() end, projection.Box(0, 1), x, {steps = N})",
            "random.generator(N, N)", "x:backward(N)", "tensor.full({2}, N):tolist()", "tostring(tensor({N}))",
        ] {
            _ = try watched.error("local N, x = \(size), tensor.ones(2, 3) local _ = " + call)
        }
        watched.host.interpreter.timeLimit = nil
        watched.expectSane("after \(size)")
    }

    @Test func B2_shapesWhoseProductOverflows() throws {
        for shape in [
            "2^32, 2^32", "2^31, 2^31, 4", "2^21, 2^21, 2^22", "1 << 62, 2", "3, 1 << 62", "0, 1 << 62, 1 << 62",
        ] {
            for maker in ["tensor.zeros(S)", "tensor.full({S}, 1)", "random.normal({S})", "tensor.ones(1):expand({S})"]
            {
                let code = maker.replacing("S", with: shape)
                let error = try watched.error("local _ = " + code)
                #expect(error != nil, "\(code) made a tensor")
            }
        }
        watched.expectSane("after shapes that overflow")
    }

    @Test func B3_metatablesAreHiddenAndFinalisersRunOnce() throws {
        for object in Callable.types.sorted().compactMap({ RandomLua.objects[$0]?.first }) {
            try watched.run("""
                local o = \(object)
                assert(type(getmetatable(o)) == "string" and not pcall(setmetatable, o, {}))
                local meta = debug.getmetatable(o)
                local gc, index = meta.__gc, meta.__index
                gc(o) gc(o) gc() gc(1) gc(io.stdout)
                for name, value in pairs(meta) do
                    if type(value) == "function" then pcall(value, o) pcall(value, o, o) pcall(value, o, 1, o) end
                end
                assert(not pcall(function() return tensor.add(o, 1) end))
                assert(not pcall(function() return o:anything() end))
                """)
        }
        let closed = try watched.run("local x = tensor.ones(3) return function() return x:sum():item() end").first
        guard case .function(let function)? = closed else { throw ScriptError("test", "a function expected") }
        #expect(try function.call([]).first?.asNumber == 3)
        watched.host.interpreter.close()
        #expect(throws: LuaError.self) { try function.call([]) }
        #expect(watched.host.interpreter.memory.liveBytes == 0)
    }

    @Test func B4_wrongTypesAreNamed() throws {
        #expect(
            try message("tensor.add(io.stdout, 1)").contains(
                "tensor.add: argument 1 (x): a tensor or a number expected, got FILE*"))
        #expect(
            try message("tensor.ones(2).backward(projection.Box(0, 1))").contains("a tensor expected, got projection"))
        #expect(
            try message("projection.Box(0, 1).contains(tensor.ones(2), 1)").contains(
                "a projection expected, got tensor"))
        #expect(try message("local _ = tensor.ones(2) + io.stdout").contains("got FILE*"))
        #expect(
            try message("random.generator(0).get_state(coroutine.create(print))").contains(
                "a generator expected, got thread"))
        // Every method of every type on an object of every other type: an error, or a result where any type is
        // accepted.
        try watched.run(
            "objects = {\(RandomLua.objects.keys.sorted().compactMap { RandomLua.objects[$0]?.first }.joined(separator: ", ")), io.stdout}"
        )
        for callable in Callable.all {
            guard case .method(let type, let name) = callable.form, let object = RandomLua.objects[type]?.first else {
                continue
            }
            try watched.run(
                "for _, other in ipairs(objects) do pcall((\(object)).\(name), other) end", name: callable.name)
        }
        watched.expectSane("after methods of other types")
    }

    @Test(arguments: [
        "local function f(x) return autodiff.grad(f)(x) end f(tensor.ones(1))",
        "local function f(x) return autodiff.no_grad(function() return f(x) end) .. '' end f()",
        """
        local function f(k) return optim.projected_gradient(function(x) f(k) \
        return x:sum() end, projection.Box(0, 1), tensor.ones(2), {steps = 2}) end f(1)
        """,
        """
        local P P = {project = function(self, x) return projection.Intersection{projection.Box(0, 1), \
        projection.Box(0, 1)}(x) end} local function f() return autodiff.jacobian(function(x) f() \
        return x end)(tensor.ones(2)) end f()
        """,
    ]) func B5_recursionThroughCallbacks(_ code: String) throws {
        let message = try message(code)
        #expect(message.contains("stack overflow"), "\(message)")
        watched.expectSane("after recursion")
    }

    @Test func B6_yieldsAcrossCallbacks() throws {
        for call in [
            "autodiff.grad(function(x) coroutine.yield() return x:sum() end)(tensor.ones(2))",
            "autodiff.no_grad(coroutine.yield)",
            """
            optim.projected_gradient(function(x) coroutine.yield() end, projection.Box(0, 1), tensor.ones(2), \
            {steps = 2})
            """,
        ] {
            let code = "return select(2, coroutine.wrap(function() return pcall(function() \(call) end) end)())"
            guard let text = try watched.run(code).first?.asText else {
                throw ScriptError("test", "no message from \(call)")
            }
            #expect(text.contains("attempt to yield across a C-call boundary"), "\(text)")
        }
        watched.expectSane("after yields")
    }

    @Test func B7_errorObjectsOfEveryKind() throws {
        for (value, shown) in [
            ("nil", "(error object is a nil value)"), ("{}", "(error object is a table value)"), ("12", "12"),
            ("setmetatable({}, {__tostring = function() while true do end end})", "(error object is a table value)"),
            ("tensor.ones(2)", "(error object is a userdata value)"), ("print", "(error object is a function value)"),
        ] {
            #expect(try message("error(\(value))") == shown)
            // The command calls an object's `tostring` to show it, as plain Lua does, for a second at most.
            let printed =
                value == "tensor.ones(2)" ? "tensor({1, 1}) shape (2), float32" : value == "{}" ? shown + " {}" : shown
            let result = try Command.run(["-e", "error(\(value))"])
            #expect(
                result.status == 1 && result.errors.hasPrefix("luaflow: \(printed)\n"), "\(value): \(result.errors)")
        }
    }
}
