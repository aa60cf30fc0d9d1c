import Scripting
import Tensors

extension ScriptedDistribution {
    /// The fields of the table that defines a distribution.
    struct Definition {
        var name = ScriptedDistribution.name
        var functions: [String: any ScriptFunction] = [:]
        var moments: [String: Moment] = [:]
        var batchShape: [Int] = []
        var eventShape: [Int] = []
        var dtype = DType.float32
        var support: Support?

        func has(_ function: String) -> Bool { functions[function] != nil }
    }

    /// A mean or variance: a value, or a function that returns it.
    enum Moment {
        case numbers(Numbers)
        case function(any ScriptFunction)

        /// The script value that it keeps alive.
        var value: Value {
            switch self {
            case .numbers(.tensor(let variable)): .object(variable)
            case .numbers: .none
            case .function(let function): .function(function)
            }
        }
    }
}

extension ScriptedDistribution.Definition {
    static let functionNames = [
        "sample", "rsample", "log_prob", "cdf", "log_cdf", "survival", "log_survival", "icdf",
    ]

    static let options = OptionTable(
        { ScriptedDistribution.Definition() },
        .option("name", \.name, .text, "what messages call it"),
        function("sample", "(shape, generator): draws of shape {n, ...} followed by batch and event shape"),
        function("rsample", "the same in place of sample, where draws are differentiable"),
        function("log_prob", "(x): one number per event, in nats"),
        function("cdf", "(x): P(X <= x), one number per event, as those that follow"),
        function("log_cdf", "(x): its logarithm"),
        function("survival", "(x): P(X > x)"),
        function("log_survival", "(x): its logarithm"),
        function("icdf", "(q): the quantile"),
        moment("entropy", "in nats: numbers, or a function that returns them, as those that follow"),
        moment("mean", "of batch and event shape"),
        moment("variance", "of batch and event shape"),
        moment("stddev", "the square root of the variance where it is not given"),
        .option("batch_shape", \.batchShape, .shape, "of independent distributions"),
        .option("event_shape", \.eventShape, .shape, "of one draw"),
        .option("dtype", \.dtype, .floatingDType, "of draws and moments"),
        .option(
            "support", \.support, .optional(.support),
            "where draws lie: a kind that d:support() names, or {\"interval\", low, high}"))

    private static func function(_ name: String, _ note: String) -> OptionTable<Self>.Field {
        .option(name, \.functions[name], .optional(.function), note)
    }

    private static func moment(_ name: String, _ note: String) -> OptionTable<Self>.Field {
        .option(name, \.moments[name], .optional(.moment), note)
    }
}

extension Domain<ScriptedDistribution.Moment> {
    fileprivate static var moment: Domain {
        Domain<Numbers>.numbers.map(show: { _ in "numbers" }) { ScriptedDistribution.Moment.numbers($0) }
            .or(Domain<any ScriptFunction>.function.map(show: { _ in "function" }) { .function($0) })
            .asking(for: "a number, a tensor, a table of numbers or a function")
    }
}
