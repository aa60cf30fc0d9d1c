import Scripting
import Tensors

/// What the warm-up finds: the step size by dual averaging, the metric in Stan's windows. All chains share one step
/// size and one metric and learn from each other's draws.
struct WarmUp {
    let steps: Int
    private let goal: Double?
    private let choice: MetricChoice
    private let windows: Windows
    private var averaging: DualAveraging
    private var moments: RunningMoments
    private(set) var metric: Metric
    private let width: Int
    private let findsSize: Bool

    init(_ kernel: any ChainKernel, steps: Int, width: Int, goal: Double?) throws {
        (self.steps, self.width) = (steps, width)
        findsSize = kernel.tuning.stepSize == nil
        self.goal = findsSize ? goal ?? kernel.targetAcceptance : nil
        choice = kernel.tuning.found
        windows = Windows(choice == .identity ? 0 : steps)
        metric = try kernel.tuning.metric(width)
        averaging = DualAveraging(size: kernel.tuning.stepSize ?? 1)
        moments = try RunningMoments(width: choice == .identity ? 0 : width, isDense: choice == .dense)
    }

    /// Whether the warm-up has anything to find: a step size or a metric.
    var isNeeded: Bool { findsSize || choice != .identity }

    /// The step size of step k (from 1): the one being tried during the warm-up, the averaged one afterwards.
    func size(at step: Int) -> Double { step <= steps || steps == 0 ? averaging.size : averaging.averaged }

    /// Replaces the step size by one that a script has set in a pause.
    mutating func replace(size: Double) { averaging = DualAveraging(size: size) }

    /// Halves or doubles the size until the probability of accepting a first step crosses the goal.
    mutating func findFirst(_ trial: (Double, Metric) throws -> [Double]) throws {
        guard let goal else { return }
        var size = averaging.size
        func mean(_ size: Double) throws -> Double {
            let all = try trial(size, metric)
            return all.reduce(0, +) / Double(all.count)
        }
        let grows = try mean(size) > goal
        for _ in 0..<60 {
            let next = grows ? size * 2 : size / 2
            let isBetter = try mean(next) > goal
            size = next
            if isBetter != grows { break }
        }
        averaging = DualAveraging(size: size)
    }

    /// Updates step size and metric after step k of the warm-up.
    mutating func learn(_ step: Int, _ move: Move, trial: (Double, Metric) throws -> [Double]) throws {
        guard step <= steps else { return }
        if let goal {
            averaging.update(acceptance: move.acceptance.reduce(0, +) / Double(move.acceptance.count), goal: goal)
        }
        guard let collecting = windows.collecting, collecting.contains(step) else { return }
        moments.add(move.points.position)
        guard windows.ends.contains(step) else { return }
        if let found = try moments.metric() { metric = found }
        moments = try RunningMoments(width: width, isDense: choice == .dense)
        try findFirst(trial)
    }

    /// The whole state as one vector, for a script's table and a file.
    var numbers: [Double] {
        switch metric {
        case .identity: averaging.numbers + [0] + moments.numbers
        case .diagonal(let deviations): averaging.numbers + [1] + moments.numbers + deviations
        case .dense(let covariance, _): averaging.numbers + [2] + moments.numbers + covariance
        }
    }

    /// - Throws: ``Fault`` when `numbers` is not the state of a warm-up of this kernel and width.
    mutating func restore(_ numbers: [Double]) throws {
        let (a, m) = (averaging.numbers.count, moments.numbers.count)
        guard numbers.count >= a + 1 + m else { throw Fault("the saved warm-up belongs to another run") }
        let rest = Array(numbers[(a + 1 + m)...])
        let metric: Metric
        switch (numbers[a], rest.count) {
        case (0, 0): metric = .identity
        case (1, width): metric = .diagonal(rest)
        case (2, width * width): metric = try .dense(rest, width: width)
        default: throw Fault("the saved warm-up belongs to another run")
        }
        self.metric = metric
        averaging.numbers = Array(numbers[..<a])
        moments.numbers = Array(numbers[(a + 1)..<(a + 1 + m)])
    }
}
