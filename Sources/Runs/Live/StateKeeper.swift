import Autodiff
import Scripting
import Tensors

/// Makes versions of a loop's state, each of which shares with the one before what did not change.
struct StateKeeper {
    /// The bytes of copies made since this was last set to 0.
    var bytes = 0
    private var slabs = Slabs()
    /// Whether everything is compared now, with nothing left for later versions.
    var looksAtAll = false
    private var isLasting = true
    private var seen: Set<UInt> = []

    /// Of lists longer than this that have grown, mostly only the end is compared: lists of numbers are fast to compare
    /// completely, lists of objects are not.
    private static let (long, longOfObjects) = (1024, 64)
    /// A table with more fields than this is compared completely only after as many versions as it has such multiples:
    /// otherwise a table that gets a field at every step would cost the square of the number of steps.
    private static let fieldsAtOnce = 64
    /// The length of the end that is compared.
    private static let end = 64
    /// Tables nested deeper than this are not saved.
    private static let deepest = 200

    /// A version of the present state.
    /// - Parameters:
    ///   - trace: a field that is left out.
    ///   - before: an earlier version.
    ///   - lasting: whether it will stay for longer than a step.
    mutating func version(
        of state: any ScriptTable, without trace: ByteString, after before: SavedTable?, lasting: Bool
    ) throws -> SavedTable {
        isLasting = lasting
        let address = state.address
        seen = [address]
        if case .table(let values) = try state.value(for: trace) { seen.insert(values.address) }
        return try version(of: state, address, before, without: trace, depth: 0)
    }

    /// Moves copies together after many were dropped.
    mutating func compact(_ tensors: [SavedTensor]) throws {
        var fresh = Slabs()
        for tensor in tensors { tensor.numbers = try fresh.copy(tensor.numbers) }
        slabs = fresh
    }

    private mutating func version(
        of table: any ScriptTable, _ address: UInt, _ before: SavedTable?, without left: ByteString? = nil, depth: Int
    ) throws -> SavedTable {
        let count = try table.count
        if let before, let version = try glanced(table, count, before, without: left, depth) { return version }
        if let before, count > before.count, !looksAtAll, StateKeeper.mayLookAtEnd(before),
            let grown = try grown(table, count, before, depth)
        {
            return grown
        }
        let packed = try table.packed(from: 1, count: count)
        var others = [Value](repeating: .none, count: count - packed.count)
        var rest: [(key: Value, value: Value)] = []
        var hasForeignKeys = false
        for entry in try table.entries(withoutPositions: packed.count) {
            switch entry.key {
            case .integer(let place) where place > packed.count && place <= count:
                others[place - packed.count - 1] = entry.value
            case .string(let name) where name == left: continue
            case .foreign: hasForeignKeys = true
            default: rest.append(entry)
            }
        }
        // The length of a list with holes is arbitrary: what follows the first hole counts as fields.
        if let hole = others.firstIndex(where: { if case .none = $0 { true } else { false } }) {
            for place in others.indices.dropFirst(hole) {
                if case .none = others[place] { continue }
                rest.append((key: .integer(packed.count + place + 1), value: others[place]))
            }
            others.removeSubrange(hole...)
        }

        let parts = StateKeeper.parts(of: rest, before)
        let (hot, hotChanged) = try saved(parts.hot, before?.hot.count ?? 0, depth) { before?.saved(of: $0, hint: $1) }
        let (sequence, sequenceChanged) = try saved(packed, others, before, depth)
        let length = packed.count + others.count
        var cold = before?.cold
        if !parts.cold.isEmpty || cold != nil {
            let (made, changed) = try saved(parts.cold, cold?.fields.count ?? 0, depth) { key, _ in cold?.saved(of: key)
            }
            if changed {
                cold = ColdFields(made)
                bytes += 48 * made.count
            }
        }
        if let before, !hotChanged, cold === before.cold, !sequenceChanged, before.count == length, before.skipped == 0,
            before.coldAge == 0
        {
            return before
        }
        bytes += 112 + 48 * hot.count
        return SavedTable(table, address, sequence, count: length, hot, cold: cold, hasForeignKeys: hasForeignKeys)
    }

