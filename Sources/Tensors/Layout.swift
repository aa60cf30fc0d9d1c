/// Shape and strides of a view. Shared by tensors: a result of an operand's shape uses the operand's layout, and
/// copying a tensor copies one reference.
@usableFromInline package final class Layout: Sendable {
    @usableFromInline package let shape: [Int]
    /// Strides in elements; 0 along an expanded axis.
    @usableFromInline package let strides: [Int]
    /// The number of elements.
    @usableFromInline package let count: Int
    /// Whether the elements lie one after the other in row-major order.
    @usableFromInline package let isContiguous: Bool

    /// The layout of a single number: no dimensions.
    package static let number = Layout(shape: [], strides: [], count: 1, isContiguous: true)

    private init(shape: [Int], strides: [Int], count: Int, isContiguous: Bool) {
        (self.shape, self.strides, self.count, self.isContiguous) = (shape, strides, count, isContiguous)
    }

    /// The caller has checked that the number of elements fits an Int.
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

    /// The row-major layout of a shape.
    /// - Throws: when there are too many dimensions, an extent is negative or the product overflows.
    package static func rowMajor(_ shape: [Int], for operation: String) throws -> Layout {
        if shape.isEmpty { return number }
        // Checked first: the strides of an invalid shape would overflow.
        let count = try Shape.count(shape, for: operation)
        return Layout(shape: shape, strides: Shape.strides(shape), count: count, isContiguous: true)
    }

    /// Whether every element has a place of its own and there are no gaps between them: a row-major layout with
    /// permuted axes.
    package var isDense: Bool {
        if isContiguous { return true }
        var step = 1
        for axis in shape.indices.filter({ shape[$0] != 1 }).sorted(by: { strides[$0] < strides[$1] }) {
            guard strides[axis] == step else { return false }
            step *= shape[axis]
        }
        return true
    }

    /// Whether every element has the same position in both, relative to the first.
    package func matches(_ other: Layout) -> Bool {
        if self === other { return true }
        guard shape == other.shape else { return false }
        if isContiguous || other.isContiguous { return isContiguous && other.isContiguous }
        return shape.indices.allSatisfy { shape[$0] == 1 || strides[$0] == other.strides[$0] }
    }
}

extension Tensor {
    /// A tensor of this layout whose numbers must not be read: all are one shared NaN (0 for integers).
    package static func unread(_ layout: Layout, _ dtype: DType) throws -> Tensor {
        let number = try Tensor(dtype.isFloating ? .nan : 0, dtype)
        let strides = [Int](repeating: 0, count: layout.shape.count)
        return Tensor(storage: number.storage, layout: .of(layout.shape, strides), offset: 0)
    }
}
