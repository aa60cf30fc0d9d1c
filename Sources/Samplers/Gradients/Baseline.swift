import Autodiff
import Scripting
import Tensors

/// What a score-function estimator subtracts from the losses: one number per draw.
///
/// A baseline for draw s that does not depend on draw s leaves the estimator unbiased, because E[∇ log q] = 0.
package enum Baseline {
    case none
    case constant(Double)
    case batchMean
    case allButOne
    case moving(MovingAverage)
    case script(any ScriptFunction)

    static let names = ["none", "mean", "moving_average", "leave_one_out"]

    init(named name: String) {
        self =
            switch name {
            case "mean": .batchMean
            case "leave_one_out": .allButOne
            case "moving_average": .moving(MovingAverage(decay: MovingAverage.usualDecay))
            default: .none
            }
    }

    /// The baseline of each draw.
    func values(_ losses: [Double], for operation: String) throws -> [Double] {
        switch self {
        case .none: return [Double](repeating: 0, count: losses.count)
        case .constant(let number): return [Double](repeating: number, count: losses.count)
        case .batchMean: return Baseline.means(losses)
        case .allButOne: return try Baseline.meansOfOthers(losses, for: operation)
        case .moving(let average): return average.follow(losses)
        case .script(let function):
            let result =
                try function.call([.tensor(try Tensor(losses, shape: [losses.count], .float64))]).first ?? .none
            let numbers: [Double]
            if let number = result.asNumber {
                numbers = [Double](repeating: number, count: losses.count)
            } else if case .object(let object as Variable) = result, object.value.count == 1 {
                numbers = [Double](repeating: try object.value.item(), count: losses.count)
            } else {
                numbers = try Vectors.read(result, "baseline", for: operation)
            }
            guard numbers.count == losses.count else {
                throw ScriptError(
                    operation,
                    "baseline returned \(numbers.count) numbers for \(losses.count) losses; one number, or one for "
                        + "each, expected"
                )
            }
            try Vectors.checkFinite(numbers, "baseline", for: operation)
            return numbers
        }
    }

    /// The mean of all losses, for each draw.
    package static func means(_ losses: [Double]) -> [Double] {
        [Double](repeating: StandardError.ofMean(losses).mean, count: losses.count)
    }

    /// For each draw, the mean of the other draws' losses.
    package static func meansOfOthers(_ losses: [Double], for operation: String) throws -> [Double] {
        guard losses.count >= 2 else {
            throw ScriptError(operation, "a leave-one-out baseline needs at least 2 losses, got \(losses.count)")
        }
        // mean - (loss - mean) / (n - 1), which does not subtract large sums.
        let mean = StandardError.ofMean(losses).mean
        let others = Double(losses.count - 1)
        return losses.map { mean - ($0 - mean) / others }
    }

    static let mean = onLosses(
        "mean",
        """
        The mean of the losses, once for each. As a baseline it contains each draw's own loss, so the gradient is too \
        small by the factor 1 - 1/n.
        """,
        example: "local b = montecarlo.baselines.mean({1, 2, 6}):tolist()\nassert(b[1] == 3 and b[3] == 3)"
    ) { losses, _ in means(losses) }

    static let leaveOneOut = onLosses(
        "leave_one_out", "For each loss, the mean of the others: unbiased as a baseline.",
        errors: "fewer than 2 losses",
        source: "Kool, van Hoof, Welling, Buy 4 REINFORCE samples, get a baseline for free! (2019)",
        example: "local b = montecarlo.baselines.leave_one_out({1, 2, 6}):tolist()\nassert(b[1] == 4 and b[3] == 1.5)"
    ) { try meansOfOthers($0, for: $1) }

    private static func onLosses(
        _ name: String, _ summary: String, errors: String? = nil, source: String? = nil, example: String,
        _ compute: @escaping @Sendable ([Double], String) throws -> [Double]
    ) -> Declaration {
        Declaration(
            "montecarlo.baselines.\(name)", "\(summary) The result is float64.",
            takes: .argument("losses", .vector(atLeast: 1, finite: true)), .operation, returns: .plainTensor,
            errors: errors, source: source, example: example
        ) { losses, operation in try Tensor(compute(losses, operation), shape: [losses.count], .float64) }
    }
}
