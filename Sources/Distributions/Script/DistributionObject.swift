import Autodiff
import Scripting
import Tensors

/// What a script holds of a law.
public final class DistributionObject: ScriptObject {
    public static let type = ObjectType("distribution")
    public let law: any Distribution
    public init(_ law: any Distribution) { self.law = law }
    public var scriptType: ObjectType { DistributionObject.type }
    public var heldValues: [Value] { law.heldValues }
}

extension Arguments {
    func distribution(_ position: Int, _ name: String = "d") throws -> any Distribution {
        try object(position, name, as: DistributionObject.self, "distribution").law
    }

    /// A tensor, or a number or a table of numbers in the law's dtype.
    fileprivate func point(_ position: Int, _ name: String, _ law: any Distribution) throws -> Variable {
        if let number = self[position].asNumber { return Variable(try Tensor(number, law.dtype)) }
        switch self[position] {
        case .object(let object as Variable): return object
        case .table(let table):
            var nested = Nested()
            try nested.read(table, 0, for: function, name)
            return Variable(try Tensor(nested.values, shape: nested.shape, law.dtype))
        default: throw error(position, name, expected: "a tensor, a number or a table of numbers")
        }
    }

    /// `({n, ...}, {generator})`, `(n, {generator})` or `({generator})`.
    fileprivate func drawing() throws -> (shape: [Int], generator: Generator) {
        try atMost(3)
        var shape: [Int] = []
        var next = 2
        if let extent = self[2].asInteger {
            shape = [extent]
            next = 3
        } else if case .table(let table) = self[2] {
            if try table.count > 0 || table.entries().isEmpty {
                shape = try table.elements().map { value in
                    guard let extent = value.asInteger else { throw error(2, "shape", expected: "a shape such as {2, 3}") }
                    return extent
                }
                next = 3
            }
        } else if isNil(2) {
            next = 3
        } else {
            throw error(2, "shape", expected: "a shape such as {2, 3}")
        }
        guard shape.allSatisfy({ $0 >= 0 }) else {
            throw self.error("shape \(Shape.describe(shape)): sizes must not be negative")
        }
        if next == 2 { try atMost(2) }
        return (shape, try generator(options(next, ["generator"])))
    }
}

extension DistributionObject {
    package static var face: TypeFace {
        TypeFace(
            type, "A probability law, or a batch of them: draws, log-densities in nats, moments.", methods: methods, properties: properties,
            operators: [
                .describe: NativeFunction(
                    "distribution:tostring",
                    Documentation("tostring(d) -> string", "The law with its parameters.", example: "assert(tostring(distribution.Normal(0, 1)) == \"distribution.Normal(loc = 0, scale = 1)\")")
                ) { .string(try $0.distribution(1).description) }
            ])
    }

    private static let normal = "local d = distribution.Normal(0, 1)\n"
    private static let pointErrors = "a shape that does not broadcast with the batch, or does not end in the event's"

    static let methods: [NativeFunction] = [
        NativeFunction(
            "distribution:sample",
            Documentation(
                "d:sample({n, ...} = {}, {generator}) -> tensor", "Independent draws of shape {n, ...} followed by the batch and event shape; without arguments one of each law of the batch. Not differentiable.",
                errors: "a shape with negative sizes", source: "torch.distributions.Distribution.sample",
                example: normal + "assert(d:sample({5}).shape[1] == 5 and d:sample():dim() == 0)")
        ) { arguments in
            let law = try arguments.distribution(1)
            let (shape, generator) = try arguments.drawing()
            return .tensor(try law.sample(shape, from: generator, for: arguments.function))
        },
        NativeFunction(
            "distribution:rsample",
            Documentation(
                "d:rsample({n, ...} = {}, {generator}) -> tensor", "Draws as differentiable functions of the parameters: the same numbers as sample, with gradients. Gamma, Beta, Dirichlet and StudentT by implicit reparameterisation (Figurnov, Mohamed, Mnih 2018).",
                errors: "a law without it (the discrete ones, Mixture)", source: "torch.distributions.Distribution.rsample",
                example: "local s = tensor({2}):requires_grad_(true)\ndistribution.Normal(0, s):rsample({100}):sum():backward()\nassert(s.grad ~= nil)")
        ) { arguments in
            let law = try arguments.distribution(1)
            let (shape, generator) = try arguments.drawing()
            return .object(try law.rsample(shape, from: generator, for: arguments.function))
        },
        NativeFunction(
            "distribution:log_prob",
            Documentation(
                "d:log_prob(x) -> tensor", "The log-density (log-probability of a discrete law) at x, in nats: -inf outside the support, NaN at NaN. x broadcasts with the batch; vector laws take events in the last dimension. Differentiable in x and the parameters.",
                errors: pointErrors, source: "torch.distributions.Distribution.log_prob",
                example: normal + "assert(math.abs(d:log_prob(0):item() + 0.5 * math.log(2 * math.pi)) < 1e-6)")
        ) { arguments in
            try arguments.atMost(2)
            let law = try arguments.distribution(1)
            return .object(try law.logProbability(arguments.point(2, "x", law), for: arguments.function))
        },
        NativeFunction(
            "distribution:cdf",
            Documentation(
                "d:cdf(x) -> tensor", "P(X <= x), element by element. Differentiable in x and the parameters.", errors: pointErrors + "; a law on vectors",
                source: "torch.distributions.Distribution.cdf", example: normal + "assert(d:cdf(0):item() == 0.5)")
        ) { arguments in
            try arguments.atMost(2)
            let law = try arguments.distribution(1)
            return .object(try law.cumulativeProbability(arguments.point(2, "x", law), for: arguments.function))
        },
        tail("log_cdf", "log P(X <= x), right where the probability itself underflows.", "assert(math.abs(d:log_cdf(-40):item() + 804.608) < 1e-2)") {
            try $0.logCumulativeProbability($1, for: $2)
        },
        tail("survival", "P(X > x), not as 1 - cdf(x), which is 0 in the far tail.", "assert(math.abs(d:survival(9):item() / 1.12859e-19 - 1) < 1e-4)") {
            try $0.survival($1, for: $2)
        },
        tail("log_survival", "log P(X > x).", "assert(math.abs(d:log_survival(40):item() + 804.608) < 1e-2)") {
            try $0.logSurvival($1, for: $2)
        },
        NativeFunction(
            "distribution:icdf",
            Documentation(
                "d:icdf(q) -> tensor", "The quantile: the x with cdf(x) = q. NaN for q outside [0, 1].", errors: pointErrors + "; a law without a closed form",
                source: "torch.distributions.Distribution.icdf", example: normal + "assert(math.abs(d:icdf(0.975):item() - 1.959964) < 1e-5)")
        ) { arguments in
            try arguments.atMost(2)
            let law = try arguments.distribution(1)
            return .object(try law.quantile(arguments.point(2, "q", law), for: arguments.function))
        },
        NativeFunction(
            "distribution:entropy",
            Documentation(
                "d:entropy() -> tensor", "The (differential) entropy in nats, one number per law of the batch.", errors: "a law without a closed form (Mixture)",
                source: "torch.distributions.Distribution.entropy",
                example: normal + "assert(math.abs(d:entropy():item() - 0.5 * math.log(2 * math.pi * math.exp(1))) < 1e-6)")
        ) {
            try $0.atMost(1)
            return .object(try $0.distribution(1).entropy())
        },
    ]

