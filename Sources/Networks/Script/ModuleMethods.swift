import Autodiff
import Scripting
import Tensors

/// The methods of modules, `net:name(...)`, and the call `net(x)`.
enum ModuleMethods {
    static let binding = TypeBinding(
        Module.type, "A network: named parameters and a map of tensors. net(x) evaluates it.",
        methods: [
            parameters, namedParameters, stateDict, loadStateDict, train, eval, to, numel, requiresGrad, zeroGrad,
        ].map { NativeFunction($0) },
        properties: [NativeFunction(training)],
        operators: [
            .call: NativeFunction(call), .index: NativeFunction(part), .member: NativeFunction(member),
            .describe: NativeFunction(describe),
        ])

    /// The names that stand for something of every module, so that no part of one can have them.
    static let ownNames = Set((binding.methods + binding.properties).map(\.shortName))

    private static let receiver = Parameter<Module>.argument("net", .module)
    private static let small = "local net = nn.MLP(2, 3, {hidden_features = {4}})\n"

    private static let call = Declaration(
        "module:call", "The network's value at x, differentiable by x and the parameters.",
        called: .symbol("net(x, context)"),
        takes: receiver, .argument("x", .tensor),
        .argument(
            "context", .optional(.tensor), default: nil,
            "for networks that read one: modules of a script, and those within nn.Sequential and nn.Residual"),
        returns: .tensor, errors: "x of a shape that the first layer does not take",
        source: "torch.nn.Module.forward", example: small + "assert(net(tensor.ones(5, 2)).shape[2] == 3)"
    ) { module, x, context in try module(x, context: context) }

    private static let part = Declaration(
        "module:index", "The module at a place of an nn.Sequential, counted from 1 or, negative, from the end.",
        called: .symbol("net[i]"), takes: receiver, .argument("i", .integer), returns: .module,
        errors: "a place that no module has",
        example: small + "assert(net[1]:numel() == 12 and net[-1]:numel() == 15)"
    ) { module, number in
        guard let modules = (module.layer as? Sequential)?.modules else {
            throw Fault("\(module.layer.description) has no modules by number; those of nn.Sequential have")
        }
        let index = number < 0 ? modules.count + number : number - 1
        guard modules.indices.contains(index) else { throw Fault("no module \(number): there are \(modules.count)") }
        return modules[index]
    }

    private static let member = Declaration(
        "module:member", "A module's part by its name: a module or a parameter.",
        called: .symbol("net.name"), takes: receiver, .argument("name", .bytes),
        returns: .value(.either([.object(Module.type.name), .object(Variable.type.name), .none])),
        example: "assert(nn.Linear(2, 3).weight)"
    ) { module, name in
        let layer = module.layer
        if let child = layer.children.first(where: { ByteString($0.name) == name }) { return .object(child.module) }
        let tensors = layer.parameters + layer.buffers
        return tensors.first { ByteString($0.name) == name }.map { .object($0.value) } ?? .none
    }

    private static let training = Declaration(
        "module.training", "Whether dropout acts: true until net:eval().", called: .property, takes: receiver,
        returns: .flag, source: "torch.nn.Module.training", example: small + "assert(net.training)"
    ) { $0.isTraining }

    private static let describe = Declaration(
        "module:tostring", "The call that made it.", called: .symbol("tostring(net)"), takes: receiver,
        returns: .string, example: "assert(tostring(nn.Linear(2, 3)) == \"nn.Linear(2, 3)\")"
    ) { $0.layer.description }
}

// MARK: Parameters

extension ModuleMethods {
    private static let parameters = Declaration(
        "module:parameters", "What training changes: the tensors themselves, each once, for an optimiser.",
        called: .method, takes: receiver, returns: .tensors, source: "torch.nn.Module.parameters",
        example: small + "local opt = optim.Adam(net:parameters())\nassert(#net:parameters() == 4)"
    ) { $0.parameters.map(\.value) }

    private static let namedParameters = Declaration(
        "module:named_parameters", "The parameters by their names.", called: .method, takes: receiver,
        returns: .namedTensors, source: "torch.nn.Module.named_parameters",
        example: small + "assert(net:named_parameters()[\"2.weight\"].shape[1] == 3)"
    ) { $0.parameters }

