import LuaFlow
import Testing

/// The names that scripts rely on: renaming or removing one breaks scripts.
@Suite struct ContractTests {
    static let functions: [String: String] = [
        "tensor": """
        zeros ones full eye arange linspace exp log log1p expm1 sqrt abs sin cos tan tanh sigmoid softplus relu erf pow clamp maximum
        minimum floor round sign sum mean prod var std max min argmax argmin logsumexp softmax cumsum norm matmul mv dot outer t
        transpose permute reshape view flatten squeeze unsqueeze expand cat stack split chunk gather index_select masked_select sort
        topk flip roll tril triu diag conv2d inverse solve det slogdet cholesky lu qr svd eigh eq ne lt le gt ge where masked_fill
        atan2 asin acos atan sinh cosh asinh acosh atanh cumprod median quantile log_softmax scatter scatter_add einsum trace bmm meshgrid
        solve_triangular lstsq pinv floor_divide remainder fmod int64 bool
        """,
        "autodiff": "no_grad grad value_and_grad vjp jvp jacobian hessian hvp gradcheck custom vmap",
        "random": "manual_seed generator normal uniform bernoulli permutation randint choice",
        "distribution": """
        Normal Logistic Uniform Bernoulli Categorical Exponential Laplace Gamma Beta Dirichlet Poisson StudentT MultivariateNormal
        Mixture Binomial NegativeBinomial Geometric Multinomial LogNormal HalfNormal Cauchy Gumbel Weibull Pareto ChiSquared
        InverseGamma VonMises Truncated kl_divergence
        """,
        "special": "lgamma digamma erfc erfinv log_ndtr gammainc gammaincc betainc",
        "flow": "load NICE",
        "projection": """
        verify Box Observed Halfspace Hyperplane Affine Ball L1Ball LinfBall Simplex Nonnegative SecondOrderCone PSD Sphere Sparse
        Intersection Product Translate Scale Polyhedron Ellipsoid NuclearBall SpectralBall BoxSection Birkhoff Monotone TVBall Stiefel
        ExponentialCone
        """,
        "prox": "L1 L2 Group Nuclear TV Huber",
        "optim": "SGD Adam AdamW RMSprop LBFGS projected_gradient fista admm douglas_rachford mirror_descent",
        "montecarlo": "importance_sampling ess khat standard_error score_function reparameterization baselines",
        "mcmc": """
            RandomWalk ULA MALA Barker HMC NUTS EllipticalSlice sample rhat ess summary mcse autocorrelation smc ais
            """,
        "data": "digits idx batches",
        "checkpoint": "load save",
        "image": "load save grid show",
        "plot": "line trace rank pair autocorrelation",
        "mpi": "rank size allreduce broadcast gather scatter barrier",
        "host": "arguments progress register version",
    ]

    static let methods: [String: String] = [
        "tensor.zeros(2, 2)": """
        dim numel item tolist clone requires_grad_ backward detach eq where masked_fill exp sum matmul t reshape gather sort
        atan2 asin cumprod median quantile log_softmax scatter trace bmm solve_triangular lstsq pinv remainder fmod floor_divide
        """,
        "flow.NICE{dim = 2, hidden = 1}": "log_prob to_latent to_data sample parameters state_dict save check",
        "projection.Box(0, 1)": "project_ contains distance",
        "prox.L1(1)": "prox value conjugate envelope",
    ]

    static func host() throws -> Host {
        var options = Interpreter.Options()
        options.globals = true
        let host = try Host(options: options)
        host.context.service(GlobalGenerator.self).generator = Generator(seed: 0)
        return host
    }

