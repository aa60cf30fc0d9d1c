/// Extents and steps of a view. Tensors share it: a result of an operand's shape takes the operand's, and a copy of a
/// tensor copies one reference.
@usableFromInline package final class Layout: Sendable {
    @usableFromInline package let shape: [Int]
    /// In elements; zero along an expanded axis.
    @usableFromInline package let strides: [Int]
    /// The number of elements.
    @usableFromInline package let count: Int
    /// The elements lie one after the other in row-major order.
    @usableFromInline package let isContiguous: Bool

    /// Of a number: no dimension.
    package static let number = Layout(shape: [], strides: [], count: 1, isContiguous: true)

    private init(shape: [Int], strides: [Int], count: Int, isContiguous: Bool) {
        (self.shape, self.strides, self.count, self.isContiguous) = (shape, strides, count, isContiguous)
    }

    /// The caller has checked that the count of elements is an Int.
    package static func of(_ shape: [Int], _ strides: [Int]) -> Layout {
        if shape.isEmpty { return number }
        if shape.contains(0) { return Layout(shape: shape, strides: strides, count: 0, isContiguous: true) }
        var (count, step, isContiguous) = (1, 1, true)
        for axis in shape.indices.reversed() {
            let extent = shape[axis]
            count *= extent
            if extent == 1 { continue }
            if isContiguous { isContiguous = strides[axis] == step }
            if isContiguous { step *= extent }
        }
        return Layout(shape: shape, strides: strides, count: count, isContiguous: isContiguous)
    }

    /// Row-major.
    /// - Throws: when there are too many dimensions, an extent is negative or the product overflows.
    package static func rowMajor(_ shape: [Int], for operation: String) throws -> Layout {
        if shape.isEmpty { return number }
        // Strides of a shape that is none would overflow.
        let count = try Shape.count(shape, for: operation)
        return Layout(shape: shape, strides: Shape.strides(shape), count: count, isContiguous: true)
    }

    /// Every element has a place of its own, and between the first and the last place there is no other: a row-major
    /// layout with its axes in some order.
    package var isDense: Bool {
        if isContiguous { return true }
        var step = 1
        for axis in shape.indices.filter({ shape[$0] != 1 }).sorted(by: { strides[$0] < strides[$1] }) {
            guard strides[axis] == step else { return false }
            step *= shape[axis]
        }
        return true
    }

    /// Whether an element has the same place in both, counted from the first.
    package func matches(_ other: Layout) -> Bool {
        if self === other { return true }
        guard shape == other.shape else { return false }
        if isContiguous || other.isContiguous { return isContiguous && other.isContiguous }
        return shape.indices.allSatisfy { shape[$0] == 1 || strides[$0] == other.strides[$0] }
    }
}

extension Tensor {
    /// A tensor of this layout whose numbers are not there: NaN (0 in whole numbers), all in one place.
    package static func unread(_ layout: Layout, _ dtype: DType) throws -> Tensor {
        let number = try Tensor(dtype.isFloating ? .nan : 0, dtype)
        let strides = [Int](repeating: 0, count: layout.shape.count)
        return Tensor(storage: number.storage, layout: .of(layout.shape, strides), offset: 0)
    }
}
