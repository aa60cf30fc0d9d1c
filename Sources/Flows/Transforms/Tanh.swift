import Autodiff
import Scripting
import Tensors

/// z = tanh x of every number. As torch.distributions.TanhTransform.
public struct Tanh: ElementwiseTransform {
    public static let name = "Tanh"

    public init() {}
    public var recipe: Recipe { .call("flow.Tanh", []) }

    func image(_ x: Variable) throws -> (z: Variable, logSlope: Variable) { (try x.tanh(), try x.logTanhSlope()) }

    func preimage(_ z: Variable) throws -> (x: Variable, logSlope: Variable) {
        let expected = "numbers between -1 and 1, ends excluded, expected"
        try Demand.inside(z, room: z + 1, expected, "flow.Tanh")
        try Demand.inside(z, room: 1 - z, expected, "flow.Tanh")
        let (above, below) = (try z.log1p(), try (-z).log1p())
        return (try (above - below) * 0.5, try -(above + below))
    }
}

extension Tanh {
    public static let declaration = Declaration(
        "flow.Tanh",
        """
        z = tanh x of every number: from all numbers to those between -1 and 1. log |det| is the sum of log(1 - z^2), \
        computed from x, so that it stays finite where z rounds to 1.
        """,
        takes: .operation, returns: .transform, errors: "to_data of a number that is not between -1 and 1",
        source: "torch.distributions.TanhTransform",
        example: """
            local z, log_det = flow.Tanh():to_latent(tensor{50})
            assert(z[{1}] == 1 and math.abs(log_det:item() - (2 * math.log(2) - 100)) < 1e-4)
            """
    ) { _ in TransformObject(Tanh(), description: "flow.Tanh()") }

    public static let examples = [
        TransformExample("Tanh", [], points: .init([3, 2], -0.9...0.9), extremes: .toLatent) { _ in Tanh() }
    ]
}
