/// What a documentation's signature says, taken apart: `x:norm(dim, keepdim, {p = 2}) -> tensor`, one form a line.
///
/// The grammar, after Lua's own words:
///
///     form      = call | "for" names "in" call "do"
///     call      = head [arguments | table] ["->" results]
///     head      = name {"." name} | name ":" name | name "[" key "]" | "#" name | "local" name "<close>" "=" call
///     arguments = "(" [argument {"," argument}] ")"
///     argument  = "..." | name ["=" default] | table
///     table     = "{" [entry {"," entry}] "}"
///     entry     = "..." | name ["=" [default]] | "[" number "]" "=" name | table
///     results   = result {"," result}
///     result    = "..." [":" type] | name ":" type | type
///     type      = one {"or" one}
///     one       = name ["of no dimension"] ["(" shape ")"] | "{" type "," "..." "}" | "{" name "=" type {"," ...} "}"
///
/// In a table, `...` after an element says that more elements follow ({x, y, ...}), after an option that more options
/// do. A lone name is an element where `...` follows elements, or a capital letter; else an option without a default. A
/// property has a result and no arguments; `x.grad = g` sets one. A result that is called like the receiver or an
/// argument is of its type.
public struct Signature: Sendable {
    public struct Form: Sendable {
        public let head: Head
        public let arguments: [Argument]
        public let results: [Result]
        /// Whether it is called with nothing but a table: `flow.NICE{...}`.
        public let isTableCall: Bool
    }

    public enum Head: Sendable, Equatable {
        case function([String])
        case method(receiver: String, name: String)
        case property(receiver: String, name: String)
        case setter(receiver: String, name: String)
        case index(receiver: String, key: String)
        case indexSetter(receiver: String, key: String)
        case length(receiver: String)
        case closing(receiver: String)
    }

    public struct Argument: Sendable {
        public enum Kind: Sendable { case plain, variadic, table(Table) }

        public let name: String
        public let fallback: String?
        public let kind: Kind
    }

    /// A table in a call: elements, options or both.
    public struct Table: Sendable {
        public var elements: [Argument] = []
        public var repeats = false
        public var options: [Option] = []
        /// Whether there are more options than are listed.
        public var isOpen = false
    }

    public struct Option: Sendable, Equatable {
        public let name: String
        public let fallback: String?
    }

    public struct Result: Sendable, Equatable {
        public let name: String?
        public let type: ResultType
        /// Whether there may be any number of it.
        public let repeats: Bool
    }

    public indirect enum ResultType: Sendable, Equatable {
        case named(String)
        case list(ResultType)
        /// A table from names to values of one type.
        case map(ResultType)
        case record([ResultField])
        case either([ResultType])
    }

    public struct ResultField: Sendable, Equatable {
        public let name: String
        public let type: ResultType
    }

    public let forms: [Form]

    /// - Throws: ``ScriptError`` for a text outside the grammar, with the place.
    public init(_ text: String) throws {
        forms = try text.split(separator: "\n").map { line in
            var reader = try SignatureReader(String(line))
            return try reader.form()
        }
    }

    /// The names of all options that some form takes, in order; nil if there may be others.
    public var optionNames: [String]? {
        var names: [String] = []
        for form in forms {
            for case .table(let table) in form.arguments.map(\.kind) {
                if table.isOpen { return nil }
                for option in table.options where !names.contains(option.name) { names.append(option.name) }
            }
        }
        return names
    }
}
