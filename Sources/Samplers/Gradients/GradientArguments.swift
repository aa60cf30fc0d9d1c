import Autodiff
import Scripting
import Tensors

/// The arguments that all gradient estimators take.
struct GradientArguments {
    /// Their description in the documentation.
    static let text = """
        loss's own gradient with respect to the params is included. Returns value (the mean loss), gradients (one \
        tensor per param, in its shape), the standard errors of both, variances (of one draw's contribution to the \
        gradients, element by element), losses, and evaluations (draws at which the loss was computed).
        """
    static let errors = """
        a loss that is not one finite number per draw; with statistics, fewer than 2 samples or more than 2^28 \
        contributions (samples times numbers in params)
        """

    let problem: GradientProblem
    let statistics: Bool
    let recorded: Bool
    private let operation: String

    fileprivate init(
        _ operation: String, distribution: any ScriptFunction, loss: any ScriptFunction, params: [Variable],
        samples: Int, generator: Generator, statistics: Bool, recorded: Bool
    ) {
        (self.operation, self.statistics, self.recorded) = (operation, statistics, recorded)
        problem = GradientProblem(
            distribution: { params in
                let result = try distribution.call(params.map { .object($0) }).first ?? .none
                guard let distribution = try Domain<any ParametricDistribution>.distribution.read(result) else {
                    throw ScriptError(operation, "distribution returned \(result.shown); a distribution expected")
                }
                return distribution
            },
            loss: { x, params in
                let result = try loss.call([.object(x)] + params.map { .object($0) }).first ?? .none
                guard case .object(let object as Variable) = result else {
                    throw ScriptError(
                        operation, "loss returned \(result.shown); a tensor with one number per draw expected")
                }
                return object
            },
            params: params, samples: samples, generator: generator)
    }

    func estimate(_ estimator: ([Variable]) throws -> Surrogate) throws -> GradientEstimate {
        try GradientEstimate(problem, statistics: statistics, recorded: recorded, for: operation, estimator)
    }
}

extension Parameter<GradientArguments> {
    static var gradient: Parameter {
        let params = Domain<[Variable]>.oneOrMore(.tensor).asking(for: "a tensor or a table of tensors")
        return .joined(
            .operation,
            .option(
                "distribution",
                .function.asking(
                    for: """
                        a function of the params that returns a distribution, such as \
                        function(mu) return distribution.Normal(mu, 1) end
                        """),
                """
                a batch of them counts as one of independent components; a table {sample = function(n, generator), \
                rsample = likewise, log_prob = function(x)} is one, too
                """),
            .option(
                "loss", .function.asking(for: "a function of the draws (and the params)"),
                "loss(x, params...) gets the batch of draws (first dimension: the draw), returns one number per draw"),
            .option("params", params.map { $0.isEmpty ? nil : $0 }, "what the gradients are taken by"),
            .option("samples", .integer(from: 1, to: 1 << 40), default: 1000, "how many draws"),
            .generator,
            .option(
                "statistics", .flag, default: true,
                """
                false leaves out standard_errors and variances, which cost min(samples, numbers in params) reverse \
                passes instead of one
                """),
            .option(
                "surrogate", .flag, default: false,
                """
                true adds surrogate: the mean loss, recorded, so that r.surrogate:backward() puts the gradients into \
                params that require them (first order only: its second derivatives mean nothing)
                """)
        ) { operation, distribution, loss, params, samples, generator, statistics, recorded in
            guard samples >= 2 || !statistics else {
                throw Fault("samples", "a whole number from 2 to \(1 << 40) expected, got \(samples)")
            }
            return GradientArguments(
                operation, distribution: distribution, loss: loss, params: params, samples: samples,
                generator: generator, statistics: statistics, recorded: recorded)
        }
    }
}

extension Results<GradientEstimate> {
    static var estimate: Results {
        let tensor = ScriptType.object(Variable.type.name)
        let type = ScriptType.record([
            .init("value", .number), .init("value_standard_error", .number), .init("gradients", .list(tensor)),
            .init("standard_errors", .list(tensor)), .init("variances", .list(tensor)), .init("losses", tensor),
            .init("evaluations", .integer), .init("surrogate", tensor),
        ])
        return Results(type) { estimate in
            func list(_ tensors: [Tensor]) -> Value { .list(tensors.map { .tensor($0) }) }
            return .record([
                (key: "value", value: .number(estimate.value)),
                (key: "value_standard_error", value: .number(estimate.valueError)),
                (key: "gradients", value: list(estimate.gradients)),
                (key: "standard_errors", value: estimate.spread.map { list($0.standardErrors) } ?? .none),
                (key: "variances", value: estimate.spread.map { list($0.variances) } ?? .none),
                (key: "losses", value: .tensor(estimate.losses)),
                (key: "evaluations", value: .integer(estimate.evaluations)),
                (key: "surrogate", value: estimate.surrogate.map { .object($0) } ?? .none),
            ])
        }
    }
}
