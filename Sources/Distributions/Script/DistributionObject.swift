import Autodiff
import Scripting
import Tensors

/// A distribution as a script object.
public final class DistributionObject: RemembersCall, HoldsDistribution {
    /// What scripts see as its type: `distribution`.
    public static let type = ObjectType("distribution")
    public let distribution: any Distribution
    public var origin: Origin?
    /// Keeps no call; constructors set ``origin``, so that files can repeat it.
    public init(_ distribution: any Distribution) { self.distribution = distribution }
    public var scriptType: ObjectType { DistributionObject.type }
    public var heldValues: [Value] { distribution.heldValues }
}

extension DistributionObject {
    package static var binding: TypeBinding {
        TypeBinding(
            type, "A probability distribution, or a batch of them: draws, log-densities in nats, moments.",
            methods: methods.map { NativeFunction($0) }, properties: properties.map { NativeFunction($0) },
            operators: [.describe: NativeFunction(describe)])
    }

    private static let normal = "local d = distribution.Normal(0, 1)\n"

    private static let describe = Declaration(
        "distribution:tostring", "The distribution with its parameters.", called: .symbol("tostring(d)"),
        takes: .argument("d", .receiver), returns: .string,
        example: "assert(tostring(distribution.Normal(0, 1)) == \"distribution.Normal(loc = 0, scale = 1)\")"
    ) { $0.description }
}

// MARK: Methods

extension DistributionObject {
    private static let methods = [
        Declaration(
            "distribution:sample",
            """
            Independent draws of shape {n, ...} followed by the batch and event shape; without arguments one of each \
            distribution of the batch. Not differentiable.
            """,
            called: .method, takes: .argument("d", .receiver), .shapeOfDraws, .generator, returns: .plainTensor,
            source: "torch.distributions.Distribution.sample",
            example: normal + "assert(d:sample({5}).shape[1] == 5 and d:sample():dim() == 0)"
        ) { d, shape, generator in try d.sample(shape, from: generator) },
        Declaration(
            "distribution:rsample",
            """
            Draws as differentiable functions of the parameters: the same numbers as sample, with gradients. Gamma, \
            Beta, Dirichlet, StudentT, VonMises and Truncated by implicit reparameterisation (Figurnov, Mohamed, Mnih \
            2018).
            """,
            called: .method, takes: .argument("d", .receiver), .shapeOfDraws, .generator, returns: .tensor,
            errors: "a distribution without it (the discrete ones, Mixture)",
            source: "torch.distributions.Distribution.rsample",
            example: """
                local s = tensor({2}):requires_grad_(true)
                distribution.Normal(0, s):rsample({100}):sum():backward()
                assert(s.grad ~= nil)
                """
        ) { d, shape, generator in try d.rsample(shape, from: generator) },
        pointwise(
            "log_prob", .point("x", "broadcasts with the batch; events of vectors stand in the last dimension"),
            """
            The log-density (log-probability of a discrete distribution) at x, in nats: -inf outside the support, \
            NaN at NaN. Differentiable in x and the parameters.
            """,
            source: "torch.distributions.Distribution.log_prob",
            example: "assert(math.abs(d:log_prob(0):item() + 0.5 * math.log(2 * math.pi)) < 1e-6)"
        ) { try $0.logProbability($1) },
        pointwise(
            "cdf", .point("x"), "P(X <= x), element by element. Differentiable in x and the parameters.",
            errors: "; a distribution of vectors", source: "torch.distributions.Distribution.cdf",
            example: "assert(d:cdf(0):item() == 0.5)"
        ) { try $0.cumulativeProbability($1) },
        tail(
            "log_cdf", "log P(X <= x), right where the probability itself underflows.",
            "assert(math.abs(d:log_cdf(-40):item() + 804.608) < 1e-2)"
        ) { try $0.logCumulativeProbability($1) },
        tail(
            "survival", "P(X > x), not as 1 - cdf(x), which is 0 in the far tail.",
            "assert(math.abs(d:survival(9):item() / 1.12859e-19 - 1) < 1e-4)"
        ) { try $0.survival($1) },
        tail("log_survival", "log P(X > x).", "assert(math.abs(d:log_survival(40):item() + 804.608) < 1e-2)") {
            try $0.logSurvival($1)
        },
        pointwise(
            "icdf", .point("q", "a probability"), "The quantile: the x with cdf(x) = q. NaN for q outside [0, 1].",
            errors: "; a discrete distribution, or one of vectors", source: "torch.distributions.Distribution.icdf",
            example: "assert(math.abs(d:icdf(0.975):item() - 1.959964) < 1e-5)"
        ) { try $0.quantile($1) },
        Declaration(
            "distribution:support",
            """
            Where draws lie: "real", "positive" (from 0), "interval", "greater_than" (from an end on), "less_than" (up \
            to an end), "simplex" or "integers", and the two ends, infinite where there is none: numbers, or tensors \
            where they differ within the batch.
            """,
            called: .method, takes: .argument("d", .distribution), returns: .support,
            errors: "a distribution of a script that does not say it (option support)",
            source: "torch.distributions.Distribution.support",
            example: """
                local kind, low, high = distribution.Beta(2, 3):support()
                assert(kind == "interval" and low == 0 and high == 1)
                assert(distribution.Normal(0, 1):support() == "real")
                """
        ) { try $0.support },
        Declaration(
            "distribution:entropy", "The (differential) entropy in nats, one number per distribution of the batch.",
            called: .method, takes: .argument("d", .receiver), returns: .tensor,
            errors: "a distribution without a closed form (Mixture)",
            source: "torch.distributions.Distribution.entropy",
            example: normal + "assert(math.abs(d:entropy():item() - 0.5 * math.log(2 * math.pi * math.exp(1))) < 1e-6)"
        ) { try $0.entropy() },
    ]

