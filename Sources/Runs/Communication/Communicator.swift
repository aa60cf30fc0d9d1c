import Scripting
import Tensors

/// Programs that work on one thing together, each of a rank from 0 to size - 1, and what they tell each other: MPI's
/// collective operations (MPI 4.0, chapter 6). All ranks call the same one, in the same order.
public protocol Communicator: Sendable {
    /// Which of the programs this is, from 0.
    var rank: Int { get }
    /// How many there are.
    var size: Int { get }
    /// The elements of all ranks' tensors, of one shape, combined; the same bits on every rank.
    func allreduce(_ x: Tensor, _ operation: ReductionOfRanks) throws -> Tensor
    /// The root's tensor, on every rank.
    func broadcast(_ x: Tensor, root: Int) throws -> Tensor
    /// All ranks' tensors, of one shape (...), as (size, ...) in the order of ranks; nil elsewhere than on the root.
    func gather(_ x: Tensor, root: Int) throws -> Tensor?
    /// This rank's part (...) of the root's (size, ...).
    func scatter(_ x: Tensor, root: Int) throws -> Tensor
    /// Returns when every rank has called it.
    func barrier() throws
}

/// How ``Communicator/allreduce(_:_:)`` combines elements, under MPI's names.
public enum ReductionOfRanks: String, CaseIterable, Sendable, CustomStringConvertible {
    case sum, prod, min, max

    public var description: String { rawValue }
}

/// A program alone: rank 0 of 1. Results share no memory with what was given, as they do not between programs.
public struct SingleProcess: Communicator {
    public init() {}

    public let rank = 0
    public let size = 1

    public func allreduce(_ x: Tensor, _ operation: ReductionOfRanks) throws -> Tensor { try x.copy() }
    public func broadcast(_ x: Tensor, root: Int) throws -> Tensor { try x.copy() }
    public func gather(_ x: Tensor, root: Int) throws -> Tensor? { try x.copy().reshape([1] + x.shape) }
    public func scatter(_ x: Tensor, root: Int) throws -> Tensor { try x.copy().reshape(Array(x.shape.dropFirst())) }
    public func barrier() throws {}
}
