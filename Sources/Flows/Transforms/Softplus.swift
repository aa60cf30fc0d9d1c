import Autodiff
import Scripting
import Tensors

/// z = log(1 + e^x) of every number. As torch.distributions.SoftplusTransform.
public struct Softplus: ElementwiseTransform {
    public static let name = "Softplus"

    public init() {}
    public var recipe: Recipe { .call("flow.Softplus", []) }

    func image(_ x: Variable) throws -> (z: Variable, logSlope: Variable) { (try x.softplus(), try -(-x).softplus()) }

    /// x = log(e^z - 1) as z + log(1 - e^-z), which neither overflows nor loses digits at small z.
    func preimage(_ z: Variable) throws -> (x: Variable, logSlope: Variable) {
        try Demand.inside(z, room: z, "numbers above 0 expected", "flow.Softplus")
        let share = try (-(-z).expm1()).log()
        return (try z + share, try -share)
    }
}

extension Softplus {
    public static let declaration = Declaration(
        "flow.Softplus",
        """
        z = log(1 + e^x) of every number: from all numbers to those above 0, and nearly x itself for large x. log \
        |det| is the sum of log 1 / (1 + e^-x).
        """,
        takes: .operation, returns: .transform, errors: "to_data of a number that is not above 0",
        source: "torch.distributions.SoftplusTransform",
        example: """
            local z, log_det = flow.Softplus():to_latent(tensor{0})
            assert(math.abs(z[{1}] - math.log(2)) < 1e-6 and math.abs(log_det:item() + math.log(2)) < 1e-6)
            """
    ) { _ in TransformObject(Softplus(), description: "flow.Softplus()") }

    public static let examples = [
        TransformExample("Softplus", [], points: .init([3, 2], 0.1...3), extremes: .toLatent) { _ in Softplus() }
    ]
}
