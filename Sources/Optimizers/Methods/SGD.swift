import CKernels
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

        var kernel: ck_step? {
            let s = settings
            return ck_step(
                method: ck_method_sgd, maximize: s.maximize,
                options: (s.momentum != 0 ? 4 : 0) | (s.momentum != 0 && isFirst ? 8 : 0)
                    | (s.momentum != 0 && s.nesterov ? 16 : 0),
                rate: s.lr, size: 0, correction: 1, first: s.momentum, second: s.dampening, eps: 0, decay: s.weightDecay
            )
        }

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

    static let options = OptionTable(
        { SGD() },
        .option("lr", \.lr, .nonnegative),
        .option("momentum", \.momentum, .nonnegative),
        .option("dampening", \.dampening, .number(finite: true)),
        .option("weight_decay", \.weightDecay, .nonnegative, "times x, added to the gradient g"),
        .option("nesterov", \.nesterov, .flag, "x <- x - lr (g + momentum v)"),
        .option("maximize", \.maximize, .flag))

    func check() throws {
        guard !nesterov || (momentum > 0 && dampening == 0) else {
            throw Fault(
                "nesterov",
                """
                needs a momentum above 0 and no dampening, got momentum \(shown(momentum)), dampening \
                \(shown(dampening))
                """)
        }
    }

    static let declaration = declared(
        "Gradient descent: v <- momentum v + (1 - dampening) g (v = g at first), x <- x - lr v.",
        errors: "nesterov without momentum or with dampening",
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
