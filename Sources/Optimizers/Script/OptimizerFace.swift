import Autodiff
import Scripting
import Tensors

/// An optimiser as scripts see it.
enum OptimizerFace {
    static let type = ObjectType("optimizer")

    static let face = TypeFace(
        type, "Improves parameters from their gradients: opt:zero_grad(), loss:backward(), opt:step().",
        methods: [step, zeroGrad, stateDict, loadStateDict], properties: [lr], setters: [setLr], operators: [.describe: describe])

    private static let step = NativeFunction(
        "optimizer:step",
        Documentation(
            "opt:step()\nopt:step(closure) -> loss: any",
            "Updates the parameters from their gradients, in place and unrecorded; a parameter without a gradient (x.grad == nil) stays as it is. With a closure, calls it first with recording on: it clears the gradients, computes the loss, calls its backward and returns it; step returns what it returned. LBFGS needs one and calls it several times. NaN gradients are no error, as in PyTorch: they make the parameters NaN.",
            errors: "no parameter has a gradient; a gradient of another shape; LBFGS without a closure; a closure that returns no tensor or number",
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
                """)
    ) { (arguments: Arguments) -> [Value] in
        try arguments.atMost(2)
        let optimizer = try arguments.optimizer()
        guard !arguments.isNil(2) else {
            try optimizer.step(nil, for: arguments.function)
            return []
        }
        let closure = try arguments.function(2, "closure")
        let loss = try optimizer.step({ try evaluated(closure, arguments) }, for: arguments.function)
        return loss.map { [Value.object($0)] } ?? []
    }

    private static func evaluated(_ closure: any ScriptFunction, _ arguments: Arguments) throws -> Variable {
        let result = try closure.call([]).first ?? .none
        if let number = result.asNumber { return Variable(try Tensor(number, .float64)) }
        guard case .object(let object) = result, let loss = object as? Variable else {
            throw arguments.error("the closure returned \(result.shown); the loss, a tensor of one number, expected")
        }
        return loss
    }

    private static let zeroGrad = NativeFunction(
        "optimizer:zero_grad",
        Documentation(
            "opt:zero_grad()", "Forgets the gradients of all parameters: x.grad becomes nil.", source: "torch.optim.Optimizer.zero_grad",
            example: """
                local x = tensor({4})
                local opt = optim.SGD(x)
                x:sum():backward()
                opt:zero_grad()
                assert(x.grad == nil)
                """)
    ) { arguments in
        try arguments.atMost(1)
        try arguments.optimizer().zeroGrad()
        return []
    }

    private static let stateDict = NativeFunction(
        "optimizer:state_dict",
        Documentation(
            "opt:state_dict() -> {name = tensor, ...}",
            "What the optimiser remembers: lr (one per group) and, of every parameter that took a step, [\"1.step\"] and tensors such as [\"1.momentum_buffer\"] under PyTorch's names. Copies, in one flat table, so that checkpoint.save takes it. The parameters themselves are the model's to save; other options are the constructor's.",
            source: "torch.optim.Optimizer.state_dict",
            example: """
                local x = tensor({4})
                local opt = optim.SGD(x, {lr = 0.25, momentum = 0.5})
                local loss = (x * x):sum()
                loss:backward()
                opt:step()
                local state = opt:state_dict()
                assert(state["1.momentum_buffer"][{1}] == 8 and state["1.step"]:item() == 1)
                """)
    ) { arguments in
        try arguments.atMost(1)
        return [.record(try arguments.optimizer().state().map { (key: $0.name, value: .tensor($0.value)) })]
    }

    private static let loadStateDict = NativeFunction(
        "optimizer:load_state_dict",
        Documentation(
            "opt:load_state_dict(state) -> opt",
            "Goes back to a state_dict of an optimiser of the same kind for parameters of the same shapes in the same order: the next steps are those that would have followed it.",
            errors: "a name that is missing or does not belong to this optimiser; another shape; nothing is changed then",
            source: "torch.optim.Optimizer.load_state_dict",
            example: """
                local x = tensor({4})
                local opt = optim.Adam(x)
                x:sum():backward()
                opt:step()
                local other = optim.Adam(tensor({1})):load_state_dict(opt:state_dict())
                assert(other:state_dict()["1.exp_avg"][{1}] == opt:state_dict()["1.exp_avg"][{1}])
                """)
    ) { arguments in
        try arguments.atMostBeforeTexts(2)
        let optimizer = try arguments.optimizer()
        var state: [ByteString: Tensor] = [:]
        for (key, value) in try arguments.table(2, "state").entries() {
            guard case .string(let name) = key, case .object(let object) = value, let variable = object as? Variable else {
                throw arguments.error("a table from names to tensors expected, got \(key.shown) = \(value.shown)")
            }
            state[name] = variable.value
        }
        guard !state.isEmpty else { throw arguments.error("the state is empty; opt:state_dict() gives one, with lr and what the optimiser remembers of every parameter") }
        try optimizer.load(state, for: arguments.function)
        return [arguments[1]]
    }

    private static let lr = NativeFunction(
        "optimizer.lr",
        Documentation(
            "opt.lr -> number or table", "The step size; of an optimiser with several groups, a table with one per group.",
            example: "assert(optim.SGD(tensor({1}), {lr = 0.25}).lr == 0.25)")
    ) { arguments in
        let rates = try arguments.optimizer().learningRates
        return rates.count == 1 ? [Value.number(rates[0])] : [Value.list(rates.map { .number($0) })]
    }

    private static let setLr = NativeFunction(
        "optimizer.lr",
        Documentation(
            "opt.lr = number\nopt.lr = {number, ...}", "Sets the step size from the next step on: of all groups, or of each its own.",
            errors: "a number that is negative, infinite or NaN; a table of another length than there are groups",
            example: "local opt = optim.SGD(tensor({1}), {lr = 0.25})\nopt.lr = opt.lr / 2\nassert(opt.lr == 0.125)")
    ) { arguments in
        let optimizer = try arguments.optimizer()
        let count = optimizer.learningRates.count
        var rates: [Double]
        if case .table(let table) = arguments[2] {
            guard let numbers = try table.numbers(), numbers.count == count else {
                throw arguments.error("a table of \(count) numbers expected, one per group")
            }
            rates = numbers
        } else {
            rates = [Double](repeating: try arguments.number(2, "lr"), count: count)
        }
        if let wrong = rates.first(where: { !isLearningRate($0) }) {
            throw arguments.error("a finite number from 0 expected, got \(shown(wrong))")
        }
        optimizer.learningRates = rates
        return []
    }

    private static let describe = NativeFunction(
        "optimizer:tostring",
        Documentation(
            "tostring(opt) -> string", "The optimiser, its (first group's) options and what it optimises.",
            example: "assert(tostring(optim.SGD(tensor({1}))):find(\"optim.SGD{lr = 0.001\", 1, true))")
    ) { [.string(try $0.optimizer().description)] }
}
