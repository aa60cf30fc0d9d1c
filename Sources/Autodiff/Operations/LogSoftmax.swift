import Scripting
import Tensors

extension Operation {
    static let logSoftmax = Operation(
        Declaration(
            "tensor.log_softmax",
            """
            The logarithm of softmax along dim, which neither overflows nor loses digits where softmax is near 0. The \
            logarithms of class probabilities from scores.
            """,
            called: .both, by: .placesOrNames, takes: .x, .alongDim, returns: .tensor,
            errors: "a dimension that is not there", source: "torch.log_softmax",
            example: "assert(math.abs(tensor({0, 0}):log_softmax(1):tolist()[1] + math.log(2)) < 1e-6)"
        ) { x, dim in try x.along(dim) { try $0.logSoftmax($1) } },
        cases: [
            LawCase("log_softmax", [.init([2, 3])]) { try $0[0].logSoftmax(1) },
            LawCase("log_softmax over rows", [.init([3, 2])]) { try $0[0].logSoftmax(0) },
        ])
}
