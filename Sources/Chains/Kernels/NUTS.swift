import RealModule
import Scripting

/// The no-U-turn sampler with multinomial choice along the trajectory (Hoffman and Gelman 2014; Betancourt 2017), and
/// Stan's additional U-turn tests between subtrees.
///
/// Trees are built without recursion and for all chains at once: in each round every chain that still grows asks for
/// one integrator step, and one evaluation of the batch answers all.
struct NUTS: ChainKernel {
    static let name = "NUTS"
    let tuning: Tuning
    let maxDepth: Int
    var usesGradient: Bool { true }
    var targetAcceptance: Double? { 0.8 }
    var description: String {
        let text = tuning.text
        return "mcmc.NUTS{\(text.isEmpty ? "" : text + ", ")max_depth = \(maxDepth)}"
    }

    func step(_ points: Points, by size: Double, _ metric: Metric, _ target: Target, _ streams: ChainStreams) throws
        -> Move
    {
        var phase = Phase(points: points, momentum: metric.momentum(try streams.normals(target.width)))
        let velocity = metric.velocity(phase.momentum)
        let energies = VelocityVerlet.energies(phase, velocity)
        var trees = (0..<target.chains).map { row in
            Trajectory(
                TreePoint(phase, row), velocity: velocity.row(row), energy: energies[row], maxDepth: maxDepth,
                streams[row])
        }
        while true {
            let growing = trees.map { !$0.isComplete }
            guard growing.contains(true) else { break }
            try Cancellation.check()
            for (row, tree) in trees.enumerated() where growing[row] { tree.front.write(to: &phase, row) }
            let sizes = trees.map { $0.isForward ? size : -size }
            try VelocityVerlet.step(&phase, sizes: sizes, moving: growing, metric, target)
            let velocity = metric.velocity(phase.momentum)
            let energies = VelocityVerlet.energies(phase, velocity)
            for row in trees.indices where growing[row] {
                trees[row].grow(TreePoint(phase, row), velocity: velocity.row(row), energy: energies[row], streams[row])
            }
        }
        var move = Move(points: points, acceptance: [], isDivergent: [])
        for (row, tree) in trees.enumerated() {
            move.points.position.set(row, tree.sample.position)
            move.points.gradient.set(row, tree.sample.gradient)
            move.points.target[row] = tree.sample.target
            move.points.logProb[row] = tree.sample.logProb
            move.acceptance.append(tree.acceptance)
            move.isDivergent.append(tree.isDivergent)
        }
        return move
    }

    func trial(_ points: Points, by size: Double, _ metric: Metric, _ target: Target, _ streams: ChainStreams) throws
        -> [Double]
    {
        try HMC(tuning: tuning, leapfrogSteps: 1).trial(points, by: size, metric, target, streams)
    }

    static let declaration = declare(
        """
        The no-U-turn sampler: trajectories of Hamiltonian dynamics that double until they turn back, a point of them \
        chosen in proportion to its density (multinomial, progressive), with Stan's tests of the turn. A step_size \
        that is left out is found in the warm-up, at a mean acceptance of 0.8, and so is the metric, in windows as \
        Stan's. Trajectories whose energy is off by more than 1000 nats diverge: they end there and are counted in \
        r.divergences. Many chains cost little more than one, as each step of all of them is one evaluation.
        """,
        takes: .tuning,
        .option("max_depth", .integer(from: 1, to: 20), default: 10, "a trajectory has at most 2^max_depth - 1 steps"),
        source: "Hoffman and Gelman, JMLR 15 (2014); Betancourt, arXiv:1701.02434 (2017); Stan 2.36; blackjax.nuts",
        example: """
            -- log p = -x^2/2 - (y - x)^2/2, up to a constant
            local function log_prob(x) return -0.5 * (x[{{}, 1}] ^ 2 + (x[{{}, 2}] - x[{{}, 1}]) ^ 2) end
            local r = mcmc.sample(mcmc.NUTS{}, log_prob, random.normal({4, 2}, {generator = random.generator(1)}), {
              steps = 100, warmup = 150, generator = random.generator(2)})
            assert(r.samples.shape[2] == 100 and r.accept_rate > 0.3 and r.n_gradients > 100)
            """
    ) { NUTS(tuning: $0, maxDepth: $1) }
}
