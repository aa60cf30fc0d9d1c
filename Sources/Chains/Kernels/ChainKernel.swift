import RealModule
import Scripting
import Tensors

/// How chains move: a value. The state is the caller's, and so are step size and metric.
protocol ChainKernel {
    static var name: String { get }
    /// As a script would write it.
    var description: String { get }
    /// Whether points need gradients.
    var usesGradient: Bool { get }
    /// The rate of acceptance that the warm-up aims at when nothing else is asked for; nil for a kernel without a size.
    var targetAcceptance: Double? { get }
    /// What the script said of sizes.
    var tuning: Tuning { get }
    /// Refuses, or prepares for, points of this shape.
    /// - Throws: ``Fault``.
    func prepared(for target: Target) throws -> any ChainKernel
    /// One step of all chains. The numbers of each come from its own stream.
    func step(_ points: Points, by size: Double, _ metric: Metric, _ target: Target, _ streams: ChainStreams) throws
        -> Move
    /// The probability of accepting a first, cheap move of that size: what a size to begin with is found by.
    func trial(_ points: Points, by size: Double, _ metric: Metric, _ target: Target, _ streams: ChainStreams) throws
        -> [Double]
}

/// Step size and metric as a script gave them.
struct Tuning {
    /// Nil: found in the warm-up.
    var stepSize: Double?
    /// Nil: diagonal with a size that is found in the warm-up, else identity.
    var choice: MetricChoice?
    /// Variances (width), or a covariance (width, width), that stand for the metric; nothing of it is found then.
    var inverseMass: Tensor?
    /// Kernels that know no metric.
    var hasMetric = true

    /// Which metric the warm-up finds.
    var found: MetricChoice {
        if inverseMass != nil || !hasMetric { return .identity }
        return choice ?? (stepSize == nil ? .diagonal : .identity)
    }

    /// The metric to begin with.
    /// - Throws: ``Fault`` when the given one is none for so many numbers.
    func metric(_ width: Int) throws -> Metric {
        guard let inverseMass else { return .identity }
        let values = try inverseMass.toArray()
        switch inverseMass.shape {
        case [width]:
            if let bad = values.firstIndex(where: { !($0 > 0 && $0.isFinite) }) {
                throw Fault(
                    "inverse_mass_matrix: element \(bad + 1) is \(shown(values[bad])); a variance above 0 expected")
            }
            return .diagonal(values.map { $0.squareRoot() })
        case [width, width]:
            for i in 0..<width {
                for j in 0..<i
                where abs(values[i * width + j] - values[j * width + i]) > 1e-6 * abs(values[i * width + j]) {
                    throw Fault(
                        """
                        inverse_mass_matrix: elements (\(i + 1), \(j + 1)) and (\(j + 1), \(i + 1)) are \
                        \(shown(values[i * width + j])) and \(shown(values[j * width + i])); a symmetric matrix expected
                        """)
                }
            }
            return try .dense(values, width: width)
        default:
            throw Fault(
                """
                inverse_mass_matrix has shape \(Shape.describe(inverseMass.shape)); (\(width)), variances, or \
                (\(width), \(width)), a covariance, expected for points of \(width) numbers in unconstrained space
                """)
        }
    }
}

extension ChainKernel {
    func prepared(for target: Target) throws -> any ChainKernel { self }

    func trial(_ points: Points, by size: Double, _ metric: Metric, _ target: Target, _ streams: ChainStreams) throws
        -> [Double]
    {
        try step(points, by: size, metric, target, streams).acceptance
    }
}

/// The test of Metropolis and Hastings, chain by chain.
enum Metropolis {
    /// - Parameters:
    ///   - logRatios: log of (target x proposal's way back) / (target x proposal's way there).
    static func decide(_ points: Points, _ proposal: Points, _ logRatios: [Double], _ streams: ChainStreams) -> Move {
        var move = Move(points: points, acceptance: [], isDivergent: [])
        for (row, logRatio) in logRatios.enumerated() {
            let probability = logRatio.isNaN ? 0 : logRatio >= 0 ? 1 : Double.exp(logRatio)
            move.acceptance.append(probability)
            move.isDivergent.append(false)
            // The number is drawn whatever happens, so that streams do not depend on it.
            let u = streams[row].uniform()
            if u < probability { move.points.take(row, from: proposal) }
        }
        return move
    }
}
