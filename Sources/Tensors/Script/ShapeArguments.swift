import Scripting

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
