import Autodiff
import Flows
import Optimizers
import RealModule
import Samplers
import Scripting
import Tensors

/// `m:fit` and `m:fit_to`.
public enum Fitting {
    /// The methods that this room adds to flows.
    public static let methods = [fit, fitTo]

    private static let flow = Parameter<Flow>.argument("m", .object(Flow.type))

    private static let history = ScriptType.record([
        .init("steps", .integer), .init("loss", .list(.number)), .init("lr", .list(.number)),
        .init("norm", .list(.number)),
        .init("validation", .list(.number)), .init("validation_steps", .list(.integer)), .init("best", .number),
        .init("best_step", .integer), .init("epochs", .integer), .init("ended", .string),
    ])

    static let fit = Declaration(
        "flow:fit",
        """
        Trains the flow by maximum likelihood: steps of an optimiser on the mean of -log p over batches of x's rows, \
        in nats. Adam with a constant step size; no dequantisation, clipping or averaging unless asked for. Rows come \
        in an order that is drawn for every epoch. Returns the history: loss and lr of every step, norm where \
        gradients are clipped, validation and validation_steps where rows are kept for it, with best and best_step, \
        epochs, and why training ended (steps, patience, callback, stop). The weights are then the best ones where \
        there is a patience, else the averages where there are some, else the last. Parameters that require gradients \
        are trained, or all where none does. In a terminal Ctrl-C pauses after the step, as in host.steps: lr can be \
        set and the parameters looked at, :rewind K goes back, :continue on, :stop ends with the best weights by the \
        validation. With a checkpoint a run that was interrupted or killed goes on from the last save with the same \
        numbers bit for bit: weights, moments, generators, the place in the epoch, averages, history. A save that \
        fails in the middle is reported, and training goes on. A loss or a gradient that is not finite is an error \
        that says where it arose, and leaves the weights from before the step. Among several ranks (the module mpi) \
        each takes its part of every batch, and rank 0 writes the checkpoint: the numbers are those of a program \
        alone, to rounding (dropout draws other masks), and the same bits for the same number of ranks.
        """,
        called: .method,
        takes: flow, .argument("x", .plainTensor, "(N, D) or (N, H, W): a point in every row"),
        FitOptions.options.parameter,
        .context, .operation, returns: .value(history),
        errors: """
            neither steps nor epochs; x with NaN, or less rows than a batch; patience without validation; a loss that \
            is not finite; a checkpoint of another model, or made with other options
            """,
        source: "Papamakarios et al. 2021, section 2.3.1; torch.optim",
        example: """
            random.manual_seed(0)
            local x = random.normal({64, 2}) * 0.5 + 1
            local m = flow.MAF{features = 2, transforms = 1, hidden_features = {8}}
            local h = m:fit(x, {steps = 20, batch_size = 32, lr = 1e-2, validation = 0.25, progress = false})
            assert(#h.loss == 20 and h.loss[20] < h.loss[1] and h.ended == "steps")
            """,
        see: ["flow:fit_to", "data.dequantize", "host.steps"]
    ) { flow, x, options, context, operation in
        let prepared = try FitPlan(x, options, dimension: flow.dimension)
        let generator = options.common.generator(context)
        let start = generator.state
        // Whether there is a checkpoint is decided by rank 0, which may be writing a first one while other ranks look.
        let ranks = context.service(Ranks.self).communicator
        let isThere = try ranks.first(options.common.checkpoint?.fileExists ?? false, for: operation)
        let saved = isThere ? options.common.checkpoint : nil
        var data = prepared.data
        var validation: Validation?
        // A resumed run draws the same validation rows: they depend on the generator's first state only.
        switch options.validation {
        case .fraction(let part)?:
            let seeded = try FitPlan.start(saved, else: start, for: operation)
            let (kept, trained) = try FitPlan.divided(x.shape[0], part, from: seeded)
            (data, validation) = (
                prepared.with(rows: trained), Validation(data: prepared.data, rows: kept, noise: FitPlan.noise(seeded))
            )
        case .rows(let rows, let own)?:
            try TrainingData.check(rows, "validation", dimension: flow.dimension)
            if let own { try TrainingData.check(context: own, "validation", rows: rows.shape[0]) }
            guard own != nil || (options.context?.rank ?? 1) == 1 else {
                throw Fault("validation", "its context is missing: {rows, context} expected")
            }
            let seeded = try FitPlan.start(saved, else: start, for: operation)
            validation = Validation(
                data: try prepared.validationData(rows, own ?? options.context), rows: Array(0..<rows.shape[0]),
                noise: FitPlan.noise(seeded))
        case nil: break
        }
        try FitPlan.checkBatch(data, options.batchSize)
        var settings = options.common.settings(steps: try prepared.steps(options, data))
        settings.patience = options.patience
        settings.validateEvery = options.validateEvery ?? data.stepsPerEpoch
        let trainer = try Trainer(
            trainee(flow) { batch, _ in
                guard let batch else { throw ScriptError(operation, "no batch") }
                return try -flow.logProbability(batch.rows, context: batch.context)
            }, settings, data: data, validation: validation, from: generator, start: start, context, for: operation)
        try trainer.run()
        return result(trainer, [("epochs", .integer(trainer.state.position.epoch))])
    }

