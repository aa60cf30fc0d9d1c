import Autodiff
import Distributions
import Files
import Foundation
import LawChecks
import Networks
import RealModule
import Samplers
import Scripting
import Tensors
import Testing

@testable import Flows

/// Flows of any transforms as scripts see them: shapes, chains, flows as distributions, continuous flows.
@Suite struct ModelTests {
    static func said(_ script: String) throws -> String {
        try Scripts(modules: SavedFlowTests.modules + [MonteCarloModule()]).message("random.manual_seed(1)\n" + script)
    }

    /// The laws of flows, for each kind of flow at random parameters, with and without a context.
    @Test(arguments: SavedFlowTests.flows.indices) func lawsHold(_ index: Int) throws {
        let (flow, points, context) = SavedFlowTests.flows[index]
        let message = try Self.said(
            SavedFlowTests.registered + """
                local m, c = \(flow), \(context)
                for name, p in pairs(m:named_parameters()) do p.data[{}] = p.data + random.normal(p.shape) * 0.1 end
                local x = random.normal(\(points)) * 0.5
                local s = m:sample(2, c)
                local nats = m:log_prob(s, c)
                assert(s.shape[1] == 2 and nats:eq(nats):min():item() == 1)
                -- Tolerances that the check in float64 does not see.
                if tostring(m):find("CNF") then
                  m = flow.CNF{features = 2, context = 1, hidden_features = {8}, activation = "tanh", atol = 1e-9, rtol = 1e-9}
                end
                assert(m:check(x, c).log_det_dense, "no dense Jacobian")
                """)
        #expect(message == "no error", "\(flow): \(message)")
    }

    /// Where the images of the base's quartiles are equal after rounding, whether the map increases or decreases is
    /// found at other points.
    @Test func theDirectionOfATransformedDistribution() throws {
        let message = try Self.said(
            """
            for _, mean in ipairs{20, 100} do
              local d = distribution.Transformed(distribution.Normal(mean, 1), flow.Logit())
              assert(d:cdf(tensor{0.5})[{1}] == 0 and d:survival(tensor{0.5})[{1}] == 1)
            end
            local d = distribution.Transformed(distribution.Uniform(0, 1), flow.Sigmoid())
            assert(math.abs(d:cdf(tensor{0})[{1}] - 0.5) < 1e-6)
            """)
        #expect(message == "no error", "\(message)")
    }

    /// The support, in which draws lie, follows from the base and the transforms, above all from the one next to the
    /// data: for flows and for distribution.Transformed.
    @Test(arguments: [
        ("flow.NICE{dim = 4, hidden = 3, layers = 1, couplings = 2}", "real"),
        ("flow.Flow(distribution.Normal(0, 1), {flow.Logit{}, flow.ActNorm(2)}, {dim = 2})", "interval 0 1"),
        (
            "flow.Flow(distribution.Normal(0, 1), {flow.Reverse(2), flow.Logit{alpha = 0.25}}, {dim = 2})",
            "interval -0.5 1.5"
        ),
        ("flow.Flow(distribution.Normal(0, 1), {flow.Chain{flow.Tanh():inverse()}}, {dim = 2})", "interval -1 1"),
        ("flow.Flow(distribution.Uniform(0, 1), {flow.Sigmoid()}, {dim = 2})", "real"),
        ("distribution.Transformed(distribution.Normal(0, 1), flow.Softplus():inverse())", "positive"),
        ("distribution.Transformed(distribution.Uniform(0, 2), flow.Sigmoid())", "error"),
        ("flow.Flow(distribution.Exponential(1), {flow.ActNorm(2)}, {dim = 2})", "error"),
        ("flow.Flow('normal', {flow.ActNorm(2), flow.Logit()}, {dim = 2})", "error"),
        ("flow.Flow('normal', {flow.Softplus()}, {dim = 2})", "error"),
        ("flow.Glow{shape = {1, 4, 4}, levels = 2, steps = 1, channels = 2}", "real"),
        ("flow.Flow('normal', {flow.Split(), flow.Tanh()}, {dim = 4})", "error"),
    ]) func supports(_ made: String, _ expected: String) throws {
        let message = try Self.said(
            """
            local ok, kind, low, high = pcall(function() return \(made):support() end)
            local said = ok and kind or "error"
            if kind == "interval" then said = ("%s %g %g"):format(kind, low, high) end
            assert(said == "\(expected)", said .. ": " .. tostring(kind))
            """)
        #expect(message == "no error", "\(made): \(message)")
    }

