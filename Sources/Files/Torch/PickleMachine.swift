import Scripting

/// Reads a pickle without executing it: a stack machine for the opcodes of protocols 2 to 5, and the text forms that
/// are still allowed in them.
///
/// The opcodes are described at https://docs.python.org/3/library/pickletools.html. Those that call something only know
/// the cases of ``TorchGlobal``; everything else becomes a placeholder.
struct PickleMachine {
    let report: Report
    private(set) var bytes: [UInt8]
    var position = 0
    var heap = PickleHeap()
    var stack: [PickleHeap.Reference] = []
    /// The stack's height at each open MARK.
    var marks: [Int] = []
    var memo: [Int: PickleHeap.Reference] = [:]
    /// The index of each storage key in the heap's list.
    var storagePositions: [String: Int] = [:]
    /// Tuples of integers that were used as sizes or strides: many tensors may share one.
    var tuples: [PickleHeap.Reference: [Int]] = [:]
    /// The number of elements copied from collections into new ones.
    var copied = 0
    /// The position of the current opcode, for messages.
    var start = 0
    let workspace = Workspace()
    /// The file from which the pickle is read on demand, and its position there; nil when ``bytes`` holds all of it.
    private let source: (file: InputFile, offset: Int)?

    /// The largest pickle that is read, in bytes; a state dict of ten thousand tensors has about two million.
    static let limit = 64 << 20

    private init(_ bytes: [UInt8], _ source: (file: InputFile, offset: Int)?, _ report: Report) {
        (self.bytes, self.source, self.report) = (bytes, source, report)
    }

    /// - Returns: the heap, and the object that the pickle describes.
    /// - Throws: ``ScriptError`` that names the opcode or global and its position.
    static func load(_ bytes: [UInt8], _ report: Report) throws -> (heap: PickleHeap, root: PickleHeap.Reference) {
        var machine = PickleMachine(bytes, nil, report)
        let root = try machine.run()
        return (machine.heap, root)
    }

    /// Reads a pickle that begins at `offset` in a file, which may continue after it.
    static func load(_ file: InputFile, at offset: Int) throws -> (
        heap: PickleHeap, root: PickleHeap.Reference, end: Int
    ) {
        var machine = PickleMachine([], (file, offset), file.report)
        machine.heap.base = offset
        let root = try machine.run()
        return (machine.heap, root, offset + machine.position)
    }

    private mutating func run() throws -> PickleHeap.Reference {
        while true {
            if heap.nodes.count & 0xffff == 0 { try Cancellation.check() }
            if let root = try step() { return root }
        }
    }

    func error(_ message: String) -> ScriptError {
        guard let source else { return report.error("pickle: \(message)", at: start, of: "data.pkl") }
        return report.error("pickle: \(message)", at: source.offset + start)
    }

    /// A position in the pickle, for messages.
    func place(_ offset: Int) -> String {
        source.map { "at byte \($0.offset + offset)" } ?? "at byte \(offset) of data.pkl"
    }

    // MARK: Bytes

    /// Tries to read ahead so that `count` bytes are available.
    private mutating func fill(_ count: Int) throws {
        guard let source, bytes.count - position < count else { return }
        let next = source.offset + bytes.count
        let wanted = min(max(count, 1 << 16), source.file.size - next)
        guard bytes.count + max(wanted, 0) <= PickleMachine.limit else {
            throw error("is longer than \(PickleMachine.limit) bytes")
        }
        if wanted > 0 { bytes += try source.file.bytes(at: next, count: wanted, "a pickle") }
    }

    mutating func byte() throws -> UInt8 {
        try fill(1)
        guard position < bytes.count else { throw error("ends without STOP") }
        defer { position += 1 }
        return bytes[position]
    }

