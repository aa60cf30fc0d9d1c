/// The parts of JSON texts (RFC 8259): white space, signs, words, numbers and strings.
package struct JSONTokens {
    private let bytes: [UInt8]
    private var place = 0

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    /// The error that something else was expected here.
    package func fault(_ expected: String) -> Fault {
        Fault("\(expected) expected at byte \(place + 1) of \(bytes.count)")
    }

    package mutating func skipSpace() {
        while let byte = next, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { place += 1 }
    }

    /// Reads this sign if it comes next, after white space; returns whether it did.
    package mutating func takes(_ sign: Unicode.Scalar) -> Bool {
        skipSpace()
        guard next == UInt8(ascii: sign) else { return false }
        place += 1
        return true
    }

    package mutating func expect(_ sign: Unicode.Scalar) throws(Fault) {
        guard takes(sign) else { throw fault("'\(sign)'") }
    }

    package mutating func end() throws(Fault) {
        skipSpace()
        guard next == nil else { throw fault("the end") }
    }

    /// Reads `null`, `true` or `false` if it comes next; returns whether it did.
    package mutating func takes(word: String) -> Bool {
        guard bytes[place...].starts(with: word.utf8) else { return false }
        place += word.utf8.count
        return true
    }

    /// - Returns: also the integer, if the number is written as one and fits; an infinity for 1e999.
    package mutating func number() throws(Fault) -> (integer: Int?, number: Double) {
        let start = place
        if next == UInt8(ascii: "-") { place += 1 }
        let digits = place
        while let byte = next, (0x30...0x39).contains(byte) || ".eE+-".utf8.contains(byte) { place += 1 }
        let text = String(decoding: bytes[start..<place], as: UTF8.self)
        let first = digits < place ? bytes[digits] : 0
        let isPadded = first == 0x30 && digits + 1 < place && (0x30...0x39).contains(bytes[digits + 1])
        // Swift takes a point without digits behind it (1.e5), JSON does not.
        let fraction = text.firstIndex(of: ".").map { text[text.index(after: $0)...] }
        let isWhole = fraction == nil || fraction?.first?.isNumber == true
        guard (0x30...0x39).contains(first), !isPadded, isWhole, let number = Double(text) else {
            place = start
            throw fault("a value")
        }
        return (Int(text), number)
    }

    package mutating func string() throws(Fault) -> String {
        guard next == UInt8(ascii: "\"") else { throw fault("a text in quotes") }
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

    private mutating func escape() throws(Fault) -> Unicode.Scalar {
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
    private mutating func codePoint() throws(Fault) -> Unicode.Scalar {
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

    private mutating func fourDigits() throws(Fault) -> UInt32 {
        let digits = bytes[place...].prefix(4)
        guard digits.count == 4, !digits.contains(where: "+-".utf8.contains),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw fault("four hexadecimal digits") }
        place += 4
        return value
    }

    /// A text as JSON writes it, in quotes.
    package static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