    @Test(arguments: [
        // The shapes of flows of images, and of latents that are vectors.
        """
        local m = flow.Flow("normal", {flow.Squeeze(), flow.Split()}, {dim = {1, 4, 4}})
        for _, shape in ipairs{{3, 1, 4, 4}, {3, 16}, {3, 4, 4}} do
          local z, log_det = m:to_latent(tensor.ones(shape))
          assert(z:dim() == 2 and z.shape[2] == 16 and log_det.shape[1] == 3)
          assert(m:to_data(z).shape[4] == 4 and m:log_prob(tensor.ones(shape)).shape[1] == 3)
        end
        assert(m:log_prob(tensor.ones(4, 4)):dim() == 0 and m:to_latent(tensor.ones(1, 4, 4)):dim() == 1)
        assert(m:sample({2, 3}):dim() == 5 and m.dim == 16)
        """,
        // The latent is the concatenation of what the splits send, in order.
        """
        local t = flow.Chain{flow.Split(), flow.Split(), shape = {4}}
        local z = t:to_latent(tensor{{1, 2, 3, 4}})
        assert(z[{1, 1}] == 3 and z[{1, 2}] == 4 and z[{1, 3}] == 2 and z[{1, 4}] == 1)
        assert(t:to_data(z):eq(tensor{{1, 2, 3, 4}}):min():item() == 1)
        """,
        // Squeeze reads blocks row by row.
        """
        local x = tensor.arange(0, 15, 1):reshape(1, 4, 4)
        local z = flow.Squeeze():to_latent(x)
        assert(z[{1, 1, 1}] == 0 and z[{2, 1, 1}] == 1 and z[{3, 1, 1}] == 4 and z[{4, 2, 2}] == 15)
        """,
        // `inverse`, applied twice, is the transform itself.
        """
        local t = flow.Scaling{1, 2}
        local i = t:inverse()
        assert(tostring(i) == tostring(t) .. ":inverse()" and tostring(i:inverse()) == tostring(t))
        local z, log_det = i:to_latent(tensor{1, 1})
        assert(log_det:item() == -3 and i:parameters().scale)
        """,
        // A context reaches the transforms, and `check`.
        """
        local t = flow.AffineCoupling{mask = {1, 0}, net = nn.MLP(3, 2), context = 2}
        t:check(tensor{{1, 2}, {3, 4}}, tensor{{1, 2}, {0, 1}})
        t:check(tensor{{1, 2}}, tensor{1, 2})
        local c = flow.Chain{t, t:inverse()}
        assert((c:to_latent(tensor{1, 2}, tensor{1, 2}) - tensor{1, 2}):abs():max():item() < 1e-6)
        """,
        // A flow is a distribution: in importance sampling, mixtures, gradients, as a base, and in Transformed.
        """
        local m = flow.Flow("normal", {flow.Scaling{math.log(2)}}, {dim = 1})
        local r = montecarlo.importance_sampling{
          proposal = flow.Flow("normal", {flow.Scaling{0}}, {dim = 1}), samples = 4000,
          log_target = function(x) return m:log_prob(x) end,
        }
        assert(math.abs(r.estimate - 1) < 0.1, r.estimate)
        local mix = distribution.Mixture({0.5, 0.5}, {m, distribution.MultivariateNormal({0}, {{1}})})
        assert(mix:sample({5}).shape[2] == 1)
        local expected = (m:log_prob(tensor{{1}}):exp() + distribution.Normal(0, 1):log_prob(tensor{1}):exp()) / 2
        assert((mix:log_prob(tensor{{1}}):exp() - expected):abs():max():item() < 1e-6)
        local n = flow.Flow(m, {flow.Scaling{math.log(3)}})
        assert(math.abs(n:log_prob(tensor{0.5}):item() - distribution.Normal(0, 1 / 6):log_prob(0.5):item()) < 1e-5)
        n:requires_grad_(true):rsample(5):sum():backward()
        local d = distribution.Transformed(m, flow.Scaling{math.log(3)})
        assert(math.abs(d:log_prob(tensor{0.5}):item() - n:log_prob(tensor{0.5}):item()) < 1e-5)
        """,
        // Transformed: densities, tails and quantiles are those of the image, also for a decreasing transform.
        """
        local falling = flow.Transform{
          to_latent = function(x) return -2 * x, math.log(2) end, to_data = function(z) return z / -2, -math.log(2) end}
        for _, t in ipairs{flow.Scaling{math.log(2)}, falling} do
          local d = distribution.Transformed(distribution.Normal(0, 1), t)
          local n = distribution.Normal(0, 0.5)
          for _, x in ipairs{-1, 0.25, 3} do
            for _, f in ipairs{"log_prob", "cdf", "survival", "log_cdf", "log_survival"} do
              assert(math.abs(d[f](d, x):item() - n[f](n, x):item()) < 1e-5, f)
            end
          end
          assert(math.abs(d:icdf(0.3):item() - n:icdf(0.3):item()) < 1e-6)
        end
        local b = distribution.Transformed(distribution.Normal({0, 1}, 1), flow.Scaling{1, 2})
        assert(#b.batch_shape == 0 and b.event_shape[1] == 2 and b:sample({3}).shape[2] == 2)
        local u = distribution.Transformed(distribution.Normal({0, 1}, 1), flow.Logit())
        assert(u.batch_shape[1] == 2 and u:log_prob(0.5).shape[1] == 2 and u:sample():max():item() < 1)
        """,
        // Leaves among a base's parameters are parameters of the flow.
        """
        local mu = tensor{0, 0}:requires_grad_(true)
        local m = flow.Flow(distribution.Normal(mu, tensor{1, 1}), {flow.Scaling{0, 0}})
        assert(m:named_parameters()["base.loc"])
        m:log_prob(tensor{1, 2}):backward()
        assert(mu.grad[{2}] == 2)
        """,
        // A batch of data initialises the ActNorms of a Glow, one after the other.
        """
        local m = flow.Glow{shape = {1, 4, 4}, levels = 2, steps = 2, channels = 4}
        local x = random.normal{200, 1, 4, 4} * 5 + 3
        local z = m:initialize(x):to_latent(x)
        assert(z:mean():abs():item() < 1e-3 and math.abs(z:std():item() - 1) < 0.05)
        """,
        // Flow matching learns a shift, which the log-density shows.
        """
        local m = flow.CNF{features = 1, hidden_features = {16}}
        for _, p in ipairs(m:parameters()) do p.data[{}] = p.data * 0 end
        -- The field is 0: the loss is E (z - x)^2 = E z^2 + x^2.
        local loss = m:flow_matching_loss(tensor.full({4000, 1}, 2), {sigma = 0}):item()
        assert(math.abs(loss - 5) < 0.4, loss)
        """,
        // Hutchinson's estimate of the trace is right on average.
        """
        local s = flow.CNF{features = 3, hidden_features = {8}, exact = false}
        local m = flow.CNF{features = 3, hidden_features = {8}}
        m:load_state_dict(s:state_dict())
        local x = random.normal{1, 3}:expand(500, 3)
        local difference = (s:log_prob(x) - m:log_prob(x))
        assert(difference:mean():abs():item() < 5 * difference:std():item() / 500 ^ 0.5 + 1e-4)
        """,
    ]) func scriptsRun(_ script: String) throws {
        let message = try Self.said(script)
        #expect(message == "no error", "\(script): \(message)")
    }

