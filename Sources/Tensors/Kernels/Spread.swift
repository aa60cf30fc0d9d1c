import RealModule
import Scripting

private struct Magnitude: UnaryFunction { func callAsFunction<T: TensorElement>(_ x: T) -> T { abs(x) } }
private struct Squared: UnaryFunction { func callAsFunction<T: TensorElement>(_ x: T) -> T { x * x } }
private struct Rooted: UnaryFunction {
    static var vectorized: VectorFunction? { .sqrt }
    func callAsFunction<T: TensorElement>(_ x: T) -> T { x.squareRoot() }
}
private struct Difference: BinaryFunction { func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T { x - y } }
private struct Ratio: BinaryFunction { func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T { x / y } }
private struct Scaled: BinaryFunction { func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T { x * y } }
/// x ^ p for x >= 0.
private struct Power: UnaryFunction {
    let p: Double
    func callAsFunction<T: TensorElement>(_ x: T) -> T { T.pow(x, T(p)) }
}
/// The largest power of two that is not above x; 1 for 0, infinity and NaN.
private struct PowerOfTwo: UnaryFunction {
    func callAsFunction<T: TensorElement>(_ x: T) -> T {
        x > 0 && x.isFinite ? T(sign: .plus, exponent: x.exponent, significand: 1) : 1
    }
}
/// x, but 1 for 0, infinity and NaN.
private struct Itself: UnaryFunction {
    func callAsFunction<T: TensorElement>(_ x: T) -> T { x > 0 && x.isFinite ? x : 1 }
}

/// Norms and variances: sums of powers that neither over- nor underflow unless the result does.
///
/// Computed in float64 from elements divided by a power of two near the one that contributes most, and rounded once.
extension Tensor {
    /// The largest (smallest) magnitude over axes, kept with extent 1: exactly, or as a power of two near it.
    private func scale(_ axes: [Int], largest: Bool, exactly: Bool = false, for operation: String) throws -> Tensor {
        let peak = try map(Magnitude()).peak(axes, largest: largest, for: operation)
        return try exactly ? peak.map(Itself()) : peak.map(PowerOfTwo())
    }

    /// The p-norm (sum |x|^p)^(1/p) over axes, kept with extent 1, for a finite p other than 0.
    public func norm(_ p: Double, _ axes: [Int], for operation: String = "tensor.norm") throws -> Tensor {
        let wide = try cast(.float64)
        // For p < 0 the smallest element contributes most. High powers of numbers up to 2 overflow, too.
        let scale =
            count == 0
            ? try Tensor(1, .float64) : try wide.scale(axes, largest: p > 0, exactly: Swift.abs(p) > 64, for: operation)
        let sizes = try wide.zip(scale, Ratio(), for: operation).map(Magnitude())
        let length =
            p == 2
            ? try sizes.map(Squared()).sum(axes, for: operation).map(Rooted())
            : try sizes.map(Power(p: p)).sum(axes, for: operation).map(Power(p: 1 / p))
        return try length.zip(scale, Scaled(), for: operation).cast(dtype.computing)
    }

    /// The variance over axes, kept with extent 1, with divisor n - correction; with `rooted` its square root.
    public func variance(_ axes: [Int], correction: Double, rooted: Bool, for operation: String) throws -> Tensor {
        let wide = try cast(.float64)
        let n = Double(axes.reduce(1) { $0 * shape[$1] })
        let divisor = max(0, n - correction)
        let centred = try wide.zip(wide.sum(axes, dividedBy: n, for: operation), Difference(), for: operation)
        guard rooted, count > 0 else {
            return try centred.map(Squared()).sum(axes, dividedBy: divisor, for: operation).cast(dtype.computing)
        }
        let scale = try centred.scale(axes, largest: true, for: operation)
        let squares = try centred.zip(scale, Ratio(), for: operation).map(Squared())
        let root = try squares.sum(axes, dividedBy: divisor, for: operation).map(Rooted())
        return try root.zip(scale, Scaled(), for: operation).cast(dtype.computing)
    }
}
