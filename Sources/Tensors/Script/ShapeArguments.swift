import Scripting

extension Arguments {
    /// A shape given as numbers from `position` on, or as one table. With `open`, a size may be -1.
    public func shape(from position: Int, allowingOpen open: Bool = false) throws -> [Int] {
        if case .table(let table) = self[position] {
            guard count <= position else { throw error("a shape is one table or several numbers, not both") }
            return try extents(table.list(for: function), from: open ? -1 : 0)
        }
        return try extents(count >= position ? Array(values[(position - 1)...]) : [], from: open ? -1 : 0)
    }

    /// A shape in one argument: a table, or a whole number.
    public func shape(at position: Int) throws -> [Int] {
        switch self[position] {
        case .table(let table): return try extents(table.list(for: function), from: 0)
        case .integer, .number: return try extents([self[position]], from: 0)
        default: throw error(position, "shape", expected: "a shape such as {2, 3}")
        }
    }

    /// A shape, or none of it for a single draw: a table of nothing but options is not the shape but what follows it.
    /// - Returns: the shape, and the position after it.
    func optionalShape(at position: Int) throws -> (shape: [Int], next: Int) {
        if isNil(position) { return ([], position + 1) }
        if case .table(let table) = self[position], try table.count == 0, try !table.entries().isEmpty {
            return ([], position)
        }
        if let sizes = numbers(from: position), sizes.count > 1 {
            let all = sizes.map(\.shown)
            let whole = sizes.allSatisfy { $0.asInteger != nil } ? "{\(all.joined(separator: ", "))} if that is the shape, " : ""
            throw error(
                "a shape in front of other numbers stands in a table: \(whole){\(all[0])}, \(all.dropFirst().joined(separator: ", ")) if the shape is \(all[0]) alone")
        }
        return (try shape(at: position), position + 1)
    }

    /// The numbers that stand one after the other from a position on; nil where none does.
    private func numbers(from position: Int) -> [Value]? {
        guard self[position].asNumber != nil else { return nil }
        return Array(values.dropFirst(position - 1).prefix { $0.asNumber != nil })
    }

    private func extents(_ sizes: [Value], from least: Int) throws -> [Int] {
        try sizes.enumerated().map { index, value in
            guard let extent = value.asInteger, extent >= least else {
                throw error("size \(index + 1): a whole number from \(least) expected, got \(value.shown)")
            }
            return extent
        }
    }
}

extension Options {
    /// A shape: a table of whole numbers from 0, or nil when absent.
    package func shape(_ name: String) throws -> [Int]? {
        guard has(name) else { return nil }
        guard case .table(let table) = self[name] else { throw error(name, expected: "a shape such as {2, 3}") }
        let shape = try table.elements().map { value in
            guard let extent = value.asInteger, extent >= 0 else {
                throw error(name, expected: "a shape such as {2, 3}")
            }
            return extent
        }
        _ = try Shape.count(shape, for: function)
        return shape
    }
}
