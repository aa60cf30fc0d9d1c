import Autodiff
import RealModule
import Scripting
import Tensors

/// A condition on a parameter. NaN satisfies none.
enum Constraint {
    case finite, positive, nonnegative, probability
    /// A probability in [0, 1), or in (0, 1].
    case belowOne, aboveZero
    /// A whole number >= 0 that float64 represents exactly.
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

    /// Throws unless every element satisfies the condition: `distribution.Normal: scale[2] = -1: a positive number
    /// expected`.
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

/// An element's place in messages, counted from 1: `[2]`, `[1, 3]`; empty for a single number.
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

/// The shape to which all parameters broadcast.
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

/// Weights divided by the sums of their rows (last axis).
/// - Throws: unless all are finite and >= 0, and every row has one above 0.
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
        // The gradient is (cotangent - Σ share cotangent) / sum. With the other shares' sum in place of 1 - share, no
        // digits are lost where a share is near 1. An infinite cotangent (of p log p at p = 0) is multiplied by its
        // share 0 to 0.
        let others = try shares.averaging(call.cotangent).sumOfOthers()
        return [
            try (call.cotangent.weighed(by: shares.sumOfOthers()) - others) / weights.sum(last, keepingDimensions: true)
        ]
    }
}

extension Variable {
    /// Expanded to the shape in memory of its own, so that writing into the result changes no parameter.
    func spread(_ shape: [Int]) throws -> Variable { try expand(shape).clone() }

    /// self times a factor, but 0 where the factor is 0, even if self is infinite or NaN.
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
    /// Uniform numbers in (0, 1) that are neither 0 nor 1 after rounding to the dtype.
    func openUniforms(_ shape: [Int], _ dtype: DType, for operation: String) throws -> Variable {
        try fill(shape, dtype, for: operation) { generator, _ in dtype.insideUnitInterval(generator.openUniform()) }
    }

    /// A tensor whose elements are drawn one after the other; `draw` gets the row-major index.
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
