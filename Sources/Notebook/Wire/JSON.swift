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
    public struct Fault: Error, Equatable, CustomStringConvertible {
        /// The fault in words, without the origin of the text.
        public let description: String
    }

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
        case .text(let text): JSON.quote(text, to: &result)
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
                JSON.quote(member.key, to: &result)
                result.append(UInt8(ascii: ":"))
                member.value.write(to: &result)
            }
            result.append(UInt8(ascii: "}"))
        }
    }

    private static func quote(_ text: String, to result: inout [UInt8]) {
        result.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): result += "\\\"".utf8
            case UInt8(ascii: "\\"): result += "\\\\".utf8
            case 0..<0x20:
                let digits = String(byte, radix: 16)
                result += ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8
            default: result.append(byte)
            }
        }
        result.append(UInt8(ascii: "\""))
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
    let bytes: [UInt8]
    private var place = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    private func fault(_ expected: String) -> JSON.Fault {
        JSON.Fault(description: "\(expected) expected at byte \(place + 1) of \(bytes.count)")
    }

    private mutating func skipSpace() {
        while let byte = next, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { place += 1 }
    }

    private mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: byte) else { return false }
        place += 1
        return true
    }

    mutating func whole() throws(JSON.Fault) -> JSON {
        let value = try self.value(depth: 0)
        skipSpace()
        guard next == nil else { throw fault("the end") }
        return value
    }

    private mutating func value(depth: Int) throws(JSON.Fault) -> JSON {
        guard depth < JSON.deepest else { throw JSON.Fault(description: "more than \(JSON.deepest) levels") }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try object(depth)
        case UInt8(ascii: "["): return try list(depth)
        case UInt8(ascii: "\""): return .text(try string())
        case UInt8(ascii: "t"): return try word("true", .flag(true))
        case UInt8(ascii: "f"): return try word("false", .flag(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func word(_ word: String, _ value: JSON) throws(JSON.Fault) -> JSON {
        guard bytes[place...].starts(with: word.utf8) else { throw fault("a value") }
        place += word.utf8.count
        return value
    }

    private mutating func list(_ depth: Int) throws(JSON.Fault) -> JSON {
        place += 1
        var elements: [JSON] = []
        skipSpace()
        if take("]") { return .list([]) }
        while true {
            elements.append(try value(depth: depth + 1))
            skipSpace()
            if take("]") { return .list(elements) }
            guard take(",") else { throw fault("a comma or ]") }
        }
    }

    private mutating func object(_ depth: Int) throws(JSON.Fault) -> JSON {
        place += 1
        var members: [String: JSON] = [:]
        skipSpace()
        if take("}") { return .object([:]) }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw fault("a name in quotes") }
            let name = try string()
            skipSpace()
            guard take(":") else { throw fault("a colon") }
            members[name] = try value(depth: depth + 1)
            skipSpace()
            if take("}") { return .object(members) }
            guard take(",") else { throw fault("a comma or }") }
        }
    }

    private mutating func number() throws(JSON.Fault) -> JSON {
        let start = place
        _ = take("-")
        let digits = place
        while let byte = next, (0x30...0x39).contains(byte) || ".eE+-".utf8.contains(byte) { place += 1 }
        let text = String(decoding: bytes[start..<place], as: UTF8.self)
        let first = digits < place ? bytes[digits] : 0
        let isPadded = first == 0x30 && digits + 1 < place && (0x30...0x39).contains(bytes[digits + 1])
        guard (0x30...0x39).contains(first), !isPadded, !text.hasSuffix("."), let number = Double(text) else {
            place = start
            throw fault("a value")
        }
        return Int(text).map { .integer($0) } ?? .number(number)
    }

    private mutating func string() throws(JSON.Fault) -> String {
        place += 1
        var units: [UInt8] = []
        while let byte = next {
            place += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: units, as: UTF8.self) else { throw fault("UTF-8 before the quote") }
                return text
            case UInt8(ascii: "\\"): try units += Array(String(escape()).utf8)
            case 0..<0x20: throw fault("no control character in a string")
            default: units.append(byte)
            }
        }
        throw fault("a closing quote")
    }

    private mutating func escape() throws(JSON.Fault) -> Unicode.Scalar {
        guard let byte = next else { throw fault("an escape") }
        place += 1
        switch byte {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "u"): return try codePoint()
        default:
            place -= 1
            throw fault("an escape of JSON's")
        }
    }

    /// An unpaired surrogate is replaced by U+FFFD.
    private mutating func codePoint() throws(JSON.Fault) -> Unicode.Scalar {
        let first = try fourDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard (0xd800..<0xdc00).contains(first), bytes[place...].starts(with: "\\u".utf8) else { return "\u{fffd}" }
        let before = place
        place += 2
        let second = try fourDigits()
        guard (0xdc00..<0xe000).contains(second) else {
            place = before
            return "\u{fffd}"
        }
        return Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00)) ?? "\u{fffd}"
    }

    private mutating func fourDigits() throws(JSON.Fault) -> UInt32 {
        let digits = bytes[place...].prefix(4)
        guard digits.count == 4, !digits.contains(where: "+-".utf8.contains),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw fault("four hexadecimal digits") }
        place += 4
        return value
    }
}
