import LuaFlow
import Testing

/// Functions with a derivative of the script's own (autodiff.custom), and functions of one sample over a batch
/// (autodiff.vmap).
@Suite struct OwnRuleTests {
    private static let prelude = """
        local function close(a, b) assert(math.abs(a - b) < 1e-6, tostring(a) .. " instead of " .. tostring(b)) end
        local function fails(text, f, ...)
          local ok, message = pcall(f, ...)
          assert(not ok and tostring(message):find(text, 1, true), tostring(message))
        end
        local function D(t) return tensor(t, {dtype = "float64"}) end
        local exp = autodiff.custom{
          forward = function(x) local y = x:exp() return y, y end,
          backward = function(g, y) return g * y end,
        }
        local sin = autodiff.custom{
          forward = function(x) return x:sin(), x end,
          backward = function(g, x) return g * x:cos() end,
        }

        """

    @Test(arguments: [
        // Checked by gradcheck: for any shape, for two arguments, and with arguments that are no tensors.
        "assert(autodiff.gradcheck(exp, D{{0.5, -1}, {2, 0}})) assert(autodiff.gradcheck(sin, D{0.3}))",
        """
        local scaled = autodiff.custom{
          forward = function(x, k, y, how) assert(how.deep) return x * k * y, x, k, y end,
          backward = function(g, x, k, y) return g * k * y, nil, g * k * x end,
        }
        assert(autodiff.gradcheck(function(x, y) return scaled(x, 3, y, {deep = true}) end, {D{1, 2}, D{3, -1}}))
        local g = autodiff.grad(function(y) return scaled(D{1, 2}, 3, y, {deep = true}):sum() end, D{5, 6})
        close(g[{2}], 6)
        """,
        // Second and third derivatives, and products with vectors.
        "local f = function(x) return exp(x):sum() end close(autodiff.hessian(f, D{1, 2})[{2, 2}], math.exp(2))",
        """
        local f = function(x) return sin(x):sum() end
        local third = autodiff.grad(function(x) return autodiff.grad(function(x) return autodiff.grad(f)(x):sum() end)(x):sum() end)
        close(third(D{0.3})[{1}], -math.cos(0.3))
        """,
        "local _, d = autodiff.jvp(exp, D{1, 0}, D{2, 3}) close(d[{1}], 2 * math.exp(1)) close(d[{2}], 3)",
        "close(autodiff.jacobian(sin, D{1, 2})[{2, 2}], math.cos(2))",
        // What the forward function keeps may be computed: its derivative counts, too.
        """
        local square = autodiff.custom{
          forward = function(x) local twice = x * 2 return x * x, twice end,
          backward = function(g, twice) return g * twice end,
        }
        close(autodiff.hessian(function(x) return square(x):sum() end, D{5})[{1, 1}], 2)
        """,
        // A rule other than the derivative: rounding with the gradient of the identity.
        """
        local round = autodiff.custom{forward = function(x) return x:round() end, backward = function(g) return g end}
        local x = tensor({0.4, 1.7}):requires_grad_(true);
        (round(x) * tensor({2, 3})):sum():backward()
        assert(round(x):tolist()[2] == 2 and x.grad:tolist()[2] == 3)
        """,
        // Nothing is recorded when no input requires a gradient; an argument that is returned unchanged gets memory of
        // its own.
        "local x = tensor({1}) assert(not exp(x).requires_grad) x:requires_grad_(true) assert(exp(x).requires_grad)",
        "assert(not autodiff.no_grad(function() return exp(tensor({1}):requires_grad_(true)).requires_grad end))",
        """
        local same = autodiff.custom{forward = function(x) return x end, backward = function(g) return g * 2 end}
        local x = tensor({1, 2})
        same(x):zero_()
        assert(x:tolist()[2] == 2 and autodiff.grad(function(x) return same(x):sum() end, x):tolist()[1] == 2)
        """,
        // A rule that returns no cotangent gives the gradient 0.
        """
        local still = autodiff.custom{forward = function(x, y) return x + y end, backward = function(g) return nil, g end}
        local a, b = autodiff.grad(function(x, y) return still(x, y):sum() end, D{1}, D{1}, {argnums = {1, 2}})
        assert(a[{1}] == 0 and b[{1}] == 1)
        """,
    ])
    func ownRulesCompose(code: String) throws {
        #expect(throws: Never.self) { try ContractTests.host().run(code: OwnRuleTests.prelude + code) }
    }

