import Scripting
import Tensors

/// Everything that later steps depend on: what a checkpoint holds, and what `:rewind` restores.
struct TrainingState {
    /// The weights with the lowest validation loss so far, and their step.
    struct Best {
        let weights: [Tensor]
        let value: Double
        let step: Int
    }

    /// The step size that the script asked for (`given`), the one in force, and the factor on a function's results.
    struct Rate: Equatable {
        let given: Double
        var base: Double
        var factor = 1.0
    }

    var step = 0
    var position = TrainingData.Position()
    var rate: Rate
    var best: Best?
    /// How many validations since the best one.
    var stale = 0
    /// Whether the step is done but its validation is not.
    var owesValidation = false
    /// Moving averages of the weights, if asked for.
    var average: [Tensor]?
    /// The generator's state before anything was drawn; the validation rows follow from it.
    var start: Generator.State
}

/// A copy of a run's state in memory.
struct TrainingSnapshot {
    let state: TrainingState
    let weights: [Tensor]
    let optimizer: [(name: String, value: Tensor)]
    let generators: [Generator.State]
    let history: FitHistory.Mark
    /// Whether something was changed here, so that later states cannot be recomputed from an earlier one.
    var isPinned = false

    var step: Int { state.step }
    /// The bytes that it alone holds; the best weights are shared with other snapshots.
    var bytes: Int {
        let own = weights + (state.average ?? []) + optimizer.map(\.value)
        return own.reduce(512 + 8 * state.position.order.count) { $0 + $1.count * $1.dtype.stride }
    }
}

/// Snapshots of a run at some of its steps, within a budget of memory.
struct TrainingSnapshots {
    private(set) var all: [TrainingSnapshot] = []
    private let budget: Int
    private var bytes = 0
    private var interval = 1
    /// Whether a single snapshot exceeds the budget, so that none is kept.
    private(set) var areTooLarge = false

    init(budget: Int) { self.budget = budget }

    func isDue(_ step: Int) -> Bool { !areTooLarge && step.isMultiple(of: interval) }

    mutating func add(_ snapshot: TrainingSnapshot) {
        guard snapshot.bytes <= budget else {
            (all, bytes, areTooLarge) = ([], 0, true)
            return
        }
        remove(from: snapshot.step)
        all.append(snapshot)
        bytes += snapshot.bytes
        while bytes > budget, all.count > 2 {
            interval *= 2
            let step = interval
            let kept = all.filter { $0.isPinned || $0.step.isMultiple(of: step) || $0.step == all.last?.step }
            // Pinned snapshots are dropped only when no others are left.
            all = kept.count < all.count ? kept : Array(all.suffix(max(all.count / 2, 2)))
            bytes = all.reduce(0) { $0 + $1.bytes }
        }
    }

    mutating func remove(from step: Int) {
        while let last = all.last, last.step >= step {
            bytes -= last.bytes
            all.removeLast()
        }
    }

    /// The last snapshot up to a step.
    func last(upTo step: Int) -> TrainingSnapshot? { all.last { $0.step <= step } }
}
