import Autodiff
import Distributions
import Files
import Foundation
import LawChecks
import Networks
import Scripting
import Tensors
import Testing

@testable import Flows

/// Every kind of flow comes back from its file bit for bit; a recipe that is hostile or damaged is refused.
@Suite struct SavedFlowTests {
    static let modules: [any ScriptModule] = [
        TensorModule(), AutodiffModule(), RandomModule(), DistributionModule(adding: [Transformed.self]),
        NetworkModule(),
        FlowModule(), RegisterModule(),
    ]

    /// `host.register` alone, since the module `host` belongs to a target above this one.
    private struct RegisterModule: ScriptModule {
        let name = "host"
        let summary = ""
        var functions: [NativeFunction] {
            [
                NativeFunction(
                    Declaration("host.register", "", takes: .argument("t", .table), .context, returns: .nothing) {
                        let registry = $1.service(Registry.self)
                        registry.declare([.transforms, .modules, .distributions])
                        try registry.add($0, at: nil, for: "host.register")
                    })
            ]
        }
    }

    /// A flow, points, and a context if it takes one, as Lua code.
    static let flows: [(flow: String, points: String, context: String)] = [
        ("flow.NICE{dim = 4, hidden = 3, layers = 1, couplings = 2}", "{5, 4}", "nil"),
        (
            "flow.RealNVP{features = 3, context = 2, transforms = 2, hidden_features = {8}, randmask = true}", "{5, 3}",
            "tensor{1, 2}"
        ),
        ("flow.MAF{features = 3, transforms = 2, hidden_features = {8}, randperm = true}", "{5, 3}", "nil"),
        ("flow.NSF{features = 3, bins = 4, passes = 2, hidden_features = {8}}", "{5, 3}", "nil"),
        ("flow.IAF{features = 3, context = 1, transforms = 2, hidden_features = {8}}", "{5, 3}", "tensor{0.5}"),
        ("flow.IAF{features = 5, transforms = 2, hidden_features = {8}, randperm = true}", "{5, 5}", "nil"),
        (
            "flow.Flow(flow.RealNVP{features = 5, randmask = true, hidden_features = {4}}, {flow.LULinear(5)})",
            "{5, 5}", "nil"
        ),
        (
            "flow.Flow(flow.NSF{features = 5, randperm = 7, bins = 3, hidden_features = {4}}, {flow.LULinear(5)})",
            "{5, 5}", "nil"
        ),
        ("flow.CNF{features = 2, context = 1, hidden_features = {8}, atol = 1e-5}", "{5, 2}", "tensor{0.5}"),
        ("flow.Glow{shape = {1, 4, 4}, levels = 2, steps = 1, channels = 3}", "{2, 1, 4, 4}", "nil"),
        (
            "flow.Glow{shape = {2, 2, 4}, levels = 1, steps = 2, channels = 3, coupling = 'spline', context = 2}",
            "{2, 2, 2, 4}", "tensor{1, -1}"
        ),
        ("flow.Flow('logistic', {flow.Scaling{0, 1, 2}}, {dim = 3})", "{5, 3}", "nil"),
        (
            "flow.Flow(distribution.Normal(tensor{1, 2}, tensor{0.5, 2}), {flow.Scaling(tensor{0.25, 1})})", "{5, 2}",
            "nil"
        ),
        (
            "flow.Flow(distribution.MultivariateNormal({0, 1}, {{2, 0.5}, {0.5, 1}}), {flow.ActNorm(2):inverse()})",
            "{5, 2}", "nil"
        ),
        (
            "flow.Flow(flow.RealNVP{features = 2, transforms = 1, hidden_features = {4}}, {flow.LULinear(2)})",
            "{5, 2}", "nil"
        ),
        (
            "flow.Flow('normal', {flow.Squeeze(), flow.Conv1x1(4), flow.Split(), flow.ActNorm(2)}, {dim = {1, 2, 4}})",
            "{3, 1, 2, 4}", "nil"
        ),
        (
            """
            flow.Flow('normal', {flow.Reshape({2, 2}, {4}), flow.Chain{flow.Permute{2, 1, 4, 3}, flow.Householder(4, \
            2)}})
            """,
            "{3, 2, 2}", "nil"
        ),
        (
            """
            flow.Flow(distribution.Mixture({0.25, 0.75}, distribution.Normal({-1, 1}, 1)), {flow.Planar(2), \
            flow.Radial(2)}, {dim = 2})
            """,
            "{5, 2}", "nil"
        ),
        (
            """
            flow.Flow('normal', {flow.AffineCoupling{mask = tensor{1, 0, 1}, context = 1, net = nn.MLP(3, 2, \
            {hidden_features = {4}, activation = 'tanh'})}}, {dim = 3})
            """,
            "{5, 3}", "tensor{2}"
        ),
        (
            """
            flow.Flow('normal', {flow.AdditiveCoupling{mask = tensor{1, 0}, net = nn.Sequential{nn.Linear(1, 3), \
            nn.GELU({approximate = 'tanh'}), nn.Residual(nn.Linear(3, 3, {bias = false})), nn.LayerNorm(3), \
            nn.Linear(3, 1)}}}, {dim = 2})
            """,
            "{5, 2}", "nil"
        ),
        (
            """
            flow.Flow('normal', {flow.SplineCoupling{mask = {0, 1}, bins = 4, net = nn.MLP(1, 11):to('float64')}}, \
            {dim = 2})
            """,
            "{5, 2}", "nil"
        ),
        (
            """
            flow.Flow('normal', {flow.Autoregressive{features = 2, univariate = 'mixture', hidden_features = {4}}}, \
            {dim = 2})
            """,
            "{5, 2}", "nil"
        ),
        (
            """
            flow.Flow('normal', {flow.Sigmoid(), flow.Histogram{counts = {3, 1, 2}, smooth = true}, \
            flow.HistogramCoupling{mask = {1, 0}, counts = {1, 2, 3}, edges = {0, 1, 3}, net = nn.MLP(1, 2)}, \
            flow.MaskedAutoregressive{order = {0, 1}, univariate = 'histogram', counts = {2, 1}, \
            net = nn.MaskedLinear(tensor{{1, 0}, {1, 0}})}, flow.Logit()}, {dim = 2})
            """,
            "{5, 2}", "nil"
        ),
        (
            """
            flow.Flow('normal', {flow.Bent(0.5, {2, 3}), flow.Transform{name = 'Shift', to_latent = function(x) \
            return x - 1, 0 end, to_data = function(z) return z + 1, 0 end}}, {dim = 2})
            """,
            "{5, 2}", "nil"
        ),
        ("flow.Flow('normal', {flow.AdditiveCoupling{mask = {1, 0}, net = nn.Net(3)}}, {dim = 2})", "{5, 2}", "nil"),
        (
            """
            flow.Flow(distribution.Transformed(distribution.Normal(0, 1), flow.Scaling{1}), {flow.Scaling{1, 2}}, \
            {dim = 2})
            """,
            "{5, 2}", "nil"
        ),
        (
            """
            flow.Flow(distribution.Transformed(flow.NSF{features = 5, randperm = true, bins = 3, \
            hidden_features = {4}}, flow.AffineCoupling{mask = {1, 1, 0, 0, 0}, net = nn.MLP(2, 6)}), \
            {flow.LULinear(5)})
            """,
            "{5, 5}", "nil"
        ),
        (
            """
            flow.Flow(distribution.Mixture({1, 2}, {flow.MAF{features = 2, hidden_features = {4}}, \
            flow.MAF{features = 2, hidden_features = {4}}}), {flow.LULinear(2)})
            """,
            "{5, 2}", "nil"
        ),
    ]

