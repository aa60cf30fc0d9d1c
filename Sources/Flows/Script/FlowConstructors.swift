import Autodiff
import Distributions
import Scripting
import Tensors

/// Flows put together by scripts, and the pieces.
extension FlowFunctions {
    static let flow = NativeFunction(
        "flow.Flow",
        Documentation(
            "flow.Flow(base, {t1, t2, ...}, {dim = D}) -> flow",
            """
            The flow of a law of noise and transforms, in the order from data to noise. base is \"normal\" or \
            \"logistic\", element by element, or a distribution over numbers (for every element) or over vectors of \
            length D. dim is needed where base does not say it. log_prob, sample, to_latent, to_data, check and the \
            rest are those of every flow.
            """,
            errors: "a base whose draws are no vectors; no dim, or one that is not the base's",
            source: "change of variables",
            example: """
                local m = flow.Flow("normal", {flow.Scaling{math.log(2), 0}}, {dim = 2})
                local expected = distribution.Normal(0, tensor{0.5, 1}):log_prob(tensor{1, 1}):sum()
                assert((m:log_prob(tensor{1, 1}) - expected):abs():item() < 1e-5)
                assert(m:check(tensor{{1, 1}}).log_det_dense < 1e-6)
                """)
    ) { arguments in
        try arguments.atMost(3)
        let options = try arguments.options(3, ["dim"])
        let (prior, own) = try base(arguments)
        let dimension = try options.integer("dim", in: 1...(1 << 24), default: own ?? 0)
        guard dimension > 0 else {
            throw arguments.error("option dim: the number of dimensions expected, as \(arguments[1].shown) has none")
        }
        if let own, own != dimension {
            throw arguments.error("option dim: base has \(own) dimensions, dim says \(dimension)")
        }
        let transforms = try arguments.table(2, "transforms").elements().enumerated().map { index, value in
            guard case .object(let object as TransformObject) = value else {
                throw arguments.error(
                    "transform \(index + 1): a transform such as flow.Scaling(s) expected, got \(value.shown)")
            }
            return (name: "transforms.\(index)", transform: object.transform)
        }
        return .object(Flow(name: "Flow", dimension: dimension, transforms: transforms, prior: prior))
    }

    /// The law of the noise, and its dimension where it has one.
    private static func base(_ arguments: Arguments) throws -> (any Law, Int?) {
        if case .object(let object as DistributionObject) = arguments[1] {
            let prior = try DistributionPrior(object.law, for: arguments.function)
            return (prior, prior.dimension)
        }
        let name = try arguments.choice(1, "base", [StandardNormal.name, StandardLogistic.name])
        return (name == StandardNormal.name ? StandardNormal() : StandardLogistic(), nil)
    }

    static let scaling = NativeFunction(
        "flow.Scaling",
        Documentation(
            "flow.Scaling(s) -> transform",
            """
            The diagonal scaling z = x exp(s), with s a tensor or table of D numbers (which take the type of x): log |det| is \
            the sum of s. Training changes s when it requires a gradient.
            """,
            errors: "s that is not finite or no vector", source: "Dinh, Krueger, Bengio: NICE, 2015, section 3.3",
            example:
                "local z = flow.Scaling{0, math.log(3)}:to_latent(tensor{1, 1})\nassert(math.abs(z[{2}] - 3) < 1e-6)")
    ) { arguments in
        try arguments.atMost(1)
        let scale: Variable
        var isOfNumbers = false
        if case .table(let table) = arguments[1] {
            guard let numbers = try table.numbers() else {
                throw arguments.error(1, "s", expected: "a tensor or a table of numbers")
            }
            (scale, isOfNumbers) = (Variable(try Tensor(numbers, shape: [numbers.count], .float64)), true)
        } else {
            scale = try arguments.variable(1, "s")
        }
        guard let count = scale.shape.last, count > 0, scale.value.count == count else {
            throw arguments.error("s has shape \(Shape.describe(scale.shape)); (D) or (1, D) expected")
        }
        guard try scale.value.isFinite() else { throw arguments.error("s holds NaN or infinity") }
        let row = scale.shape.count == 2 ? scale : try scale.reshape([1, count])
        return .object(
            TransformObject(
                Scaling(logScale: row, isOfNumbers: isOfNumbers), description: "flow.Scaling(\(Shape.describe(row.shape)))"))
    }

    static let transform = NativeFunction(
        "flow.Transform",
        Documentation(
            "flow.Transform{name = \"Transform\", to_latent = f, to_data = g, parameters = {name = tensor}} -> transform",
            """
            A transform of your own, for flow.Flow. to_latent(x) returns z and log |det dz/dx|, to_data(z) returns x \
            and log |det dx/dz|: each direction its own. x and z are (B, D); the log-determinant is one number per \
            row, or one for all. Check it with t:check(x). To give it a name that any script can use, register it: \
            host.register{transforms = {Rotation = function(angle) return {to_latent = ..., to_data = ...} end}} makes \
            flow.Rotation(0.3).
            """,
            errors:
                """
                a direction is missing; an unknown option; later, results of another shape or dtype, or with NaN: the \
                message names the transform and the direction
                """,
            example: """
                local shift = flow.Transform{
                  name = "Shift", to_latent = function(x) return x - 1, 0 end, to_data = function(z) return z + 1, 0 end,
                }
                assert(shift:check(tensor.ones(2, 3)).round_trip < 1e-6)
                local m = flow.Flow(distribution.Normal(0, 1), {shift}, {dim = 1})
                assert(math.abs(m:log_prob(tensor{1}):item() + 0.5 * math.log(2 * math.pi)) < 1e-6)
                """)
    ) { arguments in
        try arguments.atMost(1)
        let given = try Options(
            function: arguments.function, table: arguments.table(1, "options"),
            known: ["name"] + ScriptedTransform.options)
        let name = try given.string("name", default: "Transform")
        let made = try ScriptedTransform(label: "flow.Transform \(name)", given)
        return .object(TransformObject(made, description: "flow.Transform{name = \"\(name)\"}"))
    }

    /// `flow.Rotation(0.3)`: calls what was registered as Rotation and makes a transform of the table it returns.
    static let registered = ScriptedConstructors(.transforms) { name in
        NativeFunction("flow.\(name)", Documentation("", "")) { arguments -> Value in
            let given = Array(arguments.values.dropFirst())
            let result = try arguments.function(1, "constructor").call(given).first ?? .none
            switch result {
            // One of the transforms there are, by another name.
            case .object(let object as TransformObject): return .object(object)
            case .table(let table):
                // Its name is the registered one, whatever the table says.
                let options = try Options(
                    function: arguments.function, table: table, known: ["name"] + ScriptedTransform.options)
                let made = try ScriptedTransform(label: arguments.function, options)
                return .object(TransformObject(made, description: "flow.\(name)(\(given.written))"))
            default:
                throw arguments.error(
                    "the registered function returned \(result.shown); a table {to_latent = f, to_data = g} expected")
            }
        }
    }
}
