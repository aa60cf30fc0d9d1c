// Recipes as JSON: `{"call":"nn.Linear","with":[2,3,{"names":{"bias":false}}]}`.

extension Recipe {
    /// The deepest nesting of calls and tables.
    public static let deepest = 64

    /// The recipe as JSON; equal recipes give equal texts.
    public var text: String {
        var result = ""
        write(to: &result)
        return result
    }

    private func write(to text: inout String) {
        switch self {
        case .nothing: text += "null"
        case .flag(let flag): text += flag ? "true" : "false"
        case .integer(let integer): text += "\(integer)"
        // The shortest digits that read back as the same number; JSON has no infinities and NaN.
        case .number(let number): text += number.isFinite ? "\(number)" : "{\"number\":\"\(number)\"}"
        case .text(let string): text += JSONTokens.quoted(string)
        case .list(let elements): Recipe.write(elements, to: &text)
        case .table(let fields):
            text += "{\"names\":{"
            for (index, field) in fields.enumerated() {
                if index > 0 { text += "," }
                text += JSONTokens.quoted(field.name) + ":"
                field.value.write(to: &text)
            }
            text += "}}"
        case .tensor(let name):
            text += "{\"tensor\":\(JSONTokens.quoted(name))}"
        case .call(let name, let arguments):
            text += "{\"call\":\(JSONTokens.quoted(name)),\"with\":"
            Recipe.write(arguments, to: &text)
            text += "}"
        }
    }

    private static func write(_ elements: [Recipe], to text: inout String) {
        text += "["
        for (index, element) in elements.enumerated() {
            if index > 0 { text += "," }
            element.write(to: &text)
        }
        text += "]"
    }

    /// - Throws: ``Fault`` that gives the position at which the text is no recipe.
    public init(text: String) throws {
        var reader = RecipeReader(text)
        self = try reader.recipe(depth: 0)
        try reader.end()
    }
}

/// Parses a recipe from the bytes of its JSON.
private struct RecipeReader {
    private var tokens: JSONTokens

    init(_ text: String) { tokens = JSONTokens(Array(text.utf8)) }

    mutating func end() throws { try tokens.end() }

    mutating func recipe(depth: Int) throws -> Recipe {
        guard depth <= Recipe.deepest else { throw Fault("nested deeper than \(Recipe.deepest)") }
        tokens.skipSpace()
        switch tokens.next {
        case UInt8(ascii: "{"): return try object(depth)
        case UInt8(ascii: "["): return .list(try list(depth))
        case UInt8(ascii: "\""): return .text(try tokens.string())
        case UInt8(ascii: "n"), UInt8(ascii: "t"), UInt8(ascii: "f"): return try word()
        default: return try number()
        }
    }

    private mutating func list(_ depth: Int) throws -> [Recipe] {
        try tokens.expect("[")
        if tokens.takes("]") { return [] }
        var elements: [Recipe] = []
        repeat { elements.append(try recipe(depth: depth + 1)) } while tokens.takes(",")
        try tokens.expect("]")
        return elements
    }

    /// One of `{"call":...,"with":[...]}`, `{"names":{...}}`, `{"tensor":...}`, `{"number":"inf"}`.
    private mutating func object(_ depth: Int) throws -> Recipe {
        try tokens.expect("{")
        tokens.skipSpace()
        let kind = try tokens.string()
        try tokens.expect(":")
        tokens.skipSpace()
        let result: Recipe
        switch kind {
        case "call":
            let name = try tokens.string()
            try tokens.expect(",")
            tokens.skipSpace()
            guard try tokens.string() == "with" else { throw tokens.fault("\"with\"") }
            try tokens.expect(":")
            result = .call(name, try list(depth))
        case "names": result = .table(try fields(depth))
        case "tensor": result = .tensor(try tokens.string())
        case "number":
            guard let number = Double(try tokens.string()), !number.isFinite else {
                throw tokens.fault("inf, -inf or nan")
            }
            result = .number(number)
        default: throw tokens.fault("a call, names, a tensor or a number")
        }
        try tokens.expect("}")
        return result
    }

    private mutating func fields(_ depth: Int) throws -> [Recipe.Field] {
        try tokens.expect("{")
        if tokens.takes("}") { return [] }
        var fields: [Recipe.Field] = []
        var names: Set<String> = []
        repeat {
            tokens.skipSpace()
            let name = try tokens.string()
            guard names.insert(name).inserted else { throw Fault("\"\(name)\" stands twice in a table") }
            try tokens.expect(":")
            fields.append(Recipe.Field(name, try recipe(depth: depth + 1)))
        } while tokens.takes(",")
        try tokens.expect("}")
        return fields
    }

    private mutating func word() throws -> Recipe {
        for (word, value) in [("null", Recipe.nothing), ("true", .flag(true)), ("false", .flag(false))]
        where tokens.takes(word: word) {
            return value
        }
        throw tokens.fault("null, true or false")
    }

    private mutating func number() throws -> Recipe {
        let (integer, number) = try tokens.number()
        guard number.isFinite else { throw tokens.fault("a finite number") }
        return integer.map { .integer($0) } ?? .number(number)
    }
}
