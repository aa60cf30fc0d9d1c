import Scripting

/// A communicator on top of a ``RankTransport``.
///
/// Before every exchange all ranks tell each other what they are about to do (``RankCall``). So ranks that are out of
/// step, have other shapes, fail or have ended cause an error on every rank that names them, instead of a wait without
/// end. That costs log2(size) messages of 640 bytes per rank. Sums are computed here, not by MPI, in the order of
/// ranks: for a fixed number of ranks they are the same to the bit on every machine and network.
public final class RankedCommunicator: Communicator {
    private let transport: any RankTransport
    /// Memory that a stopped exchange may still write to. Once there is some, no other exchange is possible.
    private let abandoned = GuardedState<[Tensor]?>(nil)
    /// Up to this many bytes all ranks send all their data to all, in log2(size) rounds; beyond it each rank sums a
    /// part, in two rounds.
    private static let small = 1 << 14
    /// How many bytes are summed at a time: the memory that an exchange needs besides its tensors.
    private let segment: Int

    /// - Parameters:
    ///   - transport: used by one thread at a time.
    ///   - segment: how many bytes a long sum processes at a time; equal on all ranks, at least 4096.
    public init(_ transport: any RankTransport, segment: Int = 1 << 26) {
        (self.transport, self.segment) = (transport, max(segment, 1 << 12))
    }

    public var rank: Int { transport.rank }
    public var size: Int { transport.size }

    // MARK: Agreement

    /// Tells all ranks what this one is about to do.
    /// - Returns: what each of them said.
    /// - Throws: on every rank alike, unless all are in the same call; with `alike` also with the same shapes.
    @discardableResult
    private func agree(_ call: RankCall, alike: Bool = true, for operation: String) throws -> [RankCall] {
        guard abandoned.withLock({ $0 == nil }) else {
            throw ScriptError(operation, "the ranks are not in step any more: an exchange between them was stopped")
        }
        let told = try Tensor.zeros([size, RankCall.length], .bool, for: operation)
        UnsafeMutableRawBufferPointer(start: told.storage.bytes, count: told.count).copyBytes(from: call.bytes)
        try gatherAll(told, for: operation)
        let bytes = [UInt8](UnsafeRawBufferPointer(start: told.storage.bytes, count: told.count))
        let calls = withExtendedLifetime(told) {
            (0..<size).map { RankCall(bytes[($0 * RankCall.length)..<(($0 + 1) * RankCall.length)]) }
        }
        if call.status != .failed, let other = calls.firstIndex(where: { $0.status == .failed }) {
            throw ScriptError(operation, "rank \(other) failed: \(calls[other].message)")
        }
        func place(_ call: RankCall) -> String {
            call.status == .ended ? "at the end of the script" : "in \(call.text)"
        }
        for other in 0..<size where (calls[other].status, calls[other].text) != (calls[0].status, calls[0].text) {
            throw ScriptError(
                operation,
                "the ranks are not in step: rank 0 is \(place(calls[0])), rank \(other) \(place(calls[other])); "
                    + "every rank has to make the same calls in the same order")
        }
        if alike, call.status == .call {
            for other in 0..<size where calls[other].digest != calls[0].digest {
                throw ScriptError(
                    operation,
                    "\(calls[0].described) on rank 0, \(calls[other].described) on rank \(other); "
                        + "the same shapes and dtypes on every rank expected")
            }
        }
        return calls
    }

    public func fail(_ error: any Error, for operation: String) {
        // If the others cannot be told (the run was stopped, ranks are out of step), the error that follows says so.
        _ = try? agree(RankCall(failed: error, operation), for: operation)
    }

    /// The end of the program: returns when all ranks have called it.
    /// - Throws: when a rank is in an exchange instead, which could never finish.
    public func finish() throws { try agree(.ended, for: "") }

    // MARK: Exchanges

    /// Runs an exchange of these tensors' bytes, which all ranks have agreed on. A rank that is stopped during it is
    /// out of step with the others afterwards, and the tensors may still be written to.
    private func moving<R>(_ tensors: [Tensor], _ body: () throws -> R) throws -> R {
        do {
            let result = try body()
            withExtendedLifetime(tensors) {}
            return result
        } catch {
            abandoned.withLock { $0 = ($0 ?? []) + tensors }
            throw error
        }
    }

