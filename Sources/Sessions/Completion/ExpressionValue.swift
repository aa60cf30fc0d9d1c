import Editors
import LuaFlow

/// What is known about an expression without running it: its value, or the type of its result.
enum ExpressionValue {
    /// The value, in a table.
    case value(any ScriptTable)
    /// An object of this type, according to declarations.
    case type(String)

    /// - Parameter tokens: tokens that end with the expression.
    static func find(endingAt tokens: ArraySlice<LuaToken>, in session: Session) throws -> ExpressionValue? {
        guard let last = tokens.last else { return nil }
        if last.kind == .string(open: false), let module = tokens.dropLast().last, module.text == "require" {
            return try required(last, session)
        }
        if let box = try ValuePath.box(endingAt: tokens, in: session) {
            let kind = try session.helpers.call("describe_at", [.table(box), .integer(1)]).first
            if case .string("nil")? = kind {} else { return .value(box) }
        }
        if last.kind == .name { return try property(tokens, session) }
        guard ["]", ")", "}"].contains(last.text), last.kind == .symbol, let open = opener(tokens) else { return nil }
        let before = tokens[..<open]
        if last.text == "]" { return try result(of: { $0.operators[.index].map { [$0] } ?? [] }, on: before, session) }
        let inside = tokens[(open + 1)..<(tokens.endIndex - 1)]
        if let callee = before.last, callee.kind == .name { return try call(before, inside, session) }
        return last.text == ")" ? try find(whole: inside, session) : nil
    }

    /// The index of the bracket that the last token closes.
    private static func opener(_ tokens: ArraySlice<LuaToken>) -> Int? {
        var depth = 0
        for index in tokens.indices.reversed() where tokens[index].kind == .symbol {
            switch tokens[index].text {
            case ")", "]", "}": depth += 1
            case "(", "[", "{":
                depth -= 1
                if depth == 0 { return index }
            default: break
            }
        }
        return nil
    }

    /// An expression in parentheses; only if it contains no operator.
    private static func find(whole tokens: ArraySlice<LuaToken>, _ session: Session) throws -> ExpressionValue? {
        var depth = 0
        for token in tokens {
            if ["(", "[", "{"].contains(token.text), token.kind == .symbol { depth += 1 }
            if [")", "]", "}"].contains(token.text), token.kind == .symbol { depth -= 1 }
            let joins = token.kind != .symbol || [".", ":", "(", ")", "[", "]", "{", "}"].contains(token.text)
            guard depth > 0 || (joins && token.kind != .keyword) else { return nil }
        }
        return try find(endingAt: tokens, in: session)
    }

    private static func required(_ string: LuaToken, _ session: Session) throws -> ExpressionValue? {
        let name = String(string.text.dropFirst().dropLast())
        guard session.host.modules.contains(where: { $0.name == name }),
            case .table(let module)? = try session.helpers.call("module", [.string(name)]).first,
            case .table(let box)? = try session.helpers.call("follow", [.table(module), .list([.string(name)])]).first
        else { return nil }
        return .value(box)
    }

    // MARK: Types

    private static func call(
        _ callee: ArraySlice<LuaToken>, _ arguments: ArraySlice<LuaToken>, _ session: Session
    ) throws -> ExpressionValue? {
        guard let name = callee.last else { return nil }
        if name.text == "require", arguments.count == 1, let string = arguments.first,
            string.kind == .string(open: false)
        {
            return try required(string, session)
        }
        if callee.dropLast().last?.isSymbol(":") == true {
            return try result(
                of: { $0.methods.filter { $0.shortName == name.text } }, on: callee.dropLast(2), session)
        }
        var path = name.text
        var rest = callee.dropLast()
        while rest.last?.isSymbol(".") == true, let part = rest.dropLast().last, part.kind == .name {
            path = part.text + "." + path
            rest = rest.dropLast(2)
        }
        let entry = try ScriptIndex(session.host.modules).entries.first { $0.name == path }
        return entry.flatMap { type($0.function.declaration) }
    }

    private static func property(_ tokens: ArraySlice<LuaToken>, _ session: Session) throws -> ExpressionValue? {
        guard let name = tokens.last, tokens.dropLast().last?.isSymbol(".") == true else { return nil }
        return try result(
            of: { $0.properties.filter { $0.shortName == name.text } }, on: tokens.dropLast(2), session)
    }

    /// The result of a function of the object's type.
    private static func result(
        of functions: (TypeBinding) -> [NativeFunction], on receiver: ArraySlice<LuaToken>, _ session: Session
    ) throws -> ExpressionValue? {
        guard let found = try find(endingAt: receiver, in: session), let name = try found.typeName() else { return nil }
        let bindings = session.host.modules.flatMap(\.types).filter { $0.type.name == name }
        return bindings.flatMap(functions).lazy.compactMap { type($0.declaration) }.first
    }

    /// The name of the type, if it is one of ours.
    func typeName() throws -> String? {
        switch self {
        case .type(let name): return name
        case .value(let box):
            guard case .object(let object) = try box.value(at: 1) else { return nil }
            return object.scriptType.name
        }
    }

    /// The type of the first result, if it is one of ours.
    private static func type(_ declaration: Declaration?) -> ExpressionValue? {
        for form in declaration?.forms ?? [] {
            for case .object(let name) in form.results.first?.type.choices ?? [] { return .type(name) }
        }
        return nil
    }
}
