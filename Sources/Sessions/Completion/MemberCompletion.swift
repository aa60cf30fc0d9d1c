import LuaFlow

/// Completes fields after a dot and methods after a colon.
enum MemberCompletion {
    static func complete(_ context: CompletionContext) throws -> Completion? {
        let (typed, before) = context.word
        guard let separator = before.last, separator.isSymbol(".") || separator.isSymbol(":") else { return nil }
        let names = try members(
            endingAt: before.dropLast(), methods: separator.isSymbol(":"), typed: typed, context.session)
        return Completion(names + registered(before.dropLast(), context.session), typed: typed)
    }

    private static func members(
        endingAt tokens: ArraySlice<LuaToken>, methods: Bool, typed: String, _ session: Session
    ) throws -> [String] {
        switch try ExpressionValue.find(endingAt: tokens, in: session) {
        case .value(let box)?: try members(of: box, methods: methods, typed: typed, session)
        case .type(let name)?: members(of: name, methods: methods, session)
        case nil: []
        }
    }

    /// Parts that scripts registered in one of our modules: `projection.Diamond`.
    private static func registered(_ path: ArraySlice<LuaToken>, _ session: Session) -> [String] {
        guard let name = path.last, path.dropLast().last?.isSymbol(".") != true,
            let module = session.host.modules.first(where: { $0.name == name.text })
        else { return [] }
        return module.scripted?.names(in: session.host.context) ?? []
    }

    /// - Parameter box: a table that contains the value.
    private static func members(
        of box: any ScriptTable, methods: Bool, typed: String, _ session: Session
    ) throws -> [String] {
        if let own = try OwnCompletion.names(box, typed: typed, session) { return own }
        if case .object(let object) = try box.value(at: 1) {
            return members(of: object.scriptType.name, methods: methods, session)
        }
        return try session.helpers.names("keys_in", [.table(box), .boolean(methods), .string(typed)]).filter(Lua.isName)
    }

    private static func members(of type: String, methods: Bool, _ session: Session) -> [String] {
        let bindings = session.host.modules.flatMap(\.types).filter { $0.type.name == type }
        let functions =
            methods ? bindings.flatMap(\.methods) : bindings.flatMap(\.properties) + bindings.flatMap(\.setters)
        return functions.map(\.shortName)
    }
}

/// The metatable's `__complete(object, prefix)`, which returns a list of names.
package enum OwnCompletion {
    package static func names(_ box: any ScriptTable, typed: String, _ session: Session) throws -> [String]? {
        switch try session.helpers.call("complete_in", [.table(box), .string(typed)]).first {
        case nil, .some(.none): return nil
        case .table(let list)?: return names(try list.elements())
        case let other?: throw ScriptError("__complete", "a list of names expected, got \(other.shown)")
        }
    }

    /// The names that can be inserted into a line.
    package static func names(_ values: [Value]) -> [String] {
        values.compactMap { value in
            guard case .string(let bytes) = value, case let name = bytes.text,
                !name.unicodeScalars.contains(where: { $0.value < 32 })
            else { return nil }
            return name
        }
    }
}
