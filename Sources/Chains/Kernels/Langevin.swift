import RealModule
import Scripting

/// A step of Langevin dynamics, in coordinates where the metric is the identity:
///
///     x' = x + step_size grad log p(x) + sqrt(2 step_size) z
enum LangevinStep {
    /// The proposal, and log of (target there x density of the way back) / (target here x density of the way there).
    static func propose(
        _ points: Points, by size: Double, _ metric: Metric, _ target: Target, _ streams: ChainStreams
    ) throws -> (proposal: Points, logRatios: [Double]) {
        let noise = try streams.normals(target.width)
        let slope = metric.pulledBack(points.gradient)
        var move = slope
        for i in move.values.indices {
            move.values[i] = size * slope.values[i] + (2 * size).squareRoot() * noise.values[i]
        }
        let proposal = try target.evaluate(points.position.plus(metric.spread(move)))
        let slopeThere = metric.pulledBack(proposal.gradient)
        let logRatios = (0..<target.chains).map { row in
            guard proposal.target[row] > -.infinity else { return -Double.infinity }
            var (there, back) = (0.0, 0.0)
            for i in move.range(row) {
                there += noise.values[i] * noise.values[i]
                let own = move.values[i] + size * slopeThere.values[i]
                back += own * own
            }
            return proposal.target[row] - points.target[row] + there / 2 - back / (4 * size)
        }
        return (proposal, logRatios)
    }
}
