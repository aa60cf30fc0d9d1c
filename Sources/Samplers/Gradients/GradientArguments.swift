import Scripting
import Tensors

/// The options that all gradient estimators share, and their result.
struct GradientArguments {
    static let names = ["distribution", "loss", "params", "samples", "generator", "statistics", "surrogate"]
    /// As signatures and documentation state them.
    static let signature = "distribution, loss, params, samples = 1000, generator, statistics = true, surrogate = false"
    static let text =
        "distribution is a function of the params that returns a law: a distribution (a batch of them is one law of independent components), or a table {sample = function(n, generator), rsample = likewise, log_prob = function(x)}. loss(x, params...) gets the batch of draws (first dimension: the draw) and returns one number per draw; its own gradient with respect to the params is included. params is a tensor or a table of tensors. Returns {value (the mean loss), value_standard_error, gradients (one tensor per param, in its shape), standard_errors and variances (the same for the gradients: variances are of one draw's contribution, element by element), losses, evaluations (draws at which the loss was computed)}. statistics = false leaves out standard_errors and variances, which cost min(samples, numbers in params) reverse passes instead of one. surrogate = true adds surrogate: the mean loss, recorded, so that r.surrogate:backward() puts the gradients into params that require them (first order only: its second derivatives mean nothing)."
    static let errors =
        "a distribution that is not a function; a loss that is not one finite number per draw; samples below 2, or more than 2^28 contributions (samples times numbers in params), with statistics; an unknown option"

    let problem: GradientProblem
    let statistics: Bool
    let recorded: Bool
    let options: Options

    init(_ arguments: Arguments, own: [String] = []) throws {
        try arguments.atMost(1)
        let operation = arguments.function
        options = try arguments.options(1, GradientArguments.names + own)
        let options = options
        guard case .function(let make) = options["distribution"] else {
            throw options.error("distribution", expected: "a function of the params that returns a distribution, such as function(mu) return distribution.Normal(mu, 1) end,")
        }
        guard case .function(let loss) = options["loss"] else {
            throw options.error("loss", expected: "a function of the draws (and the params)")
        }
        statistics = try options.boolean("statistics", default: true)
        recorded = try options.boolean("surrogate", default: false)
        problem = GradientProblem(
            distribution: { params in
                let result = try make.call(params.map { .object($0) }).first ?? .none
                guard let law = try Laws.read(result, "distribution", for: operation) else {
                    throw ScriptError(operation, "distribution returned \(result.shown); a distribution expected")
                }
                return law
            },
            loss: { x, params in
                let result = try loss.call([.object(x)] + params.map { .object($0) }).first ?? .none
                guard case .object(let object as Variable) = result else {
                    throw ScriptError(operation, "loss returned \(result.shown); a tensor with one number per draw expected")
                }
                return object
            },
            params: try GradientArguments.params(options),
            samples: try options.integer("samples", in: (statistics ? 2 : 1)...(1 << 40), default: 1000),
            generator: try arguments.generator(options))
    }

    private static func params(_ options: Options) throws -> [Variable] {
        switch options["params"] {
        case .object(let object as Variable): return [object]
        case .table(let table) where try table.count > 0:
            return try table.elements().enumerated().map { index, value in
                guard case .object(let object as Variable) = value else {
                    throw ScriptError(options.function, "option params: element \(index + 1): a tensor expected, got \(value.shown)")
                }
                return object
            }
        default: throw options.error("params", expected: "a tensor or a table of tensors")
        }
    }

    func estimate(_ estimator: ([Variable]) throws -> Surrogate) throws -> Value {
        let estimate = try GradientEstimate(problem, statistics: statistics, recorded: recorded, for: options.function, estimator)
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
