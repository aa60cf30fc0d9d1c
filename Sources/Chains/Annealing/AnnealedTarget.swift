import Autodiff
import Distributions
import RealModule
import Scripting
import Tensors

/// Between prior and posterior: log prior + temperature x log likelihood, for a batch of particles.
final class AnnealedTarget {
    /// The target of the kernels; its density is log prior + ``inverse`` x log likelihood.
    let target: Target
    private let temperature: Temperature
    private let likelihood: DensityArgument
    private let operation: String

    private final class Temperature { var value = 1.0 }

    /// The inverse temperature, from 0, the prior, to 1, the posterior.
    var inverse: Double {
        get { temperature.value }
        set { temperature.value = newValue }
    }

    /// - Throws: ``Fault`` for a prior of whole numbers.
    init(
        _ prior: any Distribution, _ likelihood: DensityArgument, at start: Rows, shape: [Int], dtype: DType,
        support: any Bijection, usesGradient: Bool, for operation: String
    ) {
        let temperature = Temperature()
        (self.temperature, self.likelihood, self.operation) = (temperature, likelihood, operation)
        target = Target(
            { x in
                let own = try DensityArgument.distribution(prior).values(x, "prior")
                guard temperature.value > 0 else { return own }
                return try own + likelihood.values(x, "log_likelihood") * temperature.value
            },
            from: start, shape: shape, dtype: dtype, support: support, usesGradient: usesGradient, for: operation)
    }

    /// The log likelihoods of all particles.
    /// - Throws: for one that is NaN or +inf, with the particle.
    func logLikelihoods(_ position: Rows) throws -> [Double] {
        let x = try target.constrained(position)
        let logs = try withoutRecording { try likelihood.values(Variable(x), "log_likelihood").value.toArray() }
        if let bad = logs.firstIndex(where: { !($0 < .infinity) }) {
            target.place = "at inverse temperature \(shown(inverse))"
            throw target.error("log_likelihood is \(shown(logs[bad]))", position, bad, "a number or -inf expected")
        }
        return logs
    }

    /// Draws of the prior in unconstrained space, and the dtype of the prior's draws.
    static func draws(
        _ prior: any Distribution, _ count: Int, _ support: any Bijection, _ generator: Generator, _ operation: String
    ) throws -> (x: Tensor, position: Rows) {
        let x = try prior.sample([count], from: generator, for: operation)
        // A draw that rounding put onto an end of the support is moved inside.
        let inside = try withoutRecording { try support.inside(Variable(x)).value }
        return (inside, try support.unconstrain(inside, "prior"))
    }
}

/// Moves of particles by a kernel whose size and metric follow the particles.
struct AnnealedMoves {
    let kernel: any ChainKernel
    var size: Double
    var metric = Metric.identity
    private let findsSize: Bool
    private let choice: MetricChoice

    init(_ kernel: any ChainKernel, width: Int) throws {
        self.kernel = kernel
        findsSize = kernel.tuning.stepSize == nil
        metric = try kernel.tuning.metric(width)
        // A random walk without a given step size also takes its metric from the particles.
        let isFreeWalk = kernel is RandomWalk && findsSize
        choice = isFreeWalk ? (width <= 50 ? .dense : .diagonal) : kernel.tuning.found
        size =
            kernel.tuning.stepSize
            ?? (isFreeWalk ? 2.38 / Double(width).squareRoot() : 0.5 / Double(width).squareRoot().squareRoot())
    }

    /// - Throws: ``Fault`` for kernels that do not keep prior x likelihood^t: ULA, which is exact only in the limit of
    ///   small steps, and elliptical slice sampling, which contains the prior already.
    static func check(_ kernel: any ChainKernel) throws {
        if kernel is ULA || kernel is EllipticalSlice {
            throw Fault(
                "kernel", "one that keeps prior x likelihood^t expected, which mcmc.ULA and mcmc.EllipticalSlice do not"
            )
        }
    }

    /// Takes the metric from the particles' present spread.
    mutating func follow(_ position: Rows) throws {
        guard choice != .identity else { return }
        var moments = try RunningMoments(width: position.width, isDense: choice == .dense)
        moments.add(position)
        if let found = try moments.metric() { metric = found }
    }

    /// Moves all particles by `steps` steps; returns them and the mean acceptance.
    /// - Parameter learns: whether the step size is adapted to the acceptance.
    mutating func move(
        _ points: Points, steps: Int, _ target: Target, _ streams: ChainStreams, counter: inout Int, learns: Bool
    ) throws -> (points: Points, acceptance: Double) {
        var (points, total) = (points, 0.0)
        for k in 1...max(steps, 1) where k <= steps {
            try Cancellation.check()
            counter += 1
            streams.begin(step: counter)
            let move = try kernel.step(points, by: size, metric, target, streams)
            points = move.points
            let acceptance = move.acceptance.reduce(0, +) / Double(move.acceptance.count)
            total += acceptance
            if learns, findsSize, let goal = kernel.targetAcceptance { size *= Double.exp(acceptance - goal) }
        }
        return (points, steps > 0 ? total / Double(steps) : .nan)
    }
}
