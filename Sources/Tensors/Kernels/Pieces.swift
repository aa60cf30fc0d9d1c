import Scripting

/// Division of loops over elements.
extension Tensor {
    /// From this many elements on, a copy into contiguous memory is faster than a strided loop.
    @usableFromInline static var manyElements: Int { 1 << 12 }

    /// Calls `body` with pieces of 0..<count, on several threads if there is enough to do, and checks for cancellation
    /// between them. What is written for an element must not depend on the piece that it is in.
    ///
    /// - Parameter nanoseconds: roughly the time for one element.
    @inlinable @inline(__always)
    static func forEachPiece(_ count: Int, nanoseconds: Int = 1, _ body: (Range<Int>) throws -> Void) throws {
        // A fast path for small tensors, which are common.
        if count < 1 << 11, nanoseconds < 8 || count * nanoseconds < 1 << 11 {
            if count > 0 { try body(0..<count) }
        } else {
            try divide(count, nanoseconds, body)
        }
    }

    @usableFromInline
    static func divide(_ count: Int, _ nanoseconds: Int, _ body: (Range<Int>) throws -> Void) throws {
        try Parallel.forEach(count, grain: max((1 << 14) / max(nanoseconds, 1), 1), body)
    }
}

extension StridedWalk {
    /// ``forEachRow(_:)`` on several threads if there is enough to do: rows come in any order, and in parts.
    @inlinable @inline(__always)
    func forEachRowAnyOrder(nanoseconds: Int = 1, _ body: (UnsafePointer<Int>, Int) throws -> Void) throws {
        let count = shape.reduce(1, *)
        if count < 1 << 14 { return try forEachRow(body) }
        try Tensor.divide(count, nanoseconds) { try forEachRow(in: $0, body) }
    }

    /// The parts of rows that hold the elements of a range, in row-major order.
    @inlinable @inline(__always)
    func forEachRow(in elements: Range<Int>, _ body: (UnsafePointer<Int>, Int) throws -> Void) throws {
        let outer = shape.count - 1
        let row = rowCount
        var index = [Int](repeating: 0, count: outer)
        var offsets = [Int](repeating: 0, count: strides.count)
        var (rest, start) = elements.lowerBound.quotientAndRemainder(dividingBy: row)
        for axis in (0..<outer).reversed() { (rest, index[axis]) = rest.quotientAndRemainder(dividingBy: shape[axis]) }
        for operand in offsets.indices {
            offsets[operand] = start * strides[operand][outer]
            for axis in 0..<outer { offsets[operand] += index[axis] * strides[operand][axis] }
        }
        var left = elements.count
        while left > 0 {
            let n = Swift.min(row - start, left)
            try offsets.withUnsafeBufferPointer { if let base = $0.baseAddress { try body(base, n) } }
            left -= n
            if left == 0 { return }
            // Back to the beginning of the row, then to the next one.
            for operand in offsets.indices { offsets[operand] -= start * strides[operand][outer] }
            start = 0
            var axis = outer - 1
            while axis >= 0 {
                index[axis] += 1
                for operand in offsets.indices { offsets[operand] += strides[operand][axis] }
                if index[axis] < shape[axis] { break }
                for operand in offsets.indices { offsets[operand] -= strides[operand][axis] * shape[axis] }
                index[axis] = 0
                axis -= 1
            }
        }
    }
}
