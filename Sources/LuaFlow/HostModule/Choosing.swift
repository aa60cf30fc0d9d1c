import Scripting

/// Finding a script's own parts by the name a user typed.
extension HostFunctions {
    static let names = NativeFunction(
        "host.names",
        Documentation(
            "host.names(t, kind = nil) -> string",
            """
            The names of a table's functions, sorted, with commas between them: for help texts. With a kind, such as \
            "masks", also those that were registered under it (host.register), as host.pick finds them.
            """,
            errors: "t is not a table",
            example: """
                assert(host.names{b = print, a = print} == "a, b")
                host.register{masks = {c = print}}
                assert(host.names({b = print, a = print}, "masks") == "a, b, c")
                """)
    ) { arguments in
        try arguments.atMost(2)
        var names = Set(try functions(of: arguments.table(1, "t")).map(\.key))
        if !arguments.isNil(2) {
            names.formUnion(registered(try arguments.string(2, "kind"), arguments.context).map(\.name))
        }
        return .string(names.sorted().joined(separator: ", "))
    }

    static let pick = NativeFunction(
        "host.pick",
        Documentation(
            "host.pick(kind, t, name) -> function, text: string or nil",
            """
            The function that a user asked for by name, from a table of functions or from what was registered under \
            the kind (host.register). A name may carry a parameter behind a colon, `random:30`: the text is the second \
            result, nil without one. The kind may be any word; host.register knows some.
            """,
            errors:
                """
                an unknown name: the message lists the known ones and names the nearest; a name that the table has and a \
                plugin registered: the message names both places
                """,
            example:
                """
                local f, text = host.pick("masks", {random = function() end}, "random:30")
                assert(f and text == "30")
                """
        )
    ) { arguments -> [Value] in
        try arguments.atMost(3)
        let kind = try arguments.string(1, "kind")
        let own = try functions(of: arguments.table(2, "t"))
        let registered = registered(kind, arguments.context)
        let parts = try arguments.string(3, "name").split(
            separator: ":", maxSplits: 1, omittingEmptySubsequences: false
        ).map(String.init)
        let name = parts[0]
        let parameter = parts.count > 1 ? Value.string(parts[1]) : .none
        switch (own.first { $0.key == name }, registered.first { $0.name == name }) {
        case (let mine?, nil): return [.function(mine.function), parameter]
        case (nil, let theirs?): return [.function(theirs.function), parameter]
        case (let mine?, let theirs?):
            let live = try arguments.context.service(LiveFiles.self).definition(behind: mine.function)
            let place = (live ?? mine.function.definition).map { " (\($0))" } ?? ""
            throw arguments.usageError(
                "\(kind): \"\(name)\" is the script's own\(place), and registered at \(theirs.origin); rename one of the two"
            )
        case (nil, nil):
            let names = Set(own.map(\.key) + registered.map(\.name)).sorted()
            throw arguments.usageError(
                "no \"\(name)\" among the \(kind)\(suggestion(for: name, among: names)); there are \(names.isEmpty ? "none" : names.joined(separator: ", "))"
            )
        }
    }

    private static func registered(_ kind: String, _ context: Context) -> [Registration] {
        RegistryKind(rawValue: kind).map { context.service(Registry.self).entries($0) } ?? []
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

    private static func functions(of table: any ScriptTable) throws -> [(key: String, function: any ScriptFunction)] {
        try table.entries().compactMap { key, value in
            guard case .string(let name) = key, case .function(let function) = value else { return nil }
            return (key: name, function: function)
        }
    }
}
