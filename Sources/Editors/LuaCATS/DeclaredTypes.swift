import Scripting

extension ScriptType {
    /// As LuaCATS writes it.
    ///
    /// Whole numbers are numbers: 4 / 2 will do where 2 does. A tensor or what is made into one is the alias `numbers`:
    /// with tensor itself in a union, lua-language-server asks a table of numbers for a tensor's fields.
    var luaCATS: String {
        switch self {
        case .any: "any"
        case .none: "nil"
        case .boolean: "boolean"
        case .integer, .number: "number"
        case .string: "string"
        case .function: "function"
        case .table: "table"
        case .object(let name): name
        case .choice(let texts): texts.map { "\"\($0)\"" }.joined(separator: "|")
        case .list(let element): element.isUnion ? "(\(element.luaCATS))[]" : element.luaCATS + "[]"
        case .map(let element): "table<string, \(element.luaCATS)>"
        case .record(let fields): "{\(fields.map { "\($0.name): \($0.type.luaCATS)" }.joined(separator: ", "))}"
        case .iterator(let fields): "fun(): " + fields.map(\.type.luaCATS).joined(separator: ", ")
        case .either(let types): ScriptType.union(types)
        }
    }

    private var isUnion: Bool {
        switch self {
        case .either: true
        case .choice(let texts): texts.count > 1
        default: false
        }
    }

    private static func union(_ types: [ScriptType]) -> String {
        let isList = types.contains { if case .list = $0 { true } else { false } }
        guard isList, types.contains(.object("tensor")) else {
            return types.map(\.luaCATS).joined(separator: "|")
        }
        let others = types.filter { type in
            ![.object("tensor"), .number, .list(.number), .list(.list(.number))].contains(type)
        }
        return (["numbers"] + others.map(\.luaCATS)).joined(separator: "|")
    }
}
