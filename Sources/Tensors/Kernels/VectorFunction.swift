import CKernels

/// An elementary function of many numbers at once, by the processor's vectors (`elementary.c`).
///
/// At most about 1 ulp off; sigmoid and softplus, which are made of several, at most 4.
public struct VectorFunction: Sendable {
    private let function: ck_function

    public static let exp = VectorFunction(function: ck_exp)
    public static let expm1 = VectorFunction(function: ck_expm1)
    public static let log = VectorFunction(function: ck_log)
    public static let log1p = VectorFunction(function: ck_log1p)
    public static let sin = VectorFunction(function: ck_sin)
    public static let cos = VectorFunction(function: ck_cos)
    public static let tan = VectorFunction(function: ck_tan)
    public static let tanh = VectorFunction(function: ck_tanh)
    public static let erf = VectorFunction(function: ck_erf)
    public static let sigmoid = VectorFunction(function: ck_sigmoid)
    public static let softplus = VectorFunction(function: ck_softplus)

    /// The function of `count` numbers; both memories hold as many, and may be the same. Where the processor has no
    /// vectors for it, `plain` of one after the other.
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
                function, from.assumingMemoryBound(to: Double.self), to.assumingMemoryBound(to: Double.self), count)
            : ck_map_floats(
                function, from.assumingMemoryBound(to: Float.self), to.assumingMemoryBound(to: Float.self), count)
    }
}
