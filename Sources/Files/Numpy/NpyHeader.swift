import Scripting
import Tensors

/// The header of NumPy's `.npy` format, a Python literal:
/// `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`.
/// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
struct NpyHeader {
    let type: StoredType
    let order: FileElement.Order
    let isFortran: Bool
    let shape: [Int]

    static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

    /// The longest header that is read. NumPy's own default is 10 000; only structured types, which are refused here,
    /// are long.
    static let limit = 1 << 16

    /// Reads the magic bytes, the version and the literal.
    /// - Throws: for an unknown version and a malformed literal; ``Unreadable`` for Python objects, texts, records and
    ///   dates.
    init(_ source: any ByteSource) throws {
        let report = source.report
        guard try source.bytes(6, "the .npy magic").elementsEqual(NpyHeader.magic) else {
            throw report.error("not an .npy array")
        }
        let version = try source.bytes(2, "the .npy version")
        guard (1...3).contains(version[0]), version[1] == 0 else {
            throw report.error(".npy version \(version[0]).\(version[1]); 1.0, 2.0 and 3.0 are read")
        }
        let length = try source.bytes(version[0] == 1 ? 2 : 4, "the .npy header's length").reversed().reduce(0) {
            $0 << 8 | Int($1)
        }
        guard length <= NpyHeader.limit else { throw report.error("an .npy header of \(length) bytes is too long") }
        var literal = Literal(bytes: try source.bytes(length, "the .npy header"), report: report)

        var (description, fortran, shape): (String?, Bool?, [Int]?)
        try literal.dictionary { literal, key in
            switch key {
            case "descr" where description == nil: description = try literal.elementType()
            case "fortran_order" where fortran == nil: fortran = try literal.boolean()
            case "shape" where shape == nil: shape = try literal.naturals()
            default: throw literal.error("key \(shown(key)) is unknown or comes twice")
            }
        }
        guard let description, let fortran, let shape else {
            throw report.error(".npy header: descr, fortran_order and shape expected")
        }
        guard let (type, order) = NpyHeader.type(description) else {
            throw Unreadable(
                description.hasSuffix("O")
                    ? "an .npy array of Python objects, which are pickles; numbers are read"
                    : "an .npy array of elements \(shown(description))\(NpyHeader.kind(description)); "
                        + "floats, integers and booleans are read")
        }
        (self.type, self.order, isFortran, self.shape) = (type, order, fortran, shape)
    }

    /// The type for NumPy's name: `<f4`, or one of its other names for the same type.
    private static func type(_ description: String) -> (StoredType, FileElement.Order)? {
        let mark = description.first.flatMap { "<>|=".contains($0) ? $0 : nil }
        let type: StoredType
        switch mark == nil ? description[...] : description.dropFirst() {
        case "b1", "?", "bool": type = .number(.bool)
        case "u1", "B", "uint8": type = .number(.uint8)
        case "i1", "b", "int8": type = .number(.int8)
        case "u2", "H", "uint16": type = .number(.uint16)
        case "i2", "h", "int16": type = .number(.int16)
        case "u4", "I", "uint32": type = .number(.uint32)
        case "i4", "i", "int32": type = .number(.int32)
        case "u8", "Q", "uint64": type = .number(.uint64)
        case "i8", "q", "int64": type = .number(.int64)
        case "f2", "e", "float16": type = .number(.float16)
        case "f4", "f", "float32": type = .number(.float32)
        case "f8", "d", "float64": type = .number(.float64)
        case "c8", "F", "complex64": type = .complex(.float32, description)
        case "c16", "D", "complex128": type = .complex(.float64, description)
        default: return nil
        }
        return (type, mark == ">" ? .big : .little)
    }

    /// The meaning of NumPy's type letter, for messages.
    private static func kind(_ description: String) -> String {
        switch description.first(where: { $0.isLetter }) {
        case "U"?, "S"?, "a"?, "T"?: " (texts)"
        case "M"?: " (dates)"
        case "m"?: " (spans of time)"
        case "V"?: " (raw bytes)"
        default: ""
        }
    }

