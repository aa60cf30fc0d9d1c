import Autodiff
import Scripting
import Tensors

/// A function of every element, without parameters.
public struct Activation: Layer, Sendable {
    /// Its name in `nn.MLP{activation = ...}`; nil for one with a constant that is not the default.
    public let key: String?
    public let description: String
    let function: @Sendable (Variable) throws -> Variable

    public func forward(_ x: Variable, context: Variable?, isTraining: Bool) throws -> Variable { try function(x) }

    /// Whether it is max(x, 0): a linear layer behind it computes it in the same pass.
    var isReLU: Bool { key == "relu" }
}

extension Activation {
    /// max(x, 0); its gradient at 0 is 0.
    public static let relu = Activation(key: "relu", description: "nn.ReLU()") { try $0.relu() }
    static let silu = Activation(key: "silu", description: "nn.SiLU()") { try $0 * $0.sigmoid() }
    static let tanh = Activation(key: "tanh", description: "nn.Tanh()") { try $0.tanh() }
    static let sigmoid = Activation(key: "sigmoid", description: "nn.Sigmoid()") { try $0.sigmoid() }

    static func leakyReLU(_ slope: Double = 0.01) -> Activation {
        Activation(key: slope == 0.01 ? "leaky_relu" : nil, description: "nn.LeakyReLU(\(shown(slope)))") { x in
            // The slope at 0 is that of the negative side, as in PyTorch.
            try x * Variable(x.value.map(Slope(negative: slope)))
        }
    }

    static func elu(_ alpha: Double = 1) -> Activation {
        Activation(key: alpha == 1 ? "elu" : nil, description: "nn.ELU(\(shown(alpha)))") { x in
            // The gradient of clamp at its bound is 1: at 0 the whole then has the slope alpha of the negative side, as
            // in PyTorch.
            try x.relu() + x.clamp(-.infinity, 0).expm1() * alpha
        }
    }

    static func gelu(tanh isApproximate: Bool = false) -> Activation {
        if isApproximate {
            return Activation(key: nil, description: "nn.GELU({approximate = \"tanh\"})") { x in
                let inner = try (x + x * x * x * 0.044715) * (2 / Double.pi).squareRoot()
                return try x * (inner.tanh() + 1) * 0.5
            }
        }
        return Activation(key: "gelu", description: "nn.GELU()") { x in
            try x * ((x * 0.5.squareRoot()).erf() + 1) * 0.5
        }
    }

    static func softplus(_ beta: Double = 1) -> Activation {
        Activation(key: beta == 1 ? "softplus" : nil, description: "nn.Softplus({beta = \(shown(beta))})") { x in
            beta == 1 ? try x.softplus() : try (x * beta).softplus() / beta
        }
    }

    private struct Slope: UnaryFunction {
        let negative: Double
        func callAsFunction<T: TensorElement>(_ x: T) -> T { x > 0 ? 1 : T(negative) }
    }

    /// The activations that have a name in `nn.MLP{activation = ...}`.
    public static let named: [Activation] = [relu, leakyReLU(), elu(), silu, gelu(), tanh, sigmoid, softplus()]
}

extension Activation {
    private static func plain(_ name: String, _ summary: String, _ value: String, _ made: Activation) -> LayerEntry {
        LayerEntry(
            Declaration(
                "nn.\(name)", summary, takes: .context, returns: .module, source: "torch.nn.\(name)",
                example: "assert(math.abs(nn.\(name)()(tensor{1}):item() - \(value)) < 1e-6)"
            ) { _ in Module(made) },
            cases: [LayerCase(name, [2, 3]) { _ in Module(made) }])
    }

    /// The entry of an activation with one constant.
    private static func tuned(
        _ name: String, _ summary: String, _ constant: Parameter<Double>, _ example: String,
        _ make: @escaping @Sendable (Double) -> Activation, cases: [Double]
    ) -> LayerEntry {
        LayerEntry(
            Declaration(
                "nn.\(name)", summary, takes: constant, returns: .module, source: "torch.nn.\(name)", example: example
            ) { Module(make($0)) },
            cases: cases.map { constant in LayerCase("\(name)(\(constant))", [2, 3]) { _ in Module(make(constant)) } })
    }

    static let entries: [LayerEntry] = [
        plain("ReLU", "max(x, 0).", "1", relu),
        tuned(
            "LeakyReLU", "x where it is positive, else negative_slope x.",
            .argument("negative_slope", .number(finite: true), default: 0.01),
            "assert(math.abs(nn.LeakyReLU(0.5)(tensor{-2}):item() + 1) < 1e-6)", { leakyReLU($0) }, cases: [0.01, 0.5]),
        tuned(
            "ELU", "x where it is positive, else alpha (e^x - 1).",
            .argument("alpha", .number(finite: true), default: 1),
            "assert(math.abs(nn.ELU()(tensor{-1}):item() - (math.exp(-1) - 1)) < 1e-6)", { elu($0) }, cases: [1, 0.5]),
        plain("SiLU", "x / (1 + e^-x), the swish.", "1 / (1 + math.exp(-1))", silu),
        LayerEntry(
            Declaration(
                "nn.GELU",
                "x Phi(x) with the normal distribution function Phi; or its approximation by tanh.",
                takes: .option("approximate", .choice(["none", "tanh"]), default: "none"), returns: .module,
                source: "torch.nn.GELU; Hendrycks and Gimpel 2016",
                example: "assert(math.abs(nn.GELU()(tensor{1}):item() - 0.8413447) < 1e-6)"
            ) { Module(gelu(tanh: $0 == "tanh")) },
            cases: [false, true].map { tanh in
                LayerCase("GELU(\(tanh ? "tanh" : "none"))", [2, 3]) { _ in Module(gelu(tanh: tanh)) }
            }),
        plain("Tanh", "The hyperbolic tangent.", "0.7615942", tanh),
        plain("Sigmoid", "1 / (1 + e^-x).", "1 / (1 + math.exp(-1))", sigmoid),
        tuned(
            "Softplus", "log(1 + e^(beta x)) / beta, without overflow.",
            .option("beta", .number(above: 0, finite: true), default: 1),
            "assert(math.abs(nn.Softplus()(tensor{0}):item() - math.log(2)) < 1e-6)", { softplus($0) }, cases: [1, 2]),
    ]
}