    @Test(arguments: [
        (
            "flow.Flow('normal', {flow.Squeeze(), flow.Squeeze()}, {dim = {1, 6, 6}})",
            "transform 2 of 2: flow.Squeeze takes images (C, H, W) of even height and width, not (4, 3, 3)"
        ),
        ("flow.Flow('normal', {flow.Split()}, {dim = 3})", "an even first dimension expected"),
        ("flow.Flow('normal', {flow.Reshape({2, 3}, {6})}, {dim = 5})", "flow.Reshape takes (2, 3), not (5)"),
        ("flow.Reshape({2, 3}, {5})", "(2, 3) has 6 numbers, (5) 5"),
        (
            "local t = flow.Chain{} for _ = 1, 70 do t = flow.Chain{t} end",
            "flow.Chain: transforms nested deeper than 64"
        ),
        (
            "local t = flow.Tanh() for _ = 1, 70 do t = flow.Chain{t:inverse()} end",
            "transforms nested deeper than 64"
        ),
        (
            "flow.Flow('normal', {flow.Reverse(4)}, {4})",
            "argument 3 (options): a table of options by name, as in {dim = ...}, expected, got one without names"
        ),
        ("flow.Chain{flow.Squeeze(), flow.Split()}:to_data(tensor.ones(2, 16))", "the shape of the data is not known"),
        (
            "flow.Flow('normal', {flow.Scaling{1}, flow.Scaling{1, 2}}, {dim = 1}):log_prob(tensor{1})",
            "transform 2 of 2: flow.Scaling has 2 scales for data of shape (1)"
        ),
        (
            "flow.Flow('normal', {flow.Scaling{1}, flow.Radial(2)}, {dim = 1})",
            "transform 2 of 2: flow.Radial takes (2), not (1)"
        ),
        ("flow.Flow(distribution.Normal({0, 1}, 1), {}, {dim = 3})", "the base has 2 dimensions, dim says 3"),
        (
            "flow.Glow{shape = {1, 6, 6}, levels = 2}",
            "level 2 of 2 gets images of 3 x 3, which cannot be halved: (1, 6, 6) allows 1"
        ),
        ("flow.Glow{shape = {28, 28}}", "(channels, height, width) expected, got (28, 28)"),
        ("flow.CNF{features = 2}:log_prob(tensor{1, 2, 3})", "x has shape (3)"),
        ("flow.CNF{features = 2, context = 1}:log_prob(tensor{1, 2})", "the flow is conditional"),
        (
            "local m = flow.CNF{features = 2} m:parameters()[1].data[{}] = 0/0 m:log_prob(tensor{1, 2})",
            "the parameter ode.0.weight holds nan at element 1"
        ),
        (
            "local m = flow.CNF{features = 2, rtol = 0, atol = 1e-30} m:log_prob(tensor{1, 2})",
            "tolerances below the type's rounding"
        ),
        ("flow.MAF{features = 2}:flow_matching_loss(tensor{1, 2})", "only a flow.CNF is a velocity"),
        (
            "flow.Flow('normal', {flow.Scaling{1}}, {dim = 1}):initialize(tensor{{1}})",
            "no transform of the flow starts from data"
        ),
        (
            "distribution.Mixture({1}, {flow.RealNVP{features = 2, context = 1}})",
            "the flow is conditional (1 numbers of context)"
        ),
        (
            """
            distribution.Transformed(distribution.Normal(0, 1), flow.AffineCoupling{mask = {1, 0}, net = nn.MLP(2, 2), \
            context = 1})
            """,
            "the transform is conditional"
        ),
        (
            """
            flow.Flow('normal', {flow.AffineCoupling{mask = {1, 0}, net = nn.MLP(2, 2), context = 1}, \
            flow.AffineCoupling{mask = {1, 0}, net = nn.MLP(3, 2), context = 2}}, {dim = 2})
            """,
            "transform 1 takes a context of 1 numbers, transform 2 one of 2"
        ),
        ("flow.MAF{features = 16777216}", "make a mask too large"),
        ("flow.Flow(distribution.Poisson(3), {flow.Scaling{1}}, {dim = 1})", "draws whole numbers"),
        ("flow.SplineCoupling{mask = {1, 0}, net = nn.MLP(1, 23), bound = 1e300}", "from 1e-30 to 1e+30"),
        ("flow.MaskedAutoregressive{order = {0, 1}, net = nn.MLP(2, 2), counts = {1, 2}}", "\"histogram\" expected"),
        ("flow.MaskedAutoregressive{order = {0, 2^53}, net = nn.MLP(2, 2)}", "whole numbers from 0 to 16777216"),
    ]) func whatDoesNotFitIsSaid(_ script: String, _ message: String) throws {
        let said = try Self.said(script)
        #expect(said.contains(message), "\(script): \(said)")
    }

