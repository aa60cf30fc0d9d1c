import Autodiff
import RealModule
import Scripting
import Tensors

/// What a parameter must satisfy. NaN satisfies nothing.
enum Constraint {
    case finite, positive, nonnegative, probability
    /// A probability below 1, or above 0.
    case belowOne, aboveZero
    /// A whole number that is one in float64.
    case count
    /// A log-weight: -inf is allowed.
    case logit

    private func admits(_ number: Double) -> Bool {
        switch self {
        case .finite: number.isFinite
        case .positive: number > 0 && number.isFinite
        case .nonnegative: number >= 0 && number.isFinite
        case .probability: number >= 0 && number <= 1
        case .belowOne: number >= 0 && number < 1
        case .aboveZero: number > 0 && number <= 1
        case .count: number >= 0 && number <= 0x1p53 && number == number.rounded()
        case .logit: number < .infinity
        }
    }

    private func expectation(_ number: Double) -> String {
        switch self {
        case .finite: "a finite number"
        case .positive: number > 0 ? "a finite number" : "a positive number"
        case .nonnegative: number > 0 ? "a finite number" : "a number from 0"
        case .probability: "a number from 0 to 1"
        case .belowOne: "a number from 0, below 1"
        case .aboveZero: "a number above 0, up to 1"
        case .count: "a whole number from 0 (up to 2^53)"
        case .logit: "a number or -inf"
        }
    }

    /// Throws unless every element satisfies it: `distribution.Normal: scale[2] = -1: a positive number expected`.
    func check(_ variable: Variable, _ name: String, for operation: String) throws {
        let values = try variable.value.toArray()
        if let bad = values.firstIndex(where: { !admits($0) }) {
            throw ScriptError(
                operation,
                "\(name)\(place(bad, in: variable.shape)) = \(shown(values[bad])): \(expectation(values[bad])) expected"
            )
        }
    }
}

/// `[2]`, `[1, 3]`, or nothing for a single number; counted from 1.
func place(_ flat: Int, in shape: [Int]) -> String {
    if shape.isEmpty { return "" }
    var rest = flat
    let index = Shape.strides(shape).map { stride in
        defer { rest %= stride }
        return String(rest / stride + 1)
    }
    return "[" + index.joined(separator: ", ") + "]"
}

/// Parameters in one dtype: float64 if any is, else float32.
func promoted(_ variables: [Variable]) throws -> [Variable] {
    let dtype: DType = variables.contains { $0.dtype == .float64 } ? .float64 : .float32
    return try variables.map { $0.dtype == dtype ? $0 : try $0.converted(to: dtype) }
}

/// The shape to which all broadcast.
func broadcast(_ parameters: [DistributionParameter], for operation: String) throws -> [Int] {
    var shape: [Int] = []
    for (index, parameter) in parameters.enumerated() {
        guard let next = try? Shape.broadcast(shape, parameter.value.shape, for: operation) else {
            let before = parameters[..<index].map { "\($0.name) \(Shape.describe($0.value.shape))" }.joined(
                separator: ", ")
            throw ScriptError(
                operation, "\(before) and \(parameter.name) \(Shape.describe(parameter.value.shape)) do not broadcast")
        }
        shape = next
    }
    return shape
}

/// Weights as probabilities: every row along the last axis divided by its sum.
/// - Throws: unless all are finite numbers from 0, and every row has one above 0.
func normalised(_ weights: Variable, _ name: String, for operation: String) throws -> Variable {
    try Constraint.nonnegative.check(weights, name, for: operation)
    let sums = try weights.sum([weights.shape.count - 1], keepingDimensions: true)
    if let empty = try sums.value.toArray().firstIndex(where: { !($0 > 0 && $0.isFinite) }) {
        let row = place(empty, in: Array(weights.shape.dropLast()))
        throw ScriptError(
            operation, "\(name)\(row) sums to \(shown(try sums.value.toArray()[empty])): a positive number expected")
    }
    let divided = try weights.value.zip(sums.value, Pairwise { $0 / $1 }, for: operation)
    return try .recorded("distribution.normalise", [weights], divided, keeps: [.inputs, .outputs]) { call in
        let (weights, shares) = (call.inputs[0], call.outputs[0])
        let last = [weights.shape.count - 1]
        // What has no share may have an infinite slope; p log p, of which that is one, is 0 all the same.
        // The cotangent less its mean, by what the other shares are: 1 less a share next to 1 has no digits.
        let others = try shares.averaging(call.cotangent).sumOfOthers()
        return [
            try (call.cotangent.weighed(by: shares.sumOfOthers()) - others) / weights.sum(last, keepingDimensions: true)
        ]
    }
}

extension Variable {
    /// The shape given, with memory of its own, so that writing into it changes no parameter.
    func spread(_ shape: [Int]) throws -> Variable { try expand(shape).clone() }

    /// self times a factor, and 0 where that is 0, whatever self is there.
    fileprivate func weighed(by factor: Variable) throws -> Variable {
        let some = try factor.indicator { $0 != 0 }
        return try choose(some, constant(0)) * factor
    }

    /// The sum over the last `count` axes.
    func sumOfLast(_ count: Int) throws -> Variable {
        count == 0 ? self : try sum(Array((shape.count - count)..<shape.count))
    }
}

extension Generator {
    /// Uniform numbers between 0 and 1, which after rounding to the type are neither 0 nor 1 either.
    func openUniforms(_ shape: [Int], _ dtype: DType, for operation: String) throws -> Variable {
        try fill(shape, dtype, for: operation) { generator, _ in dtype.insideUnitInterval(generator.openUniform()) }
    }

    /// A tensor filled element after element by `draw`, which gets the row-major position.
    func fill(_ shape: [Int], _ dtype: DType, for operation: String, at draw: (Generator, Int) -> Double) throws
        -> Variable
    {
        var position = 0
        return Variable(
            try fill(shape, dtype, for: operation) { generator in
                defer { position += 1 }
                return draw(generator, position)
            })
    }
}
