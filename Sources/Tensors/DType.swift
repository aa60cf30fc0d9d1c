/// The element type of a tensor. Dynamic, because scripts are.
///
/// `float16` is for stored weights: operations read it as `float32`. `bool` is a byte of 0 or 1, for comparisons and
/// masks; `int64` is for positions, counts and labels.
public enum DType: String, CaseIterable, Sendable {
    /// 2, 4, 8, 8 and 1 bytes per element.
    case float16, float32, float64, int64, bool

    /// The dtypes that scripts compute in.
    public static let computed: [DType] = [.float32, .float64, .int64, .bool]
    /// The floating-point dtypes.
    public static let floating: [DType] = [.float16, .float32, .float64]

    /// Bytes of one element.
    public var stride: Int {
        switch self {
        case .bool: 1
        case .float16: 2
        case .float32: 4
        case .float64, .int64: 8
        }
    }

    /// Whether it is a floating-point type; only these have gradients.
    public var isFloating: Bool {
        switch self {
        case .float16, .float32, .float64: true
        case .int64, .bool: false
        }
    }

    /// The dtype in which floating functions (exp, a quotient, a mean) of this dtype are computed.
    public var computing: DType { self == .float64 ? .float64 : .float32 }

    /// The dtype in which elements are moved, compared and counted: itself, but float32 for float16.
    public var working: DType { self == .float16 ? .float32 : self }

    /// The dtype of a floating function of two operands: `float64` if either is.
    public func promoted(with other: DType) -> DType {
        self == .float64 || other == .float64 ? .float64 : .float32
    }

    /// The dtype that holds elements of both: the higher one in bool < int64 < float32 < float64.
    public func joined(with other: DType) -> DType {
        if isFloating || other.isFloating { return promoted(with: other) }
        return self == .bool && other == .bool ? .bool : .int64
    }

    /// Whether results in another dtype may be written into this one in place: fractions may not become integers, nor
    /// numbers booleans.
    public func accepts(_ source: DType) -> Bool { isFloating || source == .bool || source == self }
}
