import Scripting

/// A call's one table, `plot.image{x, title = "a"}`, taken apart: what stands at 1, 2, ... and the options.
struct TableParts {
    let positional: [Value]
    let options: Options

    init(_ arguments: Arguments, positional count: Int, known: [String]) throws {
        guard arguments.count <= 1 else {
            throw arguments.error("takes one table, data and options together, as in \(arguments.function){y, title = \"a\"}; got \(arguments.count) arguments")
        }
        try self.init(
            try arguments.table(1, "options"), function: arguments.function, positional: count, known: known)
    }

    init(_ table: any ScriptTable, function: String, positional count: Int, known: [String]) throws {
        positional = try (0..<count).map { try table.value(at: $0 + 1) }
        let named = try table.entries().filter { entry in
            guard let index = entry.key.asInteger else { return true }
            return index < 1 || index > count
        }
        options = try Options(function: function, table: NamedEntries(named), known: known)
    }

    /// What stands at a position, or under a name.
    func value(_ position: Int, _ name: String) -> Value {
        if case .none = positional[position - 1] { options[name] } else { positional[position - 1] }
    }
}

/// The entries of a table without its sequence part.
private final class NamedEntries: ScriptTable {
    private let kept: [(key: Value, value: Value)]

    init(_ kept: [(key: Value, value: Value)]) { self.kept = kept }

    var count: Int { 0 }
    func value(at index: Int) throws -> Value { .none }
    func value(for key: ByteString) throws -> Value {
        for entry in kept {
            if case .string(let name) = entry.key, name == key { return entry.value }
        }
        return .none
    }
    func entries() throws -> [(key: Value, value: Value)] { kept }
    func numbers() throws -> [Double]? { [] }
}