    private static let stateDict = Declaration(
        "module:state_dict",
        "Parameters and masks by name, sharing memory with the module, without history: what checkpoint.save takes.",
        called: .method, takes: receiver, returns: .namedTensors, source: "torch.nn.Module.state_dict",
        example: small + "assert(net:state_dict()[\"0.bias\"].shape[1] == 4)",
        see: ["module:load_state_dict", "checkpoint.save"]
    ) { $0.state.map { (name: $0.name, value: $0.value.detached()) } }

    private static let loadStateDict = Declaration(
        "module:load_state_dict",
        """
        Writes the given tensors over the module's, and returns it. A state dict of the same torch.nn modules fits. \
        What checkpoint.load returns behind the tensors may follow: net:load_state_dict(checkpoint.load(path)).
        """,
        called: .method,
        takes: receiver, .argument("state", .namedTensors, "all of the module's, in their shapes"),
        .rest("", .texts, "not looked at"), returns: .object(Module.type),
        errors: "a name that is missing or unknown; another shape; nothing is changed then",
        source: "torch.nn.Module.load_state_dict",
        example: small + """
            local other = nn.MLP(2, 3, {hidden_features = {4}}):load_state_dict(net:state_dict())
            assert(other(tensor.ones(2))[{1}] == net(tensor.ones(2))[{1}])
            """,
        see: ["module:state_dict"]
    ) { module, state, _ in
        try NamedState.write(state, over: module.state, of: "the module")
        return module
    }

    private static let numel = Declaration(
        "module:numel", "How many numbers training changes.", called: .method, takes: receiver, returns: .integer,
        example: "assert(nn.Linear(2, 3):numel() == 9)"
    ) { $0.parameters.reduce(0) { $0 + $1.value.value.count } }
}

// MARK: Modes and types

extension ModuleMethods {
    private static let train = Declaration(
        "module:train", "Lets dropout act, here and in all modules within (or not). Returns the module.",
        called: .method, takes: receiver, .argument("mode", .flag, default: true), returns: .object(Module.type),
        source: "torch.nn.Module.train", example: small + "assert(net:train(false).training == false)"
    ) { module, mode in
        module.setTraining(mode)
        return module
    }

    private static let eval = Declaration(
        "module:eval", "The same as net:train(false): for evaluating.", called: .method, takes: receiver,
        returns: .object(Module.type), source: "torch.nn.Module.eval",
        example: small + "assert(not net:eval().training)"
    ) { module in
        module.setTraining(false)
        return module
    }

    static let to = Declaration(
        "module:to",
        """
        Converts the module's floating tensors, and returns it. The parameters are new tensors then: make the \
        optimiser afterwards.
        """,
        called: .method, takes: receiver, .argument("dtype", .choice([DType.float32, .float64])), .operation,
        returns: .object(Module.type), source: "torch.nn.Module.to",
        example: small + "assert(net:to(\"float64\"):parameters()[1].dtype == \"float64\")"
    ) { module, dtype, operation in
        try module.convert(to: dtype, for: operation)
        return module
    }

    private static let requiresGrad = Declaration(
        "module:requires_grad_", "Makes all parameters leaves that gradients accumulate in, or stops them.",
        called: .method, takes: receiver, .argument("flag", .flag, default: true), .operation,
        returns: .object(Module.type), source: "torch.nn.Module.requires_grad_",
        example: small + "assert(not net:requires_grad_(false):parameters()[1].requires_grad)"
    ) { module, flag, operation in
        for (_, parameter) in module.parameters { try parameter.setRequiresGrad(flag, for: operation) }
        return module
    }

    private static let zeroGrad = Declaration(
        "module:zero_grad", "Forgets the gradients of all parameters: p.grad becomes nil.", called: .method,
        takes: receiver, returns: .nothing, source: "torch.nn.Module.zero_grad",
        example: small + """
            net(tensor.ones(2)):sum():backward()
            net:zero_grad()
            assert(net:parameters()[1].grad == nil)
            """
    ) { module in for (_, parameter) in module.parameters { parameter.grad = nil } }
}
