import Autodiff
import Scripting
import Tensors

extension Arguments {
    func projection(_ position: Int, _ name: String) throws -> ProjectionObject {
        try object(position, name, as: ProjectionObject.self, "projection")
    }

    /// A set's parameter: a number, a tensor, or a table of numbers, nested for more dimensions.
    func parameter(_ position: Int, _ name: String) throws -> Variable {
        switch self[position] {
        case .integer, .number:
            return Variable(try Tensor(number(position, name), .float64))
        case .object(let object):
            if let variable = object as? Variable { return variable }
        case .table(let table):
            let (values, shape) = try nested(table, position, name, depth: 1)
            return Variable(try Tensor(values, shape: shape, .float64))
        default:
            break
        }
        throw error(position, name, expected: "a number, a tensor or a table of numbers")
    }

    /// A parameter that is one number: a number, or a tensor of one element.
    func scalar(_ position: Int, _ name: String) throws -> Variable {
        if let number = self[position].asNumber { return Variable(try Tensor(number, .float64)) }
        guard case .object(let object) = self[position], let variable = object as? Variable, variable.value.count == 1 else {
            throw error(position, name, expected: "a number or a tensor of one number")
        }
        return variable
    }

    private func nested(_ table: any ScriptTable, _ position: Int, _ name: String, depth: Int) throws -> ([Double], [Int]) {
        guard try table.count > 0 else { throw error("argument \(position) (\(name)): a table without numbers") }
        // A table may contain itself.
        guard depth <= 16 else { throw error("argument \(position) (\(name)): tables nested deeper than 16") }
        if let numbers = try table.numbers() { return (numbers, [numbers.count]) }
        var values: [Double] = []
        var inner: [Int]?
        for (i, element) in try table.elements().enumerated() {
            guard case .table(let row) = element else {
                throw error("argument \(position) (\(name)): a number expected at index \(i + 1) of the table, got \(element.shown)")
            }
            let (more, shape) = try nested(row, position, name, depth: depth + 1)
            if let inner, inner != shape {
                throw error(
                    "argument \(position) (\(name)): row \(i + 1) is \(Shape.describe(shape)), the rows before it \(Shape.describe(inner))")
            }
            inner = shape
            values += more
        }
        return (values, [try table.count] + (inner ?? []))
    }

    /// The one table of `Intersection{P, Q, tolerance = 1e-6}`: projections in its sequence, options under names.
    func members(options known: [String]) throws -> (sets: [any ProjectableSet], options: Options) {
        try atMost(1)
        let table = try table(1, "sets")
        let sets = try table.elements().enumerated().map { i, value in
            guard case .object(let object) = value, let projection = object as? ProjectionObject else {
                throw error("member \(i + 1): a projection expected, got \(value.shown)")
            }
            return projection.set
        }
        return (sets, try Options(function: function, table: NamedPart(of: table), known: known))
    }
}

/// A table without its sequence, so that only options are left to check.
private final class NamedPart: ScriptTable {
    private let table: any ScriptTable

    init(of table: any ScriptTable) {
        self.table = table
    }

    var count: Int { 0 }
    func value(at index: Int) throws -> Value { .none }
    func value(for key: ByteString) throws -> Value { try table.value(for: key) }
    func numbers() throws -> [Double]? { [] }
    func entries() throws -> [(key: Value, value: Value)] {
        let places = 1...max(try table.count, 1)
        return try table.entries().filter { key, _ in key.asInteger.map { !places.contains($0) } ?? true }
    }
}
