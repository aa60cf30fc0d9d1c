import Scripting
import Tensors

/// `mcmc.sample`
enum SampleFunction {
    static let declaration = Declaration(
        "mcmc.sample",
        """
        Runs chains from x0 (chains, ...), all of them as one batch: warmup steps, in which step size and metric are \
        found, and then steps. log_prob gets the batch (chains, ...) and returns one number per chain, in nats, up to \
        a constant, -inf for no density; or it is a distribution (with its own support) or a flow. Returns a table: \
        samples (chains, draws, ...), every thin-th of the steps after the warm-up; log_prob (chains, draws), what \
        log_prob gave there; accept_rate (mean probability of acceptance after the warm-up), step_size; divergences \
        (after the warm-up) with divergent_points (n, ...), divergent_draws and divergent_chains; n_gradients (of \
        kernels without gradients, densities), each chain's counted, the warm-up's too, and warmup_gradients; metric \
        (variances or a covariance that were found, in unconstrained space, nil without), kernel, stopped (why \
        earlier, or nil). Same seed, same chains, on any number of threads; every chain has random numbers of its own. \
        In a terminal Ctrl-C pauses as in host.steps: x and step_size can be looked at, assigned, and rewound. With \
        checkpoint a run that was killed goes on from its file as if nothing had happened; more steps continue one \
        that was finished. Among several ranks (the module mpi) each evaluates log_prob of its part of the chains, so \
        that log_prob gets less rows than there are chains, and all ranks return all samples: those of a program \
        alone, to the rounding of log_prob. Rank 0 writes the checkpoint.
        """,
        takes: .argument("kernel", .kernel),
        .argument("log_prob", .density),
        .argument("x0", .plainTensor, "(chains, ...), different starts for R-hat to mean something"),
        settings.parameter, .option("support", .optional(.support), supportNote),
        .option("checkpoint", .optional(.bytes), "a file, written every few seconds, whole or not at all"),
        .option(
            "callback", .optional(.function),
            """
            callback(k, x, log_prob) is called after step k (the warm-up's counted) with x (chains, ...) and log_prob \
            (chains), and ends the run by returning false
            """),
        .generator, .context, .operation,
        returns: .value(result),
        errors: """
            a log_prob that is NaN or +inf, wherever; that is -inf at x0; a gradient that is NaN; x0 outside the \
            support; a log_prob of another shape than (chains); each with chain, step and x
            """,
        source: "Stan's warm-up (reference manual, HMC algorithm parameters); blackjax.window_adaptation",
        example: """
            -- A correlated normal distribution.
            local function log_prob(x)
              local a, b = x[{{}, 1}], x[{{}, 2}]
              return -0.5 * (a ^ 2 + (b - 0.9 * a) ^ 2 / 0.19)
            end
            local x0 = random.normal({4, 2}, {generator = random.generator(1)})
            local r = mcmc.sample(mcmc.NUTS{}, log_prob, x0, {steps = 40, warmup = 40, generator = random.generator(2)})
            assert(r.samples.shape[1] == 4 and r.samples.shape[2] == 40)
            assert(mcmc.summary(r).verdict ~= nil)
            """,
        see: ["mcmc.summary", "mcmc.rhat", "plot.trace", "host.steps"]
    ) { kernel, density, x0, settings, support, path, callback, generator, context, operation in
        // Drawn also when a file has a key, so that later draws of the generator do not depend on whether there is a
        // file.
        let ranks = context.service(Ranks.self).communicator
        let key = try ranks.first(generator.next64(), for: operation)
        var file = path.map { RunCheckpoint($0, for: operation) }
        try checkSame(
            x0, ranks,
            [
                ("the kernel", kernel.description), ("the support", support?.map.description ?? ""),
                ("the options (steps, warmup, thin, target_accept, stop)", settings.words),
                ("the presence of a callback", "\(callback != nil)"),
                ("the presence of a checkpoint", "\(path != nil)"),
            ], for: operation)
        // Whether there is a file is decided by rank 0, which may be writing a first one while other ranks look.
        var saved = try ranks.sharingErrors(for: operation) { try ranks.rank == 0 ? file?.savedKey() : nil }
        if try ranks.first(saved != nil, for: operation), ranks.rank > 0 {
            saved = try ranks.sharingErrors(for: operation) {
                guard let own = try file?.savedKey() else {
                    throw ScriptError(
                        operation,
                        "checkpoint: rank 0 sees the file, rank \(ranks.rank) does not; a folder of all machines "
                            + "expected"
                    )
                }
                return own
            }
        }
        let (prepared, target, position) = try Chains.prepare(
            kernel, density, x0, support?.map, ranks: ranks, for: operation)
        let run = try SampleRun(prepared, target, at: position, key: saved ?? key, settings)
        if saved != nil { try ranks.sharingErrors(for: operation) { try file?.restore(run) } }
        func step() throws {
            try run.advance()
            if let callback {
                let x = try target.constrained(run.points.position)
                let logs = try Tensor(run.points.logProb, shape: [target.chains], .float64)
                let answer = try ranks.sharingErrors(for: operation) {
                    try callback.call([.integer(run.step), .tensor(x), .tensor(logs)]).first ?? .none
                }
                // A callback that returns false on one rank ends the run on all of them.
                var isRefused = false
                if case .boolean(false) = answer { isRefused = true }
                if try ranks.any(isRefused, for: operation) { run.end(because: "callback returned false") }
            }
            if ranks.rank == 0 { try file?.save(run, isLast: false) }
        }
        if run.goesOn {
            let start = run.step
            if let loop = context.service(PausableLoop.self).runner?() {
                try loop(run.total - start, run.fields()) { k, table in
                    try run.takeUp(table, after: start + k - 1)
                    try step()
                    return .init(fields: try run.fields(), trace: run.trace, goesOn: run.goesOn)
                }
            } else {
                while run.goesOn { try step() }
            }
            if ranks.rank == 0 { try ranks.sharingErrors(for: operation) { try file?.save(run, isLast: true) } }
            if file != nil { try ranks.barrier(for: operation) }
        }
        return try Self.record(run)
    }

