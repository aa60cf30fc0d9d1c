import RealModule
import Scripting

/// The unadjusted Langevin algorithm: every step is taken, so that the sampled distribution is off by a term of order
/// step_size.
struct ULA: ChainKernel {
    static let name = "ULA"
    let tuning: Tuning
    var usesGradient: Bool { true }
    /// Chosen so that the error of the discretisation is small; there is no optimal rate.
    var targetAcceptance: Double? { 0.9 }
    var description: String { "mcmc.ULA{\(tuning.text)}" }

    func step(_ points: Points, by size: Double, _ metric: Metric, _ target: Target, _ streams: ChainStreams) throws
        -> Move
    {
        let (proposal, logRatios) = try LangevinStep.propose(points, by: size, metric, target, streams)
        var move = Move(points: points, acceptance: [], isDivergent: [])
        for (row, logRatio) in logRatios.enumerated() {
            // Where the proposal has no density, or overflowed, the chain stays and the step counts as divergent.
            let isLost = !(proposal.target[row] > -.infinity) || !proposal.gradient.isFinite(row: row)
            if !isLost { move.points.take(row, from: proposal) }
            move.isDivergent.append(isLost)
            move.acceptance.append(isLost || logRatio.isNaN ? 0 : Double.exp(min(0, logRatio)))
        }
        return move
    }

    static let declaration = declare(
        """
        The unadjusted Langevin algorithm: x <- x + step_size grad log p(x) + sqrt(2 step_size) z (with a metric M: \
        x + step_size M grad + sqrt(2 step_size) M^(1/2) z). No step is refused, so the chain samples a density that \
        is off by a bias which grows with step_size: mcmc.MALA takes it away. accept_rate is what the test of \
        Metropolis would have accepted; a step_size that is left out is found in the warm-up, where that is 0.9. A \
        step to where there is no density is not taken, and counted as a divergence.
        """,
        takes: .tuning, source: "Parisi 1981; Roberts and Tweedie 1996; blackjax.sgld for the convention",
        example: """
            local r = mcmc.sample(mcmc.ULA{step_size = 0.05}, distribution.Normal(0, 1), tensor.zeros(8), {
              steps = 300, warmup = 100, generator = random.generator(1)})
            assert(math.abs(r.samples:mean():item()) < 0.3 and r.accept_rate > 0.9)
            """
    ) { ULA(tuning: $0) }
}
