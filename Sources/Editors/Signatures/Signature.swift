import Foundation

/// What a documentation's signature says, taken apart: `x:norm(dim, keepdim, {p = 2}) -> tensor`, one form a line.
///
/// The grammar, after Lua's own words:
///
///     form      = call | "for" names "in" call "do"
///     call      = head [arguments | table] ["->" results]
///     head      = name {"." name} | name ":" name | name "[" key "]" | "#" name | "local" name "<close>" "=" call
///     arguments = "(" [argument {"," argument}] ")"
///     argument  = "..." | name ["=" default] | table ["=" "{" "}"]
///     table     = "{" [entry {"," entry}] "}"
///     entry     = "..." | name ["=" [default {"or" choice}]] | "[" number "]" "=" name | table
///     results   = result {"," result}
///     result    = "..." [":" type] | name ":" type | type
///     type      = one {"or" one}
///     one       = name ["of no dimension"] ["(" shape ")"] | "{" type "," "..." "}" | "{" name "=" type {"," ...} "}"
///
/// An argument without a default has to be given, a table of options never; `= nil` is the default of what may be left
/// out and then is not there. An option whose default is followed by `or` takes these texts and no others.
///
/// In a table, `...` after an element says that more elements follow ({x, y, ...}), after an option that more options
/// do. A lone name is an element where `...` follows elements, or a capital letter; else an option without a default. A
/// property has a result and no arguments; `x.grad = g` sets one. A result that is called like the receiver or an
/// argument is of its type. Behind `for` stand the values that a loop gets: k counts, any other is a tensor.
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

        /// Whether a call may do without it.
        public var isOptional: Bool {
            switch kind {
            case .plain: fallback != nil
            case .variadic: true
            case .table(let table): fallback != nil || (table.elements.isEmpty && !table.isOpen)
            }
        }
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

        /// The texts it takes, where the signature lists them: `line_search_fn = "strong_wolfe" or "none"`. With `nil or`
        /// before them it has no default.
        public var choices: [String]? {
            let parts = (fallback ?? "").components(separatedBy: " or ")
            let texts = parts.filter { $0 != "nil" }
            guard parts.count > 1, texts.allSatisfy({ $0.hasPrefix("\"") && $0.hasSuffix("\"") && $0.count > 1 }) else {
                return nil
            }
            return texts.map { String($0.dropFirst().dropLast()) }
        }
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
        /// What a loop gets in each round.
        case iterator([ResultType])
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

    /// How many values a call may have, with what a method is called on; nil without a form.
    public var counts: ClosedRange<Int>? {
        let counts = forms.map { form in
            let receivers = form.isMethod ? 1 : 0
            let most = form.counts.upperBound
            return (least: form.counts.lowerBound + receivers, most: most == .max ? most : most + receivers)
        }
        guard let least = counts.map(\.least).min(), let most = counts.map(\.most).max() else { return nil }
        return least...most
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

extension Signature.Form {
    /// How many values its arguments are.
    var counts: ClosedRange<Int> {
        // Numbered ones before `...` only show what repeats: d1, d2, ... may be one, or none.
        let repeated = arguments.firstIndex { if case .variadic = $0.kind { true } else { false } }
        let given = arguments.indices.filter { index in
            let isNumbered = arguments[index].name.last?.isNumber ?? false
            return !arguments[index].isOptional && !(index < repeated ?? 0 && isNumbered)
        }
        // A function that takes one table may do without, unless it says what has to be in it.
        let least = isTableCall ? 0 : (given.last ?? -1) + 1
        return least...(repeated == nil ? max(arguments.count, least) : Int.max)
    }

    /// Whether it is written behind a colon.
    var isMethod: Bool { if case .method = head { true } else { false } }
}
