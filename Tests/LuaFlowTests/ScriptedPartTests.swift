import LawChecks
import LuaFlow
import Testing

/// Projections, distributions and transforms that scripts register work like built-in ones.
@Suite struct ScriptedPartTests {
    private let scripts: Scripts

    init() throws { scripts = try Scripts(modules: LuaFlow.Host.builtInModules) }

    // MARK: Projections

    private let diamond = """
        host.register{projections = {Diamond = function(r)
          local ball = projection.L1Ball(r)
          return {project = function(x) return ball(x) end, contains = function(x, tol) return x:abs():sum():item() <= r + tol end}
        end}}
        """

    @Test func aRegisteredSetIsASet() throws {
        try scripts.run(
            diamond + """
                local P, Q = projection.Diamond(2), projection.L1Ball(2)
                assert(P.name == "Diamond" and tostring(P) == "projection.Diamond(2)", tostring(P))
                local x = tensor({3, -2, 0.5})
                assert((P(x) - Q(x)):abs():max():item() == 0 and P:contains(P(x)) and not P:contains(x))
                assert(math.abs(P:distance(x) - Q:distance(x)) < 1e-6)
                local y = x:clone()
                assert(P:project_(y) == y and P:contains(y))
                assert(projection.verify(P) and projection.verify(P, {dtype = "float32"}))
                local shifted = projection.Translate(projection.Scale(P, 2), {1, 1, 1})
                assert(projection.verify(shifted, {shape = {3}}))
                local both = projection.Intersection{P, projection.Nonnegative()}
                assert((both(x) - projection.Intersection{Q, projection.Nonnegative()}(x)):abs():max():item() < 1e-5)
                local rows = projection.Product{P}
                assert((rows(tensor.stack({x, x}))[2] - P(x)):abs():max():item() == 0)
                local f = function(x) return ((x - tensor({3, -2, 0.5})) ^ 2):sum() end
                local best = optim.projected_gradient(f, P, tensor.zeros(3), {steps = 200, lr = 0.1})
                assert((best - P(x)):abs():max():item() < 1e-4)
                """)
    }

    @Test(arguments: [
        ("function(x) return 3 end", "projection.Diamond: project returned 3, a tensor expected"),
        ("function(x) return x[1] end", "project returned (3) for x (2, 3): the same shape expected"),
        ("function(x) return x / 0 end", "projection.Diamond: project returned"),
        ("function(x) return x * (0 / 0) end", "project returned nan at index (1, 1)"),
        ("function(x) return tensor.ones(2, 3) end", "project returned float32 for x of float64"),
        ("function(x) error('mine') end", "mine"),
    ])
    func resultsOfProjectAreChecked(project: String, expected: String) throws {
        let message = try scripts.message(
            """
            host.register{projections = {Diamond = function() return {project = \(project)} end}}
            projection.Diamond()(tensor.ones(2, 3, {dtype = "float64"}))
            """)
        #expect(message.contains(expected), "\(message)")
    }

    @Test(arguments: [
        ("return 3", "projection.Diamond: the registered function returned 3; a table {project = f, ...} expected"),
        ("return {}", "projection.Diamond: option project: a function expected, got nil"),
        ("return {project = print, contain = print}", "unknown option contain (did you mean \"contains\"?)"),
        ("error('r must be positive')", "r must be positive"),
    ])
    func constructorsAreChecked(body: String, expected: String) throws {
        let message = try scripts.message(
            "host.register{projections = {Diamond = function() \(body) end}} projection.Diamond()")
        #expect(message.contains(expected), "\(message)")
    }

    @Test func distancesOfScriptsAreUsedAndChecked() throws {
        try scripts.run(
            """
            local given = projection.Set{project = function(x) return x:clamp(0, 1) end, distance = function(x) return 7 end}
            assert(given:distance(tensor{3}) == 7)
            assert(projection.Set{project = function(x) return x:clamp(0, 1) end}:distance(tensor{3}) == 2)
            local wrong = projection.Set{project = function(x) return x end, distance = function(x) return -1 end}
            local ok, message = pcall(wrong.distance, wrong, tensor{3})
            assert(not ok and message:find("distance returned %-1, a number from 0 expected"), message)
            """)
    }

    @Test func misspeltConstructorsNameRegisteredOnes() throws {
        let message = try scripts.message(diamond + "return projection.Diamnd(2)")
        #expect(message.contains("projection has no function \"Diamnd\" (did you mean \"Diamond\"?)"), "\(message)")
    }

