import Scripting

extension PickleMachine {
    /// Executes one opcode. Returns the pickle's object at STOP.
    mutating func step() throws -> PickleHeap.Reference? {
        start = position
        let opcode = try byte()
        switch opcode {
        case UInt8(ascii: "."):  // STOP
            let root = try pop()
            guard stack.isEmpty, marks.isEmpty else { throw error("STOP with objects left on the stack") }
            return root
        case 0x80:  // PROTO
            let version = try byte()
            guard (2...5).contains(version) else { throw error("protocol \(version); 2 to 5 are read") }
        case 0x95: _ = try take(8)  // FRAME: a hint for buffered readers.
        case UInt8(ascii: "("): try mark()
        case UInt8(ascii: "0"): _ = try pop()  // POP
        case UInt8(ascii: "1"): _ = try popToMark()  // POP_MARK
        case UInt8(ascii: "2"): try push(try top())  // DUP
        case UInt8(ascii: "N"): try push(.none)
        case 0x88: try push(.boolean(true))
        case 0x89: try push(.boolean(false))
        case UInt8(ascii: "q"): try remember(Int(try byte()))  // BINPUT
        case UInt8(ascii: "r"): try remember(try length(4))  // LONG_BINPUT
        case 0x94: try remember(memo.count)  // MEMOIZE
        case UInt8(ascii: "h"): try recall(Int(try byte()))  // BINGET
        case UInt8(ascii: "j"): try recall(try length(4))  // LONG_BINGET
        case UInt8(ascii: "p"): try remember(try memoKey())  // PUT
        case UInt8(ascii: "g"): try recall(try memoKey())  // GET
        default:
            guard try scalar(opcode) || textForm(opcode) || container(opcode) || object(opcode) else {
                throw error("opcode 0x\(String(opcode, radix: 16)) is not one that torch.save writes for tensors")
            }
        }
        return nil
    }