    /// - Throws: on every rank, when the ranks were given different chains, options or callbacks.
    private static func checkSame(
        _ x0: Tensor, _ ranks: any Communicator, _ texts: @autoclosure () -> [(name: String, text: String)],
        for operation: String
    ) throws {
        guard ranks.size > 1 else { return }
        var hash = WordHash()
        try hash.add(x0)
        let facts = texts().map { fact in
            var hash = WordHash()
            hash.add(fact.text)
            return (name: fact.name, word: hash.value)
        }
        try ranks.checkSame([("x0", hash.value)] + facts, for: operation)
    }

    private static let supportNote = """
        where points lie: "real", "positive", "unit_interval", "simplex" (the last dimension), {"interval", lo, hi} \
        (numbers or tensors, infinite for no end), or a distribution's; chains move in unconstrained space, x0 and \
        samples lie in the support
        """

    private static let settings = OptionTable(
        { SampleRun.Settings() },
        .option("steps", \.steps, .integer(from: 0, to: 1 << 31), "after the warm-up"),
        .option(
            "warmup", \.warmup, .optional(.integer(from: 0, to: 1 << 31)), "1000 where something is found in it, else 0"
        ),
        .option("thin", \.thin, .integer(from: 1)),
        .option(
            "target_accept", \.targetAccept, .optional(.number(above: 0, below: 1)),
            "the mean probability of acceptance that the step size is found by; the kernel's own"),
        .option(
            "stop", \.stop, .optional(.stopRule), "{ess = 400, rhat = 1.01}: ends the run as soon as both are reached"))

    private static let tensor = ScriptType.object(Variable.type.name)
    private static let result = ScriptType.record([
        .init("samples", tensor), .init("log_prob", tensor), .init("accept_rate", .number), .init("step_size", .number),
        .init("divergences", .integer), .init("divergent_points", tensor), .init("divergent_draws", tensor),
        .init("divergent_chains", tensor), .init("n_gradients", .integer), .init("warmup_gradients", .integer),
        .init("metric", tensor), .init("kernel", .string), .init("stopped", .string),
    ])

    private static func record(_ run: SampleRun) throws -> Value {
        let (recorder, target) = (run.recorder, run.target)
        let warm = recorder.evaluations.prefix(run.warmup).last ?? 0
        let count = recorder.divergent.count
        return .record([
            (key: "samples", value: .tensor(try recorder.samples(target))),
            (key: "log_prob", value: .tensor(try recorder.logProb(target))),
            (key: "accept_rate", value: .number(recorder.acceptRate)),
            (key: "step_size", value: .number(run.size)),
            (key: "divergences", value: .integer(count)),
            (key: "divergent_points", value: .tensor(try recorder.divergentPoints(target))),
            (
                key: "divergent_draws",
                value: .tensor(
                    try Tensor(
                        integers: recorder.divergent.map { ($0.step - run.warmup - 1) / recorder.thin + 1 },
                        shape: [count]))
            ),
            (
                key: "divergent_chains",
                value: .tensor(try Tensor(integers: recorder.divergent.map(\.chain), shape: [count]))
            ),
            (key: "n_gradients", value: .integer(recorder.evaluations.last ?? 0)),
            (key: "warmup_gradients", value: .integer(warm)),
            (key: "metric", value: try metric(run)),
            (key: "kernel", value: .string(run.kernel.description)),
            (key: "stopped", value: run.stoppedBy.isEmpty ? .none : .string(run.stoppedBy)),
        ])
    }

    private static func metric(_ run: SampleRun) throws -> Value {
        let width = run.target.width
        switch run.adaptation.metric {
        case .identity: return .none
        case .diagonal(let deviations): return .tensor(try Tensor(deviations.map { $0 * $0 }, shape: [width], .float64))
        case .dense(let covariance, _): return .tensor(try Tensor(covariance, shape: [width, width], .float64))
        }
    }
}
