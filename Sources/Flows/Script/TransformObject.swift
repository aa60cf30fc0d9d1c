import Autodiff
import Distributions
import Scripting
import Tensors

/// What a script holds of a flow's transform.
public final class TransformObject: ScriptObject {
    public static let type = ObjectType("transform")
    public var scriptType: ObjectType { TransformObject.type }

    public let transform: any FlowTransform
    public var heldValues: [Value] { transform.heldValues }
    public let description: String

    public init(_ transform: any FlowTransform, description: String) {
        self.transform = transform
        self.description = description
    }

    /// A flow of this transform alone, to ask the questions that flows answer.
    func flow(dimension: Int) -> Flow {
        Flow(name: "Flow", dimension: dimension, transforms: [("transform", transform)], prior: StandardNormal())
    }
}

extension TransformObject {
    static let face = TypeFace(
        type, "A bijection between data and noise, of which flow.Flow makes flows.",
        methods: [toLatent, toData, parameters, initialize, check].map { NativeFunction($0) },
        operators: [.describe: NativeFunction(describe)])

    private static let describe = Declaration(
        "transform:tostring", "The call that made it.", called: .symbol("tostring(t)"),
        takes: .argument("t", .transform), returns: .string,
        example: "assert(tostring(flow.Scaling{0, 1}) == \"flow.Scaling((1, 2))\")"
    ) { $0.description }

    private static let scaling = "local t = flow.Scaling{0, 1}\n"
    private static let shapeErrors =
        "x of another shape; for scripted transforms, results of another shape or dtype, or with NaN"

    /// The batch of a method's points, and the transform as a flow.
    private func batch(_ x: Variable, _ name: String) throws -> (Batch, Flow) {
        guard (1...2).contains(x.shape.count), let dimension = x.shape.last, dimension > 0 else {
            throw Fault("\(name) has shape \(Shape.describe(x.shape)); (D) or (B, D) expected")
        }
        return (try Batch(x, name, dimension: dimension), flow(dimension: dimension))
    }

    private static let toLatent = Declaration(
        "transform:to_latent", "Data to noise, and log |det dz/dx| per row, in nats.",
        called: .method, takes: .argument("t", .transform), .argument("x", .tensor, "(D) or (B, D)"),
        returns: .tensors("z", "log_det"), errors: shapeErrors,
        example: scaling + """
            local z, log_det = t:to_latent(tensor{1, 1})
            assert(log_det:item() == 1 and math.abs(z[{2}] - math.exp(1)) < 1e-6)
            """
    ) { transform, x in
        let (x, flow) = try transform.batch(x, "x")
        let (z, logDeterminant) = try flow.toLatent(x.rows)
        return (try x.likeInput(z), try x.perRow(logDeterminant))
    }

    private static let toData = Declaration(
        "transform:to_data", "Noise to data, and log |det dx/dz| of this direction per row, in nats.",
        called: .method, takes: .argument("t", .transform), .argument("z", .tensor, "(D) or (B, D)"),
        returns: .tensors("x", "log_det"), errors: shapeErrors,
        example: scaling + "assert(select(2, t:to_data(tensor{1, 1})):item() == -1)"
    ) { transform, z in
        let (z, flow) = try transform.batch(z, "z")
        let (x, logDeterminant) = try flow.toData(z.rows)
        return (try z.likeInput(x), try z.perRow(logDeterminant))
    }

    private static let check = Declaration(
        "transform:check",
        """
        Checks the transform at x, in float64, as m:check does for a flow: that to_data undoes to_latent, that the \
        two log-determinants cancel, and, for D up to 64, that the log-determinant is that of the dense Jacobian by \
        autodiff. Returns the largest errors.
        """,
        called: .method, takes: .argument("t", .transform), .argument("x", .tensor, "(D) or (B, D)"), .operation,
        returns: .value(.flowCheck), errors: "an error above 1e-6 (relative): the message says what does not hold, and where",
        example: scaling + "assert(t:check(tensor.ones(3, 2)).log_det_dense < 1e-6)", see: ["flow:check"]
    ) { transform, x, operation in
        let (x, flow) = try transform.batch(x, "x")
        return try FlowCheck(flow: flow, operation: operation).report(x.rows)
    }

    private static let parameters = Declaration(
        "transform:parameters", "What training changes, by name.",
        called: .method, takes: .argument("t", .transform), returns: .namedTensors,
        example: scaling + "assert(t:parameters().scale.shape[2] == 2)"
    ) { $0.transform.parameters }
}
