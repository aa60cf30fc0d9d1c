import Scripting

/// A profile as a table, and as text for flame graphs.
public struct ProfileReport {
    private let places: [Profile.Place]

    /// Copies what was measured so far; a run may go on.
    public init(_ profile: Profile) { places = profile.places }

    /// An operation at one line, forward and backward.
    public struct Row: Equatable {
        /// The full name, `tensor.matmul`.
        public let operation: String
        /// File and line, `train.lua:12`.
        public let line: String
        public fileprivate(set) var forward = 0, backward = 0
        public fileprivate(set) var count = 0, backwardCount = 0
        /// The bytes of the tensors that were made, forward and backward.
        public fileprivate(set) var bytes = 0
        fileprivate var nanoseconds: Int { forward + backward }
    }

    /// All operations, the slowest first. Their times sum to that of the run, except for Lua itself.
    public var rows: [Row] {
        var rows: [[String]: Row] = [:]
        for (index, place) in places.enumerated() where place.kind != .root && place.kind != .line {
            // What a gradient rule computes counts for the rule.
            let rule = rule(of: index)
            let owner = rule.map { places[$0] } ?? place
            let line = rule == nil ? line(of: index) : owner.recordedAt ?? "?"
            var row = rows[[owner.name, line]] ?? Row(operation: owner.name, line: line)
            if rule == nil {
                row.forward += place.nanoseconds
                row.count += place.count
            } else {
                row.backward += place.nanoseconds
                if place.kind == .backward { row.backwardCount += place.count }
            }
            row.bytes += place.bytes
            rows[[owner.name, line]] = row
        }
        return rows.values.sorted {
            ($1.nanoseconds, $0.operation, $0.line) < ($0.nanoseconds, $1.operation, $1.line)
        }
    }

    /// The outermost gradient rule that contains the place.
    private func rule(of index: Int) -> Int? {
        var (index, found) = (index, Int?.none)
        while index != 0 {
            if places[index].kind == .backward { found = index }
            index = places[index].parent
        }
        return found
    }

    /// The innermost line that contains the place.
    private func line(of index: Int) -> String {
        var index = index
        while index != 0 {
            if places[index].kind == .line { return places[index].name }
            index = places[index].parent
        }
        return "?"
    }

    /// The profile as a table, for a terminal.
    /// - Parameter most: the largest number of rows.
    public func table(most: Int = 20) -> String {
        let all = rows
        let (forward, backward) = (all.reduce(0) { $0 + $1.forward }, all.reduce(0) { $0 + $1.backward })
        let lua = places[0].nanoseconds + places.filter { $0.kind == .line }.reduce(0) { $0 + $1.nanoseconds }
        var text = "profile: \(milliseconds(forward)) ms forward, \(milliseconds(backward)) ms backward, "
        text += "\(milliseconds(lua)) ms in Lua itself\n"
        text += row(["forward ms", "backward ms", "calls", "backward", "MB"], "operation, and the line of its call")
        for entry in all.prefix(most) {
            text += row(
                [
                    milliseconds(entry.forward), milliseconds(entry.backward), String(entry.count),
                    String(entry.backwardCount), fixed(entry.bytes, unit: 1_000_000),
                ], "\(entry.operation)  \(entry.line)")
        }
        if all.count > most { text += "and \(all.count - most) more\n" }
        return text
    }

    private func row(_ numbers: [String], _ last: String) -> String {
        numbers.map { String(repeating: " ", count: max(0, 12 - $0.count)) + $0 }.joined() + "  " + last + "\n"
    }

    private func milliseconds(_ nanoseconds: Int) -> String { fixed(nanoseconds, unit: 1_000_000) }

    /// A number with one decimal.
    private func fixed(_ value: Int, unit: Int) -> String {
        let tenths = (value + unit / 20) / (unit / 10)
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// One line per place, `script.lua:12;flow:log_prob;tensor.matmul 1234`, with its own nanoseconds: the format of
    /// flamegraph.pl and speedscope. A gradient rule is `tensor.matmul backward, recorded at script.lua:12`; the root's
    /// own time is `Lua`.
    public var stacks: String {
        var text = ""
        for (index, place) in places.enumerated() where index == 0 || place.kind != .line {
            var path = index == 0 ? ["Lua"] : []
            var above = index
            while above != 0 {
                path.append(label(places[above]))
                above = places[above].parent
            }
            text += path.reversed().joined(separator: ";") + " \(place.nanoseconds)\n"
        }
        return text
    }

    private func label(_ place: Profile.Place) -> String {
        var name = place.name
        if place.kind == .backward { name += " backward" + (place.recordedAt.map { ", recorded at \($0)" } ?? "") }
        // These two characters have a meaning in the format.
        return String(name.map { $0 == ";" || $0.isNewline ? "," : $0 })
    }
}
