import Scripting

/// Work of kernels, divided among the threads of the host (``Scripting/ThreadCount``).
///
///     try Parallel.forEach(count, grain: 1 << 14) { range in
///         for i in range { to[i] = f(from[i]) }
///     }
///
/// The calling thread works, too, and goes on when everything is done. Pieces depend on the count and the grain only,
/// never on the number of threads, and so do sums: the bits are the same for one thread and for many. A stop that the
/// host asks for ends the work between two pieces. What a piece calls finds the caller's cancellation and memory
/// account bound, and divides nothing further. Pieces may allocate tensors, but only the interpreter's own thread can
/// collect garbage to make room for one: large results are allocated before.
package enum Parallel {
    /// Calls `body` with pieces of 0..<count that follow each other and cover it, some of them at the same time.
    ///
    /// - Parameters:
    ///   - grain: the least that is worth handing to another thread, some 20 microseconds of work. Less than two
    ///     is done at once, by the caller.
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

    /// What `part` gives for each piece of 0..<count, put together from the first to the last; nil for none.
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

    /// How 0..<count is cut.
    struct Pieces {
        let total: Int
        let size: Int

        /// A grain each, up to sixteen of them where there are many: few enough that handing them out costs nothing,
        /// small enough that threads end together and a stop is heard soon. At most 2^31, which a region counts.
        init(_ total: Int, grain: Int) {
            self.total = total
            let grain = max(grain, 1)
            let most = grain.multipliedReportingOverflow(by: 16)
            let size = min(max(total / 64, grain), most.overflow ? Int.max : most.partialValue)
            self.size = max(size, total >> 31 + 1)
        }

        /// What is left over and shorter than a piece is one of its own.
        var count: Int { total <= 0 ? 0 : (total - 1) / size + 1 }
        subscript(_ piece: Int) -> Range<Int> { piece * size..<min(total - piece * size, size) + piece * size }
        func index(of range: Range<Int>) -> Int { range.lowerBound / size }
    }

    /// What several threads may touch at once, as its user knows.
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
