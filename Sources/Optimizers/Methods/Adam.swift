import CKernels
import Scripting
import Tensors

/// Adaptive moments: every element's step is its mean gradient over the root of its mean square gradient.
///
///     g <- gradient + weight_decay x
///     m <- b1 m + (1 - b1) g             v <- b2 v + (1 - b2) g^2
///     x <- x - lr / (1 - b1^t) m / (sqrt(v / (1 - b2^t)) + eps)
///
/// with the largest v so far in place of v under amsgrad. Kingma and Ba, "Adam: a method for stochastic optimization",
/// ICLR 2015; Reddi, Kale and Kumar, "On the convergence of Adam and beyond", ICLR 2018. As torch.optim.Adam.
struct Adam: ElementwiseMethod {
    var lr = 1e-3
    var betas = (0.9, 0.999)
    var eps = 1e-8
    var weightDecay = 0.0
    var amsgrad = false
    var maximize = false

    var memories: [String?] { ["exp_avg", "exp_avg_sq", amsgrad ? "max_exp_avg_sq" : nil] }

    func rule(step: Int) -> Rule { Rule(settings: self, step: step, decaysWeights: false) }

    struct Rule: ElementRule {
        let settings: Adam
        /// True for AdamW, whose weight decay is applied to the parameter, not to the gradient.
        let decaysWeights: Bool
        let rate: Double
        let correction: Double

        init(settings: Adam, step: Int, decaysWeights: Bool) {
            self.settings = settings
            self.decaysWeights = decaysWeights
            rate = settings.lr / (1 - Double.pow(settings.betas.0, step))
            correction = (1 - Double.pow(settings.betas.1, step)).squareRoot()
        }

        var kernel: ck_step? {
            let s = settings
            return ck_step(
                method: ck_method_adam, maximize: s.maximize, options: (decaysWeights ? 4 : 0) | (s.amsgrad ? 8 : 0),
                rate: s.lr, size: rate,
                correction: correction, first: s.betas.0, second: s.betas.1, eps: s.eps, decay: s.weightDecay)
        }

        func callAsFunction<T: TensorElement>(
            _ x: inout T, _ gradient: T, _ m: inout T, _ v: inout T, _ largest: inout T
        ) {
            let s = settings
            var g = s.maximize ? -gradient : gradient
            if decaysWeights {
                x *= T(1 - s.lr * s.weightDecay)
            } else if s.weightDecay != 0 {
                g += T(s.weightDecay) * x
            }
            m += T(1 - s.betas.0) * (g - m)
            v = T(s.betas.1) * v + T(1 - s.betas.1) * g * g
            var scale = v
            if s.amsgrad {
                // NaN is kept, as in torch.maximum.
                if !(v <= largest) { largest = v }
                scale = largest
            }
            x -= T(rate) * m / (scale.squareRoot() / T(correction) + T(s.eps))
        }
    }
}

extension Adam {
    static let name = "Adam"

    static let options = OptionTable(
        { Adam() },
        .option("lr", \.lr, .nonnegative),
        .option("betas", \.betas, .betas, "the decays of m and v"),
        .option("eps", \.eps, .nonnegative),
        .option("weight_decay", \.weightDecay, .nonnegative),
        .option("amsgrad", \.amsgrad, .flag, "divides by the largest v so far"),
        .option("maximize", \.maximize, .flag))

    static let declaration = declared(
        """
        Adaptive moments: m and v are running means of the gradient and its square; x <- x - lr m / (sqrt(v) + eps), \
        both corrected for their start at 0. weight_decay x is added to the gradient (optim.AdamW decays the weights \
        themselves).
        """,
        source: "torch.optim.Adam; Kingma and Ba, ICLR 2015; Reddi, Kale and Kumar, ICLR 2018 (amsgrad)",
        example: """
            local x = tensor({4, 2}, {dtype = "float64"})
            local opt = optim.Adam({x}, {lr = 0.1})
            local loss = ((x - 1) ^ 2):sum()
            loss:backward()
            opt:step()
            assert(math.abs(x[{1}] - 3.9) < 1e-6)  -- the first step has length lr
            """)
}
