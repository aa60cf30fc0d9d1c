import Scripting
import Tensors

extension Variable {
    /// Cumulative sums along an axis, or, with `fromEnd`, sums from each element to the end: each is the other's
    /// transpose.
    public func cumulativeSum(_ axis: Int, fromEnd: Bool = false) throws -> Variable {
        try rearranged("tensor.cumsum", value.cumulativeSum(axis, fromEnd: fromEnd)) { cotangent, _ in
            try cotangent.cumulativeSum(axis, fromEnd: !fromEnd)
        }
    }

    /// The (first `limit`) elements in sorted order along an axis, and their 1-based positions, in int64.
    public func sorted(
        _ axis: Int, descending: Bool = false, limit: Int? = nil, for operation: String = "tensor.sort"
    ) throws -> (values: Variable, indices: Variable) {
        let indices = try Variable(value.order(axis, descending: descending, limit: limit, for: operation)) + 1
        // A single number counts as a row of one.
        if shape.isEmpty { return (try clone(), indices) }
        return (try gather(axis, indices, for: operation), indices)
    }
}

extension Parameter<Int> {
    /// The argument `dim`, the dimension to sort along.
    fileprivate static var orderedDim: Parameter { .argument("dim", .dimension, default: -1, "the last by default") }
}

extension Operation {
    static let cumsum = Operation(
        Declaration(
            "tensor.cumsum", "Along dim, the sum up to and including each element; int64 of int64 and bool.",
            called: .both, by: .placesOrNames, takes: .x, .alongDim, returns: .tensor,
            errors: "a dimension that is not there", source: "torch.cumsum",
            example: "assert(tensor({1, 2, 3}):cumsum(1):tolist()[3] == 6)"
        ) { x, dim in try x.along(dim) { try $0.cumulativeSum($1) } },
        inPlace: "1",
        cases: [
            LawCase("cumsum over rows", [.init([3, 2])]) { try $0[0].cumulativeSum(0) },
            LawCase("cumsum over columns", [.init([2, 4])]) { try $0[0].cumulativeSum(1) },
        ])

    static let sort = Operation(
        Declaration(
            "tensor.sort",
            """
            The elements along dim in ascending order, or descending, and where they were, counted from 1, in int64. \
            Equal ones keep their order; NaN counts as the largest.
            """,
            called: .both, by: .placesOrNames,
            takes: .x, .orderedDim, .argument("descending", .flag, default: false), returns: .valuesAndIndices,
            errors: "a dimension that is not there", source: "torch.sort",
            example: """
                local v, i = tensor({3, 1, 2}):sort()
                assert(v:tolist()[1] == 1 and i:tolist()[1] == 2)
                """
        ) { x, dim, descending in
            try x.along(dim) { row, axis in
                let (values, indices) = try row.sorted(axis, descending: descending)
                return [values, indices]
            }
        },
        cases: [
            LawCase("sort", [.init([2, 4])]) { try $0[0].sorted(1).values },
            LawCase("sort over rows, descending", [.init([4, 2])]) { try $0[0].sorted(0, descending: true).values },
        ])

    static let topk = Operation(
        Declaration(
            "tensor.topk",
            """
            The k largest elements along dim, largest first, and where they are, counted from 1, in int64; with \
            largest = false the k smallest, smallest first.
            """,
            called: .both, by: .placesOrNames,
            takes: .x, .argument("k", .integer(from: 0), "at most the extent along dim"), .orderedDim,
            .argument("largest", .flag, default: true), .operation, returns: .valuesAndIndices,
            errors: "a dimension that is not there", source: "torch.topk",
            example: """
                local v, i = tensor({3, 9, 5}):topk(2)
                assert(v:tolist()[2] == 5 and i:tolist()[1] == 2)
                """
        ) { x, k, dim, largest, operation in
            try x.along(dim) { row, axis in
                let (least, extent) = (x.shape.isEmpty ? 1 : 0, row.shape[axis])
                guard k >= least, k <= extent else {
                    let expected = least == extent ? "\(extent)" : "a whole number from \(least) to \(extent)"
                    throw Fault("k", "\(expected) expected, got \(k)")
                }
                let (values, indices) = try row.sorted(axis, descending: largest, limit: k, for: operation)
                return [values, indices]
            }
        },
        cases: [LawCase("topk", [.init([2, 5])]) { try $0[0].sorted(1, descending: true, limit: 3).values }])
}
