import Autodiff
import Scripting
import Tensors

// Arguments of optimisers.

extension Domain<any Optimizer> {
    static var optimizer: Domain {
        Domain(.object(OptimizerBinding.type.name), expected: "an optimizer", show: { $0.description }) { value in
            if case .object(let object) = value { object as? any Optimizer } else { nil }
        }
    }
}

extension Results<any Optimizer> {
    static var optimizer: Results { Results(.object(OptimizerBinding.type.name)) { .object($0) } }
}

extension Domain<Double> {
    /// A finite number >= 0.
    static var nonnegative: Domain { .number(from: 0, finite: true) }
}

extension Domain<(Double, Double)> {
    /// Adam's two decay rates, each in [0, 1).
    static var betas: Domain {
        let expected = "two numbers from 0 to below 1, such as {0.9, 0.999},"
        return Domain(.list(.number), expected: expected, show: { "{\(shown($0.0)), \(shown($0.1))}" }) { value in
            guard case .table(let table) = value, let numbers = try table.numbers(), numbers.count == 2 else {
                return nil
            }
            guard numbers.allSatisfy({ (0..<1).contains($0) }) else {
                throw Fault("\(expected) expected, got {\(numbers.map { shown($0) }.joined(separator: ", "))}")
            }
            return (numbers[0], numbers[1])
        }
    }
}

/// A number, or a function of the step's number k.
enum PerStep {
    case number(Double)
    case function(any ScriptFunction)
}

extension Domain<PerStep> {
    /// A finite number >= 0, or a function; what the function returns is checked at each call.
    static var perStep: Domain {
        Domain(
            .either([.number, .function]), expected: "a number or a function of k",
            show: { if case .number(let number) = $0 { shown(number) } else { "function" } }
        ) { value in
            if case .function(let function) = value { return .function(function) }
            guard value.asNumber != nil else { return nil }
            let number = Domain<Double>.nonnegative
            guard let result = try number.read(value) else {
                throw Fault("\(number.expected) expected, got \(value.shown)")
            }
            return .number(result)
        }
    }
}

/// The property `lr`: one step size for all groups of parameters, or one for each.
enum LearningRates {
    case all(Double)
    case each([Double])
}

extension Domain<LearningRates> {
    static var learningRates: Domain {
        let number = Domain<Double>.nonnegative
        let list = Domain<[Double]>.list(of: number)
        return Domain(.either([.number, list.type]), expected: number.expected, show: { "\($0)" }) { value in
            if case .table = value { return try list.read(value).map { .each($0) } }
            return try number.read(value).map { .all($0) }
        }
    }
}
