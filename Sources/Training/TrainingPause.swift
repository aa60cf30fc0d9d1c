import Foundation
import Runs
import Scripting
import Tensors

/// A paused training run at the prompt: it can be looked at, its step size or weights changed, set back, or continued.
struct TrainingPause {
    let offer: PauseOffer
    private let context: Context
    private var snapshots: TrainingSnapshots
    /// Steps after which something was changed: later states do not follow from earlier ones without it.
    private var changes: [Int] = []
    /// The time of the next snapshot: taking them uses a twentieth of the time at most.
    private var nextCopy: UInt64 = 0

    init(_ context: Context) {
        self.context = context
        offer = PauseOffer(context)
        let limit = NativeMemory.current?.limitBytes ?? .max
        snapshots = TrainingSnapshots(budget: min(512 << 20, limit / 8))
    }

    /// Keeps a snapshot of the run where somebody may want to go back to it.
    mutating func remember(_ trainer: Trainer) throws {
        guard offer.isPossible, snapshots.isDue(trainer.state.step) else { return }
        let start = DispatchTime.now().uptimeNanoseconds
        guard start >= nextCopy else { return }
        snapshots.add(try trainer.snapshot())
        let end = DispatchTime.now().uptimeNanoseconds
        nextCopy = end + 20 * (end - start)
    }

    /// Handles a pause until the run goes on or ends.
    /// - Returns: false when the run ends here.
    mutating func ask(_ trainer: Trainer) throws -> Bool {
        var note = ""
        while true {
            let rate = try trainer.nextRate()
            let table = try trainer.table(rate: rate)
            let versions = trainer.trained.map(\.value.value.storage.version)
            let best = trainer.state.best.map { ($0.value, $0.step) }
            let (decision, wasReseeded) = try offer.decision(
                at: PausePoint(
                    state: table, step: trainer.state.step, steps: trainer.settings.steps,
                    value: trainer.history.loss.last,
                    best: best, note: note))
            note = ""
            switch decision {
            case .stop: return false
            case .rewind(let text): note = try goBack(text, trainer)
            default:
                let asked = try table.value(for: "lr")
                guard let number = asked.asNumber, number >= 0, number.isFinite else {
                    note = "lr is \(asked.shown); a finite number from 0 expected"
                    continue
                }
                if number != rate, !trainer.setRate(number, from: rate) {
                    note = "the schedule gives 0 here, which no factor changes; give another lr later"
                    continue
                }
                let isChanged =
                    number != rate || wasReseeded || versions != trainer.trained.map(\.value.value.storage.version)
                if isChanged {
                    let step = trainer.state.step
                    context.service(LiveChanges.self).note("the run was paused and changed at step \(step)")
                    changes.append(step)
                    var snapshot = try trainer.snapshot()
                    snapshot.isPinned = true
                    snapshots.add(snapshot)
                }
                return true
            }
        }
    }

    /// Goes back to the state after a step; returns what to tell the user.
    private mutating func goBack(_ text: String, _ trainer: Trainer) throws -> String {
        let now = trainer.state.step
        guard let wanted = Int(text.trimmingCharacters(in: .whitespaces)), 0...now ~= wanted else {
            return "rewind takes a step from 0 to \(now)"
        }
        guard let found = snapshots.last(upTo: wanted) else {
            return snapshots.areTooLarge
                ? "states of this model are too large to be kept"
                : "nothing was kept of step \(wanted)"
                    + (snapshots.all.first.map { "; the first is of step \($0.step)" } ?? "")
        }
        try trainer.restore(found)
        snapshots.remove(from: found.step + 1)
        var note = ""
        if changes.contains(where: { $0 > found.step && $0 <= wanted }) {
            note = "of step \(wanted) nothing was kept; this is step \(found.step)"
        } else {
            try trainer.repeatSteps(to: wanted)
        }
        changes.removeAll { $0 > trainer.state.step }
        context.service(LiveChanges.self).note(
            harmless: "the run went back from step \(now) to step \(trainer.state.step)")
        return note
    }
}

extension Trainer {
    /// The step size that the next step will have.
    func nextRate() throws -> Double {
        try settings.schedule.rate(
            step: min(state.step + 1, max(settings.steps, 1)), of: settings.steps, base: state.rate.base,
            factor: state.rate.factor, for: operation)
    }

    /// Scales the schedule so that the next step has the size `new`.
    /// - Returns: false where the schedule gives 0, which no factor changes.
    func setRate(_ new: Double, from old: Double) -> Bool {
        if case .named(.constant, 0, _) = settings.schedule {
            state.rate.base = new
            return true
        }
        guard old > 0 else { return false }
        if case .function = settings.schedule { state.rate.factor *= new / old } else { state.rate.base *= new / old }
        return true
    }

    /// The table that the prompt shows; its `lr` can be set.
    func table(rate: Double) throws -> any ScriptTable {
        func list(_ numbers: [Double]) -> Value { .list(numbers.map { .number($0) }) }
        let parameters = Value.record(trained.map { (key: $0.name, value: .object($0.value)) })
        var fields: [(key: String, value: Value)] = [
            ("k", .integer(state.step)), ("lr", .number(rate)), ("trace", list(history.loss)),
            ("parameters", parameters),
        ]
        if !history.validation.isEmpty { fields.append(("validation", list(history.validation))) }
        let made = try context.service(ScriptRunner.self).run("return ...", name: operation, [.record(fields)])
        guard case .table(let table)? = made.first else {
            throw ScriptError(operation, "is not available in this host")
        }
        return table
    }
}
