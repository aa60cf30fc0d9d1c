/// The element type of a tensor. Dynamic, because scripts are.
///
/// `float16` is for stored weights: operations read it as `float32`.
public enum DType: String, CaseIterable, Sendable {
    case float16, float32, float64

    /// Bytes of one element.
    public var stride: Int {
        switch self {
        case .float16: 2
        case .float32: 4
        case .float64: 8
        }
    }

    /// The type in which operations on this type compute.
    public var computing: DType { self == .float64 ? .float64 : .float32 }

    /// The type of a result of both: mixed types promote to `float64`.
    public func promoted(with other: DType) -> DType {
        self == .float64 || other == .float64 ? .float64 : .float32
    }
}