    /// Lua code that registers the parts which the scripted flows need.
    static let registered = """
        host.register{
          transforms = {
            Bent = function(a, scales)
              local s = tensor(scales) * a
              return {
                to_latent = function(x) return x * s, s:log():sum() end, to_data = function(z) return z / s, -s:log():sum() end,
                parameters = {s = s},
              }
            end,
            Shift = function()
              return {to_latent = function(x) return x - 1, 0 end, to_data = function(z) return z + 1, 0 end}
            end,
          },
          modules = {
            Net = function(width)
              return nn.Module{
                modules = {body = nn.MLP(1, 1, {hidden_features = {width}})}, parameters = {scale = tensor{2}},
                forward = function(self, x) return self.body(x) * self.scale end,
              }
            end,
          },
        }

        """

    @Test(arguments: flows.indices) func everyFlowComesBack(_ index: Int) throws {
        let (flow, points, context) = Self.flows[index]
        let message = try Scripts(modules: Self.modules).message(
            Self.registered + """
                random.manual_seed(3)
                local m, c = \(flow), \(context)
                for name, p in pairs(m:named_parameters()) do
                  p.data[{}] = p.data + random.normal(p.shape) * 0.1
                end
                local x = random.normal(\(points)) * 0.5
                local path = os.tmpname() .. ".safetensors"
                m:save(path)
                random.manual_seed(4)
                local again = flow.load(path)
                os.remove(path)
                assert(tostring(again) == tostring(m), tostring(again) .. " " .. tostring(m))
                local function same(a, b, what) assert(a.dtype == b.dtype and a:eq(b):min():item() == 1, what) end
                for name, value in pairs(m:state_dict()) do same(again:state_dict()[name], value, name) end
                same(again:log_prob(x, c), m:log_prob(x, c), "log_prob")
                local z = m:to_latent(x, c)
                same(again:to_latent(x, c), z, "to_latent")
                same(again:to_data(z, c), m:to_data(z, c), "to_data")
                same(m:sample(3, c, {generator = random.generator(1)}), again:sample(3, c, {generator = random.generator(1)}), "sample")
                -- What came back can be saved and brought back again.
                again:save(path)
                same(flow.load(path):log_prob(x, c), m:log_prob(x, c), "log_prob of the second")
                os.remove(path)
                if #again:parameters() > 0 then
                  again:requires_grad_(true)
                  again:log_prob(x, c):sum():backward()
                end
                """)
        #expect(message == "no error", "\(flow): \(message)")
    }

