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
        methods: [toLatent, toData, parameters, check],
        operators: [
            .describe: NativeFunction(
                "transform:tostring",
                Documentation(
                    "tostring(t)", "The call that made it.",
                    example: "assert(tostring(flow.Scaling{0, 1}) == \"flow.Scaling((1, 2))\")")
            ) { .string(try $0.transform().description) }
        ])

    private static let scaling = "local t = flow.Scaling{0, 1}\n"
    private static let shapeErrors =
        "x of another shape; for scripted transforms, results of another shape or dtype, or with NaN"

    private static func method(
        _ name: String, _ signature: String, _ summary: String, errors: String? = nil, example: String,
        body: @escaping @Sendable (Arguments, Batch, Flow) throws -> [Value]
    ) -> NativeFunction {
        NativeFunction(
            "transform:\(name)", Documentation(signature, summary, errors: errors, example: scaling + example)
        ) { arguments in
            try arguments.atMost(2)
            let transform = try arguments.transform()
            let x = try arguments.variable(2, "x")
            guard (1...2).contains(x.shape.count), let dimension = x.shape.last, dimension > 0 else {
                throw arguments.error("x has shape \(Shape.describe(x.shape)); (D) or (B, D) expected")
            }
            let batch = try Batch(x, dimension: dimension, for: arguments.function)
            return try body(arguments, batch, transform.flow(dimension: dimension))
        }
    }

    private static let toLatent = method(
        "to_latent", "t:to_latent(x) -> z: tensor, log_det: tensor",
        "Data to noise, of (D) or (B, D), and log |det dz/dx| per row, in nats.", errors: shapeErrors,
        example:
            "local z, log_det = t:to_latent(tensor{1, 1})\nassert(log_det:item() == 1 and math.abs(z[{2}] - math.exp(1)) < 1e-6)"
    ) { _, x, flow in
        let (z, logDeterminant) = try flow.toLatent(x.rows)
        return [try x.likeInput(z), try x.perRow(logDeterminant)]
    }

    private static let toData = method(
        "to_data", "t:to_data(z) -> x: tensor, log_det: tensor",
        "Noise to data, and log |det dx/dz| of this direction per row, in nats.", errors: shapeErrors,
        example: "assert(select(2, t:to_data(tensor{1, 1})):item() == -1)"
    ) { _, z, flow in
        let (x, logDeterminant) = try flow.toData(z.rows)
        return [try z.likeInput(x), try z.perRow(logDeterminant)]
    }

    private static let check = method(
        "check", "t:check(x) -> {round_trip = number, log_det_sum = number, log_det_dense = number or nil}",
        """
        Checks the transform at x, in float64, as m:check does for a flow: that to_data undoes to_latent, that the two \
        log-determinants cancel, and, for D up to 64, that the log-determinant is that of the dense Jacobian by autodiff. \
        Returns the largest errors.
        """,
        errors: "an error above 1e-6 (relative): the message says which law and row",
        example: "assert(t:check(tensor.ones(3, 2)).log_det_dense < 1e-6)"
    ) { arguments, x, flow in [try FlowCheck(flow: flow, operation: arguments.function).report(x.rows)] }

    private static let parameters = NativeFunction(
        "transform:parameters",
        Documentation(
            "t:parameters() -> {name = tensor, ...}", "What training changes, by name.",
            example: scaling + "assert(t:parameters().scale.shape[2] == 2)")
    ) { arguments in
        try arguments.atMost(1)
        return .record(try arguments.transform().transform.parameters.map { (key: $0.name, value: .object($0.value)) })
    }
}

extension Arguments {
    fileprivate func transform() throws -> TransformObject {
        try object(1, "self", as: TransformObject.self, "transform")
    }
}
