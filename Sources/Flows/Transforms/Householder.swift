import Autodiff
import Scripting
import Tensors

/// The product of k reflections x - 2 v (v . x) / |v|^2: an orthogonal map, so that log |det| = 0. Tomczak and Welling,
/// "Improving variational auto-encoders using Householder flow", 2016, equation 9.
public struct Householder: CataloguedTransform {
    public static let name = "Householder"
    /// (k, n): the vectors v, of any length but 0; the first is applied first on the way to noise.
    public let vectors: Variable

    /// Of shape (k, n), without rows of zeros; not checked here.
    public init(vectors: Variable) { self.vectors = vectors }

    public var recipe: Recipe { .call("flow.Householder", [.integer(vectors.shape[1]), .integer(vectors.shape[0])]) }
    public var parameters: [(name: String, value: Variable)] { [("vectors", vectors)] }

    private func reflected(_ x: Variable, inOrder order: [Int]) throws -> Variable {
        let operation = "flow.Householder"
        try Demand.channels(x, vectors.shape[1], operation)
        try Demand.finite(parameters, operation)
        let all = try vectors.together(with: x)
        let lengths = try all.norm(2, [1], keepingDimensions: true)
        if let place = try lengths.value.toArray().firstIndex(of: 0) {
            throw ScriptError(operation, "vector \(place + 1) is 0, in which nothing is reflected")
        }
        let units = try all / lengths
        return try Channels.mapped(x.together(with: vectors)) { columns in
            try order.reduce(columns) { columns, index in
                let unit = try units.slice(0, index, 1)
                return try columns - (unit.transposed() * 2).matmul(unit.matmul(columns))
            }
        }
    }

    public func latentShape(of event: [Int]) throws -> [Int] {
        try Demand.channels(of: event, vectors.shape[1], "flow.Householder")
    }
    public func dataShape(of event: [Int]) throws -> [Int] { try latentShape(of: event) }

    public func toLatent(_ x: Variable, context: Variable?) throws -> (z: Variable, logDeterminant: Variable) {
        let z = try reflected(x, inOrder: Array(0..<vectors.shape[0]))
        return (z, try z.constant(0))
    }

    public func toData(_ z: Variable, context: Variable?) throws -> (x: Variable, logDeterminant: Variable) {
        let x = try reflected(z, inOrder: (0..<vectors.shape[0]).reversed())
        return (x, try x.constant(0))
    }
}

extension Householder {
    public static let declaration = Declaration(
        "flow.Householder",
        """
        An orthogonal map of n features, or of the n channels at each place of an image: k reflections x - 2 v (v . x) \
        / |v|^2, one after the other. log |det| is 0. The parameter vectors (k, n) starts with standard normal \
        numbers; n reflections make every orthogonal matrix.
        """,
        takes: .argument("n", .size(from: 1), "features, or channels"),
        .argument("k", .integer(from: 1, to: 4096), "reflections"), .generator, .operation, returns: .transform,
        errors: "when called, a vector that is 0 or a parameter that is not finite; another number of features",
        source: "Tomczak, Welling, 2016, equation 9",
        example: """
            local t = flow.Householder(3, 2)
            local z, log_det = t:to_latent(tensor{3, 0, 4})
            assert(math.abs(z:norm():item() - 5) < 1e-5 and log_det:item() == 0)
            """,
        see: ["flow.Conv1x1", "flow.LULinear"]
    ) { n, k, generator, operation in
        let vectors = try leaf(generator.fill([k, n], for: operation) { $0.normal() })
        return TransformObject(Householder(vectors: vectors), description: "flow.Householder(\(n), \(k))")
    }

    public static let examples = [
        TransformExample("Householder", [.init([2, 3], 0.3...2)], points: .init([3, 3]), extremes: .both) {
            Householder(vectors: $0[0])
        },
        TransformExample("Householder of images", [.init([1, 2], 0.3...2)], points: .init([2, 2, 1, 2])) {
            Householder(vectors: $0[0])
        },
    ]
}