    /// `all` is (size, ...) with this rank's part at index 0; afterwards every rank's part is at its rank. In each
    /// round the ranks pass on all parts that they have, twice as many as before (Bruck et al. 1997).
    private func gatherAll(_ all: Tensor, for operation: String) throws {
        let each = all.count / max(size, 1) * all.dtype.stride
        guard size > 1, each > 0 else { return }
        let base = all.storage.bytes + all.offset * all.dtype.stride
        let turned = try Tensor.uninitialized(all.shape, all.dtype, for: operation)
        // `turned` holds the parts of ranks rank, rank + 1, ...
        turned.storage.bytes.copyMemory(from: base, byteCount: each)
        var have = 1
        while have < size {
            let count = min(have, size - have)
            try moving([turned]) {
                try transport.transfer(
                    [
                        .init(
                            rank: (rank - have + size) % size,
                            bytes: .init(start: turned.storage.bytes, count: count * each))
                    ],
                    [
                        .init(
                            rank: (rank + have) % size,
                            bytes: .init(start: turned.storage.bytes + have * each, count: count * each))
                    ])
            }
            have += count
        }
        for place in 0..<size {
            (base + (rank + place) % size * each).copyMemory(from: turned.storage.bytes + place * each, byteCount: each)
        }
        withExtendedLifetime((all, turned)) {}
    }

    public func allreduce(_ xs: [Tensor], _ how: ReductionOfRanks, for operation: String) throws -> [Tensor] {
        for x in xs { try how.check(x.dtype) }
        let xs = try xs.map { try $0.cast($0.dtype.working) }
        let what = xs.count == 1 ? "" : ", \(xs.count) tensors"
        try agree(RankCall("\(operation) (\(how)\(what))", xs), for: operation)
        var results = [Tensor?](repeating: nil, count: xs.count)
        for dtype in DType.allCases {
            let places = xs.indices.filter { xs[$0].dtype == dtype }
            guard !places.isEmpty else { continue }
            try moving([]) {
                let packed = try PackedTensors(places.map { xs[$0] }, dtype, for: operation)
                try reduce(packed.flat, how, for: operation)
                for (place, tensor) in zip(places, try packed.unpacked(for: operation)) { results[place] = tensor }
            }
        }
        return results.compactMap(\.self)
    }

    /// Reduces in place; `flat` is contiguous.
    private func reduce(_ flat: Tensor, _ how: ReductionOfRanks, for operation: String) throws {
        let stride = flat.dtype.stride
        let base = flat.storage.bytes + flat.offset * stride
        if flat.count * stride <= RankedCommunicator.small {
            let all = try Tensor.uninitialized([size, flat.count], flat.dtype, for: operation)
            all.storage.bytes.copyMemory(from: base, byteCount: flat.count * stride)
            try gatherAll(all, for: operation)
            try how.combine(all.storage.bytes, ranks: size, count: flat.count, flat.dtype, into: base)
            return withExtendedLifetime(all) {}
        }
        let most = max(segment / stride, size)
        for start in Swift.stride(from: 0, to: flat.count, by: most) {
            let count = min(most, flat.count - start)
            let from = base + start * stride
            func bytes(_ rank: Int) -> UnsafeMutableRawBufferPointer {
                let part = part(of: count, rank: rank)
                return .init(start: from + part.lowerBound * stride, count: part.count * stride)
            }
            let mine = bytes(rank)
            let parts = try Tensor.uninitialized([size, mine.count / stride], flat.dtype, for: operation)
            let (rows, others) = (parts.storage.bytes, (0..<size).filter { $0 != rank })
            try moving([flat, parts]) {
                try transport.transfer(
                    others.map { .init(rank: $0, bytes: .init(bytes($0))) },
                    others.map { .init(rank: $0, bytes: .init(start: rows + $0 * mine.count, count: mine.count)) })
                if let place = mine.baseAddress, !mine.isEmpty {
                    (rows + rank * mine.count).copyMemory(from: place, byteCount: mine.count)
                    try how.combine(rows, ranks: size, count: mine.count / stride, flat.dtype, into: place)
                }
                try transport.transfer(
                    others.map { .init(rank: $0, bytes: .init(mine)) }, others.map { .init(rank: $0, bytes: bytes($0)) }
                )
            }
        }
    }

