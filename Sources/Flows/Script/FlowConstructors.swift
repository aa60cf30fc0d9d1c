import Autodiff
import Distributions
import Scripting
import Tensors

/// `flow.Flow` and the constructors of its parts.
extension FlowFunctions {
    static let flow = Declaration(
        "flow.Flow",
        """
        The flow of noise and transforms. log_prob, sample, to_latent, to_data, check and the rest are those of every \
        flow.
        """,
        takes: .argument(
            "base", .base,
            """
            "normal" or "logistic", element by element, or a distribution over numbers (for every element) or over \
            vectors of length D
            """),
        .argument("transforms", .list(of: .transform), "{t1, t2, ...}, from data to noise"),
        .option("dim", .optional(.shape), default: nil, "D, where base does not say it; {C, H, W} for images"),
        .operation, returns: .object(Flow.type),
        errors: """
            a base of another size than the noise; no dim; transforms that do not follow each other: the message \
            counts them
            """,
        source: "change of variables",
        example: """
            local m = flow.Flow("normal", {flow.Scaling{math.log(2), 0}}, {dim = 2})
            local expected = distribution.Normal(0, tensor{0.5, 1}):log_prob(tensor{1, 1}):sum()
            assert((m:log_prob(tensor{1, 1}) - expected):abs():item() < 1e-5)
            assert(m:check(tensor{{1, 1}}).log_det_dense < 1e-6)
            """,
        see: ["flow.Chain", "flow.Split"]
    ) { base, transforms, given, operation in
        let own = (base as? BaseDistribution)?.dimension
        let parts = transforms.map(\.transform)
        let sequence = TransformSequence(parts)
        try sequence.checkContexts()
        // A part that takes one shape only fixes the data's shape; else data and noise have the same shape.
        guard let event = given ?? sequence.dataEvent ?? own.map({ [$0] }) else {
            throw Fault("dim", "the number of dimensions expected, as the base has none")
        }
        let dimension = try Shape.count(event, for: operation)
        guard dimension > 0, event.allSatisfy({ $0 <= 1 << 24 }) else {
            throw Fault("dim", "extents from 1 to \(1 << 24) expected, got \(Shape.describe(event))")
        }
        if let own, own != dimension { throw Fault("dim", "the base has \(own) dimensions, dim says \(dimension)") }
        let flow = Flow(
            name: "Flow", dimension: dimension, event: event,
            transforms: parts.enumerated().map { (name: "transforms.\($0)", transform: $1) }, prior: base)
        let latent = try flow.latentShape()
        let count = try Shape.count(latent, for: operation)
        guard count == dimension else {
            throw Fault(
                "the transforms make \(count) numbers \(Shape.describe(latent)) of \(dimension): a bijection keeps them"
            )
        }
        return flow
    }

    static let transform = Declaration(
        "flow.Transform",
        """
        A transform of your own, for flow.Flow. x and z are (B, D); the log-determinant is one number per row, or \
        one for all. Check it with t:check(x). To give it a name that any script can use, register it: \
        host.register{transforms = {Rotation = function(angle) return {to_latent = ..., to_data = ...} end}} makes \
        flow.Rotation(0.3).
        """,
        by: .table, takes: ScriptedTransform.Definition.options.parameter, returns: .object(TransformObject.type),
        errors: """
            later, results of another shape or dtype, or with NaN: the message names the transform and the direction
            """,
        example: """
            local shift = flow.Transform{
              name = "Shift", to_latent = function(x) return x - 1, 0 end, to_data = function(z) return z + 1, 0 end,
            }
            assert(shift:check(tensor.ones(2, 3)).round_trip < 1e-6)
            local m = flow.Flow(distribution.Normal(0, 1), {shift}, {dim = 1})
            assert(math.abs(m:log_prob(tensor{1}):item() + 0.5 * math.log(2 * math.pi)) < 1e-6)
            """
    ) { given in
        let transform = try ScriptedTransform(label: "flow.Transform \(given.name)", given)
        return TransformObject(transform, description: "flow.Transform{name = \"\(given.name)\"}")
    }

    /// `flow.Rotation(0.3)`: calls what was registered as Rotation and makes a transform of the table it returns.
    static let registered = ScriptedConstructors(.transforms) { name in
        NativeFunction(
            Declaration(
                "flow.\(name)", "",
                takes: .argument("constructor", .function), .rest("", .anything),
                returns: .object(TransformObject.type)
            ) { constructor, arguments in
                let result = try constructor.call(arguments).first ?? .none
                switch result {
                // The function returned an existing kind of transform.
                case .object(let object as TransformObject): return object
                case .table(let table):
                    // Its name is the registered one, whatever name the table gives.
                    let options = ScriptedTransform.Definition.options
                    let given = try options.read(table, over: ScriptedTransform.Definition())
                    let transform = try ScriptedTransform(label: "flow.\(name)", given)
                    return TransformObject(transform, description: "flow.\(name)(\(arguments.written))")
                default:
                    let expected = "a table {to_latent = f, to_data = g} expected"
                    throw Fault("the registered function returned \(result.shown); \(expected)")
                }
            }
        ).remembering(after: 1)
    }
}

extension RegistryKind {
    /// Transforms that scripts register, made by `flow.NAME(...)`.
    public static let transforms = RegistryKind("transforms", constructorsOf: "flow")
}
