import Scripting

extension ScriptType {
    /// The type of a parameter in LuaCATS. Tensors are written `tensor|number`, since lua-language-server takes -x for
    /// a number if x may be anything.
    var parameterLuaCATS: String { self == .object("tensor") ? "tensor|number" : luaCATS }

    /// The type with numbers for integers: 4 / 2 is accepted where 2 is.
    var luaCATS: String { written(whole: "number") }

    /// The type of a result. A number or a tensor is `any`; having to test it first would be noise.
    var resultLuaCATS: String {
        if choices.contains(.object("tensor")), choices.contains(.number) { return "any" }
        return written(whole: "integer")
    }

    /// A tensor or what is converted to one is the alias `numbers`: with tensor itself in a union, lua-language-server
    /// would require a tensor's fields in tables of numbers.
    private func written(whole: String) -> String {
        func inner(_ type: ScriptType) -> String { type.written(whole: whole) }
        return switch self {
        case .any: "any"
        case .none: "nil"
        case .boolean: "boolean"
        case .integer: whole
        case .number: "number"
        case .string: "string"
        case .function: "function"
        case .table: "table"
        case .object(let name): name
        case .choice(let texts): texts.map { "\"\($0)\"" }.joined(separator: "|")
        case .list(let element): element.isUnion ? "(\(inner(element)))[]" : inner(element) + "[]"
        case .map(let element): "table<string, \(inner(element))>"
        case .record(let fields): "{\(fields.map { "\($0.name): \(inner($0.type))" }.joined(separator: ", "))}"
        case .iterator(let fields): "fun(): " + fields.map { inner($0.type) }.joined(separator: ", ")
        case .either(let types): ScriptType.union(types, whole)
        }
    }

    private var isUnion: Bool {
        switch self {
        case .either: true
        case .choice(let texts): texts.count > 1
        default: false
        }
    }

    private static func union(_ types: [ScriptType], _ whole: String) -> String {
        let isList = types.contains { if case .list = $0 { true } else { false } }
        guard isList, types.contains(.object("tensor")) else {
            return types.map { $0.written(whole: whole) }.joined(separator: "|")
        }
        let others = types.filter { type in
            ![.object("tensor"), .number, .list(.number), .list(.list(.number))].contains(type)
        }
        return (["numbers"] + others.map { $0.written(whole: whole) }).joined(separator: "|")
    }
}
