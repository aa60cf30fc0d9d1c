import Scripting

/// Programs that compute together, each with a rank from 0 to size - 1, and the collective operations between them (MPI
/// 4.0, chapter 6). All ranks call the same operations in the same order. Results have memory of their own. `operation`
/// names the caller in messages; it is compared between ranks and must be equal on all.
///
/// All of them throw ``ScriptError``: on every rank when ranks are in different calls, when shapes or dtypes differ
/// that must agree, and when a rank failed or has ended; also when memory runs out or the run is stopped.
public protocol Communicator: Sendable {
    /// Which of the programs this is, from 0.
    var rank: Int { get }
    /// The number of ranks.
    var size: Int { get }
    /// Combines the tensors of all ranks element by element, in the order of ranks; the result is the same to the bit
    /// on every rank. A list counts as one exchange.
    /// - Parameter xs: of the same shapes, dtypes and orders of elements in memory on every rank.
    /// - Returns: as many tensors of these shapes and orders; float16 becomes float32.
    /// - Throws: also ``Fault`` for what ``ReductionOfRanks/check(_:)`` refuses.
    func allreduce(_ xs: [Tensor], _ how: ReductionOfRanks, for operation: String) throws -> [Tensor]
    /// The root's tensor, of any shape and dtype, on every rank; the tensors of other ranks are ignored.
    /// - Parameter root: a rank from 0 to size - 1, the same on every rank; the caller has checked it.
    func broadcast(_ x: Tensor, root: Int, for operation: String) throws -> Tensor
    /// All ranks' tensors, of one shape (...), as (size, ...) in the order of ranks, on every rank.
    func allgather(_ x: Tensor, for operation: String) throws -> Tensor
    /// As ``allgather(_:for:)``, but on the root only (a rank from 0 to size - 1, checked by the caller); nil
    /// elsewhere.
    func gather(_ x: Tensor, root: Int, for operation: String) throws -> Tensor?
    /// This rank's part (...) of the root's tensor (size, ...); the tensors of other ranks are ignored.
    /// - Parameter root: a rank from 0 to size - 1, as the caller has checked.
    /// - Throws: also, on every rank, when the root's first extent is not `size`. ``SingleProcess`` does not check it.
    func scatter(_ x: Tensor, root: Int, for operation: String) throws -> Tensor
    /// Returns when every rank has called it.
    func barrier(for operation: String) throws
    /// Replaces this rank's next exchange when it cannot take part: the other ranks get an error that says why.
    func fail(_ error: any Error, for operation: String)
}

/// How ``Communicator/allreduce(_:_:for:)`` combines elements, by MPI's names; `mean` is the sum over the number of
/// ranks.
public enum ReductionOfRanks: String, CaseIterable, Sendable, CustomStringConvertible {
    /// Of bool only `min`, which is and, and `max`, which is or; of int64 no `mean`.
    case sum, prod, min, max, mean

    /// The name as scripts write it.
    public var description: String { rawValue }

    /// - Throws: ``Fault`` for a sum of booleans and a mean of integers.
    func check(_ dtype: DType) throws {
        if dtype == .bool, self != .min, self != .max {
            throw Fault("\(self) of bool has no meaning; x:int64() counts, min is and, max is or")
        }
        if dtype == .int64, self == .mean {
            throw Fault("the mean of int64 is no whole number; x:to(\"float64\") first")
        }
    }
}

/// A program that runs alone: rank 0 of 1. As between programs, results share no memory with the arguments.
public struct SingleProcess: Communicator {
    /// There is nothing to say of it.
    public init() {}

    public let rank = 0
    public let size = 1

    public func allreduce(_ xs: [Tensor], _ how: ReductionOfRanks, for operation: String) throws -> [Tensor] {
        try xs.map {
            try how.check($0.dtype)
            return try $0.copy($0.dtype.working)
        }
    }
    public func broadcast(_ x: Tensor, root: Int, for operation: String) throws -> Tensor { try x.copy() }
    public func allgather(_ x: Tensor, for operation: String) throws -> Tensor { try x.copy().reshape([1] + x.shape) }
    public func gather(_ x: Tensor, root: Int, for operation: String) throws -> Tensor? {
        try x.copy().reshape([1] + x.shape)
    }
    public func scatter(_ x: Tensor, root: Int, for operation: String) throws -> Tensor {
        try x.copy().reshape(Array(x.shape.dropFirst()))
    }
    public func barrier(for operation: String) throws {}
    public func fail(_ error: any Error, for operation: String) {}
}

extension Communicator {
    /// This rank's part of `count` items: parts are contiguous, in the order of ranks, and differ in length by one at
    /// most.
    public func part(of count: Int) -> Range<Int> { part(of: count, rank: rank) }

    /// The part of another rank, from 0 to size - 1.
    public func part(of count: Int, rank: Int) -> Range<Int> {
        let (each, more) = count.quotientAndRemainder(dividingBy: size)
        let start = rank * each + Swift.min(rank, more)
        return start..<start + each + (rank < more ? 1 : 0)
    }

    /// Runs what only this rank does before the next exchange. An error is reported to the other ranks in place of that
    /// exchange; a stop is not, as it ends all ranks.
    public func sharingErrors<R>(for operation: String, _ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch {
            if size > 1, !(error is Interrupted), !(error is ExitRequest) { fail(error, for: operation) }
            throw error
        }
    }

    /// Whether the flag is true on any rank. An exchange, if there are several ranks.
    public func any(_ flag: Bool, for operation: String) throws -> Bool {
        guard size > 1 else { return flag }
        return try allreduce([Tensor(integers: [flag ? 1 : 0], shape: [1])], .max, for: operation)[0].item() != 0
    }

    /// Rank 0's flag. An exchange, if there are several ranks.
    public func first(_ flag: Bool, for operation: String) throws -> Bool {
        guard size > 1 else { return flag }
        return try first(UInt64(flag ? 1 : 0), for: operation) != 0
    }

    /// Rank 0's word. An exchange, if there are several ranks.
    public func first(_ word: UInt64, for operation: String) throws -> UInt64 {
        guard size > 1 else { return word }
        let told = try broadcast(
            Tensor(integers: [Int(truncatingIfNeeded: word)], shape: [1]), root: 0, for: operation)
        return UInt64(truncatingIfNeeded: try told.toIntegers().first ?? 0)
    }

    /// - Throws: ``ScriptError`` on every rank unless each of these words is equal on all ranks.
    public func checkSame(_ facts: [(name: String, word: UInt64)], for operation: String) throws {
        guard size > 1, !facts.isEmpty else { return }
        let own = try Tensor(integers: facts.map { Int(truncatingIfNeeded: $0.word) }, shape: [facts.count])
        let all = try allgather(own, for: operation).toIntegers()
        for (index, fact) in facts.enumerated() {
            for other in 1..<size where all[other * facts.count + index] != all[index] {
                throw ScriptError(
                    operation,
                    "\(fact.name) on rank \(other) is not what it is on rank 0; the same on every rank expected")
            }
        }
    }
}

/// The host's communicator: ``SingleProcess`` unless the program installs another one.
public final class Ranks: Service {
    /// The communicator of all collective operations of this host.
    public let communicator: any Communicator

    /// A program that runs alone.
    public init() { communicator = SingleProcess() }
    /// A program that is one of several.
    public init(_ communicator: any Communicator) { self.communicator = communicator }
}
