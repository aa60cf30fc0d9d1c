import LuaFlow

/// Tensors and other values as HTML tables.
enum HTMLTable {
    /// Larger tables are cut in the middle.
    private static let most = 20
    /// How many rows or columns are then shown at each end.
    private static let edge = 8

    /// The table for a vector or a matrix; nil for other dimensions, and without elements.
    static func text(_ tensor: Tensor) throws -> String? {
        guard (1...2).contains(tensor.rank), tensor.count > 0 else { return nil }
        let isVector = tensor.rank == 1
        let rows = isVector ? [nil] : shown(tensor.shape[0])
        let columns = shown(tensor.shape[tensor.rank - 1])
        var cells: [[String]] = []
        for row in rows {
            guard isVector || row != nil else {
                cells.append([String](repeating: "&#8942;", count: columns.count + 1))
                continue
            }
            let line = isVector ? tensor : try tensor.select(0, row ?? 0, for: "display")
            let values = try columns.map { column -> String in
                guard let column else { return "&hellip;" }
                return try number(line.select(0, column, for: "display"))
            }
            cells.append([row.map { String($0 + 1) } ?? ""] + values)
        }
        let headings = [""] + columns.map { $0.map { String($0 + 1) } ?? "&hellip;" }
        return table(
            headings, cells, note: "tensor \(Shape.describe(tensor.shape)) \(tensor.dtype.rawValue)", isEscaped: true)
    }

    /// The indices that are shown, from 0, with nil where some are left out.
    private static func shown(_ count: Int) -> [Int?] {
        count <= most ? Array(0..<count) : Array(0..<edge) + [nil] + Array((count - edge)..<count)
    }

    private static func number(_ element: Tensor) throws -> String {
        let value = try element.scalar(for: "display")
        if element.dtype == .bool, let flag = value.asInteger { return flag == 0 ? "false" : "true" }
        if case .number(let number) = value, number.isFinite { return Inspector.significant(number) }
        return Inspector.number(value)
    }

    static func text(_ table: ShownTable) -> String {
        self.table(table.headings, table.rows, note: table.note, isEscaped: false)
    }

    private static func table(_ headings: [String], _ rows: [[String]], note: String, isEscaped: Bool) -> String {
        func cell(_ text: String) -> String { isEscaped ? text : escaped(text) }
        func row(_ cells: [String], _ tag: String) -> String {
            "<tr>" + cells.enumerated().map { place, text in
                let name = place == 0 ? "th" : tag
                return "<\(name)>\(cell(text))</\(name)>"
            }.joined() + "</tr>\n"
        }
        let lines = note.split(separator: "\n").map { escaped(String($0)) }.joined(separator: "<br>")
        return "<table>\n<thead>\n" + row(headings, "th") + "</thead>\n<tbody>\n"
            + rows.map { row($0, "td") }.joined() + "</tbody>\n</table>\n" + (lines.isEmpty ? "" : "<p>\(lines)</p>\n")
    }

    static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, letter in
            switch letter {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(letter)
            }
        }
    }

    // MARK: Lists of records

    /// A table for a list of two or more records with the same names, whose values are numbers, strings or booleans;
    /// nil for other values.
    static func text(_ list: any ScriptTable) throws -> String? {
        let count = try list.count
        guard (2...1000).contains(count) else { return nil }
        var names: [String] = []
        var rows: [[String]] = []
        for position in 1...min(count, most) {
            guard case .table(let record) = try list.value(at: position) else { return nil }
            var cells: [String: String] = [:]
            for (key, value) in try record.entries() {
                guard case .string(let name) = key, let text = word(value), cells.count < most else { return nil }
                cells[name.text] = text
            }
            if position == 1 { names = cells.keys.sorted() }
            guard !names.isEmpty, cells.count == names.count else { return nil }
            let row = names.compactMap { cells[$0] }
            guard row.count == names.count else { return nil }
            rows.append([String(position)] + row)
        }
        let note = count > most ? "... \(count - most) more" : ""
        return text(ShownTable(headings: [""] + names, rows: rows, note: note))
    }

    private static func word(_ value: Value) -> String? {
        switch value {
        case .string(let text): Text.clipped(Text.safe(text.text), to: 60)
        case .number(let number) where number.isFinite: Inspector.significant(number)
        case .number, .integer, .boolean: Inspector.number(value)
        default: nil
        }
    }
}