    @Test(arguments: [
        (
            "return x, nil", "g:sum()",
            "autodiff.custom: backward returned a cotangent of shape () for argument 1 of forward, of shape (2)"
        ),
        ("return x * 2", "g, g", "backward returned 2 cotangents for 1 argument of forward"),
        ("return x * 2", "3", "backward returned 3 for argument 1 of forward; a tensor or nil expected"),
        ("return 3", "g", "autodiff.custom: forward returned 3; a tensor expected"),
        ("return", "g", "forward returned nothing; a tensor expected"),
        ("return x * w", "g", "forward depends on a tensor that requires a gradient and is not among its arguments"),
        ("return w", "g", "forward depends on a tensor that requires a gradient"),
        ("local k = x * 2 kept = k return x, k", "g", "needs a value that was overwritten in place"),
        ("error('mine')", "g", "mine"), ("return x * 2", "error('theirs')", "theirs"),
    ])
    func mistakesAreNamed(forward: String, backward: String, message: String) throws {
        let code = """
            local w, kept = tensor({1, 2}):requires_grad_(true), nil
            local f = autodiff.custom{forward = function(x) \(forward) end, backward = function(g) return \(backward) end}
            fails([[\(message)]], function()
              local x = tensor({1, 2}):requires_grad_(true)
              local y = f(x)
              if kept then autodiff.no_grad(function() kept:zero_() end) end
              y:sum():backward()
            end)
            """
        #expect(throws: Never.self) { try ContractTests.host().run(code: OwnRuleTests.prelude + code) }
    }

    @Test(arguments: [
        """
        local f = autodiff.vmap(function(x) return x:sum(), x * 2 end) local s, d = f(D{{1, 2}, {3, 4}}) \
        assert(s:tolist()[2] == 7 and d[{2, 2}] == 8)
        """,
        // Which dimension of which argument is mapped over, and where it goes in the result.
        """
        local A, b = D{{1, 2, 3}, {4, 5, 6}}, D{1, 10}
        local y = autodiff.vmap(function(a, b) return a:dot(b) end, {in_dims = {2, 0}})(A, b)
        assert(#y == 3 and y:tolist()[3] == 63)
        assert(autodiff.vmap(function(a) return a * 2 end, A, {in_dims = 2, out_dims = 2}).shape[2] == 3)
        assert(autodiff.vmap(function(a) return a * 2 end, A, {in_dims = -1}).shape[1] == 3)
        """,
        // Gradients of each sample, and first and second derivatives through the map.
        "assert(autodiff.vmap(autodiff.grad(function(x) return (x ^ 3):sum() end))(D{{1, 2}, {3, 4}})[{2, 2}] == 48)",
        """
        assert(autodiff.gradcheck(function(x) return autodiff.vmap(function(r) \
        return (r * r):sum() end)(x) end, D{{1, 2}, {3, 4}}))
        """,
        """
        close(autodiff.hessian(function(x) return autodiff.vmap(function(r) \
        return r ^ 3 end, x):sum() end, D{1, 2})[{2, 2}], 12)
        """,
        """
        local x = D{{1, 2}, {3, 4}}:requires_grad_(true) autodiff.vmap(function(r) \
        return r[1] * 5 end, x):sum():backward() assert(x.grad[{2, 1}] == 5 and x.grad[{2, 2}] == 0)
        """,
        """
        assert(autodiff.vmap(exp)(D{0, 0}):tolist()[2] == 1 and autodiff.vmap(autodiff.vmap(function(x) \
        return x + 1 end))(D{{1}, {2}})[{2, 1}] == 3)
        """,
        "assert(autodiff.vmap(function(i) return i * 2 end)(tensor.int64{1, 2}).dtype == 'int64')",
        // Calls that are refused.
        """
        fails('autodiff.vmap: batches of 2 and 3 samples', autodiff.vmap(function(x, y) \
        return x end), D{1, 2}, D{1, 2, 3})
        """,
        "fails('no tensor among the arguments', autodiff.vmap(function(x) return x end), 3)",
        "fails('a batch of no samples', autodiff.vmap(function(x) return x end), tensor.zeros(0, 2))",
        "fails('f returned 1 as result 1; tensors expected', autodiff.vmap(function(x) return 1 end), D{1})",
        """
        fails('f returned shape (1) for sample 1, (2) for sample 2', autodiff.vmap(function(x) \
        return tensor.zeros(x:item()) end), D{1, 2})
        """,
        "fails('dimension 1 (or -1) expected', autodiff.vmap(function(x) return x end, {in_dims = 2}), D{1})",
        """
        fails('in_dims names 2 dimensions for 1 argument', autodiff.vmap(function(x) \
        return x end, {in_dims = {1, 1}}), D{1})
        """,
        "fails('out_dims: dimension 1 (or -1) expected', autodiff.vmap(function(x) return x end, {out_dims = 3}), D{1})",
    ])
    func mapsAreLoops(code: String) throws {
        #expect(throws: Never.self) { try ContractTests.host().run(code: OwnRuleTests.prelude + code) }
    }
}
