import Scripting

/// Finding a script's own parts by the name a user typed.
extension HostFunctions {
    static let names = NativeFunction(
        "host.names",
        Documentation(
            "host.names(t, kind = nil) -> string",
            """
            The names of a table's functions, sorted, with commas between them: for help texts. With a kind, such as \
            "masks", also those that were registered under it (host.register), as host.pick finds them; with "presets" \
            the names of tables, too.
            """,
            errors: "t is not a table",
            example: """
                assert(host.names{b = print, a = print} == "a, b")
                host.register{masks = {c = print}}
                assert(host.names({b = print, a = print}, "masks") == "a, b, c")
                """)
    ) { arguments in
        try arguments.atMost(2)
        let kind = arguments.isNil(2) ? "" : try arguments.string(2, "kind")
        var names = Set(try choices(kind, arguments.table(1, "t"), arguments.context).map(\.key))
        names.formUnion(registered(kind, arguments.context).map(\.name))
        return .string(ByteString(Array(names.sorted().map(\.bytes).joined(separator: ", ".utf8))))
    }

    static let pick = NativeFunction(
        "host.pick",
        Documentation(
            "host.pick(kind, t, name, {text = nil}) -> function, text: string or nil",
            """
            The function that a user asked for by name, from a table of functions or from what was registered under \
            the kind (host.register); of presets, the table or function. A name may carry a parameter behind a colon, \
            `random:30`: the text is the second result, nil without one. `text = 3` says that the function will get it \
            as its third argument: a text for one that has fewer parameters, or for a table, is refused, since nothing \
            would read it. The kind may be any word; host.register knows some.
            """,
            errors:
                """
                an unknown name: the message lists the known ones and names the nearest; a name that the table has and a \
                plugin registered: the message names both places; a text that nothing would read
                """,
            example:
                """
                local f, text = host.pick("masks", {random = function() end}, "random:30")
                assert(f and text == "30")
                local ok, message = pcall(host.pick, "masks", {top = function(h, w) end}, "top:9", {text = 3})
                assert(not ok and message:find("top:9: top takes nothing behind a colon", 1, true))
                """
        )
    ) { arguments -> [Value] in
        try arguments.atMost(4)
        let kind = try arguments.string(1, "kind")
        let own = try choices(kind, arguments.table(2, "t"), arguments.context)
        let options = try arguments.options(4, ["text"])
        let place = try options.has("text") ? options.integer("text", in: 1...250, default: 1) : nil
        let registered = registered(kind, arguments.context)
        let parts = try arguments.bytes(3, "name").split(
            at: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts[0]
        let parameter = parts.count > 1 ? Value.string(parts[1]) : .none
        func picked(_ value: Value) throws -> [Value] {
            if parts.count > 1, let place, try !takes(place, value, arguments.context) {
                throw arguments.usageError("\(kind): \(name):\(parts[1]): \(name) takes nothing behind a colon")
            }
            return [value, parameter]
        }
        switch (own.first { $0.key == name }, registered.first { $0.name == name }) {
        case (let mine?, nil): return try picked(mine.value)
        case (nil, let theirs?): return try picked(theirs.value)
        case (let mine?, let theirs?):
            let place = try written(mine.value, arguments.context)?.definition.map { " (\($0))" } ?? ""
            throw arguments.usageError(
                "\(kind): \(name.quoted()) is the script's own\(place), and registered at \(theirs.origin); rename one of the two"
            )
        case (nil, nil):
            let names = Set(own.map(\.key) + registered.map(\.name)).sorted().map(\.text)
            throw arguments.usageError(
                "no \(name.quoted()) among the \(kind)\(suggestion(for: name.text, among: names)); there are \(names.isEmpty ? "none" : names.joined(separator: ", "))"
            )
        }
    }

    private static func registered(_ kind: String, _ context: Context) -> [Registration] {
        context.service(Registry.self).entries(RegistryKind(kind))
    }

    /// The function as a script wrote it, also behind the one that stands for it in a live table; nil for a table.
    private static func written(_ value: Value, _ context: Context) throws -> (any ScriptFunction)? {
        guard case .function(let function) = value else { return nil }
        return try context.service(LiveFiles.self).latest(behind: function) ?? function
    }

    /// Whether a function reads its n-th argument. What takes any number, or is no script's, may.
    private static func takes(_ place: Int, _ value: Value, _ context: Context) throws -> Bool {
        guard let function = try written(value, context) else { return false }
        return function.parameters.map { $0 >= place } ?? true
    }

    static let check = NativeFunction(
        "host.check",
        Documentation(
            "host.check(what, value, {min = nil, max = nil, integer = false, writes = nil, reads = nil}) -> value",
            """
            The value, if it is a finite number within the bounds (and whole, with integer). With writes it is the name \
            of a file that can be written, with one of the endings of a list if writes is one; with reads of one that \
            can be read: to refuse it before the work, not after it. What begins with dashes is the user's: nothing \
            catches the error, and the program says it in one line and leaves with 2.
            """,
            errors: "anything else: the message names what, and the value",
            example: """
                assert(host.check("--steps", 3, {min = 0}) == 3)
                assert(not pcall(host.check, "alpha", 0 / 0))
                local ok, message = pcall(host.check, "--out", "figure.jpg", {writes = {"png", "pdf"}})
                assert(not ok and message:find("figure.jpg: a name that ends in .png, .pdf expected", 1, true))
                """)
    ) { arguments in
        try arguments.atMost(3)
        let what = try arguments.string(1, "what")
        let options = try arguments.options(3, ValueRule.keys)
        let rule = try ValueRule("", arguments.function) { options[$0] }
        if let fault = rule.fault(of: arguments[2]) {
            let message = "\(what): \(fault)"
            throw what.hasPrefix("-") ? arguments.usageError(message) : ScriptError("", message)
        }
        return rule.isInteger ? .integer(arguments[2].asInteger ?? 0) : arguments[2]
    }

    static let refuse = NativeFunction(
        "host.refuse",
        Documentation(
            "host.refuse(what, reason)",
            """
            An error about the words that the script was called with: where nothing catches it, the program says it in \
            one line, without a traceback, and leaves with 2, as it does for an unknown option. For what host.arguments \
            and host.check cannot know.
            """,
            errors: "always: `what: reason`",
            example: """
                local ok, message = pcall(host.refuse, "--mask top:3", "top takes nothing behind a colon")
                assert(not ok and message:find("--mask top:3: top takes nothing", 1, true))
                """)
    ) { arguments -> [Value] in
        try arguments.atMost(2)
        throw arguments.usageError("\(try arguments.string(1, "what")): \(try arguments.string(2, "reason"))")
    }

    /// What may be picked from a table: functions and, of kinds that take them, tables.
    private static func choices(_ kind: String, _ table: any ScriptTable, _ context: Context) throws
        -> [(key: ByteString, value: Value)]
    {
        let takesTables = context.service(Registry.self).kinds.first { $0.name == kind }?.takes == .tables
        // A live table holds functions; its other values are in the file's latest version.
        let latest = try takesTables ? context.service(LiveFiles.self).latest(of: table)?.entries() ?? [] : []
        return try (table.entries() + latest.filter { if case .table = $0.value { true } else { false } })
            .compactMap { key, value in
                guard case .string(let name) = key else { return nil }
                switch value {
                case .function: return (key: name, value: value)
                case .table where takesTables: return (key: name, value: value)
                default: return nil
                }
            }
    }
}
