import CKernels

/// A Philox stream as 32-bit words; several blocks are computed at once.
struct PhiloxWords {
    private(set) var state: Generator.State
    private var ahead = [UInt32](repeating: 0, count: 32)
    /// The index of the first word computed ahead; nil if there is none.
    private var first: UInt64?

    init(_ state: Generator.State) { self.state = state }

    mutating func next() -> UInt32 {
        let index = state.drawn
        state.drawn &+= 1
        if let first, index &- first < 32 { return ahead[Int(index &- first)] }
        first = index
        ahead.withUnsafeMutableBufferPointer {
            ck_philox(Vectors.level, state.seed, state.stream, index, $0.baseAddress, $0.count)
        }
        return ahead[0]
    }

    /// Two words as 64 bits, the earlier in the lower half.
    mutating func nextPair() -> UInt64 {
        let low = UInt64(next())
        return UInt64(next()) << 32 | low
    }

    /// As `count` calls of ``nextPair()``.
    mutating func fill(_ pairs: UnsafeMutablePointer<UInt64>, count: Int) {
        guard count >= 8 else {
            for i in 0..<count { pairs[i] = nextPair() }
            return
        }
        PhiloxWords.read(state, skipping: 0, pairs, count: count)
        state.drawn &+= UInt64(2 * count)
    }

    /// Advances as if so many words had been drawn.
    mutating func skip(_ count: Int) { state.drawn &+= UInt64(count) }

    /// Pairs of the words from `skipped` words after a state on.
    static func read(_ state: Generator.State, skipping skipped: Int, _ pairs: UnsafeMutablePointer<UInt64>, count: Int)
    {
        pairs.withMemoryRebound(to: UInt32.self, capacity: 2 * count) { words in
            ck_philox(Vectors.level, state.seed, state.stream, state.drawn &+ UInt64(skipped), words, 2 * count)
            // Word by word, so that the result does not depend on the machine's byte order.
            for i in 0..<2 * count { words[i] = UInt32(littleEndian: words[i]) }
        }
        for i in 0..<count { pairs[i] = UInt64(littleEndian: pairs[i]) }
    }
}
