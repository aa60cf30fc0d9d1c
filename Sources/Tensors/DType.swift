/// The element type of a tensor. Dynamic, because scripts are.
///
/// `float16` is for stored weights: operations read it as `float32`. `bool` is a byte of 0 or 1, what comparisons make
/// and masks are; `int64` is what positions, counts and labels are.
public enum DType: String, CaseIterable, Sendable {
    case float16, float32, float64, int64, bool

    /// Those that scripts compute in.
    public static let computed: [DType] = [.float32, .float64, .int64, .bool]
    /// Those that hold fractions.
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

    /// Whether it holds fractions: what gradients flow through.
    public var isFloating: Bool {
        switch self {
        case .float16, .float32, .float64: true
        case .int64, .bool: false
        }
    }

    /// The type in which floating functions (exp, a quotient, a mean) of this type compute.
    public var computing: DType { self == .float64 ? .float64 : .float32 }

    /// The type in which elements are moved, compared and counted: its own, but for float16.
    public var working: DType { self == .float16 ? .float32 : self }

    /// The type of a floating function of both: `float64` if either is.
    public func promoted(with other: DType) -> DType {
        self == .float64 || other == .float64 ? .float64 : .float32
    }

    /// The type that holds elements of both: bool < int64 < float32 < float64, the higher wins.
    public func joined(with other: DType) -> DType {
        if isFloating || other.isFloating { return promoted(with: other) }
        return self == .bool && other == .bool ? .bool : .int64
    }

    /// Whether what an operation in place computes in another type may be written here: fractions do not become whole
    /// numbers, nor numbers truth values.
    public func accepts(_ source: DType) -> Bool { isFloating || source == .bool || source == self }
}