    private static func tail(
        _ name: String, _ summary: String, _ example: String,
        _ answer: @escaping @Sendable (any Distribution, Variable, String) throws -> Variable
    ) -> NativeFunction {
        NativeFunction(
            "distribution:\(name)",
            Documentation(
                "d:\(name)(x) -> tensor", summary + " Element by element; differentiable in x and the parameters, in the tails too.",
                errors: pointErrors + "; a law on vectors", source: "scipy.stats: logcdf, sf and logsf", example: normal + example)
        ) { arguments in
            try arguments.atMost(2)
            let law = try arguments.distribution(1)
            return .object(try answer(law, arguments.point(2, "x", law), arguments.function))
        }
    }

    private static func property(
        _ name: String, _ summary: String, as type: String = "tensor", example: String,
        _ read: @escaping @Sendable (any Distribution) throws -> Value
    ) -> NativeFunction {
        NativeFunction("distribution.\(name)", Documentation("d.\(name) -> \(type)", summary, example: example)) {
            try read($0.distribution(1))
        }
    }

    private static let general: [NativeFunction] = [
        property("mean", "The mean, of batch and event shape; NaN where there is none.", example: normal + "assert(d.mean:item() == 0)") { .object(try $0.mean()) },
        property("variance", "The variance of each component; infinite or NaN where there is none.", example: normal + "assert(d.variance:item() == 1)") { .object(try $0.variance()) },
        property("stddev", "The square root of the variance, also where that is too large or too small for a number.", example: normal + "assert(d.stddev:item() == 1)") { .object(try $0.standardDeviation()) },
        property("batch_shape", "The shape to which the parameters broadcast.", as: "{integer, ...}", example: normal + "assert(#d.batch_shape == 0)") { .list($0.batchShape.map { .integer($0) }) },
        property("event_shape", "The shape of one draw: {} for laws on the real line.", as: "{integer, ...}", example: normal + "assert(#d.event_shape == 0)") { .list($0.eventShape.map { .integer($0) }) },
        property("has_rsample", "Whether draws are differentiable.", as: "boolean", example: normal + "assert(d.has_rsample)") { .boolean($0.isReparameterised) },
        property("name", "The law's name.", as: "string", example: normal + "assert(d.name == \"Normal\")") { .string($0.name) },
    ]

    /// Parameters by name: every law has some of these.
    private static let parameterNames = [
        "loc", "scale", "low", "high", "probs", "logits", "rate", "concentration", "concentration1", "concentration0", "df", "covariance", "scale_tril",
        "weights",
    ]

    static let properties: [NativeFunction] = general + parameterNames.map { name in
        property(name, "The parameter \(name), of laws that have it; nil for the others.", as: "any", example: normal + "assert(d.\(name) \(["loc", "scale"].contains(name) ? "~=" : "==") nil)") { law in
            law.parameters.first { $0.name == name }.map { .object($0.value) } ?? .none
        }
    }
}
