import Scripting

/// Arithmetic on shapes. A shape is the list of a tensor's extents, outermost first; empty for a single number.
public enum Shape {
    /// The largest number of dimensions, as in NumPy: all file formats allow it.
    public static let maxRank = 64

    /// Throws unless a tensor may have so many dimensions.
    public static func check(rank: Int, for operation: String) throws {
        guard rank <= maxRank else {
            throw ScriptError(operation, "\(rank) dimensions; a tensor has at most \(maxRank)")
        }
    }

    /// The number of elements.
    /// - Throws: when there are too many dimensions, an extent is negative or the product overflows.
    public static func count(_ shape: [Int], for operation: String = "tensor") throws -> Int {
        try check(rank: shape.count, for: operation)
        var product = 1
        var empty = false
        for extent in shape {
            guard extent >= 0 else {
                throw ScriptError(operation, "shape \(describe(shape)): sizes must not be negative")
            }
            if extent == 0 {
                empty = true
                continue
            }
            let (next, overflow) = product.multipliedReportingOverflow(by: extent)
            guard !overflow else { throw ScriptError(operation, "shape \(describe(shape)) has too many elements") }
            product = next
        }
        return empty ? 0 : product
    }

    /// Row-major strides, in elements; all 1 for an empty shape, in which other extents may be so large that strides
    /// overflow.
    public static func strides(_ shape: [Int]) -> [Int] {
        var strides = [Int](repeating: 1, count: shape.count)
        guard !shape.contains(0) else { return strides }
        var step = 1
        for axis in shape.indices.reversed() {
            strides[axis] = step
            step *= shape[axis]
        }
        return strides
    }

    /// The positions along an extent, for code that makes a list of as many elements.
    /// - Throws: beyond 2^26, which only empty or expanded tensors reach: they take no memory, but a list would.
    public static func positions(_ extent: Int, for operation: String) throws -> Range<Int> {
        guard extent <= 1 << 26 else {
            throw ScriptError(operation, "\(extent) parts are more than can be gone through one by one")
        }
        return 0..<Swift.max(extent, 0)
    }

    /// A shape as messages write it: `(2, 3)`, `(3)`, `()`.
    public static func describe(_ shape: [Int]) -> String {
        "(" + shape.map(String.init).joined(separator: ", ") + ")"
    }

    /// NumPy's broadcasting: extents are compared from the last; they must be equal or 1.
    public static func broadcast(_ a: [Int], _ b: [Int], for operation: String) throws -> [Int] {
        let rank = max(a.count, b.count)
        var result = [Int](repeating: 1, count: rank)
        for axis in 1...max(rank, 1) where axis <= rank {
            let x = axis <= a.count ? a[a.count - axis] : 1
            let y = axis <= b.count ? b[b.count - axis] : 1
            guard x == y || x == 1 || y == 1 else {
                throw ScriptError(operation, "\(describe(a)) and \(describe(b)) do not broadcast: \(x) ~= \(y)")
            }
            result[rank - axis] = x == 1 ? y : x
        }
        return result
    }
}
