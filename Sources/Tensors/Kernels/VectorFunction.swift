import CKernels

/// The instruction set that kernels run with: the best that this processor has.
enum Vectors {
    static let level = ck_best_level()
    /// Whether there are elementary functions for that instruction set.
    static let hasElementary = {
        var power: Float = 0
        return ck_map_floats(level, ck_exp, [1], &power, 1)
    }()
}

/// An elementary function of many numbers at once, by vector instructions (`elementwise.c`).
///
/// At most about 1 ulp off; sigmoid, softplus and the slopes, which combine several functions, at most 4. All but sine,
/// cosine and tangent give the same bits with AVX2 and AVX-512.
public struct VectorFunction: Sendable {
    private let function: ck_function

    /// e^x.
    public static let exp = VectorFunction(function: ck_exp)
    /// e^x - 1, without cancellation near 0.
    public static let expm1 = VectorFunction(function: ck_expm1)
    /// The natural logarithm.
    public static let log = VectorFunction(function: ck_log)
    /// log(1 + x), without cancellation near 0.
    public static let log1p = VectorFunction(function: ck_log1p)
    /// Of radians, as the next two.
    public static let sin = VectorFunction(function: ck_sin)
    public static let cos = VectorFunction(function: ck_cos)
    public static let tan = VectorFunction(function: ck_tan)
    /// Between -1 and 1.
    public static let tanh = VectorFunction(function: ck_tanh)
    /// 2/√π times the integral of e^(-t²) from 0 to x.
    public static let erf = VectorFunction(function: ck_erf)
    /// Rounded correctly.
    public static let sqrt = VectorFunction(function: ck_sqrt)
    /// 1 / (1 + e^-x).
    public static let sigmoid = VectorFunction(function: ck_sigmoid)
    /// log(1 + e^x), without overflow.
    public static let softplus = VectorFunction(function: ck_softplus)
    /// The derivatives of sigmoid and tanh.
    public static let sigmoidSlope = VectorFunction(function: ck_sigmoid_slope)
    public static let tanhSlope = VectorFunction(function: ck_tanh_slope)

    /// Applies the function to `count` numbers; source and target may be the same. Where the processor has no vectors
    /// for it, `plain` is applied to each.
    @inlinable
    func apply<T: TensorElement>(
        _ from: UnsafePointer<T>, _ to: UnsafeMutablePointer<T>, count: Int, else plain: (T) -> T
    ) {
        if !isComputed(UnsafeRawPointer(from), UnsafeMutableRawPointer(to), count, T.dtype) {
            for i in 0..<count { to[i] = plain(from[i]) }
        }
    }

    @usableFromInline
    func isComputed(_ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer, _ count: Int, _ dtype: DType) -> Bool {
        dtype == .float64
            ? ck_map_doubles(
                Vectors.level, function, from.assumingMemoryBound(to: Double.self),
                to.assumingMemoryBound(to: Double.self), count)
            : ck_map_floats(
                Vectors.level, function, from.assumingMemoryBound(to: Float.self),
                to.assumingMemoryBound(to: Float.self), count)
    }
}

/// A function of pairs of numbers, many at once. All but the power equal the plain operations to the last bit; the
/// power is at most about 1 ulp off, and a product for exponents 1, 2 and 3.
public struct VectorPair: Sendable {
    private let pair: ck_pair

    /// Rounded correctly, as the next three.
    public static let add = VectorPair(pair: ck_add)
    public static let subtract = VectorPair(pair: ck_subtract)
    public static let multiply = VectorPair(pair: ck_multiply)
    public static let divide = VectorPair(pair: ck_divide)
    /// NaN if either number is; `smaller` likewise.
    public static let larger = VectorPair(pair: ck_larger)
    public static let smaller = VectorPair(pair: ck_smaller)
    /// x^y.
    public static let power = VectorPair(pair: ck_power)

    /// Returns false, having done nothing, where there are no vectors for it. Steps are 0 or 1.
    @usableFromInline
    func isComputed(
        _ a: UnsafeRawPointer, _ aStep: Int, _ b: UnsafeRawPointer, _ bStep: Int, _ to: UnsafeMutableRawPointer,
        _ count: Int, _ dtype: DType
    ) -> Bool {
        dtype == .float64
            ? ck_zip_doubles(
                Vectors.level, pair, a.assumingMemoryBound(to: Double.self), Int32(aStep),
                b.assumingMemoryBound(to: Double.self), Int32(bStep), to.assumingMemoryBound(to: Double.self), count)
            : ck_zip_floats(
                Vectors.level, pair, a.assumingMemoryBound(to: Float.self), Int32(aStep),
                b.assumingMemoryBound(to: Float.self), Int32(bStep), to.assumingMemoryBound(to: Float.self), count)
    }
}

/// A comparison of many pairs of floats at once.
public struct VectorComparison: Sendable {
    private let comparison: ck_comparison
    /// Whether the operands are exchanged: x > y is computed as y < x.
    private let isTurned: Bool

    /// IEEE 754's relations: all but `notEqual` are false for NaN.
    public static let equal = VectorComparison(comparison: ck_equal, isTurned: false)
    public static let notEqual = VectorComparison(comparison: ck_not_equal, isTurned: false)
    public static let less = VectorComparison(comparison: ck_less, isTurned: false)
    public static let lessOrEqual = VectorComparison(comparison: ck_less_or_equal, isTurned: false)
    public static let greater = VectorComparison(comparison: ck_less, isTurned: true)
    public static let greaterOrEqual = VectorComparison(comparison: ck_less_or_equal, isTurned: true)

    /// Returns false, having done nothing, for types that are not floating. Steps are 0 or 1.
    @usableFromInline
    func isComputed(
        _ a: UnsafeRawPointer, _ aStep: Int, _ b: UnsafeRawPointer, _ bStep: Int, _ to: UnsafeMutablePointer<UInt8>,
        _ count: Int, _ dtype: DType
    ) -> Bool {
        let (a, aStep, b, bStep) = isTurned ? (b, bStep, a, aStep) : (a, aStep, b, bStep)
        switch dtype {
        case .float64:
            return ck_compare_doubles(
                Vectors.level, comparison, a.assumingMemoryBound(to: Double.self), Int32(aStep),
                b.assumingMemoryBound(to: Double.self), Int32(bStep), to, count)
        case .float32:
            return ck_compare_floats(
                Vectors.level, comparison, a.assumingMemoryBound(to: Float.self), Int32(aStep),
                b.assumingMemoryBound(to: Float.self), Int32(bStep), to, count)
        default: return false
        }
    }
}
