import Autodiff
import Scripting
import Tensors

/// z = L U x: L lower triangular with the diagonal, U upper triangular with ones on its diagonal, both in one matrix.
/// As zuko.transforms.LULinearTransform. log |det| is the sum of the logarithms of the diagonal's sizes.
public struct LULinear: CataloguedTransform {
    public static let name = "LULinear"
    /// (n, n): L on and below the diagonal, U above it.
    public let lu: Variable

    /// Of shape (n, n), with a diagonal without zeros; not checked here.
    public init(lu: Variable) { self.lu = lu }

    public var recipe: Recipe { .call("flow.LULinear", [.integer(lu.shape[0])]) }
    public var parameters: [(name: String, value: Variable)] { [("lu", lu)] }

    private func factors(_ x: Variable) throws -> (lower: Variable, upper: Variable, logDeterminant: Variable) {
        let operation = "flow.LULinear"
        let n = lu.shape[0]
        try Demand.channels(x, n, operation)
        try Demand.finite(parameters, operation)
        let lu = try lu.together(with: x)
        let diagonal = try lu.diagonal()
        if let place = try diagonal.value.toArray().firstIndex(of: 0) {
            throw ScriptError(operation, "number \(place + 1) on the diagonal of lu is 0: the map has no inverse")
        }
        let one = Variable(try Tensor.full([n], 1, lu.dtype))
        return (
            try lu.triangle(upper: false, 0, for: operation),
            try lu.triangle(upper: true, 1, for: operation) + one.diagonal(),
            try diagonal.abs().log().sum() * Double(Channels.places(x))
        )
    }

    public func latentShape(of event: [Int]) throws -> [Int] {
        try Demand.channels(of: event, lu.shape[0], "flow.LULinear")
    }
    public func dataShape(of event: [Int]) throws -> [Int] { try latentShape(of: event) }

    public func toLatent(_ x: Variable, context: Variable?) throws -> (z: Variable, logDeterminant: Variable) {
        let (lower, upper, logDeterminant) = try factors(x)
        let x = try x.together(with: lu)
        return (try Channels.mapped(x) { try lower.matmul(upper.matmul($0)) }, logDeterminant)
    }

    public func toData(_ z: Variable, context: Variable?) throws -> (x: Variable, logDeterminant: Variable) {
        let (lower, upper, logDeterminant) = try factors(z)
        let z = try z.together(with: lu)
        let x = try Channels.mapped(z) {
            try upper.solve(lower.solve($0, for: "flow.LULinear"), for: "flow.LULinear")
        }
        return (x, try -logDeterminant)
    }
}

extension LULinear {
    public static let declaration = Declaration(
        "flow.LULinear",
        """
        z = L U x of n features, or of the n channels at each place of an image: L lower triangular, U upper \
        triangular with ones on its diagonal. log |det| is the sum of log |diagonal of L|, times H W for images. The \
        parameter lu (n, n) holds L on and below the diagonal and U above it; it starts as the identity.
        """,
        takes: .argument("n", .size(from: 1), "features, or channels"), .operation, returns: .transform,
        errors: "when called, a 0 on the diagonal or a parameter that is not finite; another number of features",
        source: "zuko.transforms.LULinearTransform",
        example: """
            local t = flow.LULinear(2)
            t:parameters().lu.data[{}] = tensor({{2, 1}, {3, 4}})
            local z, log_det = t:to_latent(tensor{1, 1})
            assert(z[{1}] == 4 and z[{2}] == 10 and math.abs(log_det:item() - math.log(8)) < 1e-6)
            """,
        see: ["flow.Conv1x1", "flow.Householder"]
    ) { n, operation in
        let start = try Tensor.zeros([n, n], for: operation)
        try start.diagonal().fill(1)
        return TransformObject(LULinear(lu: try leaf(start)), description: "flow.LULinear(\(n))")
    }

    public static let examples = [
        TransformExample("LULinear", [.init([3, 3], 0.5...2)], points: .init([3, 3]), extremes: .both) {
            LULinear(lu: $0[0])
        },
        TransformExample("LULinear of images", [.init([2, 2], -2 ... -0.5)], points: .init([2, 2, 2, 1])) {
            LULinear(lu: $0[0])
        },
    ]
}
