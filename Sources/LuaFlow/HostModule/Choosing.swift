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
        return .string(ByteString(Array(names.sorted().map(\.bytes).joined(separator: ", ".utf8))))
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
        let parts = try arguments.bytes(3, "name").split(
            at: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts[0]
        let parameter = parts.count > 1 ? Value.string(parts[1]) : .none
        switch (own.first { $0.key == name }, registered.first { $0.name == name }) {
        case (let mine?, nil): return [.function(mine.function), parameter]
        case (nil, let theirs?): return [.function(theirs.function), parameter]
        case (let mine?, let theirs?):
            let live = try arguments.context.service(LiveFiles.self).definition(behind: mine.function)
            let place = (live ?? mine.function.definition).map { " (\($0))" } ?? ""
            throw ScriptError(
                "",
                "\(kind): \(name.quoted()) is the script's own\(place), and registered at \(theirs.origin); rename one of the two"
            )
        case (nil, nil):
            let names = Set(own.map(\.key) + registered.map(\.name)).sorted().map(\.text)
            throw ScriptError(
                "",
                "no \(name.quoted()) among the \(kind)\(suggestion(for: name.text, among: names)); there are \(names.isEmpty ? "none" : names.joined(separator: ", "))"
            )
        }
    }

    private static func registered(_ kind: String, _ context: Context) -> [Registration] {
        RegistryKind(rawValue: kind).map { context.service(Registry.self).entries($0) } ?? []
    }

    static let check = NativeFunction(
        "host.check",
        Documentation(
            "host.check(what, value, {min, max, integer = false}) -> value",
            "The value, if it is a finite number within the bounds (and whole, with integer).",
            errors: "anything else: the message names what, and the value",
            example:
                "assert(host.check(\"--steps\", 3, {min = 0}) == 3)\nassert(not pcall(host.check, \"alpha\", 0 / 0))")
    ) { arguments in
        try arguments.atMost(3)
        let what = try arguments.string(1, "what")
        let options = try arguments.options(3, ["min", "max", "integer"])
        let whole = try options.boolean("integer", default: false)
        let (low, high) = (
            try options.number("min", default: -.infinity), try options.number("max", default: .infinity)
        )
        guard let number = arguments[2].asNumber, number.isFinite, number >= low, number <= high,
            !whole || arguments[2].asInteger != nil
        else {
            var expected = whole ? "a whole number" : "a finite number"
            if low.isFinite { expected += " from \(Value.number(low).plain)" }
            if high.isFinite { expected += " to \(Value.number(high).plain)" }
            throw ScriptError("", "\(what): \(expected) expected, got \(arguments[2].shown)")
        }
        return whole ? .integer(arguments[2].asInteger ?? 0) : arguments[2]
    }

    private static func functions(of table: any ScriptTable) throws -> [(key: ByteString, function: any ScriptFunction)] {
        try table.entries().compactMap { key, value in
            guard case .string(let name) = key, case .function(let function) = value else { return nil }
            return (key: name, function: function)
        }
    }
}

extension Value {
    /// A whole number without its decimal point.
    fileprivate var plain: String { asInteger.map(String.init) ?? shown }
}