    @Test func registeringAgainReplacesTheConstructor() throws {
        try scripts.run(
            diamond + """
                local function again(name) host.register{projections = {Diamond = function() return projection.Box(0, name) end}} end
                again(1) again(5)
                assert(projection.Diamond()(tensor{9})[1]:item() == 5)
                """)
    }

    // MARK: Distributions

    private let cauchy = """
        host.register{distributions = {Lorentz = function(loc, scale)
          return {
            log_prob = function(x) return -(1 + ((x - loc) / scale) ^ 2):log() - math.log(math.pi * scale) end,
            icdf = function(q) return loc + scale * (math.pi * (q - 0.5)):sin() / (math.pi * (q - 0.5)):cos() end,
            cdf = function(x) return distribution.StudentT(1, loc, scale):cdf(x) end,
            variance = math.huge,
          }
        end}}
        """

    @Test func aRegisteredDistributionIsADistribution() throws {
        try scripts.run(
            cauchy + """
                local d, reference = distribution.Lorentz(1, 2), distribution.StudentT(1, 1, 2)
                assert(tostring(d) == "distribution.Lorentz(1, 2)", tostring(d))
                local x = tensor({-3, 0, 1, 10})
                assert((d:log_prob(x) - reference:log_prob(x)):abs():max():item() < 1e-5)
                assert((d:cdf(x) - reference:cdf(x)):abs():max():item() < 1e-5)
                assert(d:icdf(0.5):item() == 1 and d.variance:item() == math.huge)
                -- Draws by inversion: half of them below the median, a quarter above the upper quartile.
                local draws = d:sample({4000}, {generator = random.generator(1)})
                assert(draws:dim() == 1 and #draws == 4000)
                assert(math.abs(draws:lt(1):mean():item() - 0.5) < 0.04 and math.abs(draws:gt(3):mean():item() - 0.25) < 0.04)
                local again = d:sample({4000}, {generator = random.generator(1)})
                assert((draws - again):abs():max():item() == 0)
                -- Gradients flow through log_prob, and through draws by inversion.
                local loc = tensor({0}):requires_grad_(true)
                distribution.Lorentz(loc, 1):log_prob(tensor{2}):sum():backward()
                assert(math.abs(loc.grad[{1}] - 0.8) < 1e-5)
                local ok, message = pcall(function() return d.mean end)
                assert(not ok and message:find("distribution.Lorentz gives none: its definition has no mean"), message)
                ok, message = pcall(distribution.kl_divergence, d, d)
                assert(not ok and message:find("no closed form for Lorentz and Lorentz"), message)
                """)
    }

    @Test func aRegisteredDistributionServesTheEstimators() throws {
        try scripts.run(
            """
            host.register{distributions = {Mine = function(mu)
              local normal = distribution.Normal(mu, 1)
              return {
                rsample = function(shape, generator) return normal:rsample(shape, {generator = generator}) end,
                log_prob = function(x) return normal:log_prob(x) end, mean = function() return normal.mean end, variance = 1,
              }
            end}}
            local d = distribution.Mine(0.5)
            assert(d.mean:item() == 0.5 and d.stddev:item() == 1)
            -- E[x^2] under N(0.5, 1) is 1.25; proposals from a registered distribution.
            local r = montecarlo.importance_sampling{
              log_target = function(x) return distribution.Normal(0.5, 1):log_prob(x) end, proposal = distribution.Mine(0),
              value = function(x) return x * x end, samples = 20000, generator = random.generator(3),
            }
            assert(math.abs(r.estimate - 1.25) < 5 * r.standard_error, r.estimate)
            local mixture = distribution.Mixture({0.5, 0.5}, {distribution.Mine(-1), distribution.Normal(1, 1)})
            assert(#mixture:log_prob(tensor{0}) == 1 and mixture.mean:item() == 0)
            """)
    }

    @Test(arguments: [
        ("{}", "at least one of sample, rsample, log_prob, cdf, log_cdf, survival, log_survival, icdf expected"),
        ("{sample = print, rsample = print}", "sample or rsample, not both"),
        ("{sampl = print}", "did you mean \"sample\"?"),
        ("{log_prob = 3}", "option log_prob: a function expected, got 3"),
        ("3", "the registered function returned 3; a table {log_prob = f, ...} expected"),
    ])
    func distributionsAreChecked(definition: String, expected: String) throws {
        let message = try scripts.message(
            "host.register{distributions = {Mine = function() return \(definition) end}} distribution.Mine()")
        #expect(message.contains("distribution.Mine") && message.contains(expected), "\(message)")
    }

