import Scripting

/// Reads a pickle without running it: a stack machine over the opcodes that `torch.save` writes (protocols 2 to 5).
///
/// https://docs.python.org/3/library/pickletools.html describes the opcodes. REDUCE, the opcode by which a pickle calls
/// things, knows the few cases of ``TorchGlobal`` and nothing else.
struct PickleMachine {
    let report: Report
    let bytes: [UInt8]
    var position = 0
    var heap = PickleHeap()
    var stack: [PickleHeap.Reference] = []
    /// Heights of the stack at each open MARK.
    var marks: [Int] = []
    var memo: [Int: PickleHeap.Reference] = [:]
    /// Where each storage key of the archive stands in the heap's list.
    var storagePositions: [String: Int] = [:]
    /// Of the opcode at work, for messages.
    var start = 0

    /// - Returns: the heap and the object that the pickle describes.
    /// - Throws: ``ScriptError`` that names the opcode or global and its place.
    static func load(_ bytes: [UInt8], _ report: Report) throws -> (heap: PickleHeap, root: PickleHeap.Reference) {
        var machine = PickleMachine(report: report, bytes: bytes)
        while true {
            if machine.heap.nodes.count & 0xffff == 0 { try Cancellation.check() }
            if let root = try machine.step() { return (machine.heap, root) }
        }
    }

    func error(_ message: String) -> ScriptError {
        report.error("pickle: \(message)", at: start, of: "data.pkl")
    }

    // MARK: Bytes

    mutating func byte() throws -> UInt8 {
        guard position < bytes.count else { throw error("ends without STOP") }
        defer { position += 1 }
        return bytes[position]
    }

    /// A little-endian number of 1 to 8 bytes.
    mutating func number(_ count: Int) throws -> UInt64 {
        try take(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
        guard count >= 0, count <= bytes.count - position else { throw error("\(count) bytes needed, the pickle ends before them") }
        defer { position += count }
        return bytes[position..<position + count]
    }

    /// A byte count that a field of `width` bytes gives.
    mutating func length(_ width: Int) throws -> Int {
        let length = try number(width)
        guard let length = Int(exactly: length) else { throw error("a length of \(length) bytes") }
        return length
    }

    mutating func text(_ count: Int) throws -> String {
        guard let text = String(validating: try take(count), as: UTF8.self) else { throw error("a str is not UTF-8") }
        return text
    }

    /// Up to the next line end, for GLOBAL.
    mutating func line() throws -> String {
        guard let end = bytes[position...].prefix(1000).firstIndex(of: 0x0a) else { throw error("a name without end") }
        defer { position = end + 1 }
        return try text(end - position)
    }

    // MARK: Stack

    mutating func push(_ node: PickleHeap.Node) throws {
        guard !heap.isFull else { throw error("more than \(PickleHeap.limit) objects") }
        try push(heap.add(node))
    }

    mutating func push(_ reference: PickleHeap.Reference) throws {
        guard stack.count < PickleHeap.limit else { throw error("the stack grows beyond \(PickleHeap.limit)") }
        stack.append(reference)
    }

    /// What is on top. An item below an open mark is not to be had, as in Python.
    func top() throws -> PickleHeap.Reference {
        guard stack.count > (marks.last ?? 0), let top = stack.last else { throw error("stack underflow") }
        return top
    }

    mutating func pop() throws -> PickleHeap.Reference {
        let top = try top()
        stack.removeLast()
        return top
    }

    mutating func pop(_ count: Int) throws -> ArraySlice<PickleHeap.Reference> {
        guard stack.count - (marks.last ?? 0) >= count else { throw error("stack underflow") }
        let items = Array(stack.suffix(count))[...]
        stack.removeLast(count)
        return items
    }

    mutating func mark() throws {
        guard marks.count < PickleHeap.limit else { throw error("more than \(PickleHeap.limit) marks") }
        marks.append(stack.count)
    }

    /// What was pushed since the last mark, which is closed.
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
