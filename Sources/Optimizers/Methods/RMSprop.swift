import CKernels
import Scripting
import Tensors

/// Gradient descent with every element's gradient divided by its running root mean square.
///
///     g <- gradient + weight_decay x
///     v <- alpha v + (1 - alpha) g^2
///     d <- g / (sqrt(v) + eps)           centered: sqrt(v - m^2), with m the running mean of g
///     x <- x - lr d                      with momentum: b <- momentum b + d,  x <- x - lr b
///
/// Tieleman and Hinton, lecture 6.5 of "Neural networks for machine learning", 2012; centered: Graves, "Generating
/// sequences with recurrent neural networks", 2013. As torch.optim.RMSprop.
struct RMSprop: ElementwiseMethod {
    var lr = 1e-2
    var alpha = 0.99
    var eps = 1e-8
    var weightDecay = 0.0
    var momentum = 0.0
    var centered = false
    var maximize = false

    var memories: [String?] { ["square_avg", centered ? "grad_avg" : nil, momentum > 0 ? "momentum_buffer" : nil] }

    func rule(step: Int) -> Rule { Rule(settings: self) }

    struct Rule: ElementRule {
        let settings: RMSprop

        var kernel: ck_step? {
            let s = settings
            return ck_step(
                method: ck_method_rmsprop, maximize: s.maximize,
                options: (s.centered ? 4 : 0) | (s.momentum > 0 ? 8 : 0), rate: s.lr, size: 0,
                correction: 1, first: s.alpha, second: s.momentum, eps: s.eps, decay: s.weightDecay)
        }

        func callAsFunction<T: TensorElement>(_ x: inout T, _ gradient: T, _ v: inout T, _ m: inout T, _ b: inout T) {
            let s = settings
            var g = s.maximize ? -gradient : gradient
            if s.weightDecay != 0 { g += T(s.weightDecay) * x }
            v = T(s.alpha) * v + T(1 - s.alpha) * g * g
            var square = v
            if s.centered {
                m += T(1 - s.alpha) * (g - m)
                square -= m * m
            }
            var d = g / (square.squareRoot() + T(s.eps))
            if s.momentum > 0 {
                b = T(s.momentum) * b + d
                d = b
            }
            x -= T(s.lr) * d
        }
    }
}

extension RMSprop {
    static let name = "RMSprop"

    static let options = OptionTable(
        { RMSprop() },
        .option("lr", \.lr, .nonnegative),
        .option("alpha", \.alpha, .number(from: 0, to: 1), "the decay of v"),
        .option("eps", \.eps, .nonnegative),
        .option("weight_decay", \.weightDecay, .nonnegative, "times x, added to the gradient"),
        .option("momentum", \.momentum, .nonnegative, "accumulates the quotients"),
        .option("centered", \.centered, .flag, "takes the squared running mean of g off v"),
        .option("maximize", \.maximize, .flag))

    static let declaration = declared(
        "x <- x - lr g / (sqrt(v) + eps) with v the running mean of g^2.",
        source: "torch.optim.RMSprop; Tieleman and Hinton 2012; Graves 2013 (centered)",
        example: """
            local x = tensor({4, -2}, {dtype = "float64"})
            local opt = optim.RMSprop({x}, {lr = 0.1, alpha = 0.75})
            local loss = ((x - 1) ^ 2):sum()
            loss:backward()
            opt:step()
            assert(math.abs(x[{1}] - 3.8) < 1e-6 and math.abs(x[{2}] + 1.8) < 1e-6)  -- g / sqrt(g^2 / 4) = 2 sign(g)
            """)
}
