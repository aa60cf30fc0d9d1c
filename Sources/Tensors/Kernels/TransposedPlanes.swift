import CKernels

/// A strided view that is contiguous along an axis other than its last: one or many transposed matrices. It is copied
/// into row-major order tile by tile.
struct TransposedPlanes {
    /// The walk over all axes except the two of the matrices.
    private let others: StridedWalk
    private let rows: Int
    private let columns: Int
    /// The source's step along its columns; along its rows it is 1.
    private let stride: Int
    /// The result's step along its rows; along its columns it is 1.
    private let resultStride: Int

    /// - Parameter walk: a walk over the contiguous result and the source.
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

    /// Copies elements of that many bytes; both pointers count in elements.
    func copy(_ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer, bytes: Int) throws {
        // Strips of some rows of the result, of all matrices, are the pieces of work.
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
                Tensor.transpose(source, stride, columns, min(strip, rows - first), target, resultStride, bytes)
            }
        }
    }
}

extension Tensor {
    /// Element (r, c) of `from`, whose rows are `stride` apart, goes to (c, r) of `to`; elements have 1, 2, 4 or 8
    /// bytes.
    @usableFromInline
    static func transpose(
        _ from: UnsafeRawPointer, _ stride: Int, _ rows: Int, _ columns: Int, _ to: UnsafeMutableRawPointer,
        _ toStride: Int, _ bytes: Int
    ) {
        switch bytes {
        case 1:
            ck_transpose_1(
                from.assumingMemoryBound(to: UInt8.self), stride, rows, columns, to.assumingMemoryBound(to: UInt8.self),
                toStride)
        case 2:
            ck_transpose_2(
                from.assumingMemoryBound(to: UInt16.self), stride, rows, columns,
                to.assumingMemoryBound(to: UInt16.self), toStride)
        case 4:
            ck_transpose_4(
                from.assumingMemoryBound(to: UInt32.self), stride, rows, columns,
                to.assumingMemoryBound(to: UInt32.self), toStride)
        default:
            ck_transpose_8(
                from.assumingMemoryBound(to: UInt64.self), stride, rows, columns,
                to.assumingMemoryBound(to: UInt64.self), toStride)
        }
    }

    /// Calls `row` with parts of rows of two matrices of which one or both are transposed (have step 1 down their
    /// columns): tiles of these are transposed on the fly, in a buffer that stays in the innermost cache.
    ///
    /// - Parameters:
    ///   - walk: a walk over the contiguous result and the operands, with two axes.
    ///   - row: as in ``pairs(_:_:nanoseconds:row:)``.
    @inlinable @inline(__always)
    static func forEachTile<T: StoredElement, R: StoredElement>(
        _ walk: StridedWalk, _ a: UnsafePointer<T>, _ b: UnsafePointer<T>, _ to: UnsafeMutablePointer<R>,
        nanoseconds: Int,
        row: (UnsafePointer<T>, Int, UnsafePointer<T>, Int, UnsafeMutablePointer<R>, Int) -> Void
    ) throws {
        let (rows, columns, height, width) = (walk.shape[0], walk.shape[1], 32, 128)
        let across = (columns - 1) / width + 1
        try forEachPiece(((rows - 1) / height + 1) * across, nanoseconds: height * width * (nanoseconds + 1)) { tiles in
            withUnsafeTemporaryAllocation(of: T.self, capacity: 2 * height * width) { scratch in
                guard let scratch = scratch.baseAddress else { return }
                for tile in tiles {
                    let (r, c) = (tile / across * height, tile % across * width)
                    let (tall, wide) = (Swift.min(height, rows - r), Swift.min(width, columns - c))
                    /// The address and steps (from row to row, along a row) at which an operand's tile is read.
                    func turned(_ from: UnsafePointer<T>, _ operand: Int, _ scratch: UnsafeMutablePointer<T>)
                        -> (UnsafePointer<T>, Int, Int)
                    {
                        let (down, along) = (walk.strides[operand][0], walk.strides[operand][1])
                        let first = from + r * down + c * along
                        guard along | 1 != 1 else { return (first, down, along) }
                        transpose(
                            UnsafeRawPointer(first), along, wide, tall, UnsafeMutableRawPointer(scratch), width,
                            MemoryLayout<T>.stride)
                        return (UnsafePointer(scratch), width, 1)
                    }
                    let (x, xDown, xAlong) = turned(a, 1, scratch)
                    let (y, yDown, yAlong) = turned(b, 2, scratch + height * width)
                    let result = to + r * columns + c
                    for i in 0..<tall {
                        row(x + i * xDown, xAlong, y + i * yDown, yAlong, result + i * columns, wide)
                    }
                }
            }
        }
    }
}
