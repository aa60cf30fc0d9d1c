import Autodiff
import Scripting
import Tensors

/// Operations for the formulas of projections, beside those of `Autodiff`.
extension Variable {
    /// Converted to float64.
    func double() throws -> Variable { dtype == .float64 ? self : try converted(to: .float64) }

    /// A float64 tensor of these numbers.
    convenience init(_ values: [Double], shape: [Int]) throws { self.init(try Tensor(values, shape: shape, .float64)) }

    /// The Euclidean norm of all elements, which must not all be 0; of shape (), and scaled so that no square overflows
    /// or vanishes.
    func length() throws -> Variable {
        let unit = powerOfTwo(near: try value.toArray().largestMagnitude)
        let scaled = try self / unit
        return try (scaled * scaled).sum().sqrt() * unit
    }

    /// The sum of the elementwise product.
    func dot(_ other: Variable) throws -> Variable { try (self * other).sum() }

    /// self where the flag at the element's row-major position is set, else `other`.
    func kept(_ flags: [Bool], else other: Variable) throws -> Variable {
        try choose(Variable(flags.map { $0 ? 1 : 0 }, shape: shape), other)
    }

    /// self where the flag at the element's row-major position is set, else 0.
    func kept(_ flags: [Bool]) throws -> Variable { try kept(flags, else: constant(0)) }

    /// The parts into which `split` cuts the value, recorded as one operation; `join` is its transpose, which puts
    /// parts of these shapes together.
    func divided(
        _ operation: String, into parts: [Tensor], join: @escaping ([Variable]) throws -> Variable
    ) throws -> [Variable] {
        try Variable.recorded(operation, [self], outputs: parts, keeps: .nothing) { [try join($0.cotangents)] }
    }

    /// `value`, which was computed in another way than `formula` but has its derivatives. The result requires a
    /// gradient also where one of `others` does, by which it has no derivative.
    static func numbers(
        _ value: Tensor, derivativesOf formula: Variable, alsoFrom others: [Variable], _ operation: String
    ) throws -> Variable {
        let formula = formula.dtype == value.dtype ? formula : try formula.converted(to: value.dtype)
        return try .recorded(operation, [formula] + others, value, keeps: .nothing) { call in
            [call.cotangent] + others.map { _ in nil }
        }
    }
}

/// The largest power of two up to a magnitude, 1 for 0: dividing by it is exact and leaves a number near 1.
func powerOfTwo(near magnitude: Double) -> Double {
    guard magnitude > 0, magnitude.isFinite else { return 1 }
    return max(Double(sign: .plus, exponent: Int(magnitude.exponent), significand: 1), Double.leastNormalMagnitude)
}
