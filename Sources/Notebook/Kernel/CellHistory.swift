/// The cells of this session, for `history_request`.
struct CellHistory: Sendable {
    struct Entry: Sendable {
        let number: Int
        let code: String
        /// The last value as text; nil if there was none.
        let value: String?
    }

    /// The number of every session, as no history is kept between sessions.
    static let session = 1
    private(set) var entries: [Entry] = []

    mutating func add(_ number: Int, _ code: String, value: String?) {
        entries.append(Entry(number: number, code: code, value: value))
    }

    /// The entries that a request asks for, in order.
    func found(_ request: JSON) -> [Entry] {
        let count = max(request["n"]?.integer ?? 10, 0)
        switch request["hist_access_type"]?.text {
        case "tail": return Array(entries.suffix(count))
        case "range":
            let session = request["session"]?.integer ?? 0
            guard session == 0 || session == CellHistory.session else { return [] }
            let start = request["start"]?.integer ?? 0
            let stop = request["stop"]?.integer ?? .max
            return entries.filter { $0.number >= start && $0.number < stop }
        case "search":
            let pattern = Array(request["pattern"]?.text ?? "*")
            var found = entries.filter { CellHistory.matches(Array($0.code), pattern) }
            if request["unique"]?.flag == true {
                // Of equal entries the last one.
                var seen: Set<String> = []
                found = found.reversed().filter { seen.insert($0.code).inserted }.reversed()
            }
            return request["n"]?.integer == nil ? found : Array(found.suffix(count))
        default: return []
        }
    }

    /// Whether a text matches a pattern, in which `*` stands for any characters and `?` for one.
    static func matches(_ text: [Character], _ pattern: [Character]) -> Bool {
        var (place, at) = (0, 0)
        var star: (pattern: Int, text: Int)?
        while place < text.count {
            if at < pattern.count, pattern[at] == "*" {
                star = (at, place)
                at += 1
            } else if at < pattern.count, pattern[at] == "?" || pattern[at] == text[place] {
                (place, at) = (place + 1, at + 1)
            } else if let last = star {
                star = (last.pattern, last.text + 1)
                (place, at) = (last.text + 1, last.pattern + 1)
            } else {
                return false
            }
        }
        return pattern[at...].allSatisfy { $0 == "*" }
    }

    /// The entries as `[session, line, code]`, or `[session, line, [code, value]]`.
    func reply(_ request: JSON) -> JSON {
        let withOutput = request["output"]?.flag ?? false
        let rows = found(request).map { entry -> JSON in
            let value = entry.value.map { JSON.text($0) } ?? .null
            return [
                .integer(CellHistory.session), .integer(entry.number),
                withOutput ? .list([.text(entry.code), value]) : .text(entry.code),
            ]
        }
        return ["status": "ok", "history": .list(rows)]
    }
}
