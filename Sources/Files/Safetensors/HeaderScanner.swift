import Scripting

/// Parses the JSON of a safetensors header: only the forms that headers have, so that nesting is bounded, and strictly,
/// because readers that understand a header differently can be deceived.
struct HeaderScanner {
    let report: Report
    private let bytes: [UInt8]
    private var position = 0
    /// What the text is, for messages, and its position in the file; nil if it does not occur in the file as it is.
    private let what: String
    private let start: Int?

    /// By default the header of a safetensors file, which begins after an 8-byte length.
    init(_ bytes: [UInt8], _ report: Report, what: String = "safetensors header", at start: Int? = 8) {
        (self.bytes, self.report, self.what, self.start) = (bytes, report, what, start)
    }

    /// - Returns: an error at the current position.
    func error(_ message: String) -> ScriptError {
        guard let start else { return report.error("\(message)", at: position, of: what) }
        return report.error("\(what): \(message)", at: position + start)
    }

    /// Reads `{"key": ..., ...}`; `value` reads the value of a key. A repeated key is an error.
    mutating func object(_ value: (inout HeaderScanner, String) throws -> Void) throws {
        try expect("{")
        var seen = Set<ByteString>()
        if take("}") { return }
        repeat {
            let key = try string()
            guard seen.insert(ByteString(key)).inserted else { throw error("\(shown(key)) comes twice") }
            try expect(":")
            try value(&self, key)
        } while take(",")
        try expect("}")
    }

    /// Reads `[1, 2, ...]`, at most `limit` of them.
    mutating func naturals(limit: Int) throws -> [Int] {
        try expect("[")
        var numbers: [Int] = []
        if take("]") { return numbers }
        repeat {
            guard numbers.count < limit else { throw error("more than \(limit) numbers in a list") }
            numbers.append(try natural())
        } while take(",")
        try expect("]")
        return numbers
    }

    mutating func string() throws -> String {
        try expect("\"")
        var text: [UInt8] = []
        while true {
            guard position < bytes.count else { throw error("ends inside a string") }
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else { throw error("a string is not UTF-8") }
                return string
            case UInt8(ascii: "\\"): text += try escape()
            case 0..<0x20: throw error("a control character in a string")
            default: text.append(byte)
            }
        }
    }

    /// Skips `null` if it is next.
    mutating func null() -> Bool { take(word: "null") }

    /// Skips one value of any kind; `what` names it. Lists and objects may nest 64 deep.
    mutating func skip(_ what: String) throws {
        // The closing brackets that are still expected.
        var open: [Unicode.Scalar] = []
        repeat {
            guard open.count <= 64 else { throw error("\(what) nests more than 64 deep") }
            if take("{") {
                if !take("}") {
                    open.append("}")
                    _ = try string()
                    try expect(":")
                    continue
                }
            } else if take("[") {
                if !take("]") {
                    open.append("]")
                    continue
                }
            } else {
                try skipScalar(what)
            }
            // After a value, open lists and objects may end, too.
            while let mark = open.last, !take(",") {
                try expect(mark)
                open.removeLast()
            }
            if open.last == "}" {
                _ = try string()
                try expect(":")
            }
        } while !open.isEmpty
    }

    /// Skips a string, a number, true, false or null.
    private mutating func skipScalar(_ what: String) throws {
        skipSpace()
        if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
            _ = try string()
            return
        }
        if take(word: "true") || take(word: "false") || take(word: "null") { return }
        let digits = bytes[position...].prefix { Array("+-.0123456789eE".utf8).contains($0) }
        guard !digits.isEmpty, Double(String(decoding: digits, as: UTF8.self)) != nil else {
            throw error("\(what): a value expected")
        }
        position += digits.count
    }

    private mutating func take(word: String) -> Bool {
        skipSpace()
        guard bytes[position...].starts(with: word.utf8) else { return false }
        position += word.utf8.count
        return true
    }

    /// Throws unless only white space is left.
    mutating func end() throws {
        skipSpace()
        guard position == bytes.count else { throw error("something follows the closing brace") }
    }

    private mutating func natural() throws -> Int {
        skipSpace()
        let start = position
        var number = 0
        while position < bytes.count, case let digit = bytes[position], (0x30...0x39).contains(digit) {
            let (tens, wide) = number.multipliedReportingOverflow(by: 10)
            let (sum, wider) = tens.addingReportingOverflow(Int(digit - 0x30))
            guard !wide, !wider else { throw error("a number is too large") }
            number = sum
            position += 1
        }
        let digits = position - start
        guard digits > 0, digits == 1 || bytes[start] != 0x30 else { throw error("a whole number from 0 expected") }
        return number
    }

    private mutating func escape() throws -> [UInt8] {
        guard position < bytes.count else { throw error("ends inside a string") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [8]
        case UInt8(ascii: "f"): return [12]
        case UInt8(ascii: "n"): return [10]
        case UInt8(ascii: "r"): return [13]
        case UInt8(ascii: "t"): return [9]
        case UInt8(ascii: "u"): return try escapedScalar()
        default: throw error("an unknown escape in a string")
        }
    }

    private mutating func escapedScalar() throws -> [UInt8] {
        var code = try hexadecimal()
        if (0xd800..<0xdc00).contains(code) {
            guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
                bytes[position + 1] == UInt8(ascii: "u")
            else { throw error("half a surrogate pair") }
            position += 2
            let low = try hexadecimal()
            guard (0xdc00..<0xe000).contains(low) else { throw error("half a surrogate pair") }
            code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw error("half a surrogate pair") }
        return Array(String(scalar).utf8)
    }

    private mutating func hexadecimal() throws -> UInt32 {
        guard bytes.count - position >= 4 else { throw error("ends inside a string") }
        var code: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw error("four hexadecimal digits expected")
            }
            code = code << 4 | UInt32(digit)
        }
        position += 4
        return code
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) { position += 1 }
    }

    /// Skips `mark` if it is next.
    private mutating func take(_ mark: Unicode.Scalar) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: mark) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ mark: Unicode.Scalar) throws {
        guard take(mark) else { throw error("'\(mark)' expected") }
    }
}
