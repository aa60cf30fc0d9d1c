import LawChecks
import Scripting
import Tensors
import Testing

@testable import Networks

/// Networks from Lua.
@Suite struct NetworkScriptTests {
    static let all: [NativeFunction] = {
        let module = NetworkModule()
        return module.functions + module.types.flatMap { $0.methods + $0.properties + Array($0.operators.values) }
    }()

    @Test(arguments: all.indices) func examplesRunAndAssert(_ index: Int) throws {
        let function = Self.all[index]
        #expect(
            !function.documentation.signature.isEmpty && !function.documentation.summary.isEmpty, "\(function.name)")
        let example = try #require(function.documentation.example, "\(function.name) has no example")
        #expect(example.contains("assert("), "\(function.name)")
        // Optimisers belong to a target above this one, so the example runs without them.
        let runnable = example.replacing("local opt = optim.Adam(net:parameters())\n", with: "")
        let message = try Scripts().message(runnable)
        #expect(message == "no error", "\(function.name): \(message)")
    }

    @Test func everyNameOfTheContractIsThere() {
        let names = Set(NetworkModule().functions.map(\.name))
        for name in [
            "Linear", "Conv2d", "MaskedLinear", "ReLU", "LeakyReLU", "ELU", "SiLU", "GELU", "Tanh", "Sigmoid",
            "Softplus",
            "Dropout", "LayerNorm", "Flatten", "Residual", "Sequential", "MLP", "Module", "init.xavier_uniform_",
            "init.kaiming_uniform_", "init.normal_", "init.zeros_", "init.orthogonal_", "cross_entropy", "mse_loss",
        ] {
            #expect(names.contains("nn.\(name)"), "\(name)")
        }
    }

    @Test(arguments: [
        ("nn.Linear(2, 3)(tensor.ones(4, 3))", "nn.Linear: x of shape (4, 3): a last dimension of 2 expected"),
        (
            "nn.Sequential{nn.Linear(2, 3), nn.ReLU(), nn.Linear(4, 1)}(tensor.ones(5, 2))",
            "nn.Sequential: module 3, nn.Linear(4, 1): nn.Linear: x of shape (5, 3): a last dimension of 4 expected"
        ),
        (
            "nn.Residual(nn.Linear(2, 3))(tensor.ones(2))",
            "nn.Residual: the module makes (3) of (2): the same shape expected"
        ),
        (
            "nn.MaskedLinear(tensor.zeros(2, 2))",
            "nn.MaskedLinear: the mask (2, 2) is zero everywhere: nothing is connected"
        ),
        (
            "nn.MaskedLinear(tensor{{2, 1}})",
            "nn.MaskedLinear: argument 1 (mask): a mask of zeros and ones expected, got 2 in it"
        ),
        ("nn.Conv2d(3, 4, 3, {groups = 2})", "nn.Conv2d: option groups: 2 does not divide 3 and 4 channels"),
        (
            "nn.Conv2d(3, 4, 3)(tensor.ones(2, 8, 8))",
            "nn.Conv2d: x of shape (2, 8, 8): (B, 3, H, W) or (3, H, W) expected"
        ),
        (
            "nn.LayerNorm{4, 5}(tensor.ones(3, 5))",
            "nn.LayerNorm: x of shape (3, 5): the last dimensions (4, 5) expected"
        ),
        (
            "nn.Module{forward = function() return 1 end}(tensor.ones(1))",
            "nn.Module: forward returned 1; a tensor expected"
        ),
        (
            "nn.Module{forward = print, modules = {a = nn.ReLU()}, parameters = {a = tensor{1}}}",
            "nn.Module: a is the name of a module and of a parameter"
        ),
        (
            "nn.Module{forward = print, parameters = {training = tensor{1}}}",
            "nn.Module: self.training is every module's own (luaflow doc module:training): another name expected"
        ),
        (
            "nn.Module{forward = print, modules = {eval = nn.ReLU()}}",
            "nn.Module: self.eval is every module's own (luaflow doc module:eval): another name expected"
        ),
        (
            "nn.init.uniform_(tensor.ones(2), 2, 1)",
            "nn.init.uniform_: a 2 and b 1: finite numbers, a not above b, expected"
        ),
        (
            "nn.Linear(2, 3):load_state_dict{weight = tensor.ones(3, 2), bais = tensor.ones(3)}",
            "module:load_state_dict: the module has no parameter bais (did you mean \"bias\"?)"
        ),
        (
            "nn.Linear(2, 3):load_state_dict{weight = tensor.ones(3, 2)}",
            "module:load_state_dict: the parameter bias is missing"
        ),
        ("nn.Linear(2, 3).wieght", "module has no field or method \"wieght\""),
        ("nn.Sequential{nn.ReLU()}[2]", "module:index: no module 2: there are 1"),
        (
            "nn.cross_entropy(tensor{{0, 1}}, tensor({3}, {dtype = \"int64\"}))",
            "nn.cross_entropy: "
        ),
        (
            "nn.mse_loss(tensor{1, 2}, tensor{{1}, {2}})",
            "nn.mse_loss: input has shape (2), target (2, 1): the same expected"
        ),
    ]) func whatDoesNotFitIsSaid(_ script: String, _ message: String) throws {
        let said = try Scripts().message("local _ = \(script)")
        #expect(said.contains(message), "\(script): \(said)")
    }

    @Test func aModuleOfAScriptIsAModule() throws {
        let message = try Scripts().message("""
            local inner = nn.Module{parameters = {scale = tensor{2, 3}}, forward = function(self, x) return self.scale * x end}
            local net = nn.Sequential{nn.Linear(2, 2), nn.Module{
              modules = {inner = inner, body = nn.MLP(2, 2, {hidden_features = {4}})},
              forward = function(self, x, context)
                if context then x = x + context end
                return self.body(self.inner(x))
              end}}
            local names = {}
            for name in pairs(net:state_dict()) do names[#names + 1] = name end
            table.sort(names)
            assert(table.concat(names, " ") == "0.bias 0.weight 1.body.0.bias 1.body.0.weight 1.body.2.bias 1.body.2.weight 1.inner.scale")
            assert(net:numel() == 6 + 12 + 10 + 2)
            net(tensor.ones(3, 2), tensor{1, 1}):sum():backward()
            assert(inner.scale.grad)
            net:zero_grad()
            assert(not inner.scale.grad)
            net:to("float64")
            assert(inner.scale.dtype == "float64" and net(tensor.ones(3, 2)).dtype == "float64")
            net:eval()
            assert(not net[2].training and not inner.training and not net[2].body[1].training)
            """)
        #expect(message == "no error", "\(message)")
    }

    @Test func aTensorInTwoPlacesIsOneParameter() throws {
        let message = try Scripts().message("""
            local shared = nn.Linear(2, 2)
            local net = nn.Sequential{shared, nn.ReLU(), shared}
            assert(#net:parameters() == 2 and net:numel() == 6)
            net:to("float64")
            assert(#net:parameters() == 2 and net:parameters()[1] == shared.weight)
            """)
        #expect(message == "no error", "\(message)")
    }

    @Test func dropoutKeepsTheMean() throws {
        let message = try Scripts().message("""
            local net = nn.Dropout(0.25, {generator = random.generator(1)})
            local y = net(tensor.ones(100000))
            assert(math.abs(y:mean():item() - 1) < 0.01)
            assert(math.abs(y:eq(0):mean():item() - 0.25) < 0.01)
            assert(math.abs(y:max():item() - 4 / 3) < 1e-6)
            """)
        #expect(message == "no error", "\(message)")
    }

    @Test func lossesArePyTorchs() throws {
        let fixture = try LayerFixtures.load().cross_entropy
        let logits = try Variable(fixture.logits.tensor)
        let rows = logits.shape[0]
        let text = (0..<rows).map { row in
            "{\(fixture.logits.values[row * 3..<row * 3 + 3].map { "\($0)" }.joined(separator: ", "))}"
        }.joined(separator: ", ")
        let message = try Scripts().message("""
            local logits = tensor({\(text)}, {dtype = "float64"}):requires_grad_(true)
            local loss = nn.cross_entropy(logits, tensor({\(fixture.target.map { "\($0)" }.joined(separator: ", "))}, {dtype = "int64"}))
            assert(math.abs(loss:item() - \(fixture.cross_entropy)) < 1e-12)
            loss:backward()
            local expected = {\(fixture.gradient.values.map { "\($0)" }.joined(separator: ", "))}
            for i, g in ipairs(logits.grad:reshape({\(rows * 3)}):tolist()) do assert(math.abs(g - expected[i]) < 1e-12, i) end
            """)
        #expect(message == "no error", "\(message)")
    }
}
