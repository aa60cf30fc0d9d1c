import Scripting
import Tensors

/// What an estimator returned, as one vector.
struct Answer {
    let values: [Double]
    /// Standard errors, if it tells any.
    let errors: [Double]?

    /// nil when the value is no answer.
    init?(_ value: Value) throws {
        if case .table(let table) = value {
            for (key, error) in [("gradients", "standard_errors"), ("estimate", "standard_error")] {
                guard let values = try Answer.flat(table.value(for: key)) else { continue }
                self.values = values
                errors = try Answer.flat(table.value(for: error))
                return
            }
        }
        guard let values = try Answer.flat(value) else { return nil }
        self.values = values
        errors = nil
    }

    /// The numbers of a number, a tensor or a list of such; nil for anything else.
    private static func flat(_ value: Value) throws -> [Double]? {
        if let number = value.asNumber { return [number] }
        switch value {
        case .object(let object as Variable): return try object.value.toArray()
        case .table(let table) where try table.count > 0:
            var all: [Double] = []
            for element in try table.elements() {
                guard let part = try flat(element) else { return nil }
                all += part
            }
            return all
        default: return nil
        }
    }
}
