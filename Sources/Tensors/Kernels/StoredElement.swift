/// The Swift types that tensors' memory is made of (but for float16's): `Float`, `Double`, `Int64`, and `UInt8`, 0 or
/// 1, of bool tensors.
public protocol StoredElement: Numeric, Comparable, Sendable {
    static var dtype: DType { get }
    /// NaN, which is neither below nor above anything.
    var isUnordered: Bool { get }
    /// x + y; of int64 round the end, as in PyTorch; of bool, whether either is.
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
