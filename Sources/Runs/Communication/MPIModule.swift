import Autodiff
import Scripting
import Tensors

/// `require "mpi"`: communication between the ranks of a run. Scripts that use it also run alone, as rank 0 of 1.
public struct MPIModule: ScriptModule {
    public init() {}

    public let name = "mpi"
    public let summary = """
        Several programs that run one script together, as MPI's ranks 0 to size - 1; alone, rank 0 of 1. mpi.rank and \
        mpi.size are numbers. All ranks call the same functions in the same order; results carry no gradient. Under \
        mpirun (`mpirun -n 4 luaflow-mpi run FILE`, built by `make mpi`) all ranks begin with the same random seed. \
        m:fit takes its rank's part of every batch and mcmc.sample its part of the chains, with the numbers of a \
        program alone, to rounding. Rank 0 alone prints and saves, unless luaflow-mpi --all-ranks says otherwise. A \
        rank that fails ends all.
        """

    public func constants(_ context: Context) throws -> [(key: String, value: Value)] {
        let ranks = context.service(Ranks.self).communicator
        return [("rank", .integer(ranks.rank)), ("size", .integer(ranks.size))]
    }

    public var functions: [NativeFunction] {
        [MPIModule.allreduce, MPIModule.broadcast, MPIModule.gather, MPIModule.scatter, MPIModule.barrier].map {
            NativeFunction($0)
        }
    }

    private static let standard = "MPI: A Message-Passing Interface Standard 4.0, chapter 6"
    private static let otherShapes = "ranks that give other shapes or dtypes, or make other calls"
    private static let x = Parameter<Operand>.argument("x", .tensorOrNumber, "a number counts as a 0-d tensor")

    private static let ranks = Parameter<Context>.context.inContext { context, _ in
        context.service(Ranks.self).communicator
    }
    private static let root = Parameter<Int>.argument("root", .integer(from: 0), default: 0, "a rank")

    private static func check(_ root: Int, _ ranks: any Communicator) throws {
        guard root < ranks.size else { throw Fault("root", "\(root): a rank from 0 to \(ranks.size - 1) expected") }
    }

    private static let allreduce = Declaration(
        "mpi.allreduce",
        """
        The ranks' tensors, of one shape, combined element by element in the order of ranks; the same bits on every \
        rank. Floating sums, products and means are accumulated in float64.
        """,
        takes: x, .argument("operation", .choice(), default: ReductionOfRanks.sum), ranks, .operation,
        returns: .tensor, errors: otherShapes + "; a sum of bool, a mean of int64", source: standard,
        example: "assert(mpi.allreduce(tensor{1, 2}, \"sum\"):sum():item() == 3 * mpi.size)"
    ) { x, how, ranks, operation in
        // Contiguous, as the order of elements in memory may differ between ranks.
        Variable(try ranks.allreduce([x.plain().contiguous()], how, for: operation)[0])
    }

    private static let broadcast = Declaration(
        "mpi.broadcast", "The root's tensor, on every rank; what the others give is not looked at.",
        takes: x, root, ranks, .operation, returns: .tensor, errors: otherShapes, source: standard,
        example: "assert(mpi.broadcast(tensor{1, 2})[{2}] == 2)"
    ) { x, root, ranks, operation in
        try check(root, ranks)
        return Variable(try ranks.broadcast(x.plain(), root: root, for: operation))
    }

    private static let gather = Declaration(
        "mpi.gather", "The ranks' tensors, of one shape (...), as (size, ...) on the root; nil on the others.",
        takes: x, root, ranks, .operation,
        returns: .value(.either([.object(Variable.type.name), .none])), errors: otherShapes,
        source: standard, example: "assert(mpi.rank ~= 0 or #mpi.gather(tensor{1, 2}) == mpi.size)"
    ) { x, root, ranks, operation in
        try check(root, ranks)
        return try ranks.gather(x.plain(), root: root, for: operation).map { .object(Variable($0)) } ?? .none
    }

    private static let scatter = Declaration(
        "mpi.scatter",
        "Each rank's part (...) of the root's (size, ...); what the others give is not looked at.",
        takes: .argument("x", .tensor, "(size, ...)"), root, ranks, .operation, returns: .tensor,
        errors: "a first extent that is not mpi.size", source: standard,
        example: "assert(mpi.scatter(tensor.ones(mpi.size, 2)).shape[1] == 2)"
    ) { x, root, ranks, operation in
        try check(root, ranks)
        guard ranks.size > 1 || x.shape.first == 1 else {
            throw Fault("x has shape \(Shape.describe(x.shape)); (1, ...) expected: one part for each rank")
        }
        return Variable(try ranks.scatter(x.value, root: root, for: operation))
    }

    private static let barrier = Declaration(
        "mpi.barrier", "Waits until every rank has come here.", takes: ranks, .operation, returns: .nothing,
        source: standard, example: "mpi.barrier()"
    ) { ranks, operation in try ranks.barrier(for: operation) }
}

extension Operand {
    /// The tensor without its history; a number as a tensor of shape ().
    fileprivate func plain() throws -> Tensor {
        switch self {
        case .tensor(let variable): variable.value
        case .number(let number): try number.tensor(beside: .float32)
        }
    }
}
