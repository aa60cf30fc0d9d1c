import Scripting
import Tensors

/// Everything that the next steps depend on: what a checkpoint holds, and what `:rewind` goes back to.
struct TrainingState {
    /// The best weights so far by the validation, and when that was.
    struct Best {
        let weights: [Tensor]
        let value: Double
        let step: Int
    }

    /// The step size that the script asked for (`given`), that is in force, and what a function's are multiplied with.
    struct Rate: Equatable {
        let given: Double
        var base: Double
        var factor = 1.0
    }

    var step = 0
    var position = TrainingData.Position()
    var rate: Rate
    var best: Best?
    /// Validations since the best.
    var stale = 0
    /// The step is done, its validation not yet.
    var owesValidation = false
    /// Moving averages of the weights.
    var average: [Tensor]?
    /// The generator's state before anything was drawn: the rows for validation follow from it.
    var start: Generator.State
}

/// One state of a run in memory.
struct TrainingSnapshot {
    let state: TrainingState
    let weights: [Tensor]
    let optimizer: [(name: String, value: Tensor)]
    let generators: [Generator.State]
    let history: FitHistory.Mark
    /// Made where somebody changed something, so that what follows cannot be computed from an earlier one.
    var isPinned = false

    var step: Int { state.step }
    /// What is its own; the best weights are shared.
    var bytes: Int {
        let own = weights + (state.average ?? []) + optimizer.map(\.value)
        return own.reduce(512 + 8 * state.position.order.count) { $0 + $1.count * $1.dtype.stride }
    }
}

/// States of a run at some of its steps, within a budget of memory.
struct TrainingSnapshots {
    private(set) var all: [TrainingSnapshot] = []
    private let budget: Int
    private var bytes = 0
    private var interval = 1
    /// One state is more than the budget: none is kept.
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
            // Pinned ones go when nothing else is left.
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

    /// The last one up to a step.
    func last(upTo step: Int) -> TrainingSnapshot? { all.last { $0.step <= step } }
}