    /// Numbers, text and bytes.
    private mutating func scalar(_ opcode: UInt8) throws -> Bool {
        switch opcode {
        case UInt8(ascii: "K"): try push(.integer(Int(try number(1))))  // BININT1
        case UInt8(ascii: "M"): try push(.integer(Int(try number(2))))  // BININT2
        case UInt8(ascii: "J"): try push(.integer(Int(Int32(truncatingIfNeeded: try number(4)))))  // BININT
        case 0x8a: try pushLong(Int(try byte()))  // LONG1
        case 0x8b: try pushLong(try length(4))  // LONG4
        case UInt8(ascii: "G"):  // BINFLOAT
            let bits = try take(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            try push(.fraction(Double(bitPattern: bits)))
        case 0x8c: try pushText(1)  // SHORT_BINUNICODE
        case UInt8(ascii: "X"): try pushText(4)  // BINUNICODE
        case 0x8d: try pushText(8)  // BINUNICODE8
        case UInt8(ascii: "U"): try pushOldText(try length(1))  // SHORT_BINSTRING
        case UInt8(ascii: "T"): try pushOldText(try length(4))  // BINSTRING
        case UInt8(ascii: "C"): try skipBytes(1)  // SHORT_BINBYTES
        case UInt8(ascii: "B"): try skipBytes(4)  // BINBYTES
        case 0x8e, 0x96: try skipBytes(8)  // BINBYTES8, BYTEARRAY8
        default: return false
        }
        return true
    }

    /// Numbers and texts written as lines, as in protocol 0.
    private mutating func textForm(_ opcode: UInt8) throws -> Bool {
        switch opcode {
        case UInt8(ascii: "F"):  // FLOAT
            try push(Double(try line()).map { .fraction($0) } ?? .opaque("a float"))
        case UInt8(ascii: "I"):  // INT, and the booleans 00 and 01
            switch try line() {
            case "00": try push(.boolean(false))
            case "01": try push(.boolean(true))
            case let digits: try push(node(Int(digits)))
            }
        case UInt8(ascii: "L"):  // LONG
            let digits = try line()
            try push(node(Int(digits.hasSuffix("L") ? String(digits.dropLast()) : digits)))
        case UInt8(ascii: "S"), UInt8(ascii: "V"):  // STRING, UNICODE
            var text = try line(limit: 1 << 20)
            if opcode == UInt8(ascii: "S") { text = String(text.dropFirst().dropLast()) }
            // Names do not contain characters that need an escape.
            let node: PickleHeap.Node = text.contains("\\") ? .opaque("a str") : .text(text)
            try push(node)
        default: return false
        }
        return true
    }

    /// An integer given as text; one that does not fit cannot be a size.
    private func node(_ number: Int?) -> PickleHeap.Node {
        guard let number else { return .opaque("a long int") }
        return .integer(number)
    }

    private mutating func memoKey() throws -> Int {
        let digits = try line()
        guard let key = Int(digits), key >= 0 else { throw error("memo \(shown(digits))") }
        return key
    }

    /// Tuples, lists, dictionaries and sets.
    private mutating func container(_ opcode: UInt8) throws -> Bool {
        switch opcode {
        case UInt8(ascii: ")"): try push(.tuple([]))
        case 0x85, 0x86, 0x87: try push(.tuple(Array(try pop(Int(opcode) - 0x84))))  // TUPLE1 to TUPLE3
        case UInt8(ascii: "t"): try push(.tuple(Array(try popToMark())))
        case UInt8(ascii: "]"): try push(.list([]))
        case UInt8(ascii: "l"): try push(.list(Array(try popToMark())))
        case UInt8(ascii: "a"): try append(try pop(1))
        case UInt8(ascii: "e"): try append(try popToMark())
        case UInt8(ascii: "}"): try push(.dictionary([]))
        case UInt8(ascii: "d"):
            let items = try popToMark()
            try push(.dictionary([]))
            try set(items)
        case UInt8(ascii: "s"): try set(try pop(2))
        case UInt8(ascii: "u"): try set(try popToMark())
        case 0x8f: try push(.list([]))  // EMPTY_SET: nobody looks into sets, a list will do.
        case 0x90: try append(try popToMark())  // ADDITEMS
        case 0x91: try push(.list(Array(try popToMark())))  // FROZENSET
        default: return false
        }
        return true
    }

    private mutating func append(_ items: ArraySlice<PickleHeap.Reference>) throws {
        let list = try top()
        guard heap.append(items, to: list) else { throw error("appends to \(heap.kind(list)), which is no list") }
    }

    private mutating func set(_ items: ArraySlice<PickleHeap.Reference>) throws {
        let dictionary = try top()
        guard items.count % 2 == 0 else { throw error("a key without a value") }
        guard heap.set(items, in: dictionary) else {
            throw error("sets items of \(heap.kind(dictionary)), which is no dict")
        }
    }

    private mutating func pushText(_ width: Int) throws {
        try pushOldText(try length(width))
    }

    /// A str of Python 2, which is a text or bytes.
    private mutating func pushOldText(_ count: Int) throws {
        let bytes = try take(count)
        let text = PickleMachine.text(bytes)
        try push(.text(text))
        guard !text.utf8.elementsEqual(bytes) else { return }
        try workspace.take(PickleHeap.nodeBytes)
        heap.rewritten.insert(try top())
    }

    private mutating func skipBytes(_ width: Int) throws {
        _ = try take(try length(width))
        try push(.opaque("bytes"))
    }

    /// A two's complement integer of any length; one that does not fit 64 bits cannot be a size.
    private mutating func pushLong(_ count: Int) throws {
        guard count <= 8 else {
            _ = try take(count)
            return try push(.opaque("a long int"))
        }
        guard count > 0 else { return try push(.integer(0)) }
        let bits = try number(count)
        let shift = 64 - 8 * count
        try push(.integer(Int(truncatingIfNeeded: Int64(truncatingIfNeeded: bits << UInt64(shift)) >> Int64(shift))))
    }
}
