/// A type in scripts, used in declarations of parameters and results and in definitions for editors.
public indirect enum ScriptType: Sendable, Equatable {
    /// Lua's own types; `none` is nil, `integer` a number that is whole.
    case any, none, boolean, integer, number, string, function, table
    /// An object, by its type's name: `tensor`.
    case object(String)
    /// One of these texts.
    case choice([String])
    /// `{tensor, ...}`
    case list(ScriptType)
    /// A table with any keys and values of one type: `{name = tensor, ...}`.
    case map(ScriptType)
    /// A table with these keys: `{images = tensor, labels = tensor}`.
    case record([Field])
    /// An iterator that gives these values in each round of a `for` loop.
    case iterator([Field])
    case either([ScriptType])

    /// A name with a type, in a record or in what an iterator gives.
    public struct Field: Sendable, Equatable {
        /// The key in the table, or the name of a loop's variable.
        public let name: String
        /// `either` with `none` for a field that may be missing.
        public let type: ScriptType

        /// The name must be one that Lua can write behind a dot.
        public init(_ name: String, _ type: ScriptType) { (self.name, self.type) = (name, type) }
    }
}

extension ScriptType: CustomStringConvertible {
    /// The type as signatures write it.
    public var description: String {
        switch self {
        case .any: "any"
        case .none: "nil"
        case .boolean: "boolean"
        case .integer: "integer"
        case .number: "number"
        case .string: "string"
        case .function: "function"
        case .table: "table"
        case .object(let name): name
        case .choice(let texts): texts.map { "\"\($0)\"" }.joined(separator: " or ")
        case .list(let element): "{\(element), ...}"
        case .map(let element): "{name = \(element), ...}"
        case .record(let fields): "{\(fields.map { "\($0.name) = \($0.type)" }.joined(separator: ", "))}"
        case .iterator(let fields): "iterator of \(fields.map { "\($0.name): \($0.type)" }.joined(separator: ", "))"
        case .either(let types): types.map(\.description).joined(separator: " or ")
        }
    }
}

extension ScriptType {
    /// Whether a value has this type, regardless of bounds. Contents of tables are not checked.
    public func admits(_ value: Value) -> Bool {
        switch (self, value) {
        case (.any, _), (.none, .none), (.boolean, .boolean), (.string, .string), (.choice, .string): true
        case (.integer, .integer), (.number, .integer), (.number, .number): true
        case (.integer, .number(let number)): number == number.rounded()
        case (.function, .function), (.function, .closure), (.iterator, .function): true
        case (.table, .table), (.list, .table), (.map, .table), (.record, .table): true
        case (.table, .list), (.table, .record), (.list, .list), (.map, .record), (.record, .record): true
        case (.object(let name), .object(let object)): object.scriptType.name == name
        case (.either(let types), _): types.contains { $0.admits(value) }
        default: false
        }
    }

    /// Whether a table may be of this type.
    var admitsTables: Bool {
        switch self {
        case .any, .table, .list, .map, .record: true
        case .either(let types): types.contains(where: \.admitsTables)
        default: false
        }
    }

    /// Whether a table with names may be of this type.
    var admitsNames: Bool {
        switch self {
        case .any, .table, .map, .record: true
        case .either(let types): types.contains(where: \.admitsNames)
        default: false
        }
    }
}
