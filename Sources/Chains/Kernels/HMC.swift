import RealModule
import Scripting

/// Hamiltonian Monte Carlo with trajectories of a fixed number of steps.
struct HMC: ChainKernel {
    static let name = "HMC"
    let tuning: Tuning
    let leapfrogSteps: Int
    /// Every trajectory's step size is multiplied by a uniform number between 1 - jitter and 1 + jitter.
    var jitter = 0.0
    var usesGradient: Bool { true }
    var targetAcceptance: Double? { 0.8 }
    var description: String {
        let text = tuning.text
        let shownJitter = jitter == 0 ? "" : ", jitter = \(shown(jitter))"
        return "mcmc.HMC{\(text.isEmpty ? "" : text + ", ")leapfrog_steps = \(leapfrogSteps)\(shownJitter)}"
    }

    func step(_ points: Points, by size: Double, _ metric: Metric, _ target: Target, _ streams: ChainStreams) throws
        -> Move
    {
        let sizes = (0..<target.chains).map { row in
            jitter == 0 ? size : size * (1 + jitter * (2 * streams[row].uniform() - 1))
        }
        let (proposal, changes, lost) = try HMC.trajectory(points, leapfrogSteps, by: sizes, metric, target, streams)
        var move = Metropolis.decide(points, proposal, changes.map { -$0 }, streams)
        move.isDivergent = lost
        return move
    }

    func trial(_ points: Points, by size: Double, _ metric: Metric, _ target: Target, _ streams: ChainStreams) throws
        -> [Double]
    {
        let sizes = [Double](repeating: size, count: target.chains)
        return try HMC.trajectory(points, 1, by: sizes, metric, target, streams).changes
            .map { $0 <= 0 ? 1 : Double.exp(-$0) }
    }

    /// The ends of trajectories with fresh momenta, the changes of energy in nats, and which chains diverged; a
    /// trajectory ends where it diverges.
    /// - Parameter sizes: one for each chain.
    static func trajectory(
        _ points: Points, _ steps: Int, by sizes: [Double], _ metric: Metric, _ target: Target, _ streams: ChainStreams
    ) throws -> (ends: Points, changes: [Double], isDivergent: [Bool]) {
        var phase = Phase(points: points, momentum: metric.momentum(try streams.normals(target.width)))
        let before = VelocityVerlet.energies(phase, metric.velocity(phase.momentum))
        var moving = [Bool](repeating: true, count: target.chains)
        var changes = [Double](repeating: 0, count: target.chains)
        for _ in 0..<steps where moving.contains(true) {
            try Cancellation.check()
            try VelocityVerlet.step(&phase, sizes: sizes, moving: moving, metric, target)
            let after = VelocityVerlet.energies(phase, metric.velocity(phase.momentum))
            for row in 0..<target.chains where moving[row] {
                changes[row] = after[row] - before[row]
                if !(changes[row] <= VelocityVerlet.divergence) { (moving[row], changes[row]) = (false, .infinity) }
            }
        }
        return (phase.points, changes, moving.map { !$0 })
    }

    static let declaration = declare(
        """
        Hamiltonian Monte Carlo: leapfrog_steps steps of velocity Verlet with a fresh normal momentum, accepted by the \
        change of the energy. A step_size that is left out is found in the warm-up, at an acceptance rate of 0.8, and \
        so is a diagonal metric. A trajectory whose energy is off by more than 1000 nats diverges: it ends, is \
        refused, and counted in r.divergences. On a density that is nearly normal, trajectories of one length may come \
        back to where they began, again and again: jitter = 0.3 gives every one its own step size, between 0.7 and 1.3 \
        times step_size.
        """,
        takes: .tuning, .option("leapfrog_steps", .integer(from: 1), default: 10, "gradients that a step costs"),
        .option(
            "jitter", .number(from: 0, below: 1), default: 0,
            "how far a trajectory's step size may be from step_size, as a share of it"),
        source: "Duane et al. 1987; Neal 2011; blackjax.hmc; Stan's stepsize_jitter",
        example: """
            local r = mcmc.sample(mcmc.HMC{leapfrog_steps = 8}, distribution.Normal(3, 1), tensor.zeros(4, 2), {
              steps = 30, warmup = 30, generator = random.generator(1)})
            assert(math.abs(r.samples:mean():item() - 3) < 0.7 and r.divergences == 0)
            """
    ) { HMC(tuning: $0, leapfrogSteps: $1, jitter: $2) }
}
