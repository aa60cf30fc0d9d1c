import Runs
import Scripting

/// Finds a script's own parts (schedules and the like) by the name that a user typed.
extension HostFunctions {
    static let names = Declaration(
        "host.names",
        """
        The names of a table's functions, sorted, with commas between them: for help texts. With a kind also those \
        that were registered under it, as host.pick finds them; with "presets" the names of tables, too.
        """,
        takes: .argument("t", .table), .argument("kind", .optional(.text), "such as \"masks\""), .context,
        returns: .bytes,
        example: """
            assert(host.names{b = print, a = print} == "a, b")
            host.register{masks = {c = print}}
            assert(host.names({b = print, a = print}, "masks") == "a, b, c")
            """,
        see: ["host.register"]
    ) { table, kind, context in
        var names = Set(try choices(kind ?? "", table, context).map(\.key))
        names.formUnion(registered(kind ?? "", context).map(\.name))
        return ByteString(Array(names.sorted().map(\.bytes).joined(separator: ", ".utf8)))
    }

    static let pick = Declaration(
        "host.pick",
        """
        The function that a user asked for by name, from a table of functions or from what was registered under \
        the kind (host.register); of presets, the table or function. A name may carry a parameter behind a colon, \
        `random:30`: the text is the second result, nil without one.
        """,
        takes: .argument("kind", .text, "any word; host.register knows some"), .argument("t", .table),
        .argument("name", .bytes),
        .option(
            "text", .optional(.integer(from: 1, to: 250)),
            """
            3: the function will get the text as its third argument; one that has fewer parameters, or a table, then \
            refuses a text, since nothing would read it
            """),
        .context, returns: .values(ResultSpec(nil, .function), ResultSpec("text", .either([.string, .none]))),
        errors: """
            an unknown name: the message lists the known ones and names the nearest; a name that the table has and a \
            plugin registered: the message names both places; a text that nothing would read
            """,
        example: """
            local f, text = host.pick("masks", {random = function() end}, "random:30")
            assert(f and text == "30")
            local ok, message = pcall(host.pick, "masks", {top = function(h, w) end}, "top:9", {text = 3})
            assert(not ok and tostring(message):find("top:9: top takes nothing behind a colon", 1, true))
            """,
        see: ["host.register"]
    ) { kind, table, asked, place, context in
        let own = try choices(kind, table, context)
        let registered = registered(kind, context)
        let parts = asked.split(at: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts[0]
        let parameter = parts.count > 1 ? Value.string(parts[1]) : .none
        func picked(_ value: Value) throws -> [Value] {
            if parts.count > 1, let place, try !takes(place, value, context) {
                throw context.usageError("\(kind): \(name):\(parts[1]): \(name) takes nothing behind a colon")
            }
            return [value, parameter]
        }
        switch (own.first { $0.key == name }, registered.first { $0.name == name }) {
        case (let mine?, nil): return try picked(mine.value)
        case (nil, let theirs?): return try picked(theirs.value)
        case (let mine?, let theirs?):
            let place = try written(mine.value, context)?.definition.map { " (\($0))" } ?? ""
            throw context.usageError(
                "\(kind): \(name.quoted()) is the script's own\(place), and registered at \(theirs.origin); "
                    + "rename one of the two")
        case (nil, nil):
            let names = Set(own.map(\.key) + registered.map(\.name)).sorted().map(\.text)
            throw context.usageError(
                "no \(name.quoted()) among the \(kind)\(suggestion(for: name.text, among: names)); "
                    + "there are \(names.isEmpty ? "none" : names.joined(separator: ", "))")
        }
    }

    private static func registered(_ kind: String, _ context: Context) -> [Registration] {
        context.service(Registry.self).entries(RegistryKind(kind))
    }

    /// The function that the script wrote, also for one that stands for it in a live table; nil for a table.
    private static func written(_ value: Value, _ context: Context) throws -> (any ScriptFunction)? {
        guard case .function(let function) = value else { return nil }
        return try context.service(LiveFiles.self).latest(behind: function) ?? function
    }

    /// Whether a function uses its n-th argument. Variadic and native functions may.
    private static func takes(_ place: Int, _ value: Value, _ context: Context) throws -> Bool {
        guard let function = try written(value, context) else { return false }
        return function.parameters.map { $0 >= place } ?? true
    }

    static let check = Declaration(
        "host.check",
        """
        The value, if it is a finite number within the bounds (and whole, with integer), or the name of a file that \
        can be written or read: to refuse it before the work, not after it. What begins with dashes is the user's: \
        nothing catches the error, and the program says it in one line and leaves with 2.
        """,
        takes: .argument("what", .text),
        .argument("value", Domain<Value>(.any, expected: "a value", show: { $0.shown }) { .some($0) }),
        ValueRule.options.parameter, .context, returns: .value(.any, "value"),
        errors: "anything else: the message names what, and the value",
        example: """
            assert(host.check("--steps", 3, {min = 0}) == 3)
            assert(not pcall(host.check, "alpha", 0 / 0))
            local ok, message = pcall(host.check, "--out", "figure.jpg", {writes = {"png", "pdf"}})
            assert(not ok and message:find("figure.jpg: a name that ends in .png, .pdf expected", 1, true))
            """
    ) { what, value, rule, context in
        if let fault = rule.fault(of: value) {
            let message = "\(what): \(fault)"
            throw what.hasPrefix("-") ? context.usageError(message) : PlainError(description: message)
        }
        return rule.integer ? .integer(value.asInteger ?? 0) : value
    }

    static let refuse = Declaration(
        "host.refuse",
        """
        An error about the words that the script was called with: where nothing catches it, the program says it in \
        one line, without a traceback, and leaves with 2, as it does for an unknown option. For what host.arguments \
        and host.check cannot know.
        """,
        takes: .argument("what", .text), .argument("reason", .text), .context, returns: .nothing,
        errors: "always: `what: reason`",
        example: """
            local ok, message = pcall(host.refuse, "--mask top:3", "top takes nothing behind a colon")
            assert(not ok and tostring(message):find("--mask top:3: top takes nothing", 1, true))
            """
    ) { what, reason, context in throw context.usageError("\(what): \(reason)") }

    /// What can be chosen from a table: functions and, for kinds that accept them, tables.
    private static func choices(_ kind: String, _ table: any ScriptTable, _ context: Context) throws
        -> [(key: ByteString, value: Value)]
    {
        let takesTables = context.service(Registry.self).kinds.first { $0.name == kind }?.takes == .tables
        // A live table holds functions; other values are in the file's latest version.
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
