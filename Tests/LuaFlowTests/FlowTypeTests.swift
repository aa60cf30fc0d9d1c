import LuaFlow
import Testing

/// Lua numbers beside a float64 tensor do not lose digits in flows, and beside float32 they do not make it float64.
@Suite(.ownTime(minutes: 10)) struct FlowTypeTests {
    private func run(_ code: String) throws {
        try ContractTests.host().run(code: "local function D(t) return tensor(t, {dtype = 'float64'}) end\n" + code)
    }

    @Test(arguments: [
        """
        local z, l = flow.Scaling{0.1, 0.2}:to_latent(D{1, 1}) \
        assert(z[{1}] == math.exp(0.1) and l:item() == 0.1 + 0.2 and z.dtype == 'float64')
        """,
        "local x = flow.Scaling{0.1, 0.2}:to_data(D{1, 1}) assert(math.abs(x[{2}] - math.exp(-0.2)) < 1e-16)",
        """
        local z, l = flow.Scaling{0.1, 0.2}:to_latent(tensor{1, 1}) \
        assert(z.dtype == 'float32' and l.dtype == 'float32')
        """,
        """
        local m = flow.Flow('normal', {flow.Scaling{0.1}}, {dim = 1}) \
        assert(m:log_prob(D{0}):item() == -0.5 * math.log(2 * math.pi) + 0.1)
        """,
        """
        local m = flow.Flow('normal', {flow.Scaling{0.1}}, {dim = 1}) \
        assert(m:sample(2).dtype == 'float32' and m:log_prob(tensor{0}).dtype == 'float32')
        """,
    ]) func scalesGivenAsATable(code: String) throws { try run(code) }

    /// Draws have float64's digits where the base distribution or a parameter is float64.
    @Test(arguments: [
        "flow.Flow(distribution.Normal(D(0), D(1)), {}, {dim = 2})",
        "flow.Flow(distribution.Normal(D{0, 1}, 1), {flow.Scaling{0.1, 0.2}})",
        "flow.Flow('normal', {flow.Scaling(D{0.1, 0.2})}, {dim = 2})",
        "flow.Flow('logistic', {flow.Scaling(D{0, 0})}, {dim = 2})",
    ]) func samplesInFloat64(made: String) throws {
        try run("""
            local x = \(made):sample(50)
            assert(x.dtype == "float64", x.dtype)
            assert((x - x:float():double()):abs():max():item() > 0, "draws of float32 in float64")
            """)
    }

    @Test func scalesOfATableLearn() throws {
        try run("""
            local m = flow.Flow("normal", {flow.Scaling{0, 0}}, {dim = 2})
            m:requires_grad_()
            local loss = -m:log_prob(tensor{{1, 2}, {3, 4}}):mean()
            loss:backward()
            local g = m:parameters()[1].grad
            assert(g[{1, 1}] == 4 and g[{1, 2}] == 9)      -- the mean of x^2 - 1
            """)
    }
}