    public func broadcast(_ x: Tensor, root: Int, for operation: String) throws -> Tensor {
        let own = rank == root ? try x.copy() : x
        let calls = try agree(RankCall("\(operation) (root \(root))", [own]), alike: false, for: operation)
        let result = try moving([]) {
            rank == root ? own : try Tensor.uninitialized(calls[root].shape, calls[root].dtype, for: operation)
        }
        let bytes = UnsafeMutableRawBufferPointer(
            start: result.storage.bytes, count: result.count * result.dtype.stride)
        // A binary tree: a rank that has the data sends it to the ranks 1, 2, 4, ... places behind it, counted from the
        // root.
        let place = (rank - root + size) % size
        var distance = 1
        while distance < size, !bytes.isEmpty {
            try moving([result]) {
                if place < distance, place + distance < size {
                    try transport.transfer([.init(rank: (rank + distance) % size, bytes: .init(bytes))], [])
                } else if place >= distance, place < 2 * distance {
                    try transport.transfer([], [.init(rank: (rank - distance + size) % size, bytes: bytes)])
                }
            }
            distance *= 2
        }
        return result
    }

    public func allgather(_ x: Tensor, for operation: String) throws -> Tensor {
        let own = try x.contiguous()
        let all = try Tensor.uninitialized([size] + own.shape, own.dtype, for: operation)
        try agree(RankCall(operation, [own]), for: operation)
        copy(own, to: all.storage.bytes)
        try moving([all]) { try gatherAll(all, for: operation) }
        return all
    }

    public func gather(_ x: Tensor, root: Int, for operation: String) throws -> Tensor? {
        let own = try x.copy()
        let all = rank == root ? try Tensor.uninitialized([size] + own.shape, own.dtype, for: operation) : nil
        try agree(RankCall("\(operation) (root \(root))", [own]), for: operation)
        let each = own.count * own.dtype.stride
        guard let all else {
            try moving([own]) {
                try transport.transfer([.init(rank: root, bytes: .init(start: own.storage.bytes, count: each))], [])
            }
            return nil
        }
        copy(own, to: all.storage.bytes + rank * each)
        try moving([all]) {
            try transport.transfer(
                [],
                (0..<size).filter { $0 != rank }.map {
                    .init(rank: $0, bytes: .init(start: all.storage.bytes + $0 * each, count: each))
                })
        }
        return all
    }

    public func scatter(_ x: Tensor, root: Int, for operation: String) throws -> Tensor {
        let own = rank == root ? try x.copy() : x
        let calls = try agree(RankCall("\(operation) (root \(root))", [own]), alike: false, for: operation)
        let whole = calls[root]
        guard whole.shape.first == size else {
            throw ScriptError(
                operation,
                "x has shape \(Shape.describe(whole.shape)) on rank \(root); (\(size), ...) expected: one part for "
                    + "each rank")
        }
        let part = try moving([]) {
            try Tensor.uninitialized(Array(whole.shape.dropFirst()), whole.dtype, for: operation)
        }
        let each = part.count * part.dtype.stride
        try moving([own, part]) {
            guard rank == root else {
                return try transport.transfer(
                    [], [.init(rank: root, bytes: .init(start: part.storage.bytes, count: each))])
            }
            part.storage.bytes.copyMemory(from: own.storage.bytes + rank * each, byteCount: each)
            try transport.transfer(
                (0..<size).filter { $0 != rank }.map {
                    .init(rank: $0, bytes: .init(start: own.storage.bytes + $0 * each, count: each))
                }, [])
        }
        return part
    }

    public func barrier(for operation: String) throws { try agree(RankCall(operation), for: operation) }

    private func copy(_ own: Tensor, to place: UnsafeMutableRawPointer) {
        withExtendedLifetime(own) {
            place.copyMemory(
                from: own.storage.bytes + own.offset * own.dtype.stride, byteCount: own.count * own.dtype.stride)
        }
    }
}
