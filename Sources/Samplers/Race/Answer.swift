import Scripting
import Tensors

/// An estimator's answer, as one vector.
struct Answer {
    let values: [Double]
    /// Standard errors, where the estimator returned any.
    let errors: [Double]?

    /// Nil when the value is no number, tensor or table of such.
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