    @Test(arguments: functions.keys.sorted()) func functionsExist(module: String) throws {
        let host = try ContractTests.host()
        for name in ContractTests.functions[module, default: ""].split(whereSeparator: \.isWhitespace) {
            #expect(throws: Never.self, "\(module).\(name)") {
                try host.run(code: "assert(require(\"\(module)\").\(name))")
            }
        }
    }

    @Test(arguments: methods.keys.sorted()) func methodsExist(object: String) throws {
        let host = try ContractTests.host()
        for name in ContractTests.methods[object, default: ""].split(whereSeparator: \.isWhitespace) {
            #expect(throws: Never.self, "\(object):\(name)") {
                try host.run(code: "local x = \(object) assert(x.\(name))")
            }
        }
    }

    /// What lua-api promises of tensors, as Lua assertions.
    static let promises = [
        """
        local x = tensor({{1, 2}, {3, 4}}) assert(x.shape[1] == 2 and x.shape[2] == 2 and x.dtype == 'float32' and #x \
        == 2)
        """,
        "local x = tensor({{1, 2}, {3, 4}}) assert(x[1]:tolist()[2] == 2 and x[-1]:tolist()[1] == 3 and x[{1, 2}] == 2)",
        """
        local x = tensor.zeros(28, 28) x[{{1, 14}, {}}] = 1 \
        assert(x:sum():item() == 14 * 28 and x[{{1, 14}, {}}].shape[1] == 14)
        """,
        "local x = tensor({1, 2, 3}) assert(((2 + x) * x / 2 - 1 ^ 2):tolist()[3] == 6.5 and (-x):sum():item() == -6)",
        "assert((tensor({1}) + tensor({1}, {dtype = 'float64'})).dtype == 'float64')",
        "assert(tensor({1, 2}):eq(tensor({1, 3})):tolist()[2] == 0)",
        """
        local v, i = tensor({{1, 9}, {8, 2}}):max(2) assert(v:tolist()[1] == 9 and i:tolist()[2] == 1 and tensor({1, \
        9}):max():dim() == 0)
        """,
        """
        local x = tensor({1, 2}):requires_grad_(true); (x[2] * 3):backward() \
        assert(x.grad:tolist()[2] == 3 and x.grad:tolist()[1] == 0)
        """,
        """
        local f = function(x) return (x ^ 3):sum() end assert(autodiff.grad(autodiff.grad(f) and function(x) \
        return autodiff.grad(f)(x):sum() end)(tensor({2}))[{1}] == 12)
        """,
        """
        random.manual_seed(0) local a = random.normal({2, 3}) random.manual_seed(0) \
        assert((a - random.normal({2, 3})):abs():max():item() == 0)
        """,
        """
        local m = flow.NICE{dim = 784, hidden = 2, layers = 1, couplings = 1} \
        assert(m:log_prob(tensor.zeros(784)):dim() == 0 and m:log_prob(tensor.zeros(28, 28)):dim() == 0 \
        and #m:log_prob(tensor.zeros(3, 28, 28)) == 3)
        """,
        """
        local m = flow.NICE{dim = 4, hidden = 2, layers = 1, couplings = 1} \
        local z, d = m:to_latent(tensor.zeros(3, 4)) assert(z.shape[1] == 3 and #d == 3 and m:sample(2).shape[2] == 4)
        """,
        """
        local a = 0.3 local P = projection.Box({a, 0}, {a, 1}) local y = P(tensor({5, -5})) \
        assert(math.abs(y[{1}] - a) < 1e-6 and y[{2}] == 0)
        """,
        "local x = tensor({-1, 2}) assert(projection.Box(0, 1):project_(x) == x and x[{2}] == 1)",
        """
        local r = tensor({5, 1, 9, 2, 7, 3}):reshape(3, 2) \
        assert(r[{{}, 1}]:argmax():item() == 2 and tensor({7}):expand(4):argmin():item() == 1)
        """,
        """
        local x = tensor({{3, 4}, {6, 8}}) assert(x:norm(2, 2):tolist()[2] == 10 and x:norm(1):item() == 21 \
        and x:norm{p = 1, dim = 2}:tolist()[1] == 7 and x:norm{dim = 1, keepdim = true}.shape[1] == 1 \
        and x:norm('fro'):item() == x:norm():item() and x:sum{dim = 1, keepdim = true}.shape[1] == 1 \
        and x:sum({}):item() == 21)
        """,
        // A single draw needs no shape, and options may stand without the arguments before them.
        """
        for _, name in ipairs{'normal', 'uniform', 'bernoulli'} do \
        assert(#random[name]().shape == 0 and #random[name]({dtype = 'float64'}).shape == 0) end
        """,
        "local r = random.randint(1, 6) assert(#r.shape == 0 and r:item() >= 1 and r:item() <= 6)",
        """
        local g = random.generator(3) local a = random.randint(1, 1000, {generator = g}):item() \
        assert(random.randint(1, 1000, {generator = random.generator(3)}):item() == a)
        """,
        """
        assert(random.choice(5, {generator = random.generator(1)}).shape[1] == 1 and random.choice({'a'}, \
        {generator = random.generator(1)}) == 'a')
        """,
        """
        assert(random.normal({}, 3, 0):item() == 3 and random.normal(nil, 3, 0):item() == 3 \
        and #random.normal({}).shape == 0)
        """,
        "local ok, e = pcall(random.normal, {3, generator = 1}) assert(not ok and e:find('unknown option generator'))",
        "local ok, e = pcall(random.randint, 1, 6, {}, {}, {}) assert(not ok and e:find('at most 4 arguments'))",
        """
        local ok, e = pcall(random.bernoulli, {2}, 0/0) assert(not ok and e:find('got nan', 1, true) \
        and not e:find('-nan', 1, true))
        """,
        "local ok, e = pcall(tensor.arange, 1, 0/0) assert(not ok and e:find('1 to nan by 1', 1, true), e)",
        "local ok, e = pcall(distribution.Normal, 0/0, 1) assert(not ok and e:find('loc = nan', 1, true), e)",
        """
        local ok, e = pcall(pairs, tensor.ones(2)) assert(not ok and e == 'pairs: a table expected, got tensor; \
        ipairs goes through its elements', e)
        """,
        """
        local ok, e = pcall(pairs, projection.Box(0, 1)) assert(not ok and e == 'pairs: a table expected, \
        got projection', e)
        """,
        """
        local n = 0 for k, v in pairs(setmetatable({}, {__pairs = function(t) \
        return next, {1, 2} end})) do n = n + v end assert(n == 3)
        """,
        "local n = 0 for i, row in ipairs(tensor({{1, 2}, {3, 4}})) do n = n + i * row:sum():item() end assert(n == 17)",
        """
        assert(random.choice({'a', 'a'}) == 'a' and #random.choice({1, 2, 3}, 2) == 2 and random.bernoulli(tensor({1, \
        0})):tolist()[1] == 1)
        """,
        """
        local x = tensor({{1, 9}, {8, 2}}) local v, i = x:max{dim = 2} \
        assert(i:tolist()[2] == 1 and x:prod{dim = 1, keepdim = true}.shape[1] == 1 and x:argmin{dim = 1}:tolist()[1] \
        == 1 and x:softmax{dim = 1}.shape[1] == 2 and x:cumsum{dim = 1}[{2, 1}] == 9)
        """,
        """
        local d = distribution.Normal({0, 1}, 1) assert(d:log_prob({0, 1}):tolist()[1] == d:log_prob(tensor({0, \
        1})):tolist()[2])
        """,
        """
        local x = tensor.ones(1 << 20):expand(1 << 12, 1 << 20) \
        assert(#tostring(x) < 1000 and tostring(tensor({1 / 3, 1e-8})):find('1.0000e%-08'))
        """,
        """
        local c = random.choice(1 << 30, 3, {replace = false}):tolist() \
        assert(c[1] ~= c[2] and c[2] ~= c[3] and c[1] ~= c[3])
        """,
        "assert(random.bernoulli({3, 2}, tensor({1, 0})):sum():item() == 3)",
        // Options come last, in one table, for every operation; they may also be given by position.
        """
        local x = tensor({3, 1, 2}) assert(x:sort{descending = true}[{1}] == 3 and x:sort(1, true)[{1}] == 3 \
        and x:sort(1, {descending = true})[{1}] == 3)
        """,
        """
        local x = tensor({3, 1, 2}) assert(x:topk(1, {largest = false})[{1}] == 1 and x:topk{k = 1, dim = 1}[{1}] == 3 \
        and x:clamp{min = 2}:min():item() == 2 and x:clamp(nil, {max = 1}):max():item() == 1)
        """,
        """
        local m = tensor.ones(2, 2) assert(m:tril{diagonal = 1}:sum():item() == 4 and m:tril(-1):sum():item() == 1 \
        and m:diag{diagonal = 1}.shape[1] == 1)
        """,
        """
        local a = tensor.ones(2, 1) assert(tensor.cat({a, a}, {dim = 2}).shape[2] == 2 and tensor.stack({a, a}, \
        {dim = -1}).shape[3] == 2 and a:squeeze{dim = 2}:dim() == 1)
        """,
        """
        local x, w, b = tensor.ones(1, 1, 3, 3), tensor.ones(1, 1, 2, 2), tensor({5}) \
        assert(x:conv2d(w, {bias = b})[{1, 1, 1, 1}] == 9 and x:conv2d(w, b, {padding = 1}).shape[4] == 4 \
        and x:conv2d(w, {}).shape[4] == 2)
        """,
        """
        assert(tensor({1, 3}):var{unbiased = false}:item() == 1 and tensor({1, 3}):var{correction = 0}:item() == 1 \
        and tensor({1, 3}):std():item() > 1.4)
        """,
        """
        local x = tensor({10, 20}) assert(x:index_select(1, {}).shape[1] == 0 and x:index_select{dim = 1, \
        index = {2}}[{1}] == 20 and #x:split({1, 1}) == 2)
        """,
        // Every elementwise operation has an in-place form.
        """
        local x = tensor({-1, 4}) assert(x:relu_() == x and x:sqrt_():neg_()[{2}] == -2 and x:exp_()[{1}] == 1 \
        and x:pow_(2):masked_fill_(tensor({1, 0}), 7)[{1}] == 7)
        """,
        "local x = tensor({1, 2}) assert(x:mul_(x)[{2}] == 4 and x:clamp_{max = 1}[{2}] == 1 and x:cumsum_(1)[{2}] == 2)",
        """
        local g = random.generator(1) local x = tensor.zeros(50):normal_(3, 0.1, {generator = g}) \
        assert(x:mean():item() > 2.5 and x:uniform_{low = 1, high = 2}:min():item() >= 1)
        """,
        """
        local x = tensor({1, 2}):requires_grad_(true) local y = x * 1 y:exp_() y:sum():backward() \
        assert(math.abs(x.grad[{1}] - math.exp(1)) < 1e-5)
        """,
        """
        local x = tensor({1, 2}):requires_grad_(true) local y = x * 2 projection.Box(0, \
        3):project_(y) y:sum():backward() assert(x.grad[{1}] == 2 and x.grad[{2}] == 0)
        """,
        "assert(random.normal({2}, {mean = 3, std = 0})[{2}] == 3 and random.uniform({2}, 1, {high = 1})[{1}] == 1)",
        """
        local x = tensor({{1, 2}, {3, 4}}) assert(random.choice(x, 3).shape[1] == 3 and random.choice(x).shape[1] == 2 \
        and random.choice(x, 2, {replace = false}):sum():item() == 10)
        """,
        """
        local n = 0 for x, y, rows in data.batches({tensor.arange(1, 5), tensor.arange(11, 15)}, 2) do \
        assert((y - x - 10):abs():sum():item() == 0 and x[{1}] == rows[{1}]) n = n + #x end assert(n == 5)
        """,
        "assert(tensor.full({2}, tensor(3)):sum():item() == 6 and tensor{tensor(1), tensor(2)}[{2}] == 2)",
        // A view that repeats elements can be read, but written only element by element.
        """
        local e = tensor.ones(1):expand(3) e[2] = 5 assert(e[{1}] == 5) \
        local d = tensor.zeros(3, 3) d:t()[{{1, 2}, {2, 3}}] = 1 assert(d:sum():item() == 4)
        """,
        """
        local d = distribution assert(d.Categorical{probs = {2, 2}}:log_prob(1):item() == d.Categorical{0.5, \
        0.5}:log_prob(1):item() and d.Normal{loc = 1, scale = 2}.mean:item() == 1 and d.Normal(1, \
        {scale = 2}).stddev:item() == 2)
        """,
        """
        local d = distribution assert(d.Mixture{weights = {1, 1}, components = {d.Normal(0, 1), d.Normal(2, \
        1)}}.mean:item() == 1 and d.MultivariateNormal{loc = {0}, covariance_matrix = {{4}}}.variance:item() == 4 \
        and d.Bernoulli{probs = 0.25}.mean:item() == 0.25)
        """,
        "plot.line{{1, 0 / 0, 3, 1 / 0, 1e200}, label = 'diverged'}",
        """
        local d = data.digits() assert(d.images.shape[2] == 28 and #d.labels == #d.images and d.images:max():item() \
        == 1)
        """,
    ]

    @Test(arguments: promises) func promisesHold(script: String) throws { try ContractTests.host().run(code: script) }

    /// Wrong calls, and what the message must contain.
    static let faults: [(script: String, message: String)] = [
        ("tensor.zeros(2, 5):matmul(tensor.zeros(3, 5))", "tensor.matmul: (2, 5) and (3, 5) do not chain: 5 ~= 3"),
        ("tensor.zeros(0 / 0)", "tensor.zeros: argument 1 (d): a whole number from 0 expected, got nan"),
        ("tensor.zeros(1e300)", "tensor.zeros"),
        ("tensor.zeros(math.mininteger)", "tensor.zeros"),
        ("tensor.zeros(1 << 40, 1 << 40)", "too many elements"),
        ("tensor.zeros(1 << 44)", "not enough memory"),
        ("tensor.zeros(3)[4] = 1", "out of range 1..3"),
        ("return tensor.zeros(3)[0]", "out of range 1..3"),
        ("return tensor.zeros(3)[1.5]", "1.5"),
        ("tensor({{1, 2}, {3}})", "not rectangular"),
        ("tensor({1, 'a'})", "\"a\""),
        ("local t = {} t[1] = t tensor(t)", "nested more than 32"),
        ("return tensor.zeros(2) + tensor.zeros(3)", "tensor.add: (2) and (3) do not broadcast: 2 ~= 3"),
        ("return tensor.add(io.stdout, 1)", "argument 1 (x): a tensor or a number expected"),
        ("flow.NICE{dimm = 3}", "unknown option dimm (did you mean \"dim\"?)"),
        ("tensor.zeroes(3)", "did you mean \"zeros\"?"),
        ("tensor.zeros(3):exq()", "did you mean \"eq\"?"),
        ("getmetatable(tensor.zeros(1)).__gc(1)", "attempt to"),
        ("local x = tensor({1}):requires_grad_(true) x[1] = 2", "a leaf that requires a gradient"),
        ("tensor({1}):backward()", "requires_grad_(true)"),
        ("flow.load('/no/such.pt')", "/no/such.pt"),
        ("tensor.ones(2, 3):std{correction = 0 / 0}", "option correction: a number expected, got nan"),
        ("random.bernoulli(0.5)", "probabilities"),
        ("tensor.ones(2, 3):sum(1, {dim = 2})", "dim is given twice"),
        ("random.normal({2}, 0 / 0)", "argument 2 (mean): a number expected, got nan"),
        ("tensor.ones(2, 3):sum{dimm = 1}", "did you mean \"dim\"?"),
        ("tensor.ones(2, 3):sum({1, dim = 2})", "unknown option dim"),
        ("tensor.zeros({2, foo = 2})", "unknown option foo"),
        ("tensor.ones(2, 3):reshape{6, foo = 1}", "unknown option foo"),
        // A mask has ones and zeros only: positions, taken for a mask, would select everything.
        ("return tensor({10, 20, 30})[tensor({3, 1, 2})]", "tensor[]: a float32 tensor picks nothing"),
        ("local y = tensor({1, 2, 3}) y[tensor({2, 3, 3})] = -1", "positions int64"),
        ("tensor({1, 2}):masked_select(tensor({0, 0 / 0}))", "this one holds nan"),
        ("tensor({1, 2}):where(tensor({0.5, 1}), 0)", "tensor:where: argument 2 (mask): a mask holds 0 and 1 only"),
        ("tensor({1, 2}):masked_fill(tensor({1, 2}), 0)", "tensor:masked_fill: argument 2 (mask): a mask"),
        ("tensor({1, 2}):masked_fill_(tensor({1, 2}), 0)", "tensor:masked_fill_: argument 2 (mask): a mask"),
        (
            "tensor.ones(1):expand(3):add_(tensor({1, 10, 100}))",
            "tensor:add_: this (3) tensor repeats elements (an expanded view) and cannot be overwritten; clone() it first"
        ),
        ("local e = tensor.ones(2, 1):expand(2, 3) e[{{}, {}}] = 1", "this (2, 3) tensor repeats elements"),
        ("tensor.ones(1):expand(3).data = tensor({1, 2, 3})", "repeats elements"),
        ("tensor({a = 1})", "tensor: a table of numbers expected, got one with the key \"a\""),
        ("tensor({1, a = 2})", "the key \"a\""),
        ("tensor({{1, 2}, {3, 4, dtype = 'float64'}})", "the key \"dtype\""), ("tensor({1, [3] = 2})", "the key 3"),
        ("tensor({1, 2}):sort{desc = true}", "tensor:sort: unknown option desc; the options are dim, descending"),
        ("tensor({1, 2}):sort(1, {dim = 1})", "dim is given twice"),
        ("tensor({1, 2}):sort{descending = 3}", "option descending: true or false expected, got 3"),
        ("tensor({1, 2}):sort(1, true, 3)", "takes at most 3 arguments"),
        ("tensor({1, 3}):var{unbiased = false, correction = 0}", "not both"),
        ("tensor({1, 2}):topk{dim = 1}", "argument 2 (k): a whole number"),
        ("local x = tensor({1}):requires_grad_(true) x:exp_()", "a leaf that requires a gradient"),
        ("tensor({1}):add_(tensor({1, 2}))", "tensor:add_"),
        ("random.normal({2}, 1, {mean = 2})", "mean is given twice"),
        ("random.choice(tensor(3))", "a tensor with elements along a dimension"),
        ("data.batches({tensor.ones(2), tensor.ones(3)}, 2)", "tensors of equally many rows expected, got 2, 3"),
        ("distribution.Normal(0, 1, {loc = 2})", "loc is given twice"),
        ("distribution.Mixture({0, 0}, {distribution.Normal(0, 1), distribution.Normal(0, 1)})", "sums to 0"),
        ("autodiff.grad(function(x) return x:sum() end)()", "no x given: autodiff.grad(f, x)"),
        ("optim.SGD(tensor({1})):load_state_dict({})", "the state is empty"),
        ("projection.Box(0, 1)({2, 3})", "a tensor (of a table of numbers, tensor(t) makes one) expected, got table"),
        ("plot.line{{0 / 0, 1 / 0}}", "no number that can be drawn"),
        ("data.batches(tensor.zeros(1 << 40, 0), 3, {shuffle = true})", "one by one"),
        ("projection.Product{projection.Box(0, 1)}(tensor.zeros(1 << 40, 0))", "one by one"),
        ("image.grid(tensor.zeros(1 << 40, 0, 2))", "image.grid"),
    ]

    @Test(arguments: faults.indices) func faultsAreExplained(index: Int) throws {
        let (script, message) = ContractTests.faults[index]
        let error = #expect(throws: LuaError.self) { try ContractTests.host().run(code: script, name: "fault") }
        #expect(error?.message.contains(message) == true, "\(script)\n  \(error?.message ?? "no error")")
    }
}
