import CKernels
import Scripting

/// Sorting along an axis.
extension Tensor {
    /// The 0-based positions, in int64, that sort each row along `axis`; the first `limit` of them.
    /// Equal elements keep their order; NaN counts as larger than every number, as in PyTorch.
    public func order(
        _ axis: Int, descending: Bool = false, limit: Int? = nil, for operation: String = "tensor.sort"
    ) throws -> Tensor {
        let rows = try rows(along: axis, for: operation)
        let n = rows.shape[1]
        let kept = min(limit ?? n, n)
        let result = try Tensor.uninitialized([rows.shape[0], kept], .int64, for: operation)
        defer { withExtendedLifetime(rows) {} }
        // Once for the elements, and once for what sorting needs besides.
        let held = rows.count == 0 ? 0 : kept > n / 4 ? n : 4 * kept
        let each = rows.dtype.stride == 8 ? MemoryLayout<WideRank>.stride : MemoryLayout<NarrowRank>.stride
        try Storage.reserving(held, bytes: 2 * each) {
            // An empty tensor may have more rows than a loop can count.
            for row in 0..<(kept > 0 ? rows.shape[0] : 0) {
                try Cancellation.check()
                let to = result.base(Int64.self) + row * kept
                func wide<T>(_: T.Type, _ key: (T) -> UInt64) throws {
                    let line = rows.base(T.self) + row * n
                    if Tensor.isMany(kept, of: n) { return try Radix.order(n, kept, to, wide: { key(line[$0]) }) }
                    let first = try Tensor.first(kept, of: n) { WideRank(key: key(line[$0]), place: $0) }
                    for i in 0..<kept { to[i] = Int64(first[i].place) }
                }
                func narrow<T>(_: T.Type, _ key: (T) -> UInt32) throws {
                    let line = rows.base(T.self) + row * n
                    if Tensor.isMany(kept, of: n) { return try Radix.order(n, kept, to, narrow: { key(line[$0]) }) }
                    let first = try Tensor.first(kept, of: n) { NarrowRank(key: key(line[$0]), place: $0) }
                    for i in 0..<kept { to[i] = Int64(first[i].place) }
                }
                switch rows.dtype {
                case .float64: try wide(Double.self) { $0.rank(descending) }
                case .int64: try wide(Int64.self) { $0.rank(descending) }
                case .bool: try narrow(UInt8.self) { descending ? ~UInt32($0) : UInt32($0) }
                case .float32, .float16: try narrow(Float.self) { $0.rank(descending) }
                }
            }
        }
        return try Tensor.fromRows(result, shape: shape, axis: axis)
    }

    /// Whether so many of n are wanted that radix sort is fastest.
    private static func isMany(_ kept: Int, of n: Int) -> Bool { kept > n / 4 && n >= 1 << 10 }

    /// The first `kept` of n ranks in ascending order.
    private static func first<R: Comparable>(_ kept: Int, of n: Int, _ rank: (Int) -> R) throws -> [R] {
        if kept > n / 4 { return try (0..<n).map(rank).interruptiblySorted(by: <) }
        // Candidates, sorted and cut whenever there are twice as many as are wanted.
        var found: [R] = []
        found.reserveCapacity(2 * kept)
        var last: R?
        for place in 0..<n {
            if place & 0xffff == 0xffff { try Cancellation.check() }
            let next = rank(place)
            if let last, next > last { continue }
            found.append(next)
            if found.count == 2 * kept {
                found.sort()
                found.removeLast(kept)
                last = found.last
            }
        }
        return Array(found.sorted().prefix(kept))
    }
}

/// An element's sort key, and its position to order equal ones.
private struct WideRank: Comparable {
    let key: UInt64
    let place: Int
    static func < (a: WideRank, b: WideRank) -> Bool { a.key != b.key ? a.key < b.key : a.place < b.place }
}

/// As ``WideRank``, for float32 in one 64-bit word: rows are shorter than 2^32.
private struct NarrowRank: Comparable {
    private let word: UInt64
    init(key: UInt32, place: Int) { word = UInt64(key) << 32 | UInt64(UInt32(truncatingIfNeeded: place)) }
    var place: Int { Int(word & 0xffff_ffff) }
    static func < (a: NarrowRank, b: NarrowRank) -> Bool { a.word < b.word }
}

// Integers in the order of the floats: negative ones are reversed, both zeros are equal, NaN is the largest.
extension Float {
    fileprivate func rank(_ descending: Bool) -> UInt32 {
        let bits = self == 0 ? 0 : bitPattern
        let key = isNaN ? .max : bits >> 31 == 1 ? ~bits : bits | 1 << 31
        return descending ? ~key : key
    }
}

extension Double {
    fileprivate func rank(_ descending: Bool) -> UInt64 {
        let bits = self == 0 ? 0 : bitPattern
        let key = isNaN ? .max : bits >> 63 == 1 ? ~bits : bits | 1 << 63
        return descending ? ~key : key
    }
}

extension Int64 {
    fileprivate func rank(_ descending: Bool) -> UInt64 {
        let key = UInt64(bitPattern: self) ^ (1 << 63)
        return descending ? ~key : key
    }
}