    /// A little-endian number of 1 to 8 bytes.
    mutating func number(_ count: Int) throws -> UInt64 {
        try take(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
        if count > 0, count <= PickleMachine.limit { try fill(count) }
        guard count >= 0, count <= bytes.count - position else {
            throw error("\(count) bytes needed, the pickle ends before them")
        }
        defer { position += count }
        return bytes[position..<position + count]
    }

    /// A byte count, stored in `width` bytes.
    mutating func length(_ width: Int) throws -> Int {
        let length = try number(width)
        guard let length = Int(exactly: length) else { throw error("a length of \(length) bytes") }
        return length
    }

    private mutating func text(_ count: Int) throws -> String { PickleMachine.text(try take(count)) }

    /// A text; invalid UTF-8 is written as Python shows it: half of a surrogate pair as `\udcff`, which a `str` may
    /// contain, and other bytes as `\xff`, from a `str` of Python 2. So every tensor has a name that all formats can
    /// hold.
    static func text(_ bytes: ArraySlice<UInt8>) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        func digits(_ number: Int, _ count: Int) -> String {
            let digits = String(number, radix: 16)
            return String(repeating: "0", count: count - digits.count) + digits
        }
        var text = ""
        var rest = bytes
        while let first = rest.first {
            let length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
            let piece = rest.prefix(length)
            if let valid = String(validating: piece, as: UTF8.self) {
                text += valid
            } else if first == 0xed, piece.count == 3, piece.dropFirst().allSatisfy({ $0 & 0xc0 == 0x80 }) {
                let units = piece.map(Int.init)
                text += "\\u" + digits((units[0] & 0xf) << 12 | (units[1] & 0x3f) << 6 | units[2] & 0x3f, 4)
            } else {
                text += "\\x" + digits(Int(first), 2)
                rest = rest.dropFirst()
                continue
            }
            rest = rest.dropFirst(length)
        }
        return text
    }

    /// The text up to the next line end, for GLOBAL and the text forms.
    mutating func line(limit: Int = 1000) throws -> String {
        try fill(limit)
        guard let end = bytes[position...].prefix(limit).firstIndex(of: 0x0a) else {
            throw error("a name without end (opcode 0x\(String(bytes[start], radix: 16)))")
        }
        defer { position = end + 1 }
        return try text(end - position)
    }

    // MARK: Stack

    mutating func push(_ node: PickleHeap.Node) throws {
        guard !heap.isFull else { throw error("more than \(PickleHeap.limit) objects") }
        try workspace.take(PickleHeap.nodeBytes)
        try push(heap.add(node))
    }

    mutating func push(_ reference: PickleHeap.Reference) throws {
        guard stack.count < PickleHeap.limit else { throw error("the stack grows beyond \(PickleHeap.limit)") }
        stack.append(reference)
    }

    private func underflow() -> ScriptError {
        error("stack underflow" + (start < bytes.count ? " (opcode 0x\(String(bytes[start], radix: 16)))" : ""))
    }

    /// The object on top of the stack. As in Python, items below an open mark are out of reach.
    func top() throws -> PickleHeap.Reference {
        guard stack.count > (marks.last ?? 0), let top = stack.last else { throw underflow() }
        return top
    }

    mutating func pop() throws -> PickleHeap.Reference {
        let top = try top()
        stack.removeLast()
        return top
    }

    mutating func pop(_ count: Int) throws -> ArraySlice<PickleHeap.Reference> {
        guard stack.count - (marks.last ?? 0) >= count else { throw underflow() }
        let items = Array(stack.suffix(count))[...]
        stack.removeLast(count)
        return items
    }

    mutating func mark() throws {
        guard marks.count < PickleHeap.limit else { throw error("more than \(PickleHeap.limit) marks") }
        marks.append(stack.count)
    }

    /// Removes and returns what was pushed since the last mark.
    mutating func popToMark() throws -> ArraySlice<PickleHeap.Reference> {
        guard let height = marks.popLast() else { throw error("no MARK on the stack") }
        let items = Array(stack[height...])[...]
        stack.removeSubrange(height...)
        return items
    }

    // MARK: Memo

    mutating func remember(_ key: Int) throws {
        guard memo.count < PickleHeap.limit else { throw error("more than \(PickleHeap.limit) memo entries") }
        memo[key] = try top()
    }

    mutating func recall(_ key: Int) throws {
        guard let reference = memo[key] else { throw error("memo \(key) was never set") }
        try push(reference)
    }
}
