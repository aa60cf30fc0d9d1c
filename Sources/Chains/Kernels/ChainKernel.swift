import RealModule
import Scripting
import Tensors

/// A transition of chains. It holds options only: positions, step size and metric are passed to each step.
protocol ChainKernel {
    static var name: String { get }
    /// The constructor call as a script would write it.
    var description: String { get }
    /// Whether it needs gradients of the log-density.
    var usesGradient: Bool { get }
    /// The rate of acceptance that the warm-up aims at by default; nil for a kernel without a step size.
    var targetAcceptance: Double? { get }
    /// Step size and metric as the script gave them.
    var tuning: Tuning { get }
    /// The kernel made ready for points of this shape.
    /// - Throws: ``Fault`` for points that it cannot move.
    func prepared(for target: Target) throws -> any ChainKernel
    /// One step of all chains. Each chain draws from its own stream.
    func step(_ points: Points, by size: Double, _ metric: Metric, _ target: Target, _ streams: ChainStreams) throws
        -> Move
    /// The probability of accepting a first, cheap step of that size in each chain: from it the warm-up finds an
    /// initial size.
    func trial(_ points: Points, by size: Double, _ metric: Metric, _ target: Target, _ streams: ChainStreams) throws
        -> [Double]
}

/// Step size and metric as a script gave them.
struct Tuning {
    /// Nil: the warm-up finds it.
    var stepSize: Double?
    /// Nil: a diagonal metric when the warm-up finds the step size, else the identity.
    var choice: MetricChoice?
    /// Variances (width) or a covariance (width, width) used as the metric; the warm-up then leaves it as it is.
    var inverseMass: Tensor?
    /// False for kernels that use no metric.
    var hasMetric = true

    /// Which metric the warm-up finds.
    var found: MetricChoice {
        if inverseMass != nil || !hasMetric { return .identity }
        return choice ?? (stepSize == nil ? .diagonal : .identity)
    }

    /// The metric of the first step.
    /// - Throws: ``Fault`` when the given one does not fit points of `width` numbers.
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
            do {
                return try .dense(values, width: width)
            } catch let error as ScriptError {
                throw Fault("inverse_mass_matrix: \(error.message)")
            }
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

/// The test of Metropolis and Hastings, for each chain.
enum Metropolis {
    /// - Parameters:
    ///   - logRatios: per chain, log of (target at the proposal x density of proposing the way back) / (target at the
    ///     point x density of proposing the way there).
    static func decide(_ points: Points, _ proposal: Points, _ logRatios: [Double], _ streams: ChainStreams) -> Move {
        var move = Move(points: points, acceptance: [], isDivergent: [])
        for (row, logRatio) in logRatios.enumerated() {
            let probability = logRatio.isNaN ? 0 : logRatio >= 0 ? 1 : Double.exp(logRatio)
            move.acceptance.append(probability)
            move.isDivergent.append(false)
            // Drawn also where the answer is known, so that every step takes as many numbers from a stream.
            let u = streams[row].uniform()
            if u < probability { move.points.take(row, from: proposal) }
        }
        return move
    }
}
