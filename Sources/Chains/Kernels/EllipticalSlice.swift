import Distributions
import RealModule
import Scripting
import Tensors

/// Elliptical slice sampling, for a normal prior times any likelihood: moves along an ellipse through the point and a
/// draw of the prior to where the likelihood exceeds a uniform share of the point's (Murray, Adams, MacKay, AISTATS
/// 2010).
struct EllipticalSlice: ChainKernel {
    static let name = "EllipticalSlice"
    let prior: any Distribution
    private var mean: [Double] = []

    /// - Throws: ``Fault`` unless the prior is normal.
    init(prior: any Distribution) throws {
        guard prior is Normal || prior is MultivariateNormal else {
            throw Fault(
                "prior", "distribution.Normal or distribution.MultivariateNormal expected, got \(prior.description)")
        }
        self.prior = prior
    }

    let usesGradient = false
    var targetAcceptance: Double? { nil }
    var tuning: Tuning { Tuning(stepSize: 1, hasMetric: false) }
    var description: String { "mcmc.EllipticalSlice{prior = \(prior.description)}" }

    func prepared(for target: Target) throws -> any ChainKernel {
        guard target.support is Unbounded else {
            throw Fault("EllipticalSlice: its prior is on the whole space; support = \"real\" (or none) expected")
        }
        let shape = prior.batchShape + prior.eventShape
        guard let mean = try? prior.mean().value.cast(.float64).expand(target.shape),
            shape == Array(target.shape.suffix(shape.count))
        else {
            throw Fault(
                """
                EllipticalSlice: draws of the prior have shape \(Shape.describe(shape)), points have \
                \(Shape.describe(target.shape))
                """)
        }
        var result = self
        result.mean = try mean.toArray()
        return result
    }

    /// A draw of the prior minus its mean, for one chain.
    private func draw(_ target: Target, _ generator: Generator) throws -> [Double] {
        // Dimensions of the point that the prior does not have get independent draws.
        let lead = Array(target.shape.dropLast((prior.batchShape + prior.eventShape).count))
        let draws = try prior.sample(lead, from: generator, for: "mcmc.EllipticalSlice")
        return zip(try draws.toArray(), mean).map { $0 - $1 }
    }

    func step(_ points: Points, by size: Double, _ metric: Metric, _ target: Target, _ streams: ChainStreams) throws
        -> Move
    {
        let chains = target.chains
        let directions = try (0..<chains).map { try draw(target, streams[$0]) }
        let levels = (0..<chains).map { points.target[$0] + Double.log(streams[$0].openUniform()) }
        var angles = (0..<chains).map { 2 * Double.pi * streams[$0].uniform() }
        var low = angles.map { $0 - 2 * Double.pi }
        var high = angles
        var searching = [Bool](repeating: true, count: chains)
        var result = Move(
            points: points, acceptance: [Double](repeating: 1, count: chains),
            isDivergent: [Bool](repeating: false, count: chains))
        // The bracket of angles shrinks towards the point itself, which is always accepted: this ends.
        for _ in 0..<500 where searching.contains(true) {
            try Cancellation.check()
            var position = points.position
            for row in 0..<chains where searching[row] {
                let (c, s) = (Double.cos(angles[row]), Double.sin(angles[row]))
                for i in 0..<target.width {
                    let x = points.position.values[row * target.width + i] - mean[i]
                    position.values[row * target.width + i] = mean[i] + c * x + s * directions[row][i]
                }
            }
            let proposal = try target.evaluate(position, searching)
            for row in 0..<chains where searching[row] {
                if proposal.target[row] > levels[row] {
                    result.points.take(row, from: proposal)
                    searching[row] = false
                } else {
                    if angles[row] < 0 { low[row] = angles[row] } else { high[row] = angles[row] }
                    angles[row] = low[row] + (high[row] - low[row]) * streams[row].uniform()
                }
            }
        }
        return result
    }

    static let declaration = declare(
        """
        Elliptical slice sampling, for a normal prior: log_prob is then the log-likelihood alone, by which the prior \
        is multiplied. Nothing to tune and no gradients; every step moves.
        """,
        takes: .argument(
            "prior", .distribution, "distribution.Normal (of the points' shape, or of one number) or MultivariateNormal"
        ),
        source: "Murray, Adams, MacKay, AISTATS 2010; blackjax.elliptical_slice",
        example: """
            -- prior N(0, 1), one observation 2 of variance 1: the posterior is N(1, 1/2)
            local k = mcmc.EllipticalSlice{prior = distribution.Normal(0, 1)}
            local r = mcmc.sample(k, function(x) return -0.5 * (x - 2) ^ 2 end, tensor.zeros(20), {
              steps = 60, warmup = 10, generator = random.generator(1)})
            assert(math.abs(r.samples:mean():item() - 1) < 0.2)
            """
    ) { try EllipticalSlice(prior: $0) }
}
