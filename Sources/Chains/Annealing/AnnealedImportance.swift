import Distributions
import RealModule
import Samplers
import Scripting
import Tensors

/// `mcmc.ais`: annealed importance sampling (Neal, Statistics and Computing 11, 2001).
enum AnnealedImportance {
    /// What a script gives: how many temperatures, or the temperatures.
    private enum Ladder {
        case count(Int)
        case list([Double])

        var inverses: [Double] {
            switch self {
            case .count(let n): (0...n).map { Double.pow(Double($0) / Double(n), 3) }
            case .list(let list): list
            }
        }

        static var domain: Domain<Ladder> {
            let count = Domain<Int>.integer(from: 1, to: 1 << 24)
            return Domain(
                .either([.integer, .list(.number)]), expected: "how many, or a list that rises from 0 to 1",
                show: { if case .count(let n) = $0 { "\(n)" } else { "{0, ..., 1}" } }
            ) { value in
                if case .table(let table) = value {
                    guard let list = try table.numbers(), list.count >= 2, list.first == 0, list.last == 1,
                        zip(list, list.dropFirst()).allSatisfy({ $0 < $1 })
                    else { throw Fault("a list that rises from 0 to 1 expected") }
                    return .list(list)
                }
                return try count.read(value).map { .count($0) }
            }
        }
    }

    static let declaration = Declaration(
        "mcmc.ais",
        """
        Annealed importance sampling: each particle goes from the prior to the posterior through inverse temperatures, \
        by steps of a kernel at each, and gathers a weight whose mean is the evidence, without bias. Sizes and metrics \
        of the kernel are found by a first pass of other particles (at most 200), so that they do not depend on those \
        that count. Returns samples (particles, ...) with log_weights (particles), log_evidence with its \
        standard_error, ess (of the weights), khat and verdict (as montecarlo.khat_verdict), temperatures, \
        accept_rate, n_evaluations.
        """,
        by: .table,
        takes: .option("prior", .distribution, "where particles begin, and their support"),
        .option("log_likelihood", .density, "of the batch (particles, ...): one number each, in nats"),
        .option("particles", .integer(from: 2, to: 1 << 22), default: 1000),
        .option(
            "temperatures", Ladder.domain, default: .count(50),
            "how many inverse temperatures above 0, the k-th (k/n)^3, or a list of them from 0 to 1"),
        .option("moves", .integer(from: 1), default: 1, "steps of the kernel at each"),
        .option("kernel", .optional(.kernel, shown: "mcmc.RandomWalk{}"), default: nil),
        .generator, .operation,
        returns: .value(
            .record([
                .init("samples", .object(Variable.type.name)), .init("log_weights", .object(Variable.type.name)),
                .init("log_evidence", .number), .init("standard_error", .number), .init("ess", .number),
                .init("khat", .number), .init("verdict", .string), .init("temperatures", .list(.number)),
                .init("accept_rate", .number), .init("n_evaluations", .integer),
            ])),
        errors: "a log_likelihood that is NaN or +inf; no particle with a likelihood",
        source: "Neal, Statistics and Computing 11 (2001)",
        example: """
            -- prior N(0, 1), y = 2 with variance 1: evidence N(2; 0, 2)
            local r = mcmc.ais{
              prior = distribution.Normal(0, 1), particles = 300, temperatures = 20, generator = random.generator(1),
              log_likelihood = function(x) return -0.5 * (x - 2) ^ 2 - 0.5 * math.log(2 * math.pi) end}
            assert(math.abs(r.log_evidence - (-1 - 0.5 * math.log(4 * math.pi))) < 5 * r.standard_error)
            """,
        see: ["mcmc.smc", "montecarlo.importance_sampling"]
    ) { prior, likelihood, count, ladder, moves, kernel, generator, operation in
        let support = try Supports.map(of: prior)
        let inverses = ladder.inverses
        let asked: any ChainKernel = kernel ?? RandomWalk(scale: nil)
        try AnnealedMoves.check(asked)
        var tools: [AnnealedMoves] = []
        var evaluations = 0

        /// Anneals `count` particles once. The first pass finds step sizes and metrics for every temperature (`tools`);
        /// later passes use them.
        func pass(_ count: Int) throws -> (samples: Tensor, logWeights: [Double], acceptance: Double) {
            let streams = ChainStreams(key: generator.next64(), chains: count)
            let (x, start) = try AnnealedTarget.draws(
                prior, count, support, Generator(seed: streams.key, stream: .max), operation)
            let annealed = AnnealedTarget(
                prior, likelihood, at: start, shape: Array(x.shape.dropFirst()), dtype: x.dtype, support: support,
                usesGradient: asked.usesGradient, for: operation)
            let target = annealed.target
            let finds = tools.isEmpty
            var current = try AnnealedMoves(try asked.prepared(for: target), width: target.width)
            var (position, counter, total) = (start, 0, 0.0)
            var logWeights = [Double](repeating: 0, count: count)
            annealed.inverse = 0
            for (index, next) in inverses.dropFirst().enumerated() {
                let logs = try annealed.logLikelihoods(position)
                for row in 0..<count where logWeights[row] > -.infinity {
                    logWeights[row] += logs[row] == -.infinity ? -.infinity : (next - annealed.inverse) * logs[row]
                }
                annealed.inverse = next
                target.place = "at inverse temperature \(shown(next))"
                if finds { try current.follow(position) } else { current = tools[index] }
                // Particles of weight 0 are moved as well: they stay at weight 0, but count in accept_rate.
                let points = try target.evaluate(position)
                let moved = try current.move(
                    points, steps: finds ? max(moves, 3) : moves, target, streams, counter: &counter, learns: finds)
                position = moved.points.position
                total += moved.acceptance
                if finds { tools.append(current) }
            }
            evaluations += target.evaluations
            return (try target.constrained(position), logWeights, total / Double(inverses.count - 1))
        }
        _ = try pass(min(count, 200))
        let (samples, logWeights, acceptance) = try pass(count)
        guard logWeights.contains(where: { $0 > -.infinity }) else {
            throw Fault("no particle of \(count) has a likelihood; a prior that reaches where it is expected")
        }
        let weights = try LogWeights(logWeights, for: operation)
        let logEvidence = ParticleWeights.logMean(logWeights)
        let relative = logWeights.map { Double.exp($0 - logEvidence) }
        let spread = relative.reduce(0) { $0 + ($1 - 1) * ($1 - 1) } / Double(count - 1)
        let khat = ParetoShape.of(weights)
        return .record([
            (key: "samples", value: .tensor(samples)),
            (key: "log_weights", value: .tensor(try Tensor(logWeights, shape: [count], .float64))),
            (key: "log_evidence", value: .number(logEvidence)),
            (key: "standard_error", value: .number((spread / Double(count)).squareRoot())),
            (key: "ess", value: .number(EffectiveSampleSize.of(weights))),
            (key: "khat", value: .number(khat)),
            (key: "verdict", value: .string(ParetoShape.verdict(khat))),
            (key: "temperatures", value: .list(inverses.map { .number($0) })),
            (key: "accept_rate", value: .number(acceptance)),
            (key: "n_evaluations", value: .integer(evaluations)),
        ])
    }
}
