import Autodiff
import Scripting
import Tensors

/// What the formulas of projections are written in, beside the operations of `Autodiff`.
extension Variable {
    /// In float64.
    func double() throws -> Variable { dtype == .float64 ? self : try converted(to: .float64) }

    /// A plain float64 tensor.
    convenience init(_ values: [Double], shape: [Int]) throws { self.init(try Tensor(values, shape: shape, .float64)) }

    /// The Euclidean length of all elements, which are not all 0: of no dimension, and such that no square overflows or
    /// vanishes.
    func length() throws -> Variable {
        let unit = powerOfTwo(near: try value.toArray().largestMagnitude)
        let scaled = try self / unit
        return try (scaled * scaled).sum().sqrt() * unit
    }

    /// The sum of the products of all elements.
    func dot(_ other: Variable) throws -> Variable { try (self * other).sum() }

    /// This where the flag of the element's flat position is set, else `other`.
    func kept(_ flags: [Bool], else other: Variable) throws -> Variable {
        try choose(Variable(flags.map { $0 ? 1 : 0 }, shape: shape), other)
    }

    /// This where the flag of the element's flat position is set, else 0.
    func kept(_ flags: [Bool]) throws -> Variable { try kept(flags, else: constant(0)) }

    /// The parts that `split` cuts the value into, recorded as one operation; `join` puts parts of such shapes
    /// together.
    func divided(
        _ operation: String, into parts: [Tensor], join: @escaping ([Variable]) throws -> Variable
    ) throws -> [Variable] {
        try Variable.recorded(operation, [self], outputs: parts, keeps: .nothing) { [try join($0.cotangents)] }
    }

    /// These numbers, computed another way than `formula`, with its derivatives. `others` are values that take part in
    /// the record without a derivative, so that the result requires a gradient where one of them does.
    static func numbers(
        _ value: Tensor, derivativesOf formula: Variable, alsoFrom others: [Variable], _ operation: String
    ) throws -> Variable {
        let formula = formula.dtype == value.dtype ? formula : try formula.converted(to: value.dtype)
        return try .recorded(operation, [formula] + others, value, keeps: .nothing) { call in
            [call.cotangent] + others.map { _ in nil }
        }
    }
}

/// The power of two below a magnitude: dividing by it is exact, and leaves a number near 1. 1 for 0.
func powerOfTwo(near magnitude: Double) -> Double {
    guard magnitude > 0, magnitude.isFinite else { return 1 }
    return max(Double(sign: .plus, exponent: Int(magnitude.exponent), significand: 1), Double.leastNormalMagnitude)
}
