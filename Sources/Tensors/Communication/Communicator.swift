import Scripting

/// Programs that work on one thing together, each of a rank from 0 to size - 1, and what they tell each other: MPI's
/// collective operations (MPI 4.0, chapter 6). All ranks call the same one, in the same order. Results lie in memory of
/// their own. `operation` is who asks, for messages; it is a part of the call and the same on all ranks.
///
/// All of them throw ``ScriptError``: on every rank where the ranks are in other calls, where a shape or a dtype
/// differs that must not, and where a rank failed or has ended; and without memory, or when the run was stopped.
public protocol Communicator: Sendable {
    /// Which of the programs this is, from 0.
    var rank: Int { get }
    /// How many there are.
    var size: Int { get }
    /// The elements of all ranks' tensors, combined in the order of ranks; the same bits on every rank. A list counts
    /// as one exchange.
    /// - Parameter xs: of the same shapes, dtypes and orders of elements in memory on every rank.
    /// - Returns: as many tensors of these shapes and orders; float16 becomes float32.
    /// - Throws: also ``Fault`` for what ``ReductionOfRanks/check(_:)`` refuses.
    func allreduce(_ xs: [Tensor], _ how: ReductionOfRanks, for operation: String) throws -> [Tensor]
    /// The root's tensor, of any shape and dtype, on every rank; the others' are not looked at.
    /// - Parameter root: a rank from 0 to size - 1, the same on every rank; the caller has checked it.
    func broadcast(_ x: Tensor, root: Int, for operation: String) throws -> Tensor
    /// All ranks' tensors, of one shape (...), as (size, ...) in the order of ranks, on every rank.
    func allgather(_ x: Tensor, for operation: String) throws -> Tensor
    /// The same on the root (from 0 to size - 1, as the caller has checked); nil elsewhere.
    func gather(_ x: Tensor, root: Int, for operation: String) throws -> Tensor?
    /// This rank's part (...) of the root's (size, ...); the others' tensors are not looked at.
    /// - Parameter root: a rank from 0 to size - 1, as the caller has checked.
    /// - Throws: also, on every rank, when the root's first extent is not `size`. A program alone does not look at it.
    func scatter(_ x: Tensor, root: Int, for operation: String) throws -> Tensor
    /// Returns when every rank has called it.
    func barrier(for operation: String) throws
    /// In place of the next exchange: this rank cannot take part in it. The others get an error that says why.
    func fail(_ error: any Error, for operation: String)
}

/// How ``Communicator/allreduce(_:_:for:)`` combines elements, under MPI's names; `mean` is the sum by the number of
/// ranks.
public enum ReductionOfRanks: String, CaseIterable, Sendable, CustomStringConvertible {
    case sum, prod, min, max, mean

    /// As a script writes it.
    public var description: String { rawValue }

    /// - Throws: ``Fault`` for what has no meaning: a sum of truth values, a mean of whole numbers.
    func check(_ dtype: DType) throws {
        if dtype == .bool, self != .min, self != .max {
            throw Fault("\(self) of bool has no meaning; x:int64() counts, min is and, max is or")
        }
        if dtype == .int64, self == .mean {
            throw Fault("the mean of int64 is no whole number; x:to(\"float64\") first")
        }
    }
}

/// A program alone: rank 0 of 1. Results share no memory with what was given, as they do not between programs.
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
    /// The part of `count` things that this rank takes: parts differ by one at most, and lie in the order of ranks.
    public func part(of count: Int) -> Range<Int> { part(of: count, rank: rank) }

    /// The part of some rank from 0 to size - 1.
    public func part(of count: Int, rank: Int) -> Range<Int> {
        let (each, more) = count.quotientAndRemainder(dividingBy: size)
        let start = rank * each + Swift.min(rank, more)
        return start..<start + each + (rank < more ? 1 : 0)
    }

    /// Runs what only this rank does before the next exchange. An error goes to the other ranks, too, in place of that
    /// exchange; not a stop, which ends them all.
    public func sharingErrors<R>(for operation: String, _ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch {
            if size > 1, !(error is Interrupted), !(error is ExitRequest) { fail(error, for: operation) }
            throw error
        }
    }

    /// Whether any rank says so. An exchange, where there are several.
    public func any(_ flag: Bool, for operation: String) throws -> Bool {
        guard size > 1 else { return flag }
        return try allreduce([Tensor(integers: [flag ? 1 : 0], shape: [1])], .max, for: operation)[0].item() != 0
    }

    /// What rank 0 says. An exchange, where there are several.
    public func first(_ flag: Bool, for operation: String) throws -> Bool {
        guard size > 1 else { return flag }
        return try first(UInt64(flag ? 1 : 0), for: operation) != 0
    }

    /// The word that rank 0 gives.
    public func first(_ word: UInt64, for operation: String) throws -> UInt64 {
        guard size > 1 else { return word }
        let told = try broadcast(
            Tensor(integers: [Int(truncatingIfNeeded: word)], shape: [1]), root: 0, for: operation)
        return UInt64(truncatingIfNeeded: try told.toIntegers().first ?? 0)
    }

    /// - Throws: ``ScriptError`` on every rank unless each of these numbers is the same on all of them.
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

/// The host's communicator: of a program alone unless somebody put another one here.
public final class Ranks: Service {
    /// What every collective operation of this host goes through.
    public let communicator: any Communicator

    /// Of a program alone.
    public init() { communicator = SingleProcess() }
    /// Of one of several.
    public init(_ communicator: any Communicator) { self.communicator = communicator }
}
