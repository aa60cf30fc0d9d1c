import Scripting
import Tensors

/// The header of NumPy's `.npy` format, a Python literal:
/// `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`.
/// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
struct NpyHeader {
    let element: FileElement
    let order: FileElement.Order
    let isFortran: Bool
    let shape: [Int]

    static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

    /// NumPy itself refuses longer ones by default 10 000; structured types, which we refuse, are what makes them long.
    static let limit = 1 << 16

    /// Reads the magic, the version and the literal.
    /// - Throws: on another version, a malformed literal, and element types that are not real numbers (Python objects,
    ///   text, structures, complex numbers).
    init(_ source: any ByteSource) throws {
        let report = source.report
        guard try source.bytes(6, "the .npy magic").elementsEqual(NpyHeader.magic) else { throw report.error("not an .npy array") }
        let version = try source.bytes(2, "the .npy version")
        guard (1...3).contains(version[0]), version[1] == 0 else {
            throw report.error(".npy version \(version[0]).\(version[1]); 1.0, 2.0 and 3.0 are read")
        }
        let length = try source.bytes(version[0] == 1 ? 2 : 4, "the .npy header's length").reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= NpyHeader.limit else { throw report.error("an .npy header of \(length) bytes is too long") }
        var literal = Literal(bytes: try source.bytes(length, "the .npy header"), report: report)

        var (description, fortran, shape): (String?, Bool?, [Int]?)
        try literal.dictionary { literal, key in
            switch key {
            case "descr" where description == nil: description = try literal.string("an element type such as '<f4'")
            case "fortran_order" where fortran == nil: fortran = try literal.boolean()
            case "shape" where shape == nil: shape = try literal.naturals()
            default: throw literal.error("key \(shown(key)) is unknown or comes twice")
            }
        }
        guard let description, let fortran, let shape else { throw report.error(".npy header: descr, fortran_order and shape expected") }
        guard let (element, order) = NpyHeader.element(description) else {
            throw report.error(
                description.hasSuffix("O")
                    ? "an .npy array of Python objects, which are pickles; numbers are read"
                    : "an .npy array of elements \(shown(description)); floats, integers and booleans are read")
        }
        (self.element, self.order, isFortran, self.shape) = (element, order, fortran, shape)
    }

    private static func element(_ description: String) -> (FileElement, FileElement.Order)? {
        guard let mark = description.first, "<>|=".contains(mark) else { return nil }
        let element: FileElement
        switch description.dropFirst() {
        case "b1": element = .bool
        case "u1": element = .uint8
        case "i1": element = .int8
        case "u2": element = .uint16
        case "i2": element = .int16
        case "u4": element = .uint32
        case "i4": element = .int32
        case "u8": element = .uint64
        case "i8": element = .int64
        case "f2": element = .float16
        case "f4": element = .float32
        case "f8": element = .float64
        default: return nil
        }
        return (element, mark == ">" ? .big : .little)
    }

    /// The header of a tensor in row-major order, padded so that the numbers begin at a multiple of 64 bytes.
    static func bytes(_ tensor: Tensor) -> [UInt8] {
        let type = switch tensor.dtype {
        case .float16: "<f2"
        case .float32: "<f4"
        case .float64: "<f8"
        case .int64: "<i8"
        case .bool: "|b1"
        }
        return bytes(type, tensor.shape)
    }

    /// The header of an array in row-major order, of elements that NumPy describes so.
    static func bytes(_ type: String, _ shape: [Int]) -> [UInt8] {
        let extents = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
        let literal = Array("{'descr': '\(type)', 'fortran_order': False, 'shape': (\(extents)), }".utf8)
        // A rank that would need more than version 1's 16-bit length cannot be made: ranks are at most a few dozen.
        let padding = 64 - (10 + literal.count + 1) % 64
        let length = literal.count + padding % 64 + 1
        let head = magic + [1, 0, UInt8(truncatingIfNeeded: length), UInt8(truncatingIfNeeded: length >> 8)]
        return head + literal + [UInt8](repeating: 0x20, count: padding % 64) + [0x0a]
    }
}

/// The few forms of a Python literal that a header has.
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
        guard position < bytes.count, case let quote = bytes[position], quote == 0x27 || quote == 0x22,
            let end = bytes[(position + 1)...].firstIndex(of: quote),
            let text = String(validating: bytes[(position + 1)..<end], as: UTF8.self), !text.contains("\\")
        else { throw error("\(what) expected") }
        position = end + 1
        return text
    }

    mutating func boolean() throws -> Bool {
        skipSpace()
        for (word, value) in [("True", true), ("False", false)] where bytes[position...].starts(with: word.utf8) {
            position += word.utf8.count
            return value
        }
        throw error("True or False expected")
    }

    /// A tuple of whole numbers; of one, it has a comma: `(3,)`.
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
        return number
    }

    private mutating func skipSpace() {
        while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x0a { position += 1 }
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