    // MARK: Continuous flows

    /// zuko's values, with tolerances so small that both integrators' errors are negligible. ELU's slope has a kink,
    /// and the divergence consists of slopes, so log-determinants and gradients of both have fewer digits than points.
    @Test func continuousValuesAreZukos() throws {
        let reference = try Fixture.reference("zuko-cnf")
        let flow = try Flow.load(Fixture.path("zuko-cnf.pt"))
        let transform = try #require(flow.transforms[0].transform as? ContinuousTransform)
        transform.solver = DormandPrince(atol: 1e-10, rtol: 1e-10)
        let (x, context) = (try reference.variable("x"), try reference.variable("context"))
        #expect(flow.contextSize == 2 && flow.dimension == 3)
        let (z, logDeterminant) = try flow.toLatent(x, context: context)
        let (back, inverse) = try flow.toData(z, context: context)
        let gradient = try Transform.valueAndGradient(
            of: { [try flow.logProbability($0[0], context: context).sum()] }, at: [x], for: "test"
        ).gradients[0]
        for (key, value, tolerance) in [
            ("z", z, 1e-8), ("log_det", logDeterminant, 1e-6), ("x_back", back, 1e-8), ("log_det_back", inverse, 1e-6),
            ("log_prob", try flow.logProbability(x, context: context), 1e-6), ("gradient", gradient, 1e-3),
        ] {
            let fault = try difference(value.value, #require(reference[key]), absolute: tolerance, relative: tolerance)
            #expect(fault == nil, "\(key): \(fault ?? "")")
        }
    }

    /// `check` of a continuous flow uses its solver's tolerance. With an estimated trace the log-determinant cannot be
    /// checked, but the round trip can.
    @Test func continuousFlowsCheckThemselves() throws {
        let said = try Self.said("""
            local m = flow.CNF{features = 2, hidden_features = {8}}
            local report = m:check(tensor{{1, 2}, {-1, 0.5}})
            assert(report.round_trip < 1e-3 and report.log_det_dense < 1e-3)
            local m = flow.CNF{features = 2, hidden_features = {8}, exact = false}
            assert(m:check(tensor{{1, 2}}).log_det_sum == nil)
            error("both hold", 0)
            """)
        #expect(said.contains("both hold"), "\(said)")
    }

    /// Gradients of values and log-determinants by parameters, context and points.
    @Test func continuousGradientsAreFiniteDifferences() throws {
        var settings = CNF.Settings()
        (settings.context, settings.hiddenFeatures, settings.atol, settings.rtol) = (1, [5], 1e-9, 1e-9)
        // With a smooth activation: where ELU's second derivative jumps, the estimate of a step's error misses what a
        // finite difference sees.
        settings.activation = try #require(Activation.named.first { $0.key == "tanh" })
        let flow = try CNF.make(settings, from: Generator(seed: 3), for: "test")
        let transform = try #require(flow.transforms[0].transform as? ContinuousTransform)
        try transform.ode.convert(to: .float64)
        let (x, context) = (try normals([2, 2], seed: 5), try normals([2, 1], seed: 6))
        let fault = try Transform.gradientCheck(
            of: { [try flow.logProbability($0[0], context: $0[1])] }, at: [x, context], absoluteTolerance: 1e-6,
            for: "test")
        #expect(fault == nil, "\(fault.map { "\($0)" } ?? "")")
        try flow.logProbability(x, context: context).sum().backward()
        for (name, parameter) in flow.parameters {
            let gradient = try #require(parameter.grad, "\(name)").value.toArray()
            let numbers = try parameter.value.toArray()
            let element = numbers.count / 2
            func total(_ shift: Double) throws -> Double {
                let before = try parameter.value.copy()
                var moved = numbers
                moved[element] += shift
                try parameter.value.write(Tensor(moved, shape: parameter.shape, .float64))
                defer { try? parameter.value.write(before) }
                return try GradMode.$isEnabled.withValue(false) {
                    try flow.logProbability(x, context: context).sum().value.item()
                }
            }
            let step = 1e-5
            let numeric = (try total(step) - total(-step)) / (2 * step)
            #expect(
                abs(gradient[element] - numeric) < 1e-6 * max(1, abs(numeric)),
                "\(name): \(gradient[element]), \(numeric)")
        }
    }

