import CKernels

/// A strided view whose numbers lie one after the other along another axis than its last: a transposed matrix, or many.
/// It is copied into row-major order tile by tile.
struct TransposedPlanes {
    /// All but the two axes of the matrices.
    private let others: StridedWalk
    private let rows: Int
    private let columns: Int
    /// Of the source, along its columns; its rows' step is 1.
    private let stride: Int
    /// Of the result, along its rows; its columns' step is 1.
    private let resultStride: Int

    /// - Parameter walk: of the contiguous result and of the source.
    init?(_ walk: StridedWalk) {
        let last = walk.shape.count - 1
        let steps = walk.strides[1]
        guard walk.strides[0][last] == 1, steps[last] > 1, walk.shape[last] >= 8,
            let axis = (0..<last).first(where: { steps[$0] == 1 && walk.shape[$0] >= 8 })
        else { return nil }
        (rows, columns) = (walk.shape[axis], walk.shape[last])
        (stride, resultStride) = (steps[last], walk.strides[0][axis])
        let rest = (0..<last).filter { $0 != axis }
        others = StridedWalk(
            shape: rest.map { walk.shape[$0] }, strides: walk.strides.map { strides in rest.map { strides[$0] } })
    }

    /// Copies elements of so many bytes, which both pointers count in.
    func copy(_ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer, bytes: Int) throws {
        // Strips of some rows of the result, of all matrices: each is a piece of work of its own.
        let strip = 64
        let strips = (rows - 1) / strip + 1
        var places: [(to: Int, from: Int)] = []
        let (toStep, fromStep) = (others.rowStep(0), others.rowStep(1))
        try others.forEachRow { offsets, n in
            for i in 0..<n { places.append((offsets[0] + i * toStep, offsets[1] + i * fromStep)) }
        }
        try Tensor.forEachPiece(places.count * strips, nanoseconds: strip * columns) { pieces in
            for piece in pieces {
                let (plane, first) = (piece / strips, piece % strips * strip)
                let source = from + (places[plane].from + first) * bytes
                let target = to + (places[plane].to + first * resultStride) * bytes
                transpose(source, target, min(strip, rows - first), bytes)
            }
        }
    }

    private func transpose(_ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer, _ rows: Int, _ bytes: Int) {
        switch bytes {
        case 1:
            ck_transpose_1(
                from.assumingMemoryBound(to: UInt8.self), stride, columns, rows, to.assumingMemoryBound(to: UInt8.self),
                resultStride)
        case 2:
            ck_transpose_2(
                from.assumingMemoryBound(to: UInt16.self), stride, columns, rows,
                to.assumingMemoryBound(to: UInt16.self), resultStride)
        case 4:
            ck_transpose_4(
                from.assumingMemoryBound(to: UInt32.self), stride, columns, rows,
                to.assumingMemoryBound(to: UInt32.self), resultStride)
        default:
            ck_transpose_8(
                from.assumingMemoryBound(to: UInt64.self), stride, columns, rows,
                to.assumingMemoryBound(to: UInt64.self), resultStride)
        }
    }
}
