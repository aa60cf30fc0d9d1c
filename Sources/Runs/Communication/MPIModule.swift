import Autodiff
import Scripting
import Tensors

/// `require "mpi"`: what ranks of one run tell each other. A script that uses it runs by itself too, as rank 0 of 1.
public struct MPIModule: ScriptModule {
    private let communicator: any Communicator

    public init(_ communicator: any Communicator = SingleProcess()) { self.communicator = communicator }

    public let name = "mpi"
    public let summary = """
        Several programs that run one script together, as MPI's ranks 0 to size - 1; alone, rank 0 of 1. mpi.rank and \
        mpi.size are numbers. All ranks call the same functions in the same order; results carry no gradient.
        """

    public func constants(_ context: Context) throws -> [(key: String, value: Value)] {
        [("rank", .integer(communicator.rank)), ("size", .integer(communicator.size))]
    }

    public var functions: [NativeFunction] {
        let ranks = communicator
        return [
            NativeFunction(MPIModule.allreduce(ranks)), NativeFunction(MPIModule.broadcast(ranks)),
            NativeFunction(MPIModule.gather(ranks)), NativeFunction(MPIModule.scatter(ranks)),
            NativeFunction(MPIModule.barrier(ranks)),
        ]
    }

    private static let standard = "MPI: A Message-Passing Interface Standard 4.0, chapter 6"
    private static let otherShapes = "ranks that give other shapes or dtypes"
    private static let x = Parameter<Operand>.argument("x", .tensorOrNumber, "a number counts as a 0-d tensor")

    private static func root(of ranks: any Communicator) -> Parameter<Int> {
        .argument("root", .integer(from: 0, to: ranks.size - 1), default: 0, "a rank")
    }

    private static func allreduce(_ ranks: any Communicator) -> Declaration {
        Declaration(
            "mpi.allreduce", "The ranks' tensors, of one shape, combined element by element; the same on every rank.",
            takes: x, .argument("operation", .choice(), default: ReductionOfRanks.sum),
            returns: .tensor, errors: otherShapes, source: standard,
            example: "assert(mpi.allreduce(tensor{1, 2}, \"sum\"):sum():item() == 3 * mpi.size)"
        ) { x, operation in Variable(try ranks.allreduce(x.plain(), operation)) }
    }

    private static func broadcast(_ ranks: any Communicator) -> Declaration {
        Declaration(
            "mpi.broadcast", "The root's tensor, on every rank; what the others give is not looked at.",
            takes: x, root(of: ranks), returns: .tensor, errors: otherShapes, source: standard,
            example: "assert(mpi.broadcast(tensor{1, 2})[{2}] == 2)"
        ) { x, root in Variable(try ranks.broadcast(x.plain(), root: root)) }
    }

    private static func gather(_ ranks: any Communicator) -> Declaration {
        Declaration(
            "mpi.gather", "The ranks' tensors, of one shape (...), as (size, ...) on the root; nil on the others.",
            takes: x, root(of: ranks), returns: .value(.either([.object(Variable.type.name), .none])), errors: otherShapes,
            source: standard, example: "assert(mpi.rank ~= 0 or #mpi.gather(tensor{1, 2}) == mpi.size)"
        ) { x, root in
            try ranks.gather(x.plain(), root: root).map { .object(Variable($0)) } ?? .none
        }
    }

    private static func scatter(_ ranks: any Communicator) -> Declaration {
        Declaration(
            "mpi.scatter",
            "Each rank's part (...) of the root's (size, ...); what the others give is not looked at.",
            takes: .argument("x", .tensor, "(size, ...)"), root(of: ranks), returns: .tensor,
            errors: "a first extent that is not mpi.size", source: standard,
            example: "assert(mpi.scatter(tensor.ones(mpi.size, 2)).shape[1] == 2)"
        ) { x, root in
            guard ranks.rank != root || x.shape.first == ranks.size else {
                throw Fault(
                    "x has shape \(Shape.describe(x.shape)); (\(ranks.size), ...) expected: one part for each rank")
            }
            return Variable(try ranks.scatter(x.value, root: root))
        }
    }

    private static func barrier(_ ranks: any Communicator) -> Declaration {
        Declaration(
            "mpi.barrier", "Waits until every rank has come here.", returns: .nothing, source: standard,
            example: "mpi.barrier()"
        ) { try ranks.barrier() }
    }
}

extension Operand {
    /// The tensor, without its history; a number as a 0-d tensor.
    fileprivate func plain() throws -> Tensor {
        switch self {
        case .tensor(let variable): variable.value
        case .number(let number): try number.tensor(beside: .float32)
        }
    }
}
