import Scripting

/// The names that keys of a checkpoint's dictionaries give.
extension TorchContents {
    /// A key that is a name: a text or an integer.
    enum Identity: Hashable {
        case text(ByteString)
        /// What stands for a text that is no UTF-8.
        case rewritten(ByteString)
        case integer(Int)

        var isText: Bool { if case .integer = self { false } else { true } }
    }

    func identity(_ key: PickleHeap.Reference) -> Identity? {
        switch heap[key] {
        case .text(let text) where heap.rewritten.contains(key): .rewritten(ByteString(text))
        case .text(let text): .text(ByteString(text))
        case .integer(let number): .integer(number)
        default: nil
        }
    }

    /// The name for a key. For other kinds of keys it is Python's notation, `(1, 'a')`, with the reason why a tensor
    /// under it is not read: a script could not distinguish `True` from the text "True".
    func label(_ key: PickleHeap.Reference) -> (name: String, problem: String?) {
        switch heap[key] {
        case .text(let text): (text, nil)
        case .integer(let number): (String(number), nil)
        default: (python(key), "its key is \(heap.kind(key)); names come from texts and whole numbers")
        }
    }

    /// A value roughly as Python shows it, shortened, as a few bytes of a pickle can put a long one under a million
    /// keys.
    private func python(_ value: PickleHeap.Reference, depth: Int = 0) -> String {
        switch heap[value] {
        case .none: return "None"
        case .boolean(let flag): return flag ? "True" : "False"
        case .integer(let number): return String(number)
        case .fraction(let number): return String(number)
        case .text(let text): return "'\(String(String.UnicodeScalarView(text.unicodeScalars.prefix(40))))'"
        case .tuple(let items) where depth < 2:
            let shown = items.prefix(4).map { python($0, depth: depth + 1) }
            let list = (shown + (items.count > 4 ? ["..."] : [])).joined(separator: ", ")
            return items.count == 1 ? "(\(list),)" : "(\(list))"
        default: return "<\(heap.kind(value))>"
        }
    }
}
