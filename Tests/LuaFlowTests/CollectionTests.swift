import LuaFlow
import Testing

private typealias Host = LuaFlow.Host

/// Objects made of a script's functions are garbage collected together with them, even when the functions refer to the
/// objects; as long as something can still call such a function, it is kept.
@Suite struct CollectionTests {
    /// Constructors that take functions, as Lua code that makes an object of the function `f`, or of functions made of
    /// it. f refers to the object by `self`.
    static let makers = [
        ("distribution", "distribution.Law{log_prob = f, sample = f, mean = f}"),
        (
            "mixture",
            "distribution.Mixture({0.5, 0.5}, {distribution.Law{log_prob = f, sample = f}, distribution.Normal(0, 1)})"
        ),
        ("set", "projection.Set{project = f, contains = f, distance = f}"),
        ("intersection", "projection.Intersection{projection.Set{project = f}, projection.Box(0, 1)}"),
        ("product", "projection.Product{projection.Set{project = f}, projection.Box(0, 1)}"),
        ("translate", "projection.Translate(projection.Set{project = f}, 1)"),
        ("scale", "projection.Scale(projection.Set{project = f}, 2)"),
        ("transform", "flow.Transform{to_latent = f, to_data = f}"),
        ("flow", "flow.Flow(\"normal\", {flow.Transform{to_latent = f, to_data = f}}, {dim = 2})"),
        ("prior", "flow.Flow(distribution.Law{log_prob = f, sample = f}, {flow.Scaling{0, 1}}, {dim = 2})"),
        ("gradient", "autodiff.grad(f)"),
        ("value and gradient", "autodiff.value_and_grad(f)"),
        ("registered", "made(f)"),
    ]

    private func host() throws -> Host {
        var options = Interpreter.Options()
        options.globals = true
        let host = try Host(options: options)
        host.context.service(GlobalGenerator.self).generator = Generator(seed: 0)
        return host
    }

    @Test(arguments: makers)
    func circlesAreCollected(name: String, maker: String) throws {
        try host().run(code: """
            host.register{distributions = {Circle = function(f) return {log_prob = f} end}}
            local function made(f) return distribution.Circle(f) end
            local weak = setmetatable({}, {__mode = "v"})
            for i = 1, 20 do
              local captured = {}
              local self
              local function f(x)
                if type(x) == "table" then return tensor.zeros(#x > 0 and x or 1) end
                return self and captured and x, x:sum()
              end
              local ok, result = pcall(function() return \(maker) end)
              assert(ok, result)
              self = result
              weak[i] = captured
            end
            for _ = 1, 4 do collectgarbage() end
            assert(next(weak) == nil, "\(name)")
            """)
    }

    /// As long as Lua holds the object, a garbage collection changes nothing.
    @Test(arguments: makers)
    func whatIsHeldStays(name: String, maker: String) throws {
        try host().run(code: """
            host.register{distributions = {Circle = function(f) return {log_prob = f} end}}
            local function made(f) return distribution.Circle(f) end
            local weak = setmetatable({}, {__mode = "v"})
            local held = {}
            do
              local captured = {}
              local function f(x)
                if type(x) == "table" then return tensor.zeros(#x > 0 and x or 1) end
                return captured and x, x:sum()
              end
              held[1] = \(maker)
              weak[1] = captured
            end
            for _ = 1, 4 do collectgarbage() end
            assert(weak[1], "\(name)")
            """)
    }

    /// The userdata of a part is collected; the whole can still call the part's functions.
    @Test func partsOutliveTheirUserdata() throws {
        try host().run(
            code: """
                local function whole()
                  local own = distribution.Law{log_prob = function(x) return -(x * x) end, sample = function(shape) return tensor.zeros(shape) end}
                  local set = projection.Set{project = function(x) return x:clamp(0, 1) end}
                  return distribution.Mixture({0.5, 0.5}, {own, distribution.Normal(0, 1)}), projection.Translate(set, 1)
                end
                local mixture, moved = whole()
                for round = 1, 3 do
                  for _ = 1, 3 do collectgarbage() end
                  assert(mixture:log_prob(tensor{1, 2}).shape[1] == 2)
                  assert(moved(tensor{5})[1]:item() == 2)
                  for i = 1, 1000 do local garbage = projection.Set{project = function(x) return x end} end
                end
                """)
    }

    /// The object is held by the host only, not by Lua.
    @Test func whatSwiftHoldsStays() throws {
        let host = try host()
        guard case .object(let object)? = try host.run(code: """
            return projection.Set{project = function(x) return x:clamp(0, 1) end}
            """).first
        else { throw ScriptError("test", "no object") }
        for _ in 0..<3 { try host.run(code: "collectgarbage() collectgarbage()") }
        try host.interpreter.setGlobal("P", .object(object))
        try host.run(code: "assert(P(tensor{7})[1]:item() == 1) P = nil collectgarbage() collectgarbage()")
        try host.interpreter.setGlobal("P", .object(object))
        try host.run(code: "assert(P(tensor{7})[1]:item() == 1)")
    }
}
