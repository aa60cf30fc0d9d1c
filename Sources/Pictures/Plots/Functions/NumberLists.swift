import Scripting
import Tensors

/// Numbers for plotting, from a tensor or a table.
struct NumberLists {
    let operation: String

    /// Beyond this, differences of two values stop being numbers.
    private static let largest = 1e150

    /// A list of finite numbers, at least one.
    /// - Parameters:
    ///   - name: how messages call it: `series 2: y`.
    ///   - gaps: whether other elements may be NaN, infinite or too large, which all become NaN.
    func list(_ value: Value, _ name: String, gaps: Bool = false) throws -> [Double] {
        var numbers: [Double]
        switch value {
        case .object(let variable as Variable):
            guard variable.shape.count == 1 else {
                throw ScriptError(operation, "\(name): shape (N) expected, got \(Shape.describe(variable.shape))")
            }
            numbers = try variable.value.toArray()
        case .table(let table):
            guard let read = try table.numbers() else {
                throw ScriptError(operation, "\(name): a list of numbers expected, it holds something else")
            }
            numbers = read
        default:
            throw ScriptError(operation, "\(name): a tensor or a list of numbers expected, got \(value.shown)")
        }
        guard !numbers.isEmpty else { throw ScriptError(operation, "\(name) is empty") }
        if gaps {
            numbers = numbers.map { abs($0) <= NumberLists.largest ? $0 : .nan }
            guard numbers.contains(where: \.isFinite) else { throw ScriptError(operation, "\(name) holds no number that can be drawn: all are NaN, infinite or beyond 1e150") }
            return numbers
        }
        if let bad = numbers.firstIndex(where: { !(abs($0) <= NumberLists.largest) }) {
            throw ScriptError(
                operation,
                "\(name)[\(bad + 1)] is \(Value.number(numbers[bad]).shown); only numbers up to 1e150 can be drawn")
        }
        return numbers
    }

    /// A matrix of finite numbers, at least one by one.
    func matrix(_ value: Value, _ name: String) throws -> (values: [Double], rows: Int, columns: Int) {
        guard case .object(let object) = value, let variable = object as? Variable else {
            throw ScriptError(operation, "\(name): a tensor of shape (H, W) expected, got \(value.shown)")
        }
        let shape = variable.shape
        guard shape.count == 2 || (shape.count == 3 && shape[0] == 1) else {
            throw ScriptError(operation, "\(name): shape (H, W) expected, got \(Shape.describe(shape))")
        }
        let (rows, columns) = (shape[shape.count - 2], shape[shape.count - 1])
        try PixelLimits.check(width: columns, height: rows, for: operation)
        let values = try variable.value.toArray()
        if let bad = values.firstIndex(where: { !(abs($0) <= NumberLists.largest) }) {
            throw ScriptError(
                operation,
                "\(name)[{\(bad / columns + 1), \(bad % columns + 1)}] is \(Value.number(values[bad]).shown)")
        }
        return (values, rows, columns)
    }

    /// A range `{low, high}`.
    func range(_ value: Value, _ name: String) throws -> (low: Double, high: Double) {
        let numbers = try list(value, name)
        guard numbers.count == 2, numbers[0] < numbers[1] else {
            let shown = numbers.prefix(3).map { Value.number($0).shown }.joined(separator: ", ")
            throw ScriptError(operation, "\(name): {low, high} with low < high expected, got {\(shown)}")
        }
        return (numbers[0], numbers[1])
    }
}
