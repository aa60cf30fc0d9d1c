import Autodiff
import Scripting
import Tensors

extension Domain<[Double]> {
    /// A vector of at least `least` numbers.
    static func vector(atLeast least: Int, finite: Bool = false) -> Domain {
        let type = ScriptType.either([.object(Variable.type.name), .list(.number)])
        let expected = "a vector (a tensor of one dimension or a table of numbers)"
        return Domain(type, expected: expected, show: { _ in "numbers" }) { value in
            guard let numbers = try Vectors.numbers(value) else {
                throw Fault("\(expected) expected, got \(Vectors.describe(value))")
            }
            guard numbers.count >= least else {
                throw Fault("at least \(least) number\(least == 1 ? "" : "s") expected, got \(numbers.count)")
            }
            if finite, let bad = numbers.firstIndex(where: { !$0.isFinite }) {
                throw Fault("finite numbers expected, got \(shown(numbers[bad])) at \(bad + 1)")
            }
            return numbers
        }
    }

    static var vector: Domain { .vector(atLeast: 1) }
}

/// Reading vectors of numbers from scripts, with one wording for what is wrong.
enum Vectors {
    /// The numbers of a tensor of one dimension, or of a table of numbers; nil when the value is neither.
    static func numbers(_ value: Value) throws -> [Double]? {
        switch value {
        case .object(let object as Variable): object.shape.count == 1 ? try object.value.toArray() : nil
        case .table(let table): try table.numbers()
        default: nil
        }
    }

    /// A vector of at least `least` numbers.
    static func read(_ value: Value, _ name: String, atLeast least: Int = 1, for operation: String) throws -> [Double] {
        guard let numbers = try numbers(value) else {
            throw ScriptError(
                operation,
                "\(name): a vector (a tensor of one dimension or a table of numbers) expected, got \(describe(value))")
        }
        guard numbers.count >= least else {
            throw ScriptError(
                operation,
                "\(name) has \(numbers.count) number\(numbers.count == 1 ? "" : "s"); at least \(least) expected")
        }
        return numbers
    }

    /// Throws at the first number that is not finite.
    static func checkFinite(_ numbers: [Double], _ name: String, for operation: String) throws {
        if let bad = numbers.firstIndex(where: { !$0.isFinite }) {
            throw ScriptError(operation, "\(name)[\(bad + 1)] is \(shown(numbers[bad])); a finite number expected")
        }
    }

    /// What the message shows of a value: tensors with their shape.
    static func describe(_ value: Value) -> String {
        if case .object(let object as Variable) = value { return "a tensor of shape \(Shape.describe(object.shape))" }
        return value.shown
    }

    /// One number per sample, flat: of shape (count), or (count, 1, ...).
    static func rows(_ variable: Variable, _ count: Int, _ name: String, for operation: String) throws -> Variable {
        guard variable.shape.first == count, variable.value.count == count else {
            throw ScriptError(
                operation,
                "\(name) has shape \(Shape.describe(variable.shape)); one number per sample, shape (\(count)), expected"
            )
        }
        return variable.shape.count == 1 ? variable : try variable.reshape([count])
    }
}
