import Foundation
import Scripting
import Tensors

/// A running loop of `host.steps`: what happens between two steps.
final class StepLoop: ScriptObject {
    static let type = ObjectType("step loop")
    var scriptType: ObjectType { StepLoop.type }

    struct Settings {
        let steps: Int
        let trace: ByteString
        /// 1 if the lowest value is the best, -1 if the highest is.
        let sign: Double
        /// Whether a value belongs to the state at the beginning of its step, not at its end.
        let judgesBefore: Bool
        let label: String
        /// The field whose text the bar shows; nil for the last value of the trace.
        let note: String?
        let budget: Int
    }

    private let settings: Settings
    private let context: Context
    private let bar: Progress
    private let offer: PauseOffer
    private var history: StepHistory
    private var k = 0
    private var isRunning = false
    private var isFinished = false
    private var traceLength = 0
    private var bestValue: Double?
    private var note = ""
    private var wasReseeded = false
    private var saysShort = true

    init(_ settings: Settings, _ context: Context) {
        (self.settings, self.context) = (settings, context)
        bar = Progress(total: settings.steps)
        offer = PauseOffer(context)
        history = StepHistory(trace: settings.trace, budget: settings.budget)
    }

    private var generator: Generator { context.service(GlobalGenerator.self).generator }

    /// What ``StepsPrelude`` does next.
    private enum Turn {
        case step
        case end
        case write(StepHistory.Snapshot, cutsTrace: Bool, asksAgain: Bool)
    }

    func advance(_ state: any ScriptTable) throws -> [Value] {
        let trace = try traceTable(state)
        if isRunning {
            try judge(state, trace)
            if bar.isTerminal { bar.update(k, try barNote(state, trace)) }
        }
        guard try offerPause(true) else { return try start(state) }
        _ = try offerPause(false)
        // A person who looks at the state must see all of it.
        try remember(state, exactly: true)
        return try answer(state)
    }

    /// Asks until the loop continues or ends, or the state must be written first.
    func answer(_ state: any ScriptTable) throws -> [Value] {
        while true {
            switch try turn(state) {
            case .step?:
                note = ""
                _ = try offerPause(true)
                return try start(state)
            case .end?:
                try finish()
                return [.none]
            case .write(let snapshot, let cuts, let again)?:
                if !again { try finish() }
                let writes = try snapshot.state.writes(without: settings.trace)
                if cuts { generator.restore(snapshot.random) }
                k = snapshot.step
                return [
                    .none, writes, cuts ? snapshot.length.map { .integer($0) } ?? .none : .none, .boolean(again),
                ]
            case nil: continue
            }
        }
    }

    /// The next action; nil to ask again.
    private func turn(_ state: any ScriptTable) throws -> Turn? {
        switch try decision(state) {
        case .rewind(let text):
            guard let wanted = Int(text.trimmingCharacters(in: .whitespaces)), 0...k ~= wanted else {
                note = "rewind takes a step from 0 to \(k)"
                return nil
            }
            let now = try history.snapshot(state, step: k, generator.state, exactly: true)
            guard let found = history.goBack(to: wanted) else {
                note = "nothing was kept of step \(wanted)"
                return nil
            }
            try judgeAgain(upTo: found, traceTable(state))
            let changes = [
                found.step < wanted ? "of step \(wanted) nothing was kept; this is step \(found.step)" : "",
                found.state.changes(from: now.state),
            ].filter { !$0.isEmpty }
            note = changes.joined(separator: "; ")
            wasReseeded = false
            context.service(LiveChanges.self).note(harmless: "the run went back from step \(k) to step \(found.step)")
            return .write(found, cutsTrace: true, asksAgain: true)
        case .stop:
            noteEdit()
            return history.best.map { .write($0, cutsTrace: false, asksAgain: false) } ?? .end
        default:
            guard let newest = history.newest else { return .step }
            let now = try history.snapshot(state, step: k, generator.state, exactly: true)
            if let obstacle = newest.state.obstacle(in: now.state) {
                note = "\(obstacle): assign another, or :rewind \(k)"
                return nil
            }
            if wasReseeded || !newest.state.equals(now.state) || newest.length != now.length { noteEdit() }
            wasReseeded = false
            return .step
        }
    }