    /// x' = a x, whose solution is known: the error follows the tolerance, in both directions of time.
    @Test(arguments: [1e-3, 1e-6, 1e-9]) func tolerancesAreHonoured(_ tolerance: Double) throws {
        for (rate, begin, end) in [(2.0, 0.0, 1.0), (-3, 0, 2), (2, 1, 0), (-8, 0.5, 1.5)] {
            let solver = DormandPrince(atol: tolerance, rtol: tolerance)
            let start = Variable(try Tensor([1, -2, 1e-3], shape: [3], .float64))
            let result = try solver.integrate(
                { _, state in [try state[0] * rate] }, [start], from: begin, to: end, for: "test")
            let growth = Double.exp(rate * (end - begin))
            for (value, first) in zip(try result[0].value.toArray(), [1, -2, 1e-3]) {
                let error = abs(value - first * growth)
                // Errors of steps grow as the solution does, over a few dozen steps.
                #expect(error < 100 * tolerance * max(1, growth) + 1e-13, "\(rate), \(tolerance): \(error)")
            }
        }
    }

    /// Float16 weights of zuko's files are kept in float16, and evaluated in float32.
    @Test(arguments: ["maf", "realnvp", "nsf"]) func halfNumbersAreKept(_ name: String) throws {
        let (path, half) = (
            try Fixture.path("zuko-\(name).pt"), NSTemporaryDirectory() + "luaflow-half-\(name).safetensors"
        )
        defer { try? FileManager.default.removeItem(atPath: half) }
        let dict = try Checkpoint.load(path)
        try Checkpoint.save(
            half,
            StateDict(
                try dict.entries.map {
                    (name: $0.name, tensor: $0.tensor.dtype == .float32 ? try $0.tensor.cast(.float16) : $0.tensor)
                }))
        let (flow, reference) = (try Flow.load(half), try Fixture.reference("zuko-\(name)"))
        #expect(flow.parameters.allSatisfy { $0.value.dtype == .float16 }, "\(flow.parameters.map(\.value.dtype))")
        let x = try reference.variable("x").converted(to: .float32).slice(0, 0, 4)
        let context = try reference["context"].map { try Variable($0.cast(.float32)).slice(0, 0, 4) }
        let (z, _) = try flow.toLatent(x, context: context)
        #expect(z.dtype == .float32)
        #expect(
            try difference(
                z.value, #require(reference["z"]).slice(0, from: 0, count: 4), absolute: 0.05, relative: 0.05) == nil)
        #expect(
            try difference(flow.toData(z, context: context).x.value, x.value, absolute: 1e-3, relative: 1e-3) == nil)
    }
}
