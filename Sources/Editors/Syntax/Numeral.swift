/// Which texts are numbers.
enum Numeral {
    /// `.integer`, `.number`, or nil for what only begins like one (`1e`, `0x`, `3..4`, `0x1pz`).
    static func kind(of text: ArraySlice<UInt8>) -> Token.Kind? {
        let second = text.dropFirst().first.map { $0 | 0x20 }
        let isHexadecimal = text.first == UInt8(ascii: "0") && second == UInt8(ascii: "x")
        var rest = isHexadecimal ? text.dropFirst(2) : text
        func belongs(_ byte: UInt8) -> Bool { isHexadecimal ? isHexDigit(byte) : isDigit(byte) }
        let whole = rest.prefix(while: belongs)
        rest = rest.dropFirst(whole.count)
        var isWhole = true
        var digits = whole.count
        if rest.first == UInt8(ascii: ".") {
            isWhole = false
            let fraction = rest.dropFirst().prefix(while: belongs)
            digits += fraction.count
            rest = rest.dropFirst(1 + fraction.count)
        }
        guard digits > 0 else { return nil }
        if let mark = rest.first, mark | 0x20 == UInt8(ascii: isHexadecimal ? "p" : "e") {
            isWhole = false
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
            let exponent = rest.prefix(while: isDigit)
            guard !exponent.isEmpty else { return nil }
            rest = rest.dropFirst(exponent.count)
        }
        guard rest.isEmpty else { return nil }
        // A decimal that fits no integer is a float; a hexadecimal wraps around.
        if isWhole, isHexadecimal || Int64(String(decoding: text, as: UTF8.self)) != nil { return .integer }
        return .number
    }

    /// The value of a text of the kind `.integer`; a hexadecimal one wraps around.
    static func integer(_ text: String) -> Int {
        guard text.dropFirst().first.map({ $0 == "x" || $0 == "X" }) ?? false else { return Int(text) ?? 0 }
        return text.dropFirst(2).reduce(0) { ($0 &<< 4) | ($1.hexDigitValue ?? 0) }
    }
}