    @Test(arguments: [
        (
            "sample = function(shape) return tensor.ones(7) end", "d:sample({2})",
            "distribution.Mine: sample: returned a tensor of shape (7); (2) expected"
        ),
        (
            "sample = function(shape) return 1 end", "d:sample({2})",
            "distribution.Mine: sample: returned 1; a tensor of shape (2) expected"
        ),
        ("sample = function(shape) return tensor.full(shape, 0 / 0) end", "d:sample({2})", "returned nan at index (1)"),
        (
            "sample = function(shape) return tensor.full(shape, 1, {dtype = 'float64'}) end", "d:sample({2})",
            "draws are float64; float32 expected"
        ),
        (
            "log_prob = function(x) return x:sum() end", "d:log_prob(tensor{1, 2})",
            "distribution.Mine: log_prob: returned a tensor of shape (); (2) expected"
        ),
        ("log_prob = function(x) return x * (0 / 0) end", "d:log_prob(tensor{1, 2})", "log_prob: returned nan"),
        (
            "log_prob = function(x) return x end", "d:sample()",
            "distribution.Mine gives none: its definition has no sample"
        ),
        (
            "log_prob = function(x) return x end, mean = 'x'", "return d.mean",
            "distribution.Mine: option mean: a number, a tensor, a table of numbers or a function expected, got \"x\""
        ),
        (
            "log_prob = function(x) return x end, mean = function() return 'x' end", "return d.mean",
            "distribution.Mine: mean: a number or a tensor of shape () expected"
        ),
        ("log_prob = function(x) return x end", "d:rsample()", "distribution.Mine has no reparameterised draws"),
    ])
    func resultsOfDistributionsAreChecked(definition: String, use: String, expected: String) throws {
        let message = try scripts.message(
            """
            host.register{distributions = {Mine = function() return {\(definition)} end}} \
            local d = distribution.Mine() \(use)
            """
        )
        #expect(message.contains(expected), "\(message)")
    }

    @Test func distributionsOfVectorsHaveShapes() throws {
        try scripts.run(
            """
            local d = distribution.Law{
              name = "Pair", event_shape = {2}, batch_shape = {3},
              sample = function(shape, generator)
                local full = {table.unpack(shape)}
                full[#full + 1], full[#full + 2] = 3, 2
                return random.normal(full, {generator = generator})
              end,
              log_prob = function(x) return (distribution.Normal(0, 1):log_prob(x)):sum(-1) + tensor.zeros(3) end,
              mean = 0, variance = 1,
            }
            assert(table.concat(d:sample({5}).shape, " ") == "5 3 2")
            assert(table.concat(d:log_prob(tensor.zeros(5, 3, 2)).shape, " ") == "5 3")
            assert(table.concat(d.mean.shape, " ") == "3 2")
            assert(not pcall(distribution.Law, {name = "Normal", log_prob = print}))
            """)
    }

    // MARK: Transforms

    private let rotation = """
        host.register{transforms = {Rotation = function(angle)
          local c, s = math.cos(angle), math.sin(angle)
          return {
            to_latent = function(x) return x:matmul(tensor({{c, -s}, {s, c}}, {dtype = x.dtype})), 0 end,
            to_data = function(z) return z:matmul(tensor({{c, s}, {-s, c}}, {dtype = z.dtype})), 0 end,
          }
        end, Cube = function()
          return {
            to_latent = function(x) return x ^ 3 + x, (3 * x ^ 2 + 1):log():sum(2) end,
            to_data = function(z)
              local x = z:clone()
              for i = 1, 60 do x = x - (x ^ 3 + x - z) / (3 * x ^ 2 + 1) end
              return x, -(3 * x ^ 2 + 1):log():sum(2)
            end,
          }
        end}}
        """

    @Test func registeredTransformsMakeFlows() throws {
        try scripts.run(
            rotation + """
                local R = flow.Rotation(0.3)
                assert(tostring(R) == "flow.Rotation(0.3)")
                local z, log_det = R:to_latent(tensor{1, 0})
                assert(math.abs(z[{1}] - math.cos(0.3)) < 1e-6 and log_det:dim() == 0 and log_det:item() == 0)
                local points = random.normal({4, 2}, {generator = random.generator(0)})
                assert(R:check(points).log_det_dense < 1e-6 and flow.Cube():check(points).round_trip < 1e-6)
                local scale = tensor({math.log(2), 0}):requires_grad_(true)
                local m = flow.Flow(distribution.Normal(0, 1), {flow.Scaling(scale), R, flow.Cube()}, {dim = 2})
                assert(m.dim == 2 and m:check(points).log_det_dense < 1e-6)
                -- Against the change of variables written out.
                local y = R:to_latent(points * tensor({2, 1}))
                local w, log_det = flow.Cube():to_latent(y)
                local expected = distribution.Normal(0, 1):log_prob(w):sum(2) + log_det + math.log(2)
                assert((m:log_prob(points) - expected):abs():max():item() < 1e-5)
                assert(table.concat(m:sample(7).shape, " ") == "7 2")
                m:log_prob(points):sum():backward()
                assert(scale.grad and #m:parameters() == 1 and m:state_dict()["transforms.0.scale"])
                local path = os.tmpname() .. ".safetensors"
                m:save(path)
                os.remove(path)
                assert(tostring(m):find("flow.Flow%(dim 2, 3 transforms"), tostring(m))
                """)
    }