    /// The first fields that a table had are compared at every version as long as they exist.
    private static func parts(
        of entries: [(key: Value, value: Value)], _ before: SavedTable?
    ) -> (hot: [(key: Value, value: Value)], cold: [(key: Value, value: Value)]) {
        guard entries.count > fieldsAtOnce || before?.cold != nil else { return (entries, []) }
        guard let before, !before.hot.isEmpty else {
            return (Array(entries.prefix(fieldsAtOnce)), Array(entries.dropFirst(fieldsAtOnce)))
        }
        let known = Set(before.hot.compactMap { FieldKey($0.key) })
        var (hot, cold) = ([(key: Value, value: Value)](), [(key: Value, value: Value)]())
        for entry in entries {
            if FieldKey(entry.key).map(known.contains) ?? true { hot.append(entry) } else { cold.append(entry) }
        }
        return (hot, cold)
    }

    /// The version of a table with many fields after comparing the hot ones and its numbers; nil when all of it must be
    /// compared.
    private mutating func glanced(
        _ table: any ScriptTable, _ count: Int, _ before: SavedTable, without left: ByteString?, _ depth: Int
    ) throws -> SavedTable? {
        guard let cold = before.cold, !looksAtAll, count == before.count, before.sequence.others.isEmpty,
            before.coldAge < cold.fields.count / StateKeeper.fieldsAtOnce
        else { return nil }
        let packed = try table.packed(from: 1, count: count)
        guard packed.count == count, packed.bits[...] == before.sequence.packed.bits.prefix(count),
            packed.kinds[...] == before.sequence.packed.kinds.prefix(count)
        else { return nil }
        var entries: [(key: Value, value: Value)] = []
        for (key, _) in before.hot {
            let value: Value
            switch key {
            case .string(let name) where name == left: continue
            case .string(let name): value = try table.value(for: name)
            case .integer(let place): value = try table.value(at: place)
            // Others can only be found by walking the table.
            default: return nil
            }
            if case .none = value { continue }
            entries.append((key: key, value: value))
        }
        let (hot, _) = try saved(entries, before.hot.count, depth) { before.saved(of: $0, hint: $1) }
        bytes += 112 + 48 * hot.count
        return SavedTable(
            table, before.address, before.sequence, count: count, hot, cold: cold, coldAge: before.coldAge + 1,
            hasForeignKeys: before.hasForeignKeys, skipped: before.skipped)
    }

    /// Whether only the end may be compared: everything is compared often enough to notice changes, and rarely enough
    /// that a list of n elements costs a few comparisons per element.
    private static func mayLookAtEnd(_ before: SavedTable) -> Bool {
        before.sequence.others.isEmpty
            ? before.count >= long && before.skipped < before.count / long
            : before.count >= longOfObjects && before.skipped < before.count / 8
    }

    private mutating func saved(
        _ entries: [(key: Value, value: Value)], _ countBefore: Int, _ depth: Int,
        _ before: (_ key: Value, _ hint: Int) -> Saved?
    ) throws -> ([(key: Value, saved: Saved)], changed: Bool) {
        var changed = countBefore != entries.count
        var fields: [(key: Value, saved: Saved)] = []
        fields.reserveCapacity(entries.count)
        for (index, entry) in entries.enumerated() {
            let (saved, differs) = try saved(entry.value, before(entry.key, index), depth)
            changed = changed || differs
            fields.append((key: entry.key, saved: saved))
        }
        return (fields, changed)
    }

    /// The sequence of the previous version if this one begins with it; else a new one.
    private mutating func saved(
        _ packed: PackedNumbers, _ others: [Value], _ before: SavedTable?, _ depth: Int
    ) throws -> (SavedSequence, changed: Bool) {
        let old = before?.sequence
        let count = before?.count ?? 0
        let oldPacked = min(old?.packed.count ?? 0, count)
        let oldOthers = count - oldPacked
        var isSame = old != nil && oldPacked <= packed.count && oldOthers <= others.count
        // Elements appended to the packed part after others follow it, or to a later version's sequence, are stored
        // elsewhere.
        if packed.count > oldPacked, oldOthers > 0 { isSame = false }
        if packed.count + others.count > count, old?.count != count { isSame = false }
        if isSame, let old {
            isSame =
                old.packed.bits.prefix(oldPacked) == packed.bits.prefix(oldPacked)
                && old.packed.kinds.prefix(oldPacked) == packed.kinds.prefix(oldPacked)
        }
        var made: [Saved] = []
        made.reserveCapacity(others.count)
        for (index, value) in others.enumerated() {
            let known = index < oldOthers ? old?.others[index] : nil
            let (saved, differs) = try saved(value, known, depth)
            if index < oldOthers, differs { isSame = false }
            made.append(saved)
        }
        guard isSame, let old else {
            bytes += 9 * packed.count + 40 * made.count + 64
            return (SavedSequence(packed, made), true)
        }
        bytes += 9 * (packed.count - oldPacked) + 40 * (made.count - oldOthers)
        old.packed.bits += packed.bits.dropFirst(oldPacked)
        old.packed.kinds += packed.kinds.dropFirst(oldPacked)
        old.others += made.dropFirst(oldOthers)
        return (old, false)
    }

