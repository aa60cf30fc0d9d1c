import CKernels
import Scripting

/// Radix sort by digits of 11 bits, the lowest first: stable.
enum Radix {
    /// Writes the positions of the first `kept` of n keys in ascending order. Keys of 32 bits share a word with their
    /// position: n is below 2^32.
    static func order(_ n: Int, _ kept: Int, _ to: UnsafeMutablePointer<Int64>, narrow key: (Int) -> UInt32) throws {
        try sorted(
            n, bits: 32, from: 32, { UInt64(key($0)) << 32 | UInt64(UInt32(truncatingIfNeeded: $0)) },
            ck_radix_count_narrow, ck_radix_move_narrow
        ) { words in
            for i in 0..<kept { to[i] = Int64(words[i] & 0xffff_ffff) }
        }
    }

    /// The same for keys of 64 bits.
    static func order(_ n: Int, _ kept: Int, _ to: UnsafeMutablePointer<Int64>, wide key: (Int) -> UInt64) throws {
        try sorted(
            n, bits: 64, from: 0, { ck_ranked(key: key($0), place: UInt64($0)) }, ck_radix_count_wide,
            ck_radix_move_wide
        ) { ranks in
            for i in 0..<kept { to[i] = Int64(ranks[i].place) }
        }
    }

    /// Sorts n elements by their keys, the bits from `first` on, and passes them to `body`.
    private static func sorted<Element>(
        _ n: Int, bits: Int, from first: Int, _ element: (Int) -> Element,
        _ count: (UnsafePointer<Element>?, Int, UInt32, UnsafeMutablePointer<Int>?) -> Void,
        _ move: (
            UnsafePointer<Element>?, Int, UInt32, UnsafeMutablePointer<Int>?, UnsafeMutablePointer<Element>?
        ) -> Void,
        _ body: (UnsafePointer<Element>) -> Void
    ) throws {
        let block = UnsafeMutablePointer<Element>.allocate(capacity: 2 * n)
        defer { block.deallocate() }
        var (from, to) = (block, block + n)
        try forEachPart(n) { for i in $0 { (from + i).initialize(to: element(i)) } }
        var places = [Int](repeating: 0, count: Int(CK_RADIX))
        for shift in stride(from: first, to: first + bits, by: Int(CK_RADIX_BITS)) {
            for digit in places.indices { places[digit] = 0 }
            try places.withUnsafeMutableBufferPointer { places in
                let places = places.baseAddress
                try forEachPart(n) { count(from + $0.lowerBound, $0.count, UInt32(shift), places) }
                guard ck_radix_places(places, n) else { return }
                try forEachPart(n) { move(from + $0.lowerBound, $0.count, UInt32(shift), places, to) }
                swap(&from, &to)
            }
        }
        body(from)
    }

    /// In pieces from the first to the last, with checks for cancellation between them.
    private static func forEachPart(_ n: Int, _ body: (Range<Int>) -> Void) throws {
        for start in stride(from: 0, to: n, by: 1 << 20) {
            try Cancellation.check()
            body(start..<min(start + (1 << 20), n))
        }
    }
}