    static let fitTo = Declaration(
        "flow:fit_to",
        """
        Trains the flow to an unnormalised density by reverse Kullback-Leibler divergence: steps of an optimiser on \
        the mean of log q(x) - log_density(x) over draws x from the flow itself, in nats. Such a flow leaves out modes \
        that it has not found. Returns the history as m:fit does, and of draws at the end (samples, at least 1000) \
        with weights density / q: khat, Pareto's shape (above 0.7 the weights are not to be trusted), ess, and \
        log_evidence, the logarithm of the mean weight: an estimate of the density's integral.
        """,
        called: .method,
        takes: flow,
        .argument("log_density", .function, "log_density(x), of (B, D): B numbers in nats, differentiable; finite"),
        .option("steps", .integer(from: 0), default: 1000),
        .option("samples", .integer(from: 1), default: 256, "draws of a step"),
        FitOptions.common.parameter, .context, .operation,
        returns: .value(
            .record([
                .init("steps", .integer), .init("loss", .list(.number)), .init("lr", .list(.number)),
                .init("khat", .number),
                .init("ess", .number), .init("log_evidence", .number), .init("ended", .string),
            ])),
        errors: "a log_density that returns something else than B numbers; a loss that is not finite",
        source: "Rezende, Mohamed, ICML 2015; Papamakarios et al. 2021, section 2.3.2; Vehtari et al., JMLR 25 (2024)",
        example: """
            random.manual_seed(0)
            local m = flow.MAF{features = 2, transforms = 1, hidden_features = {8}}
            local function log_density(x) return -0.5 * ((x - 1) ^ 2):sum(2) end
            local h = m:fit_to(log_density, {steps = 20, samples = 32, lr = 1e-2, progress = false})
            assert(h.loss[20] < h.loss[1] and h.khat < math.huge)
            """,
        see: ["flow:fit", "montecarlo.khat"]
    ) { flow, logDensity, steps, samples, options, context, operation in
        let ranks = context.service(Ranks.self).communicator
        /// Loss terms log q(x) - log p(x) of those of `count` draws that lie in `part`.
        func weighed(_ count: Int, _ part: Range<Int>, _ generator: Generator) throws -> Variable {
            var noise = try flow.noise(count, from: generator, for: operation)
            if part.count < count { noise = try noise.slice(0, part.lowerBound, part.count) }
            let x = try flow.toData(noise).x.reshape([part.count, flow.dimension])
            return try flow.logProbability(x) - density(logDensity, at: x, operation)
        }
        let generator = options.generator(context)
        // All ranks draw the same noise, and each evaluates its part of it.
        var trained = trainee(flow) { _, generator in try weighed(samples, ranks.part(of: samples), generator) }
        trained.draws = samples
        let trainer = try Trainer(
            trained, options.settings(steps: steps),
            data: nil,
            validation: nil, from: generator, start: generator.state, context, for: operation)
        try trainer.run()
        let losses = try GradMode.$isEnabled.withValue(false) {
            try weighed(max(samples, 1000), 0..<max(samples, 1000), trainer.generator).value.toArray()
        }
        let weights = try LogWeights(losses.map { -$0 }, "the weight", for: operation)
        let shares = weights.shares
        let sum = weights.values.reduce(0) { $0 + Double.exp($1 - weights.maximum) }
        return result(
            trainer,
            [
                ("khat", .number(ParetoShape.of(weights))), ("ess", .number(1 / shares.reduce(0) { $0 + $1 * $1 })),
                ("log_evidence", .number(weights.maximum + Double.log(sum / Double(shares.count)))),
            ])
    }

    private static func trainee(
        _ flow: Flow, _ losses: @escaping (TrainingBatch?, Generator) throws -> Variable
    ) -> Trainee {
        Trainee(
            name: "flow.\(flow.name)", parameters: flow.parameters, buffers: flow.buffers, modules: flow.modules,
            dimension: flow.dimension, losses: losses)
    }

    private static func density(_ function: any ScriptFunction, at x: Variable, _ operation: String) throws -> Variable
    {
        let result = try function.call([.object(x)]).first ?? .none
        guard case .object(let object as Variable) = result else {
            throw ScriptError(
                operation, "log_density returned \(result.shown); a tensor of \(x.shape[0]) numbers expected")
        }
        guard object.shape == [x.shape[0]] else {
            throw ScriptError(
                operation,
                "log_density returned \(Shape.describe(object.shape)) for x \(Shape.describe(x.shape)); "
                    + "(\(x.shape[0])) expected, a number for each row"
            )
        }
        return object
    }

    private static func result(_ trainer: Trainer, _ facts: [(key: String, value: Value)]) -> Value {
        var facts = facts
        if let best = trainer.state.best {
            facts += [("best", .number(best.value)), ("best_step", .integer(best.step))]
        }
        return trainer.history.value(facts)
    }
}