    /// A method that evaluates a function at points, which broadcast with the batch.
    private static func pointwise(
        _ name: String, _ point: Parameter<Numbers>, _ summary: String, errors: String = "", source: String,
        example: String, _ answer: @escaping @Sendable (any Distribution, Variable) throws -> Variable
    ) -> Declaration {
        Declaration(
            "distribution:\(name)", summary, called: .method, takes: .argument("d", .receiver), point,
            returns: .tensor,
            errors: "a shape that does not broadcast with the batch, or does not end in the event's" + errors,
            source: source, example: normal + example
        ) { d, point in try answer(d, point.variable(d.dtype)) }
    }

    private static func tail(
        _ name: String, _ summary: String, _ example: String,
        _ answer: @escaping @Sendable (any Distribution, Variable) throws -> Variable
    ) -> Declaration {
        pointwise(
            name, .point("x"),
            summary + " Element by element; differentiable in x and the parameters, in the tails too.",
            errors: "; a distribution of vectors", source: "scipy.stats: logcdf, sf and logsf", example: example,
            answer)
    }
}

extension Parameter<[Int]> {
    fileprivate static var shapeOfDraws: Parameter<[Int]> {
        .argument("shape", .shape, default: [], "{n, ...}, or n: how many draws")
    }
}

extension Parameter<Numbers> {
    fileprivate static func point(_ name: String, _ note: String = "") -> Parameter<Numbers> {
        .argument(name, .numbers, note)
    }
}

// MARK: Properties

extension DistributionObject {
    private static func property<R>(
        _ name: String, _ summary: String, _ results: Results<R>, example: String,
        _ read: @escaping @Sendable (any Distribution) throws -> R
    ) -> Declaration {
        Declaration(
            "distribution.\(name)", summary, called: .property, takes: .argument("d", .receiver), returns: results,
            example: normal + example, body: read)
    }

    private static let general = [
        property(
            "mean", "The mean, of batch and event shape; NaN where there is none.", .tensor,
            example: "assert(d.mean:item() == 0)"
        ) { try $0.mean() },
        property(
            "variance", "The variance of each component; infinite or NaN where there is none.", .tensor,
            example: "assert(d.variance:item() == 1)"
        ) { try $0.variance() },
        property(
            "stddev", "The square root of the variance, also where that is too large or too small for a number.",
            .tensor, example: "assert(d.stddev:item() == 1)"
        ) { try $0.standardDeviation() },
        property(
            "batch_shape", "The shape to which the parameters broadcast.", .integers,
            example: "assert(#d.batch_shape == 0)"
        ) { $0.batchShape },
        property(
            "event_shape", "The shape of one draw: {} for distributions on the real line.", .integers,
            example: "assert(#d.event_shape == 0)"
        ) { $0.eventShape },
        property("has_rsample", "Whether draws are differentiable.", .flag, example: "assert(d.has_rsample)") {
            $0.isReparameterised
        },
        property("name", "The distribution's name.", .string, example: "assert(d.name == \"Normal\")") { $0.name },
    ]

    /// Parameters by name: every distribution has some of these.
    private static let parameterNames = [
        "loc", "scale", "low", "high", "probs", "logits", "rate", "concentration", "concentration1", "concentration0",
        "df", "covariance", "scale_tril", "weights", "total_count", "alpha",
    ]

    private static let properties =
        general
        + parameterNames.map { name in
            property(
                name, "The parameter \(name), of distributions that have it; nil for the others.", .value(.any),
                example: "assert(d.\(name) \(["loc", "scale"].contains(name) ? "~=" : "==") nil)"
            ) { distribution in distribution.parameters.first { $0.name == name }.map { .object($0.value) } ?? .none }
        }
}
