import Scripting
import Tensors

/// Stochastic gradient descent, with momentum if wished.
///
///     g <- gradient + weight_decay x
///     v <- momentum v + (1 - dampening) g          (v = g at the first step)
///     x <- x - lr (g + momentum v)  with nesterov,  x - lr v  without
///
/// Polyak, "Some methods of speeding up the convergence of iteration methods", 1964; Nesterov 1983 in the form of
/// Sutskever et al., ICML 2013. The formulas are those of torch.optim.SGD.
struct SGD: ElementwiseMethod {
    var lr = 1e-3
    var momentum = 0.0
    var dampening = 0.0
    var weightDecay = 0.0
    var nesterov = false
    var maximize = false

    var memories: [String?] { [momentum == 0 ? nil : "momentum_buffer"] }

    func rule(step: Int) -> Rule { Rule(settings: self, isFirst: step == 1) }

    struct Rule: ElementRule {
        let settings: SGD
        let isFirst: Bool

        func callAsFunction<T: TensorElement>(_ x: inout T, _ gradient: T, _ v: inout T, _: inout T, _: inout T) {
            let s = settings
            let momentum = T(s.momentum)
            var g = s.maximize ? -gradient : gradient
            if s.weightDecay != 0 { g += T(s.weightDecay) * x }
            if s.momentum != 0 {
                v = isFirst ? g : momentum * v + T(1 - s.dampening) * g
                g = s.nesterov ? g + momentum * v : v
            }
            x -= T(s.lr) * g
        }
    }
}

extension SGD {
    static let name = "SGD"
    static let options = ["lr", "momentum", "dampening", "weight_decay", "nesterov", "maximize"]

    init(_ options: Options, defaults: SGD) throws {
        lr = try options.nonnegative("lr", default: defaults.lr)
        momentum = try options.nonnegative("momentum", default: defaults.momentum)
        dampening = try options.finite("dampening", default: defaults.dampening)
        weightDecay = try options.nonnegative("weight_decay", default: defaults.weightDecay)
        nesterov = try options.boolean("nesterov", default: defaults.nesterov)
        maximize = try options.boolean("maximize", default: defaults.maximize)
        guard !nesterov || (momentum > 0 && dampening == 0) else {
            throw ScriptError(
                options.function,
                "option nesterov: needs a momentum above 0 and no dampening, got momentum \(shown(momentum)), dampening \(shown(dampening))")
        }
    }

    var settings: [(name: String, value: String)] {
        [
            ("lr", shown(lr)), ("momentum", shown(momentum)), ("dampening", shown(dampening)),
            ("weight_decay", shown(weightDecay)), ("nesterov", "\(nesterov)"), ("maximize", "\(maximize)"),
        ]
    }

    static let documentation = Documentation(
        "optim.SGD(params, {lr = 1e-3, momentum = 0, dampening = 0, weight_decay = 0, nesterov = false, maximize = false}) -> optimizer",
        "Gradient descent: v <- momentum v + (1 - dampening) g (v = g at first), x <- x - lr v; with nesterov x <- x - lr (g + momentum v). g is the gradient plus weight_decay x. " + parametersText,
        errors: "a number out of its range; nesterov without momentum or with dampening; " + parametersErrors,
        source: "torch.optim.SGD; Polyak 1964; Sutskever et al., ICML 2013",
        example: """
            local x = tensor({4, 2}, {dtype = "float64"})
            local opt = optim.SGD(x, {lr = 0.1, momentum = 0.5})
            for k = 1, 100 do
              opt:zero_grad()
              local loss = ((x - 1) ^ 2):sum()
              loss:backward()
              opt:step()
            end
            assert((x - 1):abs():max():item() < 1e-6)
            """)
}