    @Test func basesGiveTheDimension() throws {
        try scripts.run(
            """
            local s = flow.Scaling{0, 0, 0}
            local vectors = distribution.MultivariateNormal(tensor.zeros(3), tensor.eye(3))
            local m = flow.Flow(vectors, {s})
            assert(m.dim == 3 and table.concat(m:sample(5).shape, " ") == "5 3")
            local expected = distribution.Normal(0, 1):log_prob(tensor.ones(3)):sum()
            assert((m:log_prob(tensor.ones(3)) - expected):abs():item() < 1e-5)
            assert(flow.Flow(distribution.Normal(tensor.zeros(3), 1), {s}).dim == 3)
            assert((flow.Flow("logistic", {s}, {dim = 3}):log_prob(tensor.zeros(3)):item() + 6 * math.log(2)) < 1e-5)
            for _, wrong in ipairs{
              function() flow.Flow("normal", {s}) end, function() flow.Flow(vectors, {s}, {dim = 2}) end,
              function() flow.Flow("uniform", {s}, {dim = 3}) end, function() flow.Flow("normal", {1}, {dim = 3}) end,
              function() flow.Flow(distribution.Normal(tensor.zeros(3, 3), 1), {s}) end,
              function() flow.Flow("normal", {flow.Scaling{0}}, {dim = 3}):log_prob(tensor.zeros(3)) end,
              function() flow.Flow("normal", {s}, {dim = 3}):half() end,
            } do assert(not pcall(wrong)) end
            """)
    }

    @Test(arguments: [
        (
            "to_latent = function(x) return x:sum() end",
            "flow.Mine: to_latent: returned a tensor of shape (); (2, 3) expected"
        ),
        (
            "to_latent = function(x) return x end",
            "flow.Mine: to_latent: log |det|: returned nil; a tensor of shape (2) expected"
        ),
        ("to_latent = function(x) return x, x end", "log |det|: returned a tensor of shape (2, 3); (2) expected"),
        ("to_latent = function(x) return x, 0 / 0 end", "log |det|: is nan"),
        ("to_latent = function(x) return x * (0 / 0), 0 end", "to_latent: returned nan at index (1, 1)"),
        (
            "to_latent = function(x) return x * tensor.ones(3, {dtype = 'float64'}), 0 end",
            "returned float64 for float32"
        ),
    ])
    func resultsOfTransformsAreChecked(definition: String, expected: String) throws {
        let message = try scripts.message(
            """
            host.register{transforms = {Mine = function() return {to_data = function(z) return z, 0 end, \(definition)} end}}
            flow.Flow("normal", {flow.Mine()}, {dim = 3}):log_prob(tensor.ones(2, 3))
            """)
        #expect(message.contains(expected), "\(message)")
    }

    /// A NaN in one element fails the check although later elements are fine.
    @Test func checksRefuseNaN() throws {
        let message = try scripts.message("flow.Scaling{0, 0}:check(tensor{0 / 0, 1})")
        #expect(message.contains("to_data(to_latent(x)) is not x at element 1: relative error"), "\(message)")
    }

    /// `check` finds each of three faults of a transform.
    @Test(arguments: [
        ("x * 2, 2 * math.log(2)", "z, -2 * math.log(2)", "to_data(to_latent(x)) is not x"),
        ("x * 2, 2 * math.log(2)", "z / 2, 0", "the log-determinants of the two directions do not cancel at element 1"),
        (
            "x * 2, math.log(2)", "z / 2, -math.log(2)",
            "the log-determinant is not that of the dense Jacobian at element 1"
        ),
    ])
    func checksFindWrongTransforms(there: String, back: String, expected: String) throws {
        let message = try scripts.message(
            """
            flow.Transform{to_latent = function(x) return \(there) end, to_data = function(z) return \(back) end}:check(tensor.ones(3, 2))
            """)
        #expect(message.contains(expected), "\(message)")
    }
}
