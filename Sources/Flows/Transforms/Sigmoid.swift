import Autodiff
import Scripting
import Tensors

/// z = 1 / (1 + e^-x) of every number. As torch.distributions.SigmoidTransform, without its clamping.
public struct Sigmoid: ElementwiseTransform {
    public static let name = "Sigmoid"

    public init() {}
    public var recipe: Recipe { .call("flow.Sigmoid", []) }

    /// The log slope as log s(x) + log s(-x), which is finite where z rounds to 0 or 1.
    func image(_ x: Variable) throws -> (z: Variable, logSlope: Variable) {
        (try x.sigmoid(), try -(x.softplus() + (-x).softplus()))
    }

    func preimage(_ z: Variable) throws -> (x: Variable, logSlope: Variable) {
        let expected = "numbers between 0 and 1, ends excluded, expected"
        try Demand.inside(z, room: z, expected, "flow.Sigmoid")
        try Demand.inside(z, room: 1 - z, expected, "flow.Sigmoid")
        let (log, rest) = (try z.log(), try (-z).log1p())
        return (try log - rest, try -(log + rest))
    }
}

extension Sigmoid {
    public static let declaration = Declaration(
        "flow.Sigmoid",
        """
        z = 1 / (1 + e^-x) of every number: from all numbers to those between 0 and 1. log |det| is the sum of \
        log z (1 - z), computed from x, so that it stays finite where z rounds to 0 or 1. t:inverse() is the logit.
        """,
        takes: .operation, returns: .transform, errors: "to_data of a number that is not between 0 and 1",
        source: "torch.distributions.SigmoidTransform",
        example: """
            local z, log_det = flow.Sigmoid():to_latent(tensor{0, 0})
            assert(z[{1}] == 0.5 and math.abs(log_det:item() - 2 * math.log(0.25)) < 1e-6)
            """,
        see: ["flow.Logit"]
    ) { _ in TransformObject(Sigmoid(), description: "flow.Sigmoid()") }

    public static let examples = [
        TransformExample("Sigmoid", [], points: .init([3, 2], 0.05...0.9), extremes: .toLatent) { _ in Sigmoid() },
        TransformExample("Sigmoid of images", [], points: .init([2, 1, 2, 2], 0.05...0.9)) { _ in Sigmoid() },
    ]
}
