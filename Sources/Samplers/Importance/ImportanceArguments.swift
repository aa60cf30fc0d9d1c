import Autodiff
import Scripting
import Tensors

/// The arguments of `montecarlo.importance_sampling`, converted to log weights and values.
struct ImportanceArguments {
    let weights: LogWeights
    let values: [Double]
    let normalized: Bool
    /// The batch that functions were called with; nil when none was needed.
    let samples: Variable?

    fileprivate init(
        logWeights: PerSample?, logTarget: PerSample?, logProposal: PerSample?, value: PerSample?,
        proposal distribution: (any ParametricDistribution)?, samples: Variable?, normalized: Bool,
        for operation: String
    ) throws {
        (self.samples, self.normalized) = (samples, normalized)
        func vector(_ given: PerSample, _ name: String) throws -> [Double] {
            try ImportanceArguments.vector(given, name, samples, operation)
        }

        let logs: [Double]
        if let logWeights {
            let others = [
                ("log_target", logTarget != nil), ("log_proposal", logProposal != nil),
                ("proposal", distribution != nil),
            ]
            if let other = others.first(where: \.1)?.0 {
                throw Fault(
                    """
                    log_weights and \(other) are given; log_weights = log_target - log_proposal, so one or the other \
                    expected
                    """)
            }
            logs = try vector(logWeights, "log_weights")
        } else {
            guard let logTarget else {
                throw Fault("log_weights, or log_target with log_proposal or proposal, expected")
            }
            let target = try vector(logTarget, "log_target")
            let proposal: [Double]
            if let logProposal {
                proposal = try vector(logProposal, "log_proposal")
            } else if let distribution, let samples {
                proposal = try withoutRecording {
                    try distribution.logProbability(samples, for: operation).value.toArray()
                }
            } else {
                throw Fault("log_target is given without log_proposal (or proposal = a distribution)")
            }
            try ImportanceArguments.check(target.count, "log_target", proposal.count, "log_proposal", operation)
            if let bad = proposal.firstIndex(where: { !$0.isFinite }) {
                throw Fault(
                    """
                    log_proposal[\(bad + 1)] is \(shown(proposal[bad])); a finite number expected: a sample comes from \
                    where its proposal has density
                    """)
            }
            if let bad = target.firstIndex(where: { !($0 < .infinity) }) {
                throw Fault("log_target[\(bad + 1)] is \(shown(target[bad])); a number or -inf expected")
            }
            logs = zip(target, proposal).map { $0 - $1 }
        }
        values = try value.map { try vector($0, "value") } ?? [Double](repeating: 1, count: logs.count)
        try ImportanceArguments.check(logs.count, "log_weights", values.count, "value", operation)
        try Vectors.checkFinite(values, "value", for: operation)
        weights = try LogWeights(logs, for: operation)
    }

    private static func check(_ count: Int, _ name: String, _ other: Int, _ otherName: String, _ operation: String)
        throws
    {
        guard count == other else {
            throw ScriptError(
                operation, "\(name) has \(count) numbers, \(otherName) \(other); one per sample expected of each")
        }
    }

    /// The batch: samples that were given, or draws of the proposal (1000 unless a number is given); nil for neither.
    fileprivate static func samples(
        _ batch: Batch?, _ distribution: (any ParametricDistribution)?, _ generator: Generator, _ operation: String
    ) throws -> Variable? {
        switch batch {
        case .given(let tensor):
            guard let count = tensor.shape.first, count > 0 else {
                throw Fault(
                    """
                    samples has shape \(Shape.describe(tensor.shape)); at least one sample along the first dimension \
                    expected
                    """)
            }
            return tensor
        case .count(let count):
            guard let distribution else {
                throw Fault(
                    "samples",
                    "a tensor of samples (or proposal = a distribution, to draw them) expected, got \(count)")
            }
            return Variable(try distribution.draw(count, from: generator, for: operation))
        case nil: return try distribution.map { Variable(try $0.draw(1000, from: generator, for: operation)) }
        }
    }

    /// One number per sample: a vector, or what a function of the samples returns.
    private static func vector(
        _ given: PerSample, _ name: String, _ samples: Variable?, _ operation: String
    ) throws -> [Double] {
        switch given {
        case .numbers(let numbers): return numbers
        case .function(let function):
            guard let samples, let count = samples.shape.first else {
                throw Fault(
                    "\(name) is a function: samples = a tensor (or proposal = a distribution) expected, got neither")
            }
            let result = try withoutRecording { try function.call([.object(samples)]).first ?? .none }
            guard case .object(let object as Variable) = result else {
                throw Fault("\(name) returned \(result.shown); a tensor with one number per sample expected")
            }
            return try Vectors.rows(object, count, name, for: operation).value.toArray()
        }
    }
}

extension Parameter<ImportanceArguments> {
    static var importance: Parameter {
        let normalized = Domain<Bool?>.optional(.flag, shown: "false")
        return .joined(
            .operation,
            .option("log_weights", .optional(.perSample), "log_target - log_proposal, in nats"),
            .option("log_target", .optional(.perSample), "log density of the target, in nats"),
            .option("log_proposal", .optional(.perSample), "log density of the proposal, in nats"),
            .option(
                "proposal", .optional(.distribution),
                """
                instead of log_proposal; sample(n, generator) draws the samples, too, when samples is their number, \
                and log_prob gets them
                """),
            .option("samples", .optional(.batch), "the batch of samples, or how many to draw; 1000 of a proposal"),
            .option("value", .optional(.perSample), "1 if left out: the estimate is the target's mass"),
            .option("normalized", normalized, default: nil, "true for densities up to constants: sum w value / sum w"),
            .option("self_normalized", .optional(.flag), "another name of normalized"),
            .generator
        ) {
            operation, weights, target, logProposal, distribution, batch, value, normalized, selfNormalized, generator
            in
            if normalized != nil, selfNormalized != nil {
                throw Fault("normalized and self_normalized are two names of one option; one of them expected")
            }
            return try ImportanceArguments(
                logWeights: weights, logTarget: target, logProposal: logProposal, value: value, proposal: distribution,
                samples: ImportanceArguments.samples(batch, distribution, generator, operation),
                normalized: normalized ?? selfNormalized ?? false, for: operation)
        }
    }
}

/// Runs `body` without recording on the tape.
func withoutRecording<Result>(_ body: () throws -> Result) rethrows -> Result {
    try GradMode.$isEnabled.withValue(false) { try body() }
}
