import Autodiff
import Distributions
import Scripting
import Tensors

/// A transform as a script object.
public final class TransformObject: RemembersCall {
    /// What scripts see as its type: `transform`.
    public static let type = ObjectType("transform")
    public var scriptType: ObjectType { TransformObject.type }

    /// What the methods compute with.
    public let transform: any FlowTransform
    public var heldValues: [Value] { transform.heldValues }
    public let description: String
    public var origin: Origin?

    /// The description is what `tostring` shows: the call that made it.
    public init(_ transform: any FlowTransform, description: String) {
        self.transform = transform
        self.description = description
    }

    /// A flow of this transform alone: methods that flows have are computed by it.
    func flow(event: [Int]) throws -> Flow {
        Flow(
            name: "Flow", dimension: try Shape.count(event, for: "flow"), event: event,
            transforms: [("transform", transform)], prior: StandardNormal())
    }

    public func recipe(_ tensors: any RecipeTensors) throws -> Recipe {
        if let scripted = transform as? ScriptedTransform, origin?.function == "flow.Transform" || origin == nil {
            guard let name = scripted.ownName else {
                throw Fault(
                    """
                    a flow.Transform without a name: give it one, flow.Transform{name = "Shift", ...}, and register \
                    what makes it, host.register{transforms = {Shift = function() return {to_latent = f, to_data = g} \
                    end}}
                    """)
            }
            return .call("flow.\(name)", [])
        }
        return try origin?.recipe(tensors) ?? transform.recipe
    }
}

extension TransformObject {
    static let binding = TypeBinding(
        type, "A bijection between data and noise, of which flow.Flow makes flows.",
        methods: [toLatent, toData, parameters, initialize, check].map { NativeFunction($0) } + [inversion],
        operators: [.describe: NativeFunction(describe)])

    private static let describe = Declaration(
        "transform:tostring", "The call that made it.", called: .symbol("tostring(t)"),
        takes: .argument("t", .transform), returns: .string,
        example: "assert(tostring(flow.Scaling{0, 1}) == \"flow.Scaling((1, 2))\")"
    ) { $0.description }

    private static let scaling = "local t = flow.Scaling{0, 1}\n"
    private static let shapeErrors =
        "x of another shape; for scripted transforms, results of another shape or dtype, or with NaN"

    private static let points = "(D) or (B, D); images (C, H, W) or (B, C, H, W)"
    private static let context = Parameter<Variable?>.argument(
        "context", .optional(.tensor), default: nil, "(C) or (B, C): what a conditional transform is told")

    private static let toLatent = Declaration(
        "transform:to_latent", "Data to noise, and log |det dz/dx| per row, in nats.",
        called: .method, takes: .argument("t", .transform), .argument("x", .tensor, points), context,
        returns: .tensors("z", "log_det"), errors: shapeErrors,
        example: scaling + """
            local z, log_det = t:to_latent(tensor{1, 1})
            assert(log_det:item() == 1 and math.abs(z[{2}] - math.exp(1)) < 1e-6)
            """
    ) { transform, x, context in
        let x = try Batch(x, "x", of: transform.transform.fixedDataShape)
        let (z, logDeterminant) = try transform.flow(event: Array(x.rows.shape.dropFirst())).toLatent(
            x.rows, context: context)
        return (try x.likeInput(z), try x.perRow(logDeterminant))
    }

    private static let toData = Declaration(
        "transform:to_data", "Noise to data, and log |det dx/dz| of this direction per row, in nats.",
        called: .method, takes: .argument("t", .transform), .argument("z", .tensor, points), context,
        returns: .tensors("x", "log_det"), errors: shapeErrors,
        example: scaling + "assert(select(2, t:to_data(tensor{1, 1})):item() == -1)"
    ) { transform, z, context in
        let inverse = TransformObject(Inverse(transform.transform), description: "")
        let z = try Batch(z, "z", of: inverse.transform.fixedDataShape)
        let (x, logDeterminant) = try inverse.flow(event: Array(z.rows.shape.dropFirst())).toLatent(
            z.rows, context: context)
        return (try z.likeInput(x), try z.perRow(logDeterminant))
    }

    private static let check = Declaration(
        "transform:check",
        """
        Checks the transform at x, in float64, as m:check does for a flow: that to_data undoes to_latent, that the \
        two log-determinants cancel, and, for D up to 64, that the log-determinant is that of the dense Jacobian by \
        autodiff. Returns the largest errors.
        """,
        called: .method, takes: .argument("t", .transform), .argument("x", .tensor, points), context, .operation,
        returns: .value(.flowCheck),
        errors: "an error above 1e-6 (relative): the message says what does not hold, and where",
        example: scaling + "assert(t:check(tensor.ones(3, 2)).log_det_dense < 1e-6)", see: ["flow:check"]
    ) { transform, x, context, operation in
        let x = try Batch(x, "x", of: transform.transform.fixedDataShape)
        let flow = try transform.flow(event: Array(x.rows.shape.dropFirst()))
        return try FlowCheck(flow: flow, operation: operation).report(x.rows, context: context)
    }

    /// `inverse` as a function that recipes may call.
    static let inversion = NativeFunction(inverse).remembering()

    private static let inverse = Declaration(
        "transform:inverse",
        "The same transform the other way round: its to_latent is t:to_data. The parameters are t's.",
        called: .method, takes: .argument("t", .transform), returns: .transform,
        errors: "transforms nested deeper than 64", source: "torch.distributions.Transform.inv",
        example: scaling
            + "assert((t:inverse():to_data(tensor{1, 1}) - t:to_latent(tensor{1, 1})):abs():max():item() == 0)"
    ) { transform in
        if let inverse = transform.transform as? Inverse {
            return TransformObject(inverse.base, description: String(transform.description.dropLast(10)))
        }
        _ = try nestedDepth(of: [transform.transform])
        return TransformObject(Inverse(transform.transform), description: transform.description + ":inverse()")
    }

    private static let parameters = Declaration(
        "transform:parameters", "What training changes, by name.",
        called: .method, takes: .argument("t", .transform), returns: .namedTensors,
        example: scaling + "assert(t:parameters().scale.shape[2] == 2)"
    ) { $0.transform.parameters }
}
