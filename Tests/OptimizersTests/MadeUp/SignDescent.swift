import Scripting
import Tensors

@testable import Optimizers

// A made-up optimiser, added as CONTRIBUTING describes: this file, and its name in `catalogue`.

/// x <- x - lr sign(m), with m <- beta m + (1 - beta) g.
struct SignDescent: ElementwiseMethod {
    var lr = 1e-3
    var beta = 0.0
    var maximize = false

    var memories: [String?] { ["momentum_buffer"] }

    func rule(step: Int) -> Rule { Rule(settings: self) }

    struct Rule: ElementRule {
        let settings: SignDescent

        func callAsFunction<T: TensorElement>(_ x: inout T, _ gradient: T, _ m: inout T, _: inout T, _: inout T) {
            let g = settings.maximize ? -gradient : gradient
            m = T(settings.beta) * m + T(1 - settings.beta) * g
            x -= T(settings.lr) * (m == 0 ? 0 : m / m.magnitude)
        }
    }

    static let name = "SignDescent"

    static let options = OptionTable({ SignDescent() },
        .option("lr", \.lr, .nonnegative),
        .option("beta", \.beta, .number(from: 0, to: 1)),
        .option("maximize", \.maximize, .flag))

    static let declaration = declared(
        "Descent by signs: x <- x - lr sign(m).", source: "Bernstein et al., ICML 2018",
        example: """
            local x = tensor({1})
            x.grad = tensor({4})
            optim.SignDescent(x, {lr = 0.5}):step()
            assert(x[{1}] == 0.5)
            """)
}
