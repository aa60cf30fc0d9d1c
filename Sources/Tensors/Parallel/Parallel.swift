import Scripting

/// Work of kernels, divided among the threads of the host (``Scripting/ThreadCount``).
///
///     try Parallel.forEach(count, grain: 1 << 14) { range in
///         for i in range { to[i] = f(from[i]) }
///     }
///
/// The calling thread works, too, and continues when everything is done. Pieces depend on the count and the grain only,
/// never on the number of threads, and so do sums: results are the same to the bit for any number of threads.
/// Cancellation ends the work between two pieces. Within a piece the caller's cancellation and memory account are in
/// force, and further divisions are ignored. Pieces may allocate tensors, but only the interpreter's thread can collect
/// garbage to make room: large results should be allocated before.
package enum Parallel {
    /// Calls `body` with consecutive pieces that cover 0..<count, several at the same time.
    ///
    /// - Parameters:
    ///   - grain: the smallest piece that is worth a thread, some 20 microseconds of work. Less than two grains are
    ///     done by the caller at once.
    ///   - body: must be safe to run on several threads at once for different pieces.
    /// - Throws: ``Scripting/Interrupted``; or the error of the first piece, in order, that failed.
    package static func forEach(_ count: Int, grain: Int, _ body: (Range<Int>) throws -> Void) throws {
        let pieces = Pieces(count, grain: grain)
        guard pieces.count > 1 else {
            try Cancellation.check()
            if count > 0 { try body(0..<count) }
            return
        }
        let threads = min(ThreadCount.current?.value ?? ThreadCount.processors, pieces.count)
        guard threads > 1 else {
            for piece in 0..<pieces.count {
                try Cancellation.check()
                try body(pieces[piece])
            }
            return
        }
        try withoutActuallyEscaping(body) { body in
            try ThreadPool.shared.run(pieces.count, threads: threads) { try body(pieces[$0]) }
        }
    }

    /// Combines the values of `part` for the pieces of 0..<count, from the first to the last; nil for no pieces.
    ///
    ///     let sum = try Parallel.reduce(count, grain: 1 << 14, { sum(from, $0) }, +) ?? 0
    ///
    /// - Throws: ``Scripting/Interrupted``; or the error of the first piece, in order, that failed.
    package static func reduce<R>(
        _ count: Int, grain: Int, _ part: (Range<Int>) throws -> R, _ combine: (R, R) throws -> R
    ) throws -> R? {
        let pieces = Pieces(count, grain: grain)
        guard pieces.count > 1 else {
            try Cancellation.check()
            return count > 0 ? try part(0..<count) : nil
        }
        var parts = [R?](repeating: nil, count: pieces.count)
        try parts.withUnsafeMutableBufferPointer { parts in
            // Each piece writes its own element.
            let parts = Shared(parts)
            try forEach(count, grain: grain) { parts.value[pieces.index(of: $0)] = try part($0) }
        }
        return try parts.compactMap { $0 }.reduceInOrder(combine)
    }

    /// The division of 0..<count.
    struct Pieces {
        let total: Int
        let size: Int

        /// Pieces of one grain, or of up to sixteen if there are many: few enough that handing them out costs nothing,
        /// small enough that threads finish together and cancellation is noticed. At most 2^31 pieces, which a region
        /// can count.
        init(_ total: Int, grain: Int) {
            self.total = total
            let grain = max(grain, 1)
            let most = grain.multipliedReportingOverflow(by: 16)
            let size = min(max(total / 64, grain), most.overflow ? Int.max : most.partialValue)
            self.size = max(size, total >> 31 + 1)
        }

        /// A shorter remainder is a piece of its own.
        var count: Int { total <= 0 ? 0 : (total - 1) / size + 1 }
        subscript(_ piece: Int) -> Range<Int> { piece * size..<min(total - piece * size, size) + piece * size }
        func index(of range: Range<Int>) -> Int { range.lowerBound / size }
    }

    /// Memory that several threads may access at once; the user ensures that they do not conflict.
    private struct Shared<Value>: @unchecked Sendable {
        let value: Value
        init(_ value: Value) { self.value = value }
    }
}

extension Array {
    fileprivate func reduceInOrder(_ combine: (Element, Element) throws -> Element) rethrows -> Element? {
        guard var result = first else { return nil }
        for next in dropFirst() { result = try combine(result, next) }
        return result
    }
}
