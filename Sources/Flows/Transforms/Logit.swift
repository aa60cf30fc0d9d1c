import Autodiff
import RealModule
import Scripting
import Tensors

/// z = logit(alpha + (1 - 2 alpha) x) of every number, for data between 0 and 1. Papamakarios, Pavlakou and Murray,
/// "Masked autoregressive flow", NIPS 2017, appendix D.
public struct Logit: ElementwiseTransform {
    public static let name = "Logit"
    /// How far the ends 0 and 1 are moved inwards.
    public let alpha: Double

    /// alpha from 0 to below 0.5; not checked here.
    public init(alpha: Double = 0) { self.alpha = alpha }
    public var recipe: Recipe { .call("flow.Logit", options: [("alpha", .number(alpha))]) }

    func image(_ x: Variable) throws -> (z: Variable, logSlope: Variable) {
        let width = 1 - 2 * alpha
        // 1 - y as (1 - 2 alpha) (1 - x) + alpha: 1 - x is exact near 1, where 1 - y would lose digits.
        let (y, rest) = (try x * width + alpha, try (1 - x) * width + alpha)
        let expected =
            alpha == 0
            ? "numbers between 0 and 1, ends excluded, expected; alpha above 0 takes the ends, too"
            : "numbers between \(shown(-alpha / width)) and \(shown(1 + alpha / width)) expected"
        try Demand.inside(x, room: y, expected, "flow.Logit")
        try Demand.inside(x, room: rest, expected, "flow.Logit")
        let (log, logRest) = (try y.log(), try rest.log())
        return (try log - logRest, try Double.log(width) - log - logRest)
    }

    func preimage(_ z: Variable) throws -> (x: Variable, logSlope: Variable) {
        let width = 1 - 2 * alpha
        let y = try z.sigmoid()
        let x = try alpha == 0 ? y : (y - alpha) / width
        return (x, try -(z.softplus() + (-z).softplus()) - Double.log(width))
    }
}

extension Logit {
    public static let declaration = Declaration(
        "flow.Logit",
        """
        z = log(y / (1 - y)) with y = alpha + (1 - 2 alpha) x, of every number: data between 0 and 1, such as \
        brightnesses, becomes all numbers. alpha keeps data at 0 and 1 finite (1e-6 for MNIST and 0.05 for CIFAR-10 in \
        the paper). log |det| is the sum of log (1 - 2 alpha) / (y (1 - y)).
        """,
        takes: .option("alpha", .number(from: 0, below: 0.5), default: 0, "how far 0 and 1 are moved inwards"),
        returns: .transform, errors: "x outside: 0 or 1 without alpha",
        source: "Papamakarios, Pavlakou, Murray, NIPS 2017, appendix D",
        example: """
            local t = flow.Logit{alpha = 0.05}
            assert(t:check(tensor{{0, 1, 0.25}}).log_det_dense < 1e-6)
            assert(math.abs(t:to_latent(tensor{0})[{1}] - math.log(0.05 / 0.95)) < 1e-5)
            """,
        see: ["flow.Sigmoid", "data.dequantize"]
    ) { alpha in TransformObject(Logit(alpha: alpha), description: "flow.Logit{alpha = \(shown(alpha))}") }

    public static let examples = [
        TransformExample("Logit", [], points: .init([3, 2], 0.05...0.9), extremes: .toData) { _ in Logit() },
        TransformExample("Logit of alpha 0.05", [], points: .init([3, 2], 0...1), extremes: .toData) { _ in
            Logit(alpha: 0.05)
        },
    ]
}
