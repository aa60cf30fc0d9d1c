import RealModule
import Scripting

/// Barker's proposal: every coordinate moves by a normal number z whose sign is chosen by the gradient, so that moves
/// towards higher density are more likely.
///
///     z = step_size N(0, 1);  sign + with probability 1 / (1 + exp(-z grad)), else -
///
/// Livingstone and Zanella, "The Barker proposal", JRSS B 84, 2022.
struct Barker: ChainKernel {
    static let name = "Barker"
    let tuning: Tuning
    var usesGradient: Bool { true }
    /// The optimal rate in many dimensions (Vogrinc, Livingstone, Zanella, 2023).
    var targetAcceptance: Double? { 0.4 }
    var description: String { "mcmc.Barker{\(tuning.text)}" }

    func step(_ points: Points, by size: Double, _ metric: Metric, _ target: Target, _ streams: ChainStreams) throws
        -> Move
    {
        var move = try streams.normals(target.width)
        let slope = metric.pulledBack(points.gradient)
        for row in 0..<target.chains {
            for i in move.range(row) {
                let z = size * move.values[i]
                let forward = 1 / (1 + Double.exp(-z * slope.values[i]))
                move.values[i] = streams[row].uniform() < forward ? z : -z
            }
        }
        let proposal = try target.evaluate(points.position.plus(metric.spread(move)))
        let slopeThere = metric.pulledBack(proposal.gradient)
        let logRatios = (0..<target.chains).map { row in
            guard proposal.target[row] > -.infinity else { return -Double.infinity }
            var sum = proposal.target[row] - points.target[row]
            for i in move.range(row) {
                sum +=
                    Barker.softplus(-move.values[i] * slope.values[i])
                    - Barker.softplus(move.values[i] * slopeThere.values[i])
            }
            return sum
        }
        return Metropolis.decide(points, proposal, logRatios, streams)
    }

    private static func softplus(_ x: Double) -> Double { max(x, 0) + Double.log(onePlus: Double.exp(-abs(x))) }

    static let declaration = declare(
        """
        Barker's proposal: each coordinate moves by step_size times a normal number, whose sign is chosen with the \
        probability that the gradient gives, 1 / (1 + exp(-z grad)). Nearly as quick as MALA, and robust where the \
        gradient is steep. A step_size that is left out is found in the warm-up, at an acceptance rate of 0.4, and so \
        is a diagonal metric.
        """,
        takes: .tuning, source: "Livingstone and Zanella, JRSS B 84 (2022); blackjax.barker_proposal",
        example: """
            local r = mcmc.sample(mcmc.Barker{}, distribution.Normal(3, 1), tensor.zeros(4, 2), {
              steps = 100, warmup = 60, generator = random.generator(1)})
            assert(math.abs(r.samples:mean():item() - 3) < 0.7)
            """
    ) { Barker(tuning: $0) }
}