    /// The decision made at the prompt.
    private func decision(_ state: any ScriptTable) throws -> PauseDecision {
        let point = PausePoint(
            state: state, step: k, steps: settings.steps, value: try lastValue(traceTable(state)),
            best: history.best.flatMap { best in bestValue.map { ($0, best.step) } }, note: note,
            earlier: { [history, k] in try history.tensors(of: $0, before: k, most: $1) })
        note = ""
        let (decision, reseeded) = try offer.decision(at: point)
        if reseeded { wasReseeded = true }
        return decision
    }

    private func noteEdit() { context.service(LiveChanges.self).note("the run was paused and changed at step \(k)") }

    private func start(_ state: any ScriptTable) throws -> [Value] {
        guard k < settings.steps else {
            try finish()
            return [.none]
        }
        isRunning = true
        try remember(state)
        k += 1
        traceLength = try traceTable(state)?.count ?? 0
        return [.integer(k)]
    }

    private func remember(_ state: any ScriptTable, exactly: Bool = false) throws {
        try history.remember(state, step: k, generator.state, exactly: exactly)
        if history.isShort, saysShort {
            saysShort = false
            StandardStream.error.line("host.steps: memory is short; earlier states are not kept any more")
        }
    }

    /// Records whether the value that the step found is the best so far.
    private func judge(_ state: any ScriptTable, _ trace: (any ScriptTable)?) throws {
        guard let trace, try trace.count > traceLength, let value = try lastValue(trace), !value.isNaN, !history.isShort
        else { return }
        if let bestValue, settings.sign * value >= settings.sign * bestValue { return }
        if settings.judgesBefore {
            history.best = history.newest
        } else {
            try history.rememberAsBest(state, step: k, generator.state)
        }
        bestValue = value
    }

    /// After the run went back to `found`, later states are none of it: the best one is sought among those before. A
    /// snapshot's value is the last one of its trace, or the next one where a value belongs to the beginning of a step.
    private func judgeAgain(upTo found: StepHistory.Snapshot, _ trace: (any ScriptTable)?) throws {
        guard let best = history.best, best.step > found.step else { return }
        (history.best, bestValue) = (nil, nil)
        guard let trace, let length = found.length else { return }
        for snapshot in history.snapshots.filter({ $0.step < found.step }) + [found] {
            let place = (snapshot.length ?? 0) + (settings.judgesBefore ? 1 : 0)
            guard place >= 1, place <= length, let value = try trace.value(at: place).asNumber,
                !value.isNaN, bestValue.map({ settings.sign * value < settings.sign * $0 }) ?? true
            else { continue }
            (history.best, bestValue) = (snapshot, value)
        }
    }

    private func traceTable(_ state: any ScriptTable) throws -> (any ScriptTable)? {
        if case .table(let values) = try state.value(for: settings.trace) { return values }
        return nil
    }

    private func lastValue(_ trace: (any ScriptTable)?) throws -> Double? {
        guard let trace, try trace.count > 0 else { return nil }
        return try trace.value(at: trace.count).asNumber
    }

    /// The bar's text after the time.
    private func barNote(_ state: any ScriptTable, _ trace: (any ScriptTable)?) throws -> String {
        if let field = settings.note {
            switch try state.value(for: field) {
            case .string(let text): return settings.label + text.text
            case let value: return value.asNumber.map { settings.label + PausePoint.shown($0) } ?? ""
            }
        }
        return try lastValue(trace).map { settings.label + PausePoint.shown($0) } ?? ""
    }

    func finish() throws {
        guard !isFinished else { return }
        isFinished = true
        defer { bar.finish() }
        _ = try offerPause(false)
    }

    private func offerPause(_ offered: Bool) throws -> Bool { try offer.set(offered) }
}
