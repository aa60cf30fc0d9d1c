import Autodiff
import Scripting
import Tensors

/// A module that a script defines by its parts and a forward function.
struct ScriptedModule: Layer {
    /// The name under which its constructor is registered; nil for none.
    let name: String?
    let parameters: [ModuleTensor]
    let children: [(name: String, module: Module)]
    let function: any ScriptFunction
    /// The module itself, which the function gets as its first argument. Not owned by the layer, which the module owns.
    let itself = Itself()

    final class Itself { weak var module: Module? }

    var heldValues: [Value] { [.function(function)] + children.flatMap(\.module.heldValues) }
    var description: String {
        let parts = children.map(\.name) + parameters.map(\.name)
        return "nn.Module{\(parts.joined(separator: ", "))}"
    }

    func forward(_ x: Variable, context: Variable?, isTraining: Bool) throws -> Variable {
        guard let module = itself.module else { throw ScriptError("nn.Module", "the module is gone") }
        let result =
            try function.call([.object(module), .object(x), context.map { .object($0) } ?? .none]).first ?? .none
        guard case .object(let object as Variable) = result else {
            throw ScriptError("nn.Module", "forward returned \(result.shown); a tensor expected")
        }
        return object
    }
}

extension ScriptedModule {
    /// The fields of the table that defines it.
    private struct Definition {
        var modules: [(name: String, module: Module)] = []
        var parameters: [(name: String, value: Variable)] = []
        var forward: (any ScriptFunction)?
        var name: String?
    }

    private static let options = OptionTable(
        { Definition() },
        .required("forward", \.forward, .function, "(self, x, context): the result, a tensor"),
        .option("modules", \.modules, .namedModules, "{name = module}, found as self.name and in parameters"),
        .option(
            "parameters", \.parameters, .namedParameters, "{name = tensor}: self.name, leaves that training changes"),
        .option(
            "name", \.name, .optional(.text),
            "how a flow's file names it; what makes it is registered then, host.register{modules = {NAME = f}}"))

    static let entry = LayerEntry(
        Declaration(
            "nn.Module",
            """
            A module of your own. Its modules and parameters are found by parameters(), state_dict(), to() and train() \
            as those of any other, by the names you give, and are self.NAME in forward.
            """,
            by: .table, takes: options.parameter, .operation, returns: .module,
            errors: """
                a name that stands for both a module and a parameter, or is that of a method; a parameter that is no \
                leaf; when called, a forward that returns no tensor
                """,
            source: "torch.nn.Module",
            example: """
                local net = nn.Module{
                  modules = {body = nn.Linear(2, 2)}, parameters = {scale = tensor{3}},
                  forward = function(self, x, context) return self.body(x) * self.scale end,
                }
                assert(net(tensor.ones(4, 2)).shape[1] == 4 and net:numel() == 7)
                """
        ) { given, operation in
            guard let forward = given.forward else { throw Fault("forward", "a function expected") }
            let names = given.modules.map(\.name)
            if let twice = given.parameters.first(where: { names.contains($0.name) }) {
                throw Fault("\(twice.name) is the name of a module and of a parameter")
            }
            if let own = (names + given.parameters.map(\.name)).first(where: ModuleMethods.ownNames.contains) {
                throw Fault("self.\(own) is every module's own (luaflow doc module:\(own)): another name expected")
            }
            for (_, value) in given.parameters { try value.setRequiresGrad(true, for: operation) }
            let layer = ScriptedModule(
                name: given.name, parameters: given.parameters.map { ModuleTensor($0.name, $0.value) },
                children: given.modules,
                function: forward)
            let module = Module(layer)
            layer.itself.module = module
            return module
        },
        cases: [])
}
