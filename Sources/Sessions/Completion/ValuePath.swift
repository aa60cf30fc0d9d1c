import LuaFlow

/// The value at a path such as `a.b[1].c`, read without running code.
enum ValuePath {
    /// The value in a table, as not every value can be passed alone.
    static func box(endingAt tokens: ArraySlice<LuaToken>, in session: Session) throws -> (any ScriptTable)? {
        guard let (root, keys) = try path(endingAt: tokens, in: session),
            case .table(let box)? = try session.helpers.call("follow", [root, .list(keys)]).first
        else { return nil }
        return box
    }

    /// Where the path begins, and its keys.
    private static func path(endingAt tokens: ArraySlice<LuaToken>, in session: Session) throws -> (Value, [Value])? {
        var keys: [Value] = []
        var rest = tokens
        while let token = rest.last {
            if token.kind == .name {
                rest = rest.dropLast()
                guard let dot = rest.last, dot.isSymbol(".") else {
                    // After a colon it would be the result of a call.
                    if rest.last?.isSymbol(":") == true { return nil }
                    return try (session.container(of: token.text) ?? .none, [.string(token.text)] + keys.reversed())
                }
                keys.append(.string(token.text))
                rest = rest.dropLast()
            } else if token.isSymbol("]"), rest.count >= 4 {
                let inside = rest[rest.index(rest.endIndex, offsetBy: -2)]
                guard rest[rest.index(rest.endIndex, offsetBy: -3)].isSymbol("["), let key = constant(inside) else {
                    return nil
                }
                keys.append(key)
                rest = rest.dropLast(3)
                // The indexed expression comes next, without a dot between.
                if let name = rest.last, name.kind == .name { continue }
                guard rest.last?.isSymbol("]") == true else { return nil }
            } else if token.kind == .string(open: false), keys.isEmpty {
                return (.string(""), [])
            } else {
                return nil
            }
        }
        return nil
    }

    private static func constant(_ token: LuaToken) -> Value? {
        switch token.kind {
        case .number: return Int(token.text).map { .integer($0) }
        case .string(open: false)
        where token.text.utf8.count >= 2 && !token.text.contains("\\") && !token.text.hasPrefix("["):
            return .string(String(token.text.dropFirst().dropLast()))
        default: return nil
        }
    }
}
