import Distributions
import RealModule
import Scripting
import Tensors

/// `mcmc.smc`: sequential Monte Carlo from prior to posterior, by temperatures that are chosen as it goes (Del Moral,
/// Doucet, Jasra, JRSS B 68, 2006; Jasra et al., 2011).
enum TemperedSMC {
    static let declaration = Declaration(
        "mcmc.smc",
        """
        Draws of a posterior and its evidence, by particles that go from the prior to the posterior: the inverse \
        temperature grows by as much as leaves an effective sample size of ess times the particles, they are \
        resampled, and moved by a kernel (by default a random walk in the shape of the particles) whose size follows \
        their acceptance. Returns samples (particles, ...), log_weights (particles), all equal, log_evidence (log of \
        the integral of prior x likelihood), temperatures, accept_rates (one a temperature), n_evaluations.
        """,
        by: .table,
        takes: .option("prior", .distribution, "where particles begin, and their support"),
        .option("log_likelihood", .density, "of the batch (particles, ...): one number each, in nats"),
        .option("particles", .integer(from: 2, to: 1 << 22), default: 1000),
        .option("ess", .number(above: 0, below: 1), default: 0.5, "of the particles, after each change of temperature"),
        .option("moves", .integer(from: 1), default: 10, "steps of the kernel at each temperature"),
        .option("kernel", .optional(.kernel, shown: "mcmc.RandomWalk{}"), default: nil),
        .generator, .operation,
        returns: .value(
            .record([
                .init("samples", .object(Variable.type.name)), .init("log_weights", .object(Variable.type.name)),
                .init("log_evidence", .number), .init("temperatures", .list(.number)),
                .init("accept_rates", .list(.number)), .init("n_evaluations", .integer),
            ])),
        errors: "a log_likelihood that is NaN or +inf; no particle with a likelihood",
        source: "Del Moral, Doucet, Jasra, JRSS B 68 (2006); blackjax.adaptive_tempered_smc",
        example: """
            -- prior N(0, 1), y = 2 with variance 1: evidence N(2; 0, 2)
            local r = mcmc.smc{
              prior = distribution.Normal(0, 1), particles = 500, generator = random.generator(1),
              log_likelihood = function(x) return -0.5 * (x - 2) ^ 2 - 0.5 * math.log(2 * math.pi) end}
            assert(math.abs(r.log_evidence - (-1 - 0.5 * math.log(4 * math.pi))) < 0.3)
            assert(math.abs(r.samples:mean():item() - 1) < 0.2)
            """,
        see: ["mcmc.ais", "montecarlo.importance_sampling"]
    ) { prior, likelihood, count, share, moves, kernel, generator, operation in
        let support = try Supports.map(of: prior)
        let streams = ChainStreams(key: generator.next64(), chains: count)
        let own = Generator(seed: streams.key, stream: .max)
        let (x, start) = try AnnealedTarget.draws(prior, count, support, own, operation)
        let asked: any ChainKernel = kernel ?? RandomWalk(scale: nil)
        try AnnealedMoves.check(asked)
        let annealed = AnnealedTarget(
            prior, likelihood, at: start, shape: Array(x.shape.dropFirst()), dtype: x.dtype, support: support,
            usesGradient: asked.usesGradient, for: operation)
        let target = annealed.target
        var tools = try AnnealedMoves(try asked.prepared(for: target), width: target.width)

        annealed.inverse = 0
        var (position, logEvidence, counter) = (start, 0.0, 0)
        var (temperatures, rates) = ([0.0], [Double]())
        while annealed.inverse < 1 {
            let logs = try annealed.logLikelihoods(position)
            let before = annealed.inverse
            let next = ParticleWeights.step(logs, from: before, leaving: share * Double(count))
            let weights = logs.map { $0 == -.infinity ? -.infinity : (next - before) * $0 }
            guard weights.contains(where: { $0 > -.infinity }) else {
                throw Fault("no particle of \(count) has a likelihood; a prior that reaches where it is expected")
            }
            logEvidence += ParticleWeights.logMean(weights)
            var chosen = Rows(count, target.width)
            for (row, from) in ParticleWeights.systematic(weights, own).enumerated() {
                chosen.set(row, position.row(from))
            }
            annealed.inverse = next
            target.place = "at inverse temperature \(shown(next))"
            try tools.follow(chosen)
            let points = try target.start(chosen)
            let moved = try tools.move(points, steps: moves, target, streams, counter: &counter, learns: true)
            position = moved.points.position
            temperatures.append(next)
            rates.append(moved.acceptance)
        }
        let equal = [Double](repeating: -Double.log(Double(count)), count: count)
        return .record([
            (key: "samples", value: .tensor(try target.constrained(position))),
            (key: "log_weights", value: .tensor(try Tensor(equal, shape: [count], .float64))),
            (key: "log_evidence", value: .number(logEvidence)),
            (key: "temperatures", value: .list(temperatures.map { .number($0) })),
            (key: "accept_rates", value: .list(rates.map { .number($0) })),
            (key: "n_evaluations", value: .integer(target.evaluations)),
        ])
    }
}
