import Scripting

/// The Metropolis-adjusted Langevin algorithm.
struct MALA: ChainKernel {
    static let name = "MALA"
    let tuning: Tuning
    var usesGradient: Bool { true }
    /// The optimal rate in many dimensions (Roberts and Rosenthal, 1998).
    var targetAcceptance: Double? { 0.574 }
    var description: String { "mcmc.MALA{\(tuning.text)}" }

    func step(_ points: Points, by size: Double, _ metric: Metric, _ target: Target, _ streams: ChainStreams) throws
        -> Move
    {
        let (proposal, logRatios) = try LangevinStep.propose(points, by: size, metric, target, streams)
        return Metropolis.decide(points, proposal, logRatios, streams)
    }

    static let declaration = declare(
        """
        The Metropolis-adjusted Langevin algorithm: proposes x + step_size grad log p(x) + sqrt(2 step_size) z (with a \
        metric M: x + step_size M grad + sqrt(2 step_size) M^(1/2) z) and accepts it by the test of Metropolis and \
        Hastings. A step_size that is left out is found in the warm-up, at an acceptance rate of 0.574, and so is a \
        diagonal metric.
        """,
        takes: .tuning, source: "Besag 1994; Roberts and Tweedie 1996; Roberts and Rosenthal 1998; blackjax.mala",
        example: """
            local r = mcmc.sample(mcmc.MALA{}, distribution.Normal(3, 1), tensor.zeros(4, 2), {
              steps = 100, warmup = 60, generator = random.generator(1)})
            assert(math.abs(r.samples:mean():item() - 3) < 0.7)
            """
    ) { MALA(tuning: $0) }
}
