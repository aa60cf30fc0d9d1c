import Autodiff
import LuaHost
import Scripting
import Tensors

/// What a loop of `host.steps` has saved: a version of its state after every step, or after every second, fourth, ...
/// when there are too many; the newest version, and the best.
struct StepHistory {
    /// A state, after step `step`.
    final class Snapshot {
        let step: Int
        let state: SavedTable
        let random: Generator.State
        /// The length of the trace; nil if there was none.
        let length: Int?
        fileprivate let bytes: Int

        init(_ step: Int, _ state: SavedTable, _ random: Generator.State, _ length: Int?, _ bytes: Int) {
            (self.step, self.state, self.random, self.length, self.bytes) = (step, state, random, length, bytes)
        }
    }

    private let trace: ByteString
    /// The most bytes to hold.
    private let budget: Int
    private var keeper = StateKeeper()
    private(set) var snapshots: [Snapshot] = []
    private var total = 0
    private var interval = 1
    private(set) var newest: Snapshot?
    var best: Snapshot?
    /// Whether there was no memory even for one state, so that nothing is saved any more.
    private(set) var isShort = false

    init(trace: ByteString, budget: Int) { (self.trace, self.budget) = (trace, budget) }

    /// A snapshot of the state now, after `step`.
    /// - Parameter exactly: whether all of it is compared, however large it is.
    mutating func snapshot(
        _ state: any ScriptTable, step: Int, _ random: Generator.State, lasting: Bool = false, exactly: Bool = false
    ) throws -> Snapshot {
        keeper.bytes = 160
        keeper.looksAtAll = exactly
        let version = try keeper.version(of: state, without: trace, after: newest?.state, lasting: lasting)
        var length: Int?
        if case .table(let values) = try state.value(for: trace) { length = try values.count }
        return Snapshot(step, version, random, length, keeper.bytes)
    }

    /// Saves the state as the best one. If memory is short, the previous best one stays.
    mutating func rememberAsBest(_ state: any ScriptTable, step: Int, _ random: Generator.State) throws {
        do {
            best = try snapshot(state, step: step, random)
        } catch let error where StepHistory.isMemory(error) {}
    }

    /// Saves the state. If memory is short, earlier ones are dropped.
    mutating func remember(
        _ state: any ScriptTable, step: Int, _ random: Generator.State, exactly: Bool = false
    ) throws {
        guard !isShort else { return }
        while true {
            do {
                let lasting = step.isMultiple(of: interval)
                let made = try snapshot(state, step: step, random, lasting: lasting, exactly: exactly)
                newest = made
                if lasting { add(made) }
                return
            } catch let error where StepHistory.isMemory(error) {
                guard snapshots.count > 2 else {
                    (snapshots, newest, best, isShort) = ([], nil, nil, true)
                    keeper = StateKeeper()
                    return
                }
                thin()
            }
        }
    }

    private static func isMemory(_ error: any Error) -> Bool {
        (error as? ScriptError)?.operation == "memory" || (error as? LuaError)?.kind == .memory
    }

    private mutating func add(_ made: Snapshot) {
        if let last = snapshots.last, last.step == made.step {
            snapshots.removeLast()
            total -= last.bytes
        }
        snapshots.append(made)
        total += made.bytes
        while total > budget, snapshots.count > 2 { thin() }
    }

    /// Drops every second snapshot, and from then on saves at every second occasion.
    private mutating func thin() {
        interval *= 2
        let kept = snapshots.filter { $0.step.isMultiple(of: interval) }
        // Two stay, so that there is always one to go back to.
        snapshots = kept
        var count = Count()
        for snapshot in snapshots { count.add(snapshot.state) }
        total = count.bytes + 160 * snapshots.count
        for other in [newest, best].compactMap(\.self) { count.add(other.state) }
        // Without memory to move copies, they stay in pieces larger than necessary.
        try? keeper.compact(count.tensors)
    }

    /// The memory of all versions together, with shared parts counted once.
    private struct Count {
        var bytes = 0
        var tensors: [SavedTensor] = []
        private var seen: Set<ObjectIdentifier> = []

        mutating func add(_ table: SavedTable) {
            guard seen.insert(ObjectIdentifier(table)).inserted else { return }
            bytes += 112 + 48 * table.hot.count
            for field in table.hot { add(field.saved) }
            if let cold = table.cold, seen.insert(ObjectIdentifier(cold)).inserted {
                bytes += 48 * cold.fields.count
                for field in cold.fields { add(field.saved) }
            }
            guard seen.insert(ObjectIdentifier(table.sequence)).inserted else { return }
            bytes += 64 + 9 * table.sequence.packed.count + 40 * table.sequence.others.count
            for saved in table.sequence.others { add(saved) }
        }

        private mutating func add(_ saved: Saved) {
            switch saved {
            case .tensor(let tensor): add(tensor)
            case .table(let table): add(table)
            case .object(let object): for (_, tensor) in object.tensors { add(tensor) }
            case .plain, .generator, .foreign: break
            }
        }

        private mutating func add(_ tensor: SavedTensor) {
            guard seen.insert(ObjectIdentifier(tensor)).inserted else { return }
            bytes += tensor.numbers.size + 128
            tensors.append(tensor)
        }
    }

    /// What a field of the state was where it was a tensor, at steps that are about evenly apart.
    func tensors(of name: ByteString, before step: Int, most: Int) throws -> [(step: Int, tensor: Tensor)] {
        let kept = snapshots.filter { $0.step < step }
        let count = min(most, kept.count)
        return try (0..<count).compactMap { place in
            let snapshot = kept[place * kept.count / count]
            guard case .tensor(let saved)? = snapshot.state.saved(of: .string(name), hint: 0) else { return nil }
            return (snapshot.step, try saved.numbers.tensor())
        }
    }

    /// The last snapshot up to a step, which is the newest from now on; later ones go.
    mutating func goBack(to step: Int) -> Snapshot? {
        var found = snapshots.last { $0.step <= step }
        if let newest, newest.step <= step, newest.step > found?.step ?? -1 { found = newest }
        guard let found else { return nil }
        newest = found
        while let last = snapshots.last, last.step > found.step {
            snapshots.removeLast()
            total -= last.bytes
        }
        return found
    }
}