    @Test(arguments: [
        (
            "flow.Transform{to_latent = function(x) return x, 0 end, to_data = function(z) return z, 0 end}",
            "a flow.Transform without a name"
        ),
        (
            "flow.AdditiveCoupling{mask = {1, 0}, net = nn.Module{forward = function(self, x) return x end}}",
            "an nn.Module without a name"
        ),
    ]) func partsWithoutNamesAreSaid(_ part: String, _ expected: String) throws {
        let said = try Scripts(modules: Self.modules).message(
            "flow.Flow('normal', {\(part)}, {dim = 2}):save(os.tmpname() .. '.safetensors')")
        #expect(said.contains(expected) && said.contains("host.register"), "\(said)")
    }

    @Test func aPartThatNobodyRegisteredIsNamed() throws {
        let path = NSTemporaryDirectory() + "luaflow-\(UUID().uuidString).safetensors"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let made = try Scripts(modules: Self.modules).message(
            Self.registered + "flow.Flow('normal', {flow.Bent(1, {2, 3})}, {dim = 2}):save('\(path)')")
        #expect(made == "no error", "\(made)")
        let said = try Scripts(modules: Self.modules).message("flow.load('\(path)')")
        #expect(said.contains("flow.Bent, which is neither built in nor registered"), "\(said)")
        #expect(said.contains("host.register{transforms = {Bent = f}}"), "\(said)")
    }

