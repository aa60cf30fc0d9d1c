import Scripting

/// A JSON value (RFC 8259). Objects have no order; of a repeated name the last one counts.
public enum JSON: Equatable, Sendable {
    case null
    /// true or false.
    case flag(Bool)
    /// A number without a fraction or exponent that fits 64 bits.
    case integer(Int)
    /// Any other number; infinities and NaN are written as null.
    case number(Double)
    /// A text, with escapes replaced.
    case text(String)
    case list([JSON])
    /// The members by their names.
    case object([String: JSON])

    /// Why a text is no JSON, and at which byte.
    public typealias Fault = Scripting.Fault

    /// The deepest nesting of lists and objects.
    static let deepest = 200

    /// Parses a complete JSON text.
    public init(_ bytes: [UInt8]) throws(Fault) {
        var reader = JSONReader(bytes: bytes)
        self = try reader.whole()
    }

    /// A member of an object; nil for other values.
    public subscript(_ name: String) -> JSON? { if case .object(let members) = self { members[name] } else { nil } }

    /// The text, if the value is one; nil for other values. The properties below are alike.
    public var text: String? { if case .text(let text) = self { text } else { nil } }
    /// The boolean.
    public var flag: Bool? { if case .flag(let flag) = self { flag } else { nil } }
    /// The elements of a list.
    public var list: [JSON]? { if case .list(let list) = self { list } else { nil } }
    /// The integer, also if written as `2.0`.
    public var integer: Int? {
        switch self {
        case .integer(let integer): integer
        case .number(let number): Int(exactly: number)
        default: nil
        }
    }

    /// The JSON text, with members sorted by name: equal values give equal texts.
    public var bytes: [UInt8] {
        var result: [UInt8] = []
        write(to: &result)
        return result
    }

    private func write(to result: inout [UInt8]) {
        switch self {
        case .null: result += "null".utf8
        case .flag(let flag): result += (flag ? "true" : "false").utf8
        case .integer(let integer): result += "\(integer)".utf8
        // JSON has no notation for infinities and NaN.
        case .number(let number): result += (number.isFinite ? "\(number)" : "null").utf8
        case .text(let text): result += JSONTokens.quoted(text).utf8
        case .list(let list):
            result.append(UInt8(ascii: "["))
            for (place, element) in list.enumerated() {
                if place > 0 { result.append(UInt8(ascii: ",")) }
                element.write(to: &result)
            }
            result.append(UInt8(ascii: "]"))
        case .object(let members):
            result.append(UInt8(ascii: "{"))
            for (place, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if place > 0 { result.append(UInt8(ascii: ",")) }
                result += "\(JSONTokens.quoted(member.key)):".utf8
                member.value.write(to: &result)
            }
            result.append(UInt8(ascii: "}"))
        }
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral
{
    public init(stringLiteral text: String) { self = .text(text) }
    public init(integerLiteral integer: Int) { self = .integer(integer) }
    public init(booleanLiteral flag: Bool) { self = .flag(flag) }
    public init(dictionaryLiteral members: (String, JSON)...) { self = .object(Dictionary(members) { $1 }) }
    public init(arrayLiteral elements: JSON...) { self = .list(elements) }
}

/// Parses JSON from bytes.
private struct JSONReader {
    private var tokens: JSONTokens

    init(bytes: [UInt8]) { tokens = JSONTokens(bytes) }

    mutating func whole() throws(JSON.Fault) -> JSON {
        let value = try self.value(depth: 0)
        try tokens.end()
        return value
    }

    private mutating func value(depth: Int) throws(JSON.Fault) -> JSON {
        guard depth < JSON.deepest else { throw JSON.Fault("more than \(JSON.deepest) levels") }
        if tokens.takes("{") { return try object(depth) }
        if tokens.takes("[") { return try list(depth) }
        if tokens.next == UInt8(ascii: "\"") { return .text(try tokens.string()) }
        if tokens.takes(word: "true") { return .flag(true) }
        if tokens.takes(word: "false") { return .flag(false) }
        if tokens.takes(word: "null") { return .null }
        let (integer, number) = try tokens.number()
        return integer.map { .integer($0) } ?? .number(number)
    }

    private mutating func list(_ depth: Int) throws(JSON.Fault) -> JSON {
        var elements: [JSON] = []
        if tokens.takes("]") { return .list([]) }
        while true {
            elements.append(try value(depth: depth + 1))
            if tokens.takes("]") { return .list(elements) }
            guard tokens.takes(",") else { throw tokens.fault("a comma or ]") }
        }
    }

    private mutating func object(_ depth: Int) throws(JSON.Fault) -> JSON {
        var members: [String: JSON] = [:]
        if tokens.takes("}") { return .object([:]) }
        while true {
            tokens.skipSpace()
            let name = try tokens.string()
            guard tokens.takes(":") else { throw tokens.fault("a colon") }
            members[name] = try value(depth: depth + 1)
            if tokens.takes("}") { return .object(members) }
            guard tokens.takes(",") else { throw tokens.fault("a comma or }") }
        }
    }
}
