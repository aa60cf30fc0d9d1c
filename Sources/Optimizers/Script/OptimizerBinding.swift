import Autodiff
import Scripting
import Tensors

/// The type of optimisers in scripts: methods and properties.
enum OptimizerBinding {
    static let type = ObjectType("optimizer")

    static let binding = TypeBinding(
        type, "Improves parameters from their gradients: opt:zero_grad(), loss:backward(), opt:step().",
        methods: [step, zeroGrad, stateDict, loadStateDict].map { NativeFunction($0) },
        properties: [NativeFunction(lr)], setters: [NativeFunction(setLr)],
        operators: [.describe: NativeFunction(describe)])

    private static let receiver = Parameter<any Optimizer>.argument("opt", .optimizer)

    private static let step = Declaration(
        "optimizer:step",
        """
        Updates the parameters from their gradients, in place and unrecorded; a parameter without a gradient (x.grad \
        == nil) stays as it is. LBFGS needs a closure and calls it several times. NaN gradients are no error, as in \
        PyTorch: they make the parameters NaN.
        """,
        called: .method,
        takes: receiver,
        .argument(
            "closure", .optional(.function),
            """
            called first, with recording on: it clears the gradients, computes the loss, calls its backward and \
            returns it; step returns what it returned
            """),
        .operation, returns: .loss,
        errors: """
            no parameter has a gradient; a gradient of another shape; LBFGS without a closure; a closure that returns \
            no tensor or number
            """,
        source: "torch.optim.Optimizer.step",
        example: """
            local x = tensor({4})
            local opt = optim.SGD(x, {lr = 0.25})
            local loss = opt:step(function()
              opt:zero_grad()
              local loss = (x * x):sum()
              loss:backward()
              return loss
            end)
            assert(loss:item() == 16 and x[{1}] == 2)
            """
    ) { optimizer, closure, operation in
        guard let closure else {
            try optimizer.step(nil, for: operation)
            return nil
        }
        return try optimizer.step({ try evaluated(closure) }, for: operation)
    }

    private static func evaluated(_ closure: any ScriptFunction) throws -> Variable {
        let result = try closure.call([]).first ?? .none
        if let number = result.asNumber { return Variable(try Tensor(number, .float64)) }
        guard case .object(let object) = result, let loss = object as? Variable else {
            throw Fault("the closure returned \(result.shown); the loss, a tensor of one number, expected")
        }
        return loss
    }

    private static let zeroGrad = Declaration(
        "optimizer:zero_grad", "Forgets the gradients of all parameters: x.grad becomes nil.",
        called: .method, takes: receiver, returns: .nothing,
        source: "torch.optim.Optimizer.zero_grad",
        example: """
            local x = tensor({4})
            local opt = optim.SGD(x)
            x:sum():backward()
            opt:zero_grad()
            assert(x.grad == nil)
            """
    ) { optimizer in optimizer.zeroGrad() }

    private static let stateDict = Declaration(
        "optimizer:state_dict",
        """
        What the optimiser remembers: lr (one per group) and, of every parameter that took a step, ["1.step"] and \
        tensors such as ["1.momentum_buffer"] under PyTorch's names. Copies, in one flat table, so that \
        checkpoint.save takes it. The parameters themselves are the model's to save; other options are the \
        constructor's.
        """,
        called: .method, takes: receiver, returns: .value(.map(.object(Variable.type.name))),
        source: "torch.optim.Optimizer.state_dict",
        example: """
            local x = tensor({4})
            local opt = optim.SGD(x, {lr = 0.25, momentum = 0.5})
            local loss = (x * x):sum()
            loss:backward()
            opt:step()
            local state = opt:state_dict()
            assert(state["1.momentum_buffer"][{1}] == 8 and state["1.step"]:item() == 1)
            """,
        see: ["optimizer:load_state_dict", "checkpoint.save"]
    ) { optimizer in .record(try optimizer.state().map { (key: $0.name, value: .tensor($0.value)) }) }

    private static let loadStateDict = Declaration(
        "optimizer:load_state_dict",
        """
        Goes back to a state_dict of an optimiser of the same kind for parameters of the same shapes in the same \
        order: the next steps are those that would have followed it.
        """,
        called: .method,
        takes: receiver, .argument("state", .namedTensors),
        .rest("", .texts, "not looked at, so that checkpoint.load(path) may stand here"), .operation,
        returns: Results(.object(type.name), "opt") { .object($0) },
        errors: "a name that is missing or does not belong to this optimiser; another shape; nothing is changed then",
        source: "torch.optim.Optimizer.load_state_dict",
        example: """
            local x = tensor({4})
            local opt = optim.Adam(x)
            x:sum():backward()
            opt:step()
            local other = optim.Adam(tensor({1})):load_state_dict(opt:state_dict())
            assert(other:state_dict()["1.exp_avg"][{1}] == opt:state_dict()["1.exp_avg"][{1}])
            """
    ) { optimizer, state, _, operation in
        guard !state.isEmpty else {
            throw Fault(
                """
                the state is empty; opt:state_dict() gives one, with lr and what the optimiser remembers of every \
                parameter
                """)
        }
        try optimizer.load(Dictionary(state.map { ($0.name, $0.value.value) }) { $1 }, for: operation)
        return optimizer
    }

    private static let lr = Declaration(
        "optimizer.lr", "The step size; of an optimiser with several groups, a table with one per group.",
        called: .property, takes: receiver, returns: .value(.either([.number, .table])),
        example: "assert(optim.SGD(tensor({1}), {lr = 0.25}).lr == 0.25)"
    ) { optimizer in
        let rates = optimizer.learningRates
        return rates.count == 1 ? .number(rates[0]) : .list(rates.map { .number($0) })
    }

    private static let setLr = Declaration(
        "optimizer.lr", "Sets the step size from the next step on.",
        called: .setter,
        takes: receiver, .argument("lr", .learningRates, "for all groups, or a table with one for each"),
        returns: .nothing,
        example: "local opt = optim.SGD(tensor({1}), {lr = 0.25})\nopt.lr = opt.lr / 2\nassert(opt.lr == 0.125)"
    ) { optimizer, rates in
        let count = optimizer.learningRates.count
        switch rates {
        case .all(let rate): optimizer.learningRates = [Double](repeating: rate, count: count)
        case .each(let rates):
            guard rates.count == count else { throw Fault("lr", "a table of \(count) numbers expected, one per group") }
            optimizer.learningRates = rates
        }
    }

    private static let describe = Declaration(
        "optimizer:tostring", "The optimiser, its (first group's) options and what it optimises.",
        called: .symbol("tostring(opt)"), takes: receiver, returns: .string,
        example: "assert(tostring(optim.SGD(tensor({1}))):find(\"optim.SGD{lr = 0.001\", 1, true))"
    ) { optimizer in optimizer.description }
}

extension Results<Variable?> {
    /// The closure's loss, if there is one. Of type any, so that editors do not ask scripts to test for nil.
    fileprivate static var loss: Results {
        Results([ResultSpec("loss", .any)]) { loss in loss.map { [.object($0)] } ?? [] }
    }
}