    /// A hostile recipe, and what the message must contain.
    static let hostile: [(recipe: String, message: String)] = [
        ("", "is damaged: a value expected at byte 1"),
        ("{\"call\":\"flow.Flow\"", "is damaged: ',' expected at byte 20"),
        (String(repeating: "[", count: 100_000), "nested deeper than 64"),
        ("{\"call\":\"flow.Glwo\",\"with\":[]}", "neither built in nor registered"),
        ("{\"call\":\"flow.load\",\"with\":[\"/etc/passwd\"]}", "the recipe calls \"flow.load\""),
        ("{\"call\":\"os.execute\",\"with\":[\"true\"]}", "the recipe calls \"os.execute\""),
        ("{\"call\":\"tensor.Zeros\",\"with\":[1]}", "the recipe calls \"tensor.Zeros\""),
        ("{\"call\":\"nn.Linear\",\"with\":[2,2]}", "makes a module; a flow expected"),
        ("{\"call\":\"nn.Linear\",\"with\":[16000000,16000000]}", "asks for more than the 8 bytes of tensors"),
        (
            "{\"call\":\"flow.NICE\",\"with\":[{\"names\":{\"dim\":16777216,\"hidden\":16777216}}]}",
            "asks for more than"
        ),
        ("{\"call\":\"flow.MAF\",\"with\":[{\"names\":{\"features\":16777216}}]}", "make a mask too large"),
        (
            "{\"call\":\"flow.Scaling\",\"with\":[{\"tensor\":\"nothing\"}]}",
            "the tensor nothing, which the file does not hold"
        ),
        (
            "{\"call\":\"flow.Flow\",\"with\":[\"normal\",[{\"call\":\"flow.Scaling\",\"with\":[[1,2]]}],{\"names\":{\"dim\":3}}]}",
            "2 scales for data of shape (3)"
        ),
        (
            "{\"call\":\"flow.Flow\",\"with\":[\"normal\",[{\"call\":\"flow.Scaling\",\"with\":[{\"tensor\":\"w\"}]}],{\"names\":{\"dim\":2}}]}",
            "transforms.0.scale is missing"
        ),
        ("{\"call\":\"flow.Flow\",\"with\":[\"normal\",[],{\"names\":{\"dim\":2}}]}", "w (2) is no tensor of the flow"),
        ("{\"call\":\"flow.Flow\",\"with\":[\"uniform\",[],{\"names\":{\"dim\":2}}]}", "flow.Flow: argument 1 (base)"),
        ("{\"call\":\"flow.Flow\",\"with\":[\"normal\",[],{\"names\":{\"dim\":2,\"dmi\":3}}]}", "unknown option"),
        ("{\"names\":{\"a\":1,\"a\":2}}", "\"a\" stands twice"),
        ("{\"number\":\"7\"}", "inf, -inf or nan expected"),
        ("\"\\ud800\"", "makes a string; a flow expected"),
        ("[1e999]", "a finite number expected"), ("[1.e5]", "a value expected at byte 2"),
    ]

    @Test(arguments: hostile.indices) func hostileRecipesAreRefused(_ index: Int) throws {
        let (recipe, message) = Self.hostile[index]
        let path = NSTemporaryDirectory() + "luaflow-\(UUID().uuidString).safetensors"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let dict = StateDict(
            [(name: "w", tensor: try Tensor([1, 2], shape: [2], .float32))], metadata: ["recipe": recipe])
        try Checkpoint.save(path, dict)
        let error = #expect(throws: (any Error).self) { try Flow.load(path) }
        #expect(
            "\(error.map { "\($0)" } ?? "loaded")".contains(message),
            "\(recipe.prefix(80)): \(error.map { "\($0)" } ?? "loaded")")
    }

    @Test(arguments: [
        Recipe.nothing, .flag(true), .integer(.min), .number(2), .number(-0.1), .number(.infinity),
        .number(.leastNonzeroMagnitude),
        .text("a \"b\"\\\n\u{1} \u{e9}\u{1F600}"), .list([]), .list([.integer(1), .list([.nothing])]), .table([]),
        .table([.init("x", .number(1e300)), .init("", .text(""))]), .tensor("a.b"),
        .call("flow.X", [.call("nn.Y", []), .table([.init("k", .flag(false))])]),
    ]) func recipesAreReadAsTheyWereWritten(_ recipe: Recipe) throws {
        let again = try Recipe(text: recipe.text)
        #expect(again == recipe && again.text == recipe.text, "\(recipe.text)")
    }
}
