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
        case .text(let string): Recipe.quote(string, &text)
        case .list(let elements): Recipe.write(elements, to: &text)
        case .table(let fields):
            text += "{\"names\":{"
            for (index, field) in fields.enumerated() {
                if index > 0 { text += "," }
                Recipe.quote(field.name, &text)
                text += ":"
                field.value.write(to: &text)
            }
            text += "}}"
        case .tensor(let name):
            text += "{\"tensor\":"
            Recipe.quote(name, &text)
            text += "}"
        case .call(let name, let arguments):
            text += "{\"call\":"
            Recipe.quote(name, &text)
            text += ",\"with\":"
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

    private static func quote(_ string: String, _ text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
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
    private let bytes: [UInt8]
    private var place = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    private func fault(_ expected: String) -> Fault {
        Fault("\(expected) expected at byte \(place + 1) of \(bytes.count)")
    }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || (0x09...0x0d).contains(byte) { place += 1 }
    }

    /// Reads this character if it comes next; returns whether it did.
    private mutating func takes(_ sign: Unicode.Scalar) -> Bool {
        skipSpace()
        guard next == UInt8(ascii: sign) else { return false }
        place += 1
        return true
    }

    private mutating func expect(_ sign: Unicode.Scalar) throws {
        guard takes(sign) else { throw fault("'\(sign)'") }
    }

    mutating func end() throws {
        skipSpace()
        guard place == bytes.count else { throw fault("the end") }
    }

    mutating func recipe(depth: Int) throws -> Recipe {
        guard depth <= Recipe.deepest else { throw Fault("nested deeper than \(Recipe.deepest)") }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try object(depth)
        case UInt8(ascii: "["): return .list(try list(depth))
        case UInt8(ascii: "\""): return .text(try string())
        case UInt8(ascii: "n"), UInt8(ascii: "t"), UInt8(ascii: "f"): return try word()
        default: return try number()
        }
    }

    private mutating func list(_ depth: Int) throws -> [Recipe] {
        try expect("[")
        if takes("]") { return [] }
        var elements: [Recipe] = []
        repeat { elements.append(try recipe(depth: depth + 1)) } while takes(",")
        try expect("]")
        return elements
    }

    /// One of `{"call":...,"with":[...]}`, `{"names":{...}}`, `{"tensor":...}`, `{"number":"inf"}`.
    private mutating func object(_ depth: Int) throws -> Recipe {
        try expect("{")
        skipSpace()
        let kind = try string()
        try expect(":")
        skipSpace()
        let result: Recipe
        switch kind {
        case "call":
            let name = try string()
            try expect(",")
            skipSpace()
            guard try string() == "with" else { throw fault("\"with\"") }
            try expect(":")
            result = .call(name, try list(depth))
        case "names": result = .table(try fields(depth))
        case "tensor": result = .tensor(try string())
        case "number":
            guard let number = Double(try string()), !number.isFinite else { throw fault("inf, -inf or nan") }
            result = .number(number)
        default: throw fault("a call, names, a tensor or a number")
        }
        try expect("}")
        return result
    }

    private mutating func fields(_ depth: Int) throws -> [Recipe.Field] {
        try expect("{")
        if takes("}") { return [] }
        var fields: [Recipe.Field] = []
        var names: Set<String> = []
        repeat {
            skipSpace()
            let name = try string()
            guard names.insert(name).inserted else { throw Fault("\"\(name)\" stands twice in a table") }
            try expect(":")
            fields.append(Recipe.Field(name, try recipe(depth: depth + 1)))
        } while takes(",")
        try expect("}")
        return fields
    }

    private mutating func word() throws -> Recipe {
        for (word, value) in [("null", Recipe.nothing), ("true", .flag(true)), ("false", .flag(false))]
        where bytes[place...].starts(with: word.utf8) {
            place += word.utf8.count
            return value
        }
        throw fault("null, true or false")
    }

    private mutating func number() throws -> Recipe {
        let start = place
        while let byte = next, "+-.0123456789eE".utf8.contains(byte) { place += 1 }
        let digits = String(decoding: bytes[start..<place], as: UTF8.self)
        if let integer = Int(digits) { return .integer(integer) }
        guard !digits.isEmpty, let number = Double(digits), number.isFinite else {
            place = start
            throw fault("a value")
        }
        return .number(number)
    }

    private mutating func string() throws -> String {
        guard next == UInt8(ascii: "\"") else { throw fault("a text in quotes") }
        place += 1
        var read: [UInt8] = []
        while let byte = next {
            place += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: read, as: UTF8.self) else { throw fault("UTF-8") }
                return text
            case UInt8(ascii: "\\"): read += try escaped()
            default: read.append(byte)
            }
        }
        throw fault("a closing quote")
    }

    /// The character after a backslash.
    private mutating func escaped() throws -> [UInt8] {
        guard let byte = next else { throw fault("a character") }
        place += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "n"): return [0x0a]
        case UInt8(ascii: "r"): return [0x0d]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            guard place + 4 <= bytes.count,
                let code = UInt32(String(decoding: bytes[place..<place + 4], as: UTF8.self), radix: 16),
                let scalar = Unicode.Scalar(code)
            else { throw fault("four hexadecimal digits") }
            place += 4
            return Array(String(Character(scalar)).utf8)
        default: throw fault("one of \" \\ / n r t u")
        }
    }
}
