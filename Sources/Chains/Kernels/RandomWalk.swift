import Scripting
import Tensors

/// Random-walk Metropolis: x' = x + scale z, z standard normal, accepted with probability min(1, p(x') / p(x)).
///
/// Metropolis et al., 1953.
struct RandomWalk: ChainKernel {
    static let name = "RandomWalk"
    /// One standard deviation for all numbers of a point, or one for each.
    var scale: Tensor?
    private var deviations: [Double]?

    init(scale: Tensor?) { self.scale = scale }

    let usesGradient = false
    /// The optimal rate in many dimensions (Roberts, Gelman, Gilks, 1997).
    var targetAcceptance: Double? { 0.234 }
    var tuning: Tuning {
        let single = scale.flatMap { $0.count == 1 ? try? $0.item() : nil }
        return Tuning(stepSize: scale == nil ? nil : single ?? 1, hasMetric: false)
    }
    var description: String {
        let shownScale = scale.map { $0.count == 1 ? (try? shown($0.item())) ?? "" : Shape.describe($0.shape) }
        return "mcmc.RandomWalk{\(shownScale.map { "scale = \($0)" } ?? "")}"
    }

    func prepared(for target: Target) throws -> any ChainKernel {
        guard let scale, scale.count != 1 else { return self }
        guard scale.shape == target.shape, target.shape.reduce(1, *) == target.width else {
            throw Fault(
                """
                RandomWalk: scale has shape \(Shape.describe(scale.shape)), points have \
                \(Shape.describe(target.shape)) (\(target.width) numbers in unconstrained space); one number or one \
                for each expected
                """)
        }
        var result = self
        result.deviations = try scale.toArray()
        return result
    }

    func step(_ points: Points, by size: Double, _ metric: Metric, _ target: Target, _ streams: ChainStreams) throws
        -> Move
    {
        let shape = deviations.map { Metric.diagonal($0) } ?? metric
        let moves = shape.spread(try streams.normals(target.width))
        let proposal = try target.evaluate(points.position.plus(moves, times: size))
        let logRatios = zip(proposal.target, points.target).map { $0 - $1 }
        return Metropolis.decide(points, proposal, logRatios, streams)
    }

    static let declaration = declare(
        """
        Random-walk Metropolis: x' = x + scale z with z standard normal (in unconstrained space), accepted with \
        probability min(1, p(x') / p(x)). No gradients. Left out, the scale is found in the warm-up, at an acceptance \
        rate of 0.234.
        """,
        takes: .argument(
            "scale", .optional(.positives), "standard deviation of a move: a number, or numbers of a point's shape"),
        source: "Metropolis et al. 1953; Roberts, Gelman, Gilks 1997",
        example: """
            local k = mcmc.RandomWalk{scale = 1}
            local r = mcmc.sample(k, distribution.Normal(0, 1), tensor.zeros(4), {
              steps = 200, warmup = 50, generator = random.generator(1)})
            assert(r.samples.shape[1] == 4 and r.samples.shape[2] == 200 and r.accept_rate > 0.5)
            """
    ) { RandomWalk(scale: $0) }
}
