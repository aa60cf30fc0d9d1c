import LuaFlow

/// Fields after a dot and methods after a colon.
enum MemberCompletion {
    static func complete(_ context: CompletionContext) throws -> Completion? {
        let (typed, before) = context.word
        guard let separator = before.last, separator.isSymbol(".") || separator.isSymbol(":") else { return nil }
        let box = try ValuePath.box(endingAt: before.dropLast(), in: context.session)
        let names =
            try box.map { try members(of: $0, methods: separator.isSymbol(":"), typed: typed, context.session) } ?? []
        return Completion(names + registered(before.dropLast(), context.session), typed: typed)
    }

    /// What scripts registered in a module of ours: `projection.Diamond`.
    private static func registered(_ path: ArraySlice<LuaToken>, _ session: Session) -> [String] {
        guard let name = path.last, path.dropLast().last?.isSymbol(".") != true,
            let module = session.host.modules.first(where: { $0.name == name.text })
        else { return [] }
        return module.scripted?.names(in: session.host.context) ?? []
    }

    /// - Parameter box: a table with the value in it.
    private static func members(
        of box: any ScriptTable, methods: Bool, typed: String, _ session: Session
    ) throws -> [String] {
        if let own = try OwnCompletion.names(box, typed: typed, session) { return own }
        guard case .object(let object) = try box.value(at: 1) else {
            return try session.helpers.names("keys_in", [.table(box), .boolean(methods)]).filter(Lua.isName)
        }
        let faces = session.host.modules.flatMap(\.types).filter { $0.type == object.scriptType }
        let functions = methods ? faces.flatMap(\.methods) : faces.flatMap(\.properties) + faces.flatMap(\.setters)
        return functions.map(\.shortName)
    }
}

/// A metatable's `__complete(object, prefix)`, which returns a list of names.
enum OwnCompletion {
    static func names(_ box: any ScriptTable, typed: String, _ session: Session) throws -> [String]? {
        guard case .table(let list)? = try session.helpers.call("complete_in", [.table(box), .string(typed)]).first
        else { return nil }
        return try list.elements().compactMap { if case .string(let name) = $0 { name } else { nil } }
    }
}

/// The value that a path such as `a.b[1].c` names, read without running code.
enum ValuePath {
    /// The value, in a table, as not everything crosses the border by itself.
    static func box(endingAt tokens: ArraySlice<LuaToken>, in session: Session) throws -> (any ScriptTable)? {
        guard let (root, keys) = try path(endingAt: tokens, in: session),
            case .table(let box)? = try session.helpers.call("follow", [root, .list(keys)]).first
        else { return nil }
        return box
    }

    /// Where it begins, and the keys from there.
    private static func path(endingAt tokens: ArraySlice<LuaToken>, in session: Session) throws -> (Value, [Value])? {
        var keys: [Value] = []
        var rest = tokens
        while let token = rest.last {
            if token.kind == .name {
                rest = rest.dropLast()
                guard let dot = rest.last, dot.isSymbol(".") else {
                    // After a colon it would be a call's result.
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
                // What is indexed comes next, with no dot between.
                if let name = rest.last, name.kind == .name { continue }
                guard rest.last?.isSymbol("]") == true else { return nil }
            } else if token.kind == .string(open: false), keys.isEmpty {
                return (.string(""), [])
            } else if token.isSymbol(")"), keys.isEmpty, rest.count >= 3,
                rest[rest.index(rest.endIndex, offsetBy: -2)].kind == .string(open: false)
            {
                // ("text"):
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
