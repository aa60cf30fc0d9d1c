import LawChecks
import LuaFlow
import Testing

/// Derivatives through projections as scripts ask for them.
@Suite struct ProjectionScriptTests {
    private let scripts: Scripts

    init() throws { scripts = try Scripts(modules: LuaFlow.Host.builtInModules) }

    private let helpers = """
        local function D(t) return tensor(t, {dtype = "float64"}) end
        local function near(a, b) return math.abs(a - b) < 1e-9 end

        """

    @Test(arguments: [
        // The derivative by a box's bound, in every form in which a bound can be given.
        """
        local g = autodiff.grad(function(b) return projection.Box(-1, b)(D{2, .3}):sum() end, D(1)) \
        assert(g:item() == 1)
        """,
        "local g = autodiff.grad(function(b) return projection.Box(b, b)(D{2, .3}):sum() end, D(1)) assert(g:item() == 2)",
        """
        local g = autodiff.grad(function(v) return projection.Observed({1, 0}, v)(D{2, .3}):sum() end, D{5, 6}) \
        assert(g[{1}] == 1 and g[{2}] == 0)
        """,
        """
        local g = autodiff.grad(function(r) return projection.Ball(r)(D{3, 4}):sum() end, D(1)) \
        assert(near(g:item(), 1.4))
        """,
        """
        local r = D{1}:requires_grad_(true) local P = projection.Ball(r) \
        for k = 1, 3 do P(D{3, 4}):sum():backward() end assert(near(r.grad:item(), 4.2))
        """,
        // By every transform of autodiff, first and second order.
        """
        local P, x = projection.Ball(1), D{3, 4}
        local y, along = autodiff.jvp(function(x) return P(x) end, x, D{1, 0})
        local _, back = autodiff.vjp(function(x) return P(x) end, x, D{1, 0})
        local J = autodiff.jacobian(function(x) return P(x) end, x)
        for i = 1, 2 do assert(near(along[{i}], back[{i}]) and near(along[{i}], J[{i, 1}])) end
        assert(near(along[{1}], 0.128) and near(along[{2}], -0.096))
        local f = function(x) return P(x)[1] end
        local H = autodiff.hessian(f, x)
        local _, h = autodiff.hvp(f, x, D{1, 0})
        local g = autodiff.grad(function(x) return autodiff.grad(f)(x)[1] end, x)
        assert(near(h[{1}], H[{1, 1}]) and near(h[{2}], H[{2, 1}]) and near(g[{1}], H[{1, 1}]) and near(H[{1, 2}], H[{2, 1}]))
        assert(near(H[{1, 1}], -3 * 3 * 16 / 5 ^ 5))
        """,
        "assert(autodiff.gradcheck(function(x) return projection.PSD()(x) end, D{{1, 2}, {0.5, -3}}))",
        """
        local d = autodiff.grad(function(x) return projection.Ball(1):distance(x) end, D{3, 4}) \
        assert(near(d[{1}], 0.6) and near(d[{2}], 0.8))
        """,
        """
        local x = D{3, 4}:requires_grad_(true) local P = projection.Intersection{projection.Ball(1), \
        projection.Halfspace({0, 1}, 0.5)} P(x):sum():backward() assert(x.grad.shape[1] == 2)
        """,
        "local d = projection.Ball(1):distance(D{3, 4}) assert(d == 4)",
        // Lua numbers beside float64 keep their digits.
        "assert(projection.Box(0.1, 0.3)(D{0})[{1}] == 0.1 and projection.Box({0.1}, {0.3})(D{9})[{1}] == 0.3)",
        "assert(projection.Box(0.1, 0.3)(D{0}).dtype == 'float64' and projection.Ball(1)(tensor{9}).dtype == 'float32')",
    ]) func holds(_ code: String) throws {
        #expect(try scripts.message(helpers + code) == "no error", "\(code)")
    }

    @Test func aScriptsSetSaysWhatItLacks() throws {
        let message = try scripts.message(
            helpers + "local P = projection.Set{name = 'mine', project = function(x) return x:clamp(0, 1) end}\n"
                + "autodiff.grad(function(x) return P(x):sum() end, D{2})")
        #expect(message.contains("projection.mine: it was given no derivative"), "\(message)")
    }
}
