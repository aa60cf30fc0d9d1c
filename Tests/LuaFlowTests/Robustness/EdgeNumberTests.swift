import LuaFlow
import Testing

/// Numbers at the limits of what a function takes: each is right, or an error that says so. Once these were traps,
/// endless loops or silently wrong numbers.
@Suite struct EdgeNumberTests {
    private static let refusals: [(code: String, says: String)] = [
        ("flow.Chain{flow.Squeeze(), shape = {1 << 61, 2, 2}}", "too large"),
        ("flow.CNF{features = 3000000, hidden_features = {1}}:log_prob(tensor.zeros(1, 3000000))", "not enough memory"),
        ("flow.Flow('normal', {flow.Permute{2, 1, 3}, flow.ActNorm(5)}, {dim = 3})", "flow.ActNorm takes (5)"),
        ("flow.Flow('normal', {flow.Autoregressive{features = 3}}, {dim = 2})", "flow.Autoregressive takes (3)"),
        (
            "optim.fista(function(x) return (x * x):sum() end, prox.L1(0.1), tensor.ones(2), {steps = 1, "
                + "state = {x = tensor.ones(2), y = tensor.ones(2), momentum = 1, k = math.maxinteger}})",
            "from 0 to 2^53"
        ),
        (
            "optim.mirror_descent(function(x) return x:sum() end, tensor.ones(2) / 2, {steps = 2, state = {"
                + "x = tensor.ones(2) / 2, dual = tensor.zeros(2, {dtype = 'float64'}), k = 1, sum = 1, lr = 1 / 0}})",
            "lr is inf"
        ),
        (
            "(function() local m = flow.MAF{features = 2, transforms = 1, hidden_features = {8}} "
                + "m:fit(random.normal({16, 2}), {steps = 2, validate_every = 1, validation = tensor{{1e30, 1e30}}, "
                + "progress = false}) end)()", "the loss of the validation rows is"
        ),
        ("tensor({{1e-310, 0}, {0, 1e-310}}, {dtype = 'float64'}):pinv()", "singular value"),
        ("mcmc.smc{prior = distribution.Normal(0, 1), kernel = mcmc.ULA{step_size = 1.5}, "
            + "log_likelihood = function(x) return -0.5 * (x - 2) ^ 2 end}", "mcmc.ULA"),
        ("mcmc.sample(mcmc.HMC{}, function(x) return (-0.5 * x ^ 2):detach() end, tensor{0, 1, 2, 3}, {steps = 3})",
            "no gradient"),
        ("mcmc.sample(mcmc.NUTS{metric = 'dense'}, function(x) return -(x * x):sum(2) end, tensor.zeros(1, 1 << 20), "
            + "{steps = 1, warmup = 30})", "not enough memory"),
        ("distribution.Truncated(distribution.Normal(0, 1), 1e10, 1 / 0):log_prob(tensor({1e10}, {dtype = 'float64'}))",
            "too far in the tail"),
        ("(function() local x = tensor{3}:requires_grad_(true) local z = x * 1 "
            + "local y = autodiff.custom{forward = function(x) return x * x, {x} end, "
            + "backward = function(g, t) return g * 2 * t[1] end}(z) z:add_(1) y:backward() end)()", "overwritten"),
    ]

    private static let values = [
        // A shape whose count overflows when doubled is no trap; data of another shape are refused.
        """
        local c = flow.Chain{flow.Split(), flow.Reshape({1 << 62}, {1 << 62})}
        assert(not pcall(c.to_latent, c, tensor.ones(1, 4)))
        """,
        // Exact near the largest float64.
        "projection.TVBall(1)(tensor({1, -1, 1}, {dtype = 'float64'}) * 1e307)",
        """
        local q = tensor({0}, {dtype = 'float64'}):requires_grad_(true)
        assert(tensor({1, 1 / 0}, {dtype = 'float64'}):quantile(q)[{1}] == 1)
        """,
        """
        local x, y = tensor({1}, {dtype = 'float64'}), tensor({0.1}, {dtype = 'float64'}):requires_grad_(true)
        x:fmod(y):sum():backward()
        assert(y.grad[{1}] == -9)
        """,
        """
        local m = flow.MAF{features = 2, transforms = 1, hidden_features = {8}}
        for _, p in pairs(m:parameters()) do p:requires_grad_(false) end
        m:fit(random.normal({16, 2}), {steps = 1, progress = false})
        for _, p in pairs(m:parameters()) do assert(not p.requires_grad) end
        """,
        """
        local r = optim.fista(function(x) return (x * 1e30):sum() end, projection.Ball({0, 0}, 1), tensor.ones(2) * 0.5)
        assert(math.abs(r:norm():item() - 1) < 1e-3)
        """,
        """
        local d = distribution.Truncated(distribution.Gumbel(tensor(0, {dtype = 'float64'}), 1), -1 / 0, -4)
        local x = d:sample({500}, {generator = random.generator(1)})
        assert(x:min():item() > -5 and math.abs(d.mean:item() + 4.018) < 0.01, d.mean:item())
        """,
        "assert(distribution.Truncated(distribution.Pareto(1, 3), 1, 5):entropy():item() < 10)",
        "assert(distribution.Geometric{logits = -200}:sample({3}):max():item() < 1 / 0)",
        "assert(distribution.kl_divergence(distribution.Binomial(0, 0.5), distribution.Binomial(0, 0)):item() == 0)",
        """
        local a = mcmc.autocorrelation(tensor.full({1, 10}, 0.1, {dtype = 'float64'}), {lags = 3})
        assert(a[{1, 2}] ~= a[{1, 2}])
        """,
    ]

    private func host() throws -> Host {
        var options = Interpreter.Options()
        options.globals = true
        options.memoryLimit = 1 << 30
        let host = try Host(options: options)
        host.context.service(GlobalGenerator.self).generator = Generator(seed: 0)
        return host
    }

    @Test(arguments: refusals.indices) func isRefused(_ index: Int) throws {
        let (code, says) = Self.refusals[index]
        let script = "local ok, e = pcall(function() return \(code) end) assert(not ok, 'no error') error(e, 0)"
        do { try host().run(code: script) } catch let error as LuaError {
            #expect(error.message.contains(says), "\(code): \(error.message)")
        }
    }

    @Test(arguments: values.indices) func isRight(_ index: Int) throws {
        #expect(throws: Never.self, "\(Self.values[index])") { try host().run(code: Self.values[index]) }
    }
}