    /// NumPy's name for the type; nil for bfloat16, which NumPy does not have.
    static func description(_ element: FileElement) -> String? {
        switch element {
        case .bool: "|b1"
        case .uint8: "|u1"
        case .int8: "|i1"
        case .uint16: "<u2"
        case .int16: "<i2"
        case .uint32: "<u4"
        case .int32: "<i4"
        case .uint64: "<u8"
        case .int64: "<i8"
        case .float16: "<f2"
        case .float32: "<f4"
        case .float64: "<f8"
        case .bfloat16: nil
        }
    }

    /// The header of a row-major tensor, padded so that the numbers begin at a multiple of 64 bytes.
    static func bytes(_ element: FileElement, _ shape: [Int]) throws -> [UInt8] {
        guard let description = description(element) else { throw ScriptError("numpy", "no type for \(element)") }
        return bytes(description, shape)
    }

    /// The header of a row-major array with this NumPy type.
    static func bytes(_ type: String, _ shape: [Int]) -> [UInt8] {
        let extents = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
        let literal = Array("{'descr': '\(type)', 'fortran_order': False, 'shape': (\(extents)), }".utf8)
        // Version 1's 16-bit length is enough, as a rank is at most a few dozen.
        let padding = 64 - (10 + literal.count + 1) % 64
        let length = literal.count + padding % 64 + 1
        let head = magic + [1, 0, UInt8(truncatingIfNeeded: length), UInt8(truncatingIfNeeded: length >> 8)]
        return head + literal + [UInt8](repeating: 0x20, count: padding % 64) + [0x0a]
    }
}

/// A parser for the few forms of Python literals in headers.
private struct Literal {
    let bytes: [UInt8]
    let report: Report
    var position = 0

    init(bytes: [UInt8], report: Report) {
        self.bytes = bytes
        self.report = report
    }

    func error(_ message: String) -> ScriptError {
        report.error(message, at: position, of: "the .npy header")
    }

    mutating func dictionary(_ value: (inout Literal, String) throws -> Void) throws {
        try expect("{")
        while !take("}") {
            let key = try string("a key")
            try expect(":")
            try value(&self, key)
            guard take(",") else {
                try expect("}")
                break
            }
        }
        skipSpace()
        guard position == bytes.count else { throw error("something follows the closing brace") }
    }

    mutating func string(_ what: String) throws -> String {
        skipSpace()
        // A Unicode text as Python 2 wrote it: u'<f4'.
        if position + 1 < bytes.count, bytes[position] == UInt8(ascii: "u"), [0x27, 0x22].contains(bytes[position + 1])
        {
            position += 1
        }
        guard position < bytes.count, case let quote = bytes[position], quote == 0x27 || quote == 0x22,
            let end = bytes[(position + 1)...].firstIndex(of: quote),
            let text = String(validating: bytes[(position + 1)..<end], as: UTF8.self), !text.contains("\\")
        else { throw error("\(what) expected") }
        position = end + 1
        return text
    }

    /// The element type. For records (structured types) it is a list, which no tensor can hold.
    mutating func elementType() throws -> String {
        skipSpace()
        if position < bytes.count, bytes[position] == UInt8(ascii: "[") || bytes[position] == UInt8(ascii: "(") {
            throw Unreadable(
                "an .npy array of records (a structured element type); floats, integers and booleans are read")
        }
        return try string("an element type such as '<f4'")
    }

    mutating func boolean() throws -> Bool {
        skipSpace()
        for (word, value) in [("True", true), ("False", false)] where bytes[position...].starts(with: word.utf8) {
            position += word.utf8.count
            return value
        }
        throw error("True or False expected")
    }

    /// A tuple of integers; one of a single integer has a comma: `(3,)`.
    mutating func naturals() throws -> [Int] {
        try expect("(")
        var numbers: [Int] = []
        while !take(")") {
            guard numbers.count < 64 else { throw error("more than 64 dimensions") }
            numbers.append(try natural())
            guard take(",") else {
                try expect(")")
                break
            }
        }
        return numbers
    }

    private mutating func natural() throws -> Int {
        skipSpace()
        let digits = bytes[position...].prefix { (0x30...0x39).contains($0) }
        guard let number = Int(String(decoding: digits, as: UTF8.self)) else { throw error("a size expected") }
        position += digits.count
        // An integer as Python 2 wrote long ones: (2L,).
        if position < bytes.count, bytes[position] == UInt8(ascii: "L") { position += 1 }
        return number
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) { position += 1 }
    }

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