    /// The version of a long list that has grown, after comparing its end; nil when the end has changed.
    private mutating func grown(
        _ table: any ScriptTable, _ count: Int, _ before: SavedTable, _ depth: Int
    ) throws -> SavedTable? {
        let sequence = before.sequence
        guard sequence.count == before.count else { return nil }
        let first = before.count - StateKeeper.end + 1
        if sequence.others.isEmpty {
            let end = try table.packed(from: first, count: count - first + 1)
            guard end.count == count - first + 1,
                end.bits.prefix(StateKeeper.end) == sequence.packed.bits.suffix(StateKeeper.end),
                end.kinds.prefix(StateKeeper.end) == sequence.packed.kinds.suffix(StateKeeper.end)
            else { return nil }
            sequence.packed.bits += end.bits.dropFirst(StateKeeper.end)
            sequence.packed.kinds += end.kinds.dropFirst(StateKeeper.end)
        } else {
            var made: [Saved] = []
            for position in first...count {
                let old = position <= before.count ? sequence[position] : nil
                let (saved, differs) = try saved(table.value(at: position), old, depth)
                if old != nil {
                    if differs { return nil }
                } else if case .plain(.none) = saved {
                    return nil
                } else {
                    made.append(saved)
                }
            }
            sequence.others += made
        }
        bytes += 112 + 9 * (count - before.count)
        return SavedTable(
            table, before.address, sequence, count: count, before.hot, cold: before.cold, coldAge: before.coldAge,
            hasForeignKeys: before.hasForeignKeys, skipped: before.skipped + 1)
    }

    private mutating func saved(_ value: Value, _ old: Saved?, _ depth: Int) throws -> (Saved, changed: Bool) {
        switch value {
        case .object(let variable as Variable):
            var before: SavedTensor?
            if case .tensor(let tensor)? = old { before = tensor }
            let tensor = try saved(variable, before)
            return (.tensor(tensor), tensor !== before)
        case .object(let generator as Generator):
            let state = generator.state
            guard case .generator(let same, state)? = old, same === generator else {
                return (.generator(generator, state), true)
            }
            return (.generator(generator, state), false)
        case .object(let object) where SavedObject.hasState(object):
            var before: SavedObject?
            if case .object(let known)? = old { before = known }
            if let before, before.isCurrent(object) { return (.object(before), false) }
            let made = try SavedObject(object) { variable, place in
                let known = before.flatMap { $0.tensors.indices.contains(place) ? $0.tensors[place].saved : nil }
                return try saved(variable, known)
            }
            bytes += 64 + 48 * made.tensors.count
            return (.object(made), true)
        case .table(let table):
            let address = table.address
            guard depth < StateKeeper.deepest, seen.insert(address).inserted else { return plain(value, old) }
            var before: SavedTable?
            if case .table(let known)? = old, known.address == address { before = known }
            let version = try version(of: table, address, before, depth: depth + 1)
            return (.table(version), version !== before)
        case .foreign:
            if case .foreign? = old { return (.foreign, false) }
            return (.foreign, true)
        default: return plain(value, old)
        }
    }

    private func plain(_ value: Value, _ old: Saved?) -> (Saved, changed: Bool) {
        if case .plain(let before)? = old, before.isSame(as: value) { return (.plain(before), false) }
        return (.plain(value), true)
    }

    private mutating func saved(_ variable: Variable, _ before: SavedTensor?) throws -> SavedTensor {
        if let before, before.isCurrent(variable) { return before }
        let numbers = try slabs.copy(variable.value, lasting: isLasting)
        bytes += numbers.size + 128
        return SavedTensor(variable, numbers)
    }
}
