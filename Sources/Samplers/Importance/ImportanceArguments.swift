import Autodiff
import Scripting
import Tensors

/// What `montecarlo.importance_sampling` was given, brought to log weights and values.
struct ImportanceArguments {
    static let names = [
        "log_weights", "log_target", "log_proposal", "proposal", "samples", "value", "normalized", "self_normalized", "generator",
    ]

    let weights: LogWeights
    let values: [Double]
    let normalized: Bool
    /// The batch the functions saw, if there was one.
    let samples: Variable?

    init(_ arguments: Arguments) throws {
        try arguments.atMost(1)
        let operation = arguments.function
        let options = try arguments.options(1, ImportanceArguments.names)
        if options.has("normalized"), options.has("self_normalized") {
            throw arguments.error("normalized and self_normalized are two names of one option; one of them expected")
        }
        normalized = try options.boolean("normalized", default: try options.boolean("self_normalized", default: false))
        let law = try Laws.read(options["proposal"], "option proposal", for: operation)
        if law == nil, options.has("proposal") {
            throw options.error("proposal", expected: "a distribution or a table {sample = function, log_prob = function}")
        }
        let samples = try ImportanceArguments.samples(options, law, arguments)
        self.samples = samples

        let logs: [Double]
        if options.has("log_weights") {
            if let other = ["log_target", "log_proposal", "proposal"].first(where: options.has) {
                throw arguments.error("log_weights and \(other) are given; log_weights = log_target - log_proposal, so one or the other expected")
            }
            logs = try ImportanceArguments.vector(options, "log_weights", samples)
        } else {
            guard options.has("log_target") else {
                throw arguments.error("log_weights, or log_target with log_proposal or proposal, expected")
            }
            let target = try ImportanceArguments.vector(options, "log_target", samples)
            let proposal: [Double]
            if options.has("log_proposal") {
                proposal = try ImportanceArguments.vector(options, "log_proposal", samples)
            } else if let law, let samples {
                proposal = try withoutRecording { try law.logProbability(samples, for: operation).value.toArray() }
            } else {
                throw arguments.error("log_target is given without log_proposal (or proposal = a distribution)")
            }
            try ImportanceArguments.check(target.count, "log_target", proposal.count, "log_proposal", operation)
            if let bad = proposal.firstIndex(where: { !$0.isFinite }) {
                throw arguments.error("log_proposal[\(bad + 1)] is \(shown(proposal[bad])); a finite number expected: a sample comes from where its proposal has density")
            }
            if let bad = target.firstIndex(where: { !($0 < .infinity) }) {
                throw arguments.error("log_target[\(bad + 1)] is \(shown(target[bad])); a number or -inf expected")
            }
            logs = zip(target, proposal).map { $0 - $1 }
        }
        values = options.has("value") ? try ImportanceArguments.vector(options, "value", samples) : [Double](repeating: 1, count: logs.count)
        try ImportanceArguments.check(logs.count, "log_weights", values.count, "value", operation)
        try Vectors.checkFinite(values, "value", for: operation)
        weights = try LogWeights(logs, for: operation)
    }

    private static func check(_ count: Int, _ name: String, _ other: Int, _ otherName: String, _ operation: String) throws {
        guard count == other else {
            throw ScriptError(operation, "\(name) has \(count) numbers, \(otherName) \(other); one per sample expected of each")
        }
    }

    /// The batch: given, or drawn from the proposal when a number is asked for.
    private static func samples(_ options: Options, _ law: (any ParametricLaw)?, _ arguments: Arguments) throws -> Variable? {
        switch options["samples"] {
        case .none where law == nil: return nil
        case .object(let object as Variable):
            guard let count = object.shape.first, count > 0 else {
                throw arguments.error("samples has shape \(Shape.describe(object.shape)); at least one sample along the first dimension expected")
            }
            return object
        case .integer, .number, .none:
            guard let law else { throw options.error("samples", expected: "a tensor of samples (or proposal = a distribution, to draw them)") }
            let count = try options.integer("samples", in: 1...(1 << 40), default: 1000)
            return Variable(try law.draw(count, from: arguments.generator(options), for: arguments.function))
        default: throw options.error("samples", expected: "a tensor, or with a proposal the number of samples to draw,")
        }
    }

    /// An option that is a vector, or a function of the samples that returns one number for each.
    private static func vector(_ options: Options, _ name: String, _ samples: Variable?) throws -> [Double] {
        guard case .function(let function) = options[name] else { return try Vectors.read(options[name], name, for: options.function) }
        guard let samples, let count = samples.shape.first else {
            throw ScriptError(options.function, "\(name) is a function: samples = a tensor (or proposal = a distribution) expected, got neither")
        }
        let result = try withoutRecording { try function.call([.object(samples)]).first ?? .none }
        guard case .object(let object as Variable) = result else {
            throw ScriptError(options.function, "\(name) returned \(result.shown); a tensor with one number per sample expected")
        }
        return try Vectors.rows(object, count, name, for: options.function).value.toArray()
    }
}

/// Runs with nothing recorded.
func withoutRecording<Result>(_ body: () throws -> Result) rethrows -> Result {
    try GradMode.$isEnabled.withValue(false) { try body() }
}
