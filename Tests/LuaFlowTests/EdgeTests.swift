import LuaFlow
import Testing

/// Numbers at the limits of a type, and gradients at kinks, as PyTorch, SciPy or mathematics define them.
@Suite struct EdgeTests {
    private func run(_ code: String, _ location: SourceLocation = #_sourceLocation) throws {
        let prelude = """
            local function near(a, b, tolerance) return math.abs(a - b) <= (tolerance or 1e-6) * math.max(1, math.abs(b)) end
            local function grad(f, x) x = tensor(x):requires_grad_() f(x):sum():backward() return x.grad:tolist() end

            """
        #expect(throws: Never.self, "\(code)", sourceLocation: location) {
            try ContractTests.host().run(code: prelude + code)
        }
    }

    @Test(arguments: [
        "assert(tensor({100, 100}):softmax(1)[{1}] == 0.5)",
        "local s = tensor({1e8, 1e8, 0}):softmax(1):tolist() assert(s[1] == 0.5 and s[2] == 0.5 and s[3] == 0)",
        "local s = tensor({-1/0, 0, 0}):softmax(1):tolist() assert(s[1] == 0 and s[3] == 0.5)",
        "assert(tensor.zeros(2, 0):softmax(2).shape[1] == 2)",
        "assert(near(distribution.Categorical{logits = {1e6, 1e6}}:log_prob(1):item(), -math.log(2)))",
        "assert(distribution.Categorical{logits = {1e6, 1e6}}.probs[{1}] == 0.5)",
        "assert(near(tensor({2e38}):log1p():item(), 88.191396) and tensor({1/0}):log1p():item() == 1/0)",
        "assert(near(tensor({1.5e308, 1}, {dtype = 'float64'}):log1p()[{1}], math.log(1.5e308), 1e-15))",
        "assert((tensor.eye(8) * 100):det():item() == tensor({1e16}):item())",
        "assert(tensor({{3, 1}, {1, 2}}, {dtype = 'float64'}):det():item() == 5)",
        "assert(tensor({{0, 1}, {1, 0}}):det():item() == -1 and tensor({{1, 2}, {2, 4}}):det():item() == 0)",
        "assert((tensor.eye(20) * 1e30):det():item() == 1/0 and (tensor.eye(20) * 1e-30):det():item() == 0)",
        "assert(tensor({{1e200, 0}, {0, 1e-200}}, {dtype = 'float64'}):det():item() == 1)",
        "local d = tensor({{0/0, 0}, {0, 1}}):det():item() assert(d ~= d)",
        "local c = tensor({1, 2}):clamp(0/0, 1):tolist() assert(c[1] ~= c[1] and c[2] ~= c[2])",
        "assert(tensor.zeros(5, 0):linear(tensor.zeros(3, 0)).shape[1] == 5)",
        """
        local p = projection.L1Ball(1)(tensor({1e20, 1e20, 1})):tolist() \
        assert(p[1] == 0.5 and p[2] == 0.5 and p[3] == 0)
        """,
    ]) func valuesKeepTheirDigits(code: String) throws { try run(code) }

    /// SciPy's float64 values, rounded to float32.
    @Test(arguments: [
        ("distribution.StudentT(1e6):log_prob(0)", -0.91893878),
        ("distribution.Beta(1e5, 1e5):log_prob(0.5)", 5.8772437),
        ("distribution.Poisson(1e6):log_prob(1e6)", -7.8266938), ("distribution.Gamma(1e6, 1e6):entropy()", -5.4888167),
        ("distribution.kl_divergence(distribution.Gamma(1e5, 1e5), distribution.Gamma(1.001e5, 1e5))", 0.0499837),
        ("distribution.StudentT(3):cdf(1)", 0.80449889), ("distribution.StudentT(3):cdf(-2)", 0.069662984),
        ("distribution.StudentT(3):cdf(0)", 0.5), ("distribution.StudentT(3, 0, 1, {dtype = 'float64'}):cdf(1e155)", 1),
    ]) func distributionsInFloat32AreRoundedOnce(expression: String, expected: Double) throws {
        let results = try ContractTests.host().run(code: "local v = \(expression) return v:item(), v.dtype")
        guard case .number(let value) = results[0] else { throw ScriptError("test", "no number came of \(expression)") }
        #expect(abs(value - expected) <= 2e-6 * max(1, abs(expected)), "\(expression) is \(value)")
        if !expression.contains("float64") { #expect(results[1].shown.contains("float32"), "\(expression)") }
    }

    @Test(arguments: [
        "x:relu():sqrt()", "x:clamp(0, 1):sqrt()", "x:maximum(0):sqrt()", "-(-x):minimum(0):abs():sqrt()",
        "projection.Box(0, 1)(x):sqrt()",
        "projection.Nonnegative()(x):log()", "(function() local y = x:clone() y[1] = 0 return y:sqrt() end)()",
    ]) func aSlopeThatIsCutOffMayBeInfinite(expression: String) throws {
        try run(
            "local g = grad(function(x) return \(expression) end, {-1, 0.5}) assert(g[1] == 0 and g[2] == g[2], g[1])")
    }

    @Test(arguments: [
        "assert(grad(function(x) return x:std() end, {2, 2, 2})[1] == 0)",
        "local g = grad(function(x) return x:std(2) end, {{2, 2}, {1, 3}}) assert(g[1][1] == 0 and g[2][2] > 0.7)",
        "assert(grad(function(x) return x:max() end, {0/0, 1})[2] == 0)",
        "local g = grad(function(x) return x:max() end, {2, 2}) assert(g[1] == 0.5 and g[2] == 0.5)",
        "assert(grad(function(x) return x:relu() end, {0/0})[1] == 1)",
        "assert(grad(function(x) return distribution.Laplace(0, 2):cdf(x) end, {0})[1] == 0.25)",
        "local e = tensor({-1}):requires_grad_() tensor({0}):pow(e):sum():backward() assert(e.grad:item() == -1/0)",
        """
        local g = grad(function(x) return projection.Box({0, 0.7, 0.1}, {0.3, 1, 1})(x) end, {0.3, 0.7, 0.1}) \
        assert(g[1] + g[2] + g[3] == 3)
        """,
        """
        local function derivative(f, order, at)
          for _ = 1, order do local g = f f = function(x) return autodiff.grad(function(x) return g(x):sum() end, x) end end
          return f(tensor({at}, {dtype = "float64"})):item()
        end
        assert(derivative(function(x) return x ^ 2 end, 4, 0) == 0 and derivative(function(x) return x ^ 0 end, 2, 0) == 0)
        assert(derivative(function(x) return x ^ 3 end, 3, 0) == 6 and derivative(function(x) return x ^ 2 end, 2, 0) == 2)
        local function byBase(y) return autodiff.grad(function(x) return (x ^ y):sum() end, tensor({2}, {dtype = "float64"})):sum() end
        assert(near(autodiff.grad(byBase, tensor({0}, {dtype = "float64"})):item(), 0.5))
        """,
    ]) func slopesAtKinks(code: String) throws { try run(code) }

    /// Of nothing comes nothing, with a gradient that has no elements.
    @Test(arguments: [
        "local x = tensor.linspace(0, 1, 0) assert(x:dim() == 1 and x:numel() == 0 and tensor.linspace(3, 1, 1)[{1}] == 3)",
        "assert(tensor.linspace(0, 1, 0, {dtype = 'int64'}).dtype == 'int64')",
        "local p = tensor.zeros(2, 0):split(3, 2) assert(#p == 1 and p[1].shape[1] == 2 and p[1].shape[2] == 0)",
        "local p = tensor.zeros(0, 2):chunk(3) assert(#p == 3 and p[3].shape[1] == 0 and p[3].shape[2] == 2)",
        """
        for _, shape in ipairs{{0}, {2, 0}, {0, 2}} do
          for _, dim in ipairs{false, 1, -1} do
            local x = tensor.zeros(shape):requires_grad_()
            local y = x:prod(dim or nil)
            assert(y.requires_grad, "no gradient is recorded along " .. tostring(dim))
            y:sum():backward()
            assert(table.concat(x.grad.shape, ",") == table.concat(shape, ","))
          end
        end
        """,
    ]) func nothingIsTaken(code: String) throws { try run(code) }

    @Test(arguments: [
        // A view of a leaf is the leaf.
        """
        local t = tensor({1, 2})
        local function f(x) local y = x:reshape(2) y:mul_(2) return (y * y):sum() end
        local ok, message = pcall(autodiff.grad, f, t)
        assert(not ok and message:find("view of a leaf") and t[{1}] == 1)
        local w = tensor({{1, 2}}, {requires_grad = true})
        assert(not pcall(function() w:flatten():clamp_(0, 1) end) and not pcall(function() w[{{1, 1}}]:mul_(2) end))
        assert((w * 2)[{1, 2}] == 4)
        autodiff.no_grad(function() w:flatten():clamp_(0, 1) end)
        assert(w[{1, 2}] == 1)
        """,
        """
        local x = tensor({1, 2}):requires_grad_() local z = x * 1 z:mul_(3) z:mul_(z) z:view(2):add_(1) \
        assert(z[{2}] == 37)
        """,
        // A tensor that the gradient does not read may be overwritten; one that it reads may not.
        """
        local x = tensor({1, 2, 3}, {requires_grad = true})
        local y = x:clone()
        for i = 2, 3 do y[i] = y[i - 1] * 0.5 end
        y:sum():backward()
        assert(x.grad[{1}] == 1.75 and x.grad[{2}] == 0)
        local a, b = x * 2, x * 3
        local product = a * b
        a:add_(1)
        local ok, message = pcall(function() product:sum():backward() end)
        assert(not ok and message:find("overwritten"))
        """,
        """
        local x = tensor({{1, 2}, {3, 4}})
        x[tensor({{0, 1}, {1, 0}}):bool()] = tensor({10, 20})
        assert(x[{1, 2}] == 10 and x[{2, 1}] == 20 and x[{1, 1}] == 1)
        local m, y = tensor({1, 0, 1}):bool(), tensor({1, 2, 3})
        y[m] = y[m] * 2
        assert(y[{3}] == 6 and y[{2}] == 2)
        y[m] = 7
        assert(y[{1}] == 7 and not pcall(function() y[m] = tensor({1, 2, 3}) end))
        local v, w = tensor({1, 2}):requires_grad_(), tensor({1, 2, 3}):requires_grad_()
        local u = w * 2
        u[m] = v * v
        u:sum():backward()
        assert(w.grad[{1}] == 0 and w.grad[{2}] == 2 and v.grad[{2}] == 4)
        """,
        "assert(not autodiff.hvp(function(x) return (x * x):sum() end, tensor{1, 2}, tensor{1, 0}).requires_grad)",
        "assert(not pcall(autodiff.grad, function(a) return a:sum() end, tensor{1, 2}, {argnums = {1, 1}}))",
    ]) func memoryIsNotWrittenByMistake(code: String) throws { try run(code) }

    /// With seed 0 a draw was once rounded to the excluded end of its interval.
    @Test(arguments: [
        "for _ = 1, 35 do assert(random.uniform({2097152}):max():item() < 1) end",
        "for _ = 1, 35 do assert(distribution.Uniform(0, 1):sample({2097152}):max():item() < 1) end",
        "assert(random.uniform({1000000}, 1e6, 1e6 + 1):max():item() < 1000001)",
        "assert(random.randint(16777217, 16777217):item() == 16777217 and random.randint(1, 2).dtype == 'int64')",
        "assert(not pcall(random.randint, 1, 16777217, {}, {dtype = 'float32'}))",
        """
        local seen = {} for _ = 1, 60 do seen[random.choice(3, 1, {weights = {1e308, 1e308, \
        1e308}}):item()] = true end assert(#seen == 3)
        """,
    ]) func drawsStayInTheirRange(code: String) throws { try run("random.manual_seed(0) " + code) }

    @Test(arguments: [
        (
            """
            tensor.conv2d(tensor.zeros(0, 1, 1, 1):expand(0, 1, 1 << 30, 1 << 30), tensor.zeros(1, 1, 1, 1), nil, \
            {padding = 1 << 30})
            """,
            "too many elements"
        ),
        ("tensor{1, 2}:sub_(tensor{1, 2, 3})", "tensor:sub_: (2) and (3) do not broadcast"),
        ("tensor.zeros(0):norm{p = math.huge}", "tensor.norm: no elements"),
    ]) func faultsAreExplained(expression: String, message: String) throws {
        let code =
            """
            local ok, message = pcall(function() return \(expression) end) \
            assert(not ok and message:find([[\(message)]], 1, true), message)
            """
        try run(code)
    }

    /// Memory in Swift's own collections counts against the limit, and is refused before it is asked of the system.
    @Test(arguments: [
        "tensor.ones(1, {dtype = 'float64'}):expand(4000000):clone():sort()",
        "random.choice(40000000, 4000000, {replace = false})",
        "tensor.ones(4000000):gather(1, tensor.ones(4000000))",
    ]) func largeListsAreCharged(expression: String) throws {
        var options = Interpreter.Options()
        options.globals = true
        options.memoryLimit = 80 << 20
        let host = try Host(options: options)
        host.context.service(GlobalGenerator.self).generator = Generator(seed: 0)
        try host.run(
            code:
                """
                local ok, message = pcall(function() return \(expression) end) \
                assert(not ok and message:find('memory'), message)
                """
        )
    }
}
