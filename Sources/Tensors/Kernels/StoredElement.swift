/// The Swift types of tensors' elements in memory (except float16): `Float`, `Double`, `Int64`, and `UInt8` (0 or 1)
/// for bool.
public protocol StoredElement: Numeric, Comparable, Sendable {
    /// Which tensors hold it; float16 is converted when it is read.
    static var dtype: DType { get }
    /// Whether it is NaN, which is not ordered.
    var isUnordered: Bool { get }
    /// x + y; for int64 wrapping around, as in PyTorch; for bool the logical or.
    static func plus(_ x: Self, _ y: Self) -> Self
}

extension StoredElement where Self: BinaryFloatingPoint {
    @inlinable public var isUnordered: Bool { isNaN }
    @inlinable public static func plus(_ x: Self, _ y: Self) -> Self { x + y }
}

extension Int64: StoredElement {
    public static var dtype: DType { .int64 }
    @inlinable public var isUnordered: Bool { false }
    @inlinable public static func plus(_ x: Int64, _ y: Int64) -> Int64 { x &+ y }
}

extension UInt8: StoredElement {
    public static var dtype: DType { .bool }
    @inlinable public var isUnordered: Bool { false }
    @inlinable public static func plus(_ x: UInt8, _ y: UInt8) -> UInt8 { x | y }
}
