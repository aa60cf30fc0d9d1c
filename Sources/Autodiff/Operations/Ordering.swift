import Scripting
import Tensors

extension Variable {
    /// Sums up to each element along an axis; or, from the end, from each element on: each is the other's transpose.
    public func cumulativeSum(_ axis: Int, fromEnd: Bool = false) throws -> Variable {
        try rearranged("tensor.cumsum", value.cumulativeSum(axis, fromEnd: fromEnd)) { cotangent, _ in
            try cotangent.cumulativeSum(axis, fromEnd: !fromEnd)
        }
    }

    /// The elements in order along an axis (the first `limit` of them), and where they were, counted from 1, in int64.
    public func sorted(
        _ axis: Int, descending: Bool = false, limit: Int? = nil, for operation: String = "tensor.sort"
    ) throws -> (values: Variable, indices: Variable) {
        let indices = try Variable(value.order(axis, descending: descending, limit: limit, for: operation)) + 1
        if shape.isEmpty { return (try clone(), indices) }
        return (try gather(axis, indices, for: operation), indices)
    }
}

extension Operation {
    static let cumsum = Operation(
        "cumsum",
        Documentation(
            "x:cumsum(dim) -> tensor", "Along dim, the sum up to and including each element; int64 of int64 and bool.", errors: "a dimension that is not there",
            source: "torch.cumsum", example: "assert(tensor({1, 2, 3}):cumsum(1):tolist()[3] == 6)"),
        takes: ["dim"], inPlace: .init("dim", example: "1"),
        cases: [
            LawCase("cumsum over rows", [.init([3, 2])]) { try $0[0].cumulativeSum(0) },
            LawCase("cumsum over columns", [.init([2, 4])]) { try $0[0].cumulativeSum(1) },
        ]
    ) { arguments in
        let x = try arguments.variable(1, "x")
        return [.object(try x.cumulativeSum(arguments.dimension(rank: x.shape.count)))]
    }

    /// The dimension to order along: the last by default.
    private static func orderedAxis(_ arguments: Arguments, _ position: Int, _ x: Variable) throws -> Int {
        try arguments.isNil(position) ? Swift.max(x.shape.count - 1, 0) : arguments.axis(position, rank: x.shape.count)
    }

    static let sort = Operation(
        "sort",
        Documentation(
            "x:sort(dim = -1, descending = false) -> values: tensor, indices: tensor\nx:sort(dim = -1, {descending = false}) -> values: tensor, indices: tensor",
            "The elements along dim (the last by default) in ascending order, or descending, and where they were, counted from 1, in int64. Equal ones keep their order; NaN counts as the largest.",
            errors: "a dimension that is not there", source: "torch.sort",
            example: "local v, i = tensor({3, 1, 2}):sort()\nassert(v:tolist()[1] == 1 and i:tolist()[1] == 2)"),
        takes: ["dim", "descending"],
        cases: [
            LawCase("sort", [.init([2, 4])]) { try $0[0].sorted(1).values },
            LawCase("sort over rows, descending", [.init([4, 2])]) { try $0[0].sorted(0, descending: true).values },
        ]
    ) { arguments in
        let x = try arguments.variable(1, "x")
        let (values, indices) = try x.sorted(orderedAxis(arguments, 2, x), descending: arguments.boolean(3, "descending", default: false))
        return [.object(values), .object(indices)]
    }

    static let topk = Operation(
        "topk",
        Documentation(
            "x:topk(k, dim = -1, largest = true) -> values: tensor, indices: tensor\nx:topk(k, dim = -1, {largest = true}) -> values: tensor, indices: tensor",
            "The k largest elements along dim (the last by default), largest first, and where they are, counted from 1, in int64; with largest = false the k smallest, smallest first.",
            errors: "k below 0 or above the extent; a dimension that is not there", source: "torch.topk",
            example: "local v, i = tensor({3, 9, 5}):topk(2)\nassert(v:tolist()[2] == 5 and i:tolist()[1] == 2)"),
        takes: ["k", "dim", "largest"],
        cases: [LawCase("topk", [.init([2, 5])]) { try $0[0].sorted(1, descending: true, limit: 3).values }]
    ) { arguments in
        let x = try arguments.variable(1, "x")
        let axis = try orderedAxis(arguments, 3, x)
        let k = try arguments.integer(2, "k", in: 0...(x.shape.isEmpty ? 1 : x.shape[axis]))
        let (values, indices) = try x.sorted(
            axis, descending: arguments.boolean(4, "largest", default: true), limit: k, for: arguments.function)
        return [.object(values), .object(indices)]
    }
}
