import Scripting
import Tensors

extension SavedTable {
    /// What Lua must write so that this table and those in it have their saved contents. Tensors held elsewhere,
    /// generators, flows and optimisers are restored on the way.
    /// - Parameter left: a field that is not changed.
    func writes(without left: ByteString) throws -> Value {
        var writes: [Value] = []
        var seen: Set<UInt> = []
        try addWrites(to: &writes, &seen, leaving: [.string(left)])
        return .list(writes)
    }

    /// For one table: itself, the number of positions, their values, the fields' keys and values, the keys that are
    /// left alone, and whether all others are removed.
    private func addWrites(to writes: inout [Value], _ seen: inout Set<UInt>, leaving left: [Value]) throws {
        guard seen.insert(address).inserted else { return }
        var elements: [Value] = []
        var (keys, values, left) = ([Value](), [Value](), left)
        if count > 0 {
            for position in 1...count {
                let saved = sequence[position]
                if case .foreign = saved {
                    left.append(.integer(position))
                    elements.append(.boolean(false))
                } else {
                    elements.append(try saved.restored(&writes, &seen))
                }
            }
        }
        for (key, saved) in fields {
            if case .foreign = saved {
                left.append(key)
            } else {
                keys.append(key)
                values.append(try saved.restored(&writes, &seen))
            }
        }
        writes.append(
            .list([
                .table(table), .integer(count), .list(elements), .list(keys), .list(values), .list(left),
                .boolean(!hasForeignKeys),
            ]))
    }

    /// The changes of plain fields as text: `lr is 0.001 again, not 0.0005`.
    func changes(from other: SavedTable) -> String {
        let changed = fields.enumerated().compactMap { index, field -> String? in
            guard case .string(let name) = field.key, name != "k", case .plain(let value) = field.saved,
                case .plain(let now)? = other.saved(of: field.key, hint: index), !value.isSame(as: now), value.isPlain,
                now.isPlain
            else { return nil }
            return "\(name) is \(value.shown) again, not \(now.shown)"
        }
        return changed.count <= 4
            ? changed.joined(separator: "; ") : changed.prefix(4).joined(separator: "; ") + "; ..."
    }

    /// Why the loop cannot continue: fields that have another type or shape than before. Nil if it can.
    func obstacle(in now: SavedTable) -> String? {
        for (index, field) in fields.enumerated() {
            guard case .string(let name) = field.key else { continue }
            let found = now.saved(of: field.key, hint: index)
            let (before, after) = (field.saved.described, found?.described ?? "nil")
            if before != after { return "\(name) is \(after) where the loop had \(before)" }
        }
        return nil
    }

    fileprivate func restored(_ writes: inout [Value], _ seen: inout Set<UInt>) throws -> Value {
        try addWrites(to: &writes, &seen, leaving: [])
        return .table(table)
    }
}

extension Saved {
    fileprivate func restored(_ writes: inout [Value], _ seen: inout Set<UInt>) throws -> Value {
        switch self {
        case .plain(let value): return value
        case .tensor(let tensor): return .object(try tensor.restored())
        case .generator(let generator, let state):
            generator.restore(state)
            return .object(generator)
        case .table(let table): return try table.restored(&writes, &seen)
        case .object(let object):
            try object.restore()
            return .object(object.object)
        case .foreign: return .none
        }
    }

    /// A description that must not change when a loop continues: `a tensor (28, 28) of float32`, `a number`.
    fileprivate var described: String {
        switch self {
        case .plain(let value): value.described
        case .tensor(let tensor): "a tensor \(Shape.describe(tensor.numbers.shape)) of \(tensor.numbers.dtype.rawValue)"
        case .generator: "a generator"
        case .table: "a table"
        case .object(let saved): Value.object(saved.object).described
        case .foreign: "an object"
        }
    }
}

extension Value {
    fileprivate var isPlain: Bool {
        switch self {
        case .boolean, .integer, .number, .string: true
        default: false
        }
    }

    fileprivate var described: String {
        if case .none = self { return "nil" }
        return "a \(typeName)"
    }
}
