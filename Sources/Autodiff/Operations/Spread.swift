import Scripting
import Tensors

extension Variable {
    /// The variance with divisor n - correction (1: Bessel's, PyTorch's default) over axes, all by default.
    public func variance(_ axes: [Int]? = nil, keepingDimensions keep: Bool = false, correction: Double = 1) throws
        -> Variable
    {
        try spread(axes, keep, correction, rooted: false, "tensor.var")
    }

    /// The standard deviation: the square root of the variance, accurate also where squares over- or underflow.
    public func deviation(_ axes: [Int]? = nil, keepingDimensions keep: Bool = false, correction: Double = 1) throws
        -> Variable
    {
        try spread(axes, keep, correction, rooted: true, "tensor.std")
    }

    private func spread(_ axes: [Int]?, _ keep: Bool, _ correction: Double, rooted: Bool, _ operation: String) throws
        -> Variable
    {
        let axes = axes ?? Array(shape.indices)
        let divisor = max(0, axes.reduce(1) { $0 * Double(shape[$1]) } - correction)
        let spread = try value.variance(axes, correction: correction, rooted: rooted, for: operation)
        let result: Variable = try .recorded(operation, self, spread, keeps: rooted ? [.inputs, .outputs] : .inputs) {
            call in
            let x = call.inputs[0]
            let centred = try x - x.mean(axes, keepingDimensions: true)
            guard rooted else { return [try call.cotangent * centred * (2 / divisor)] }
            // A quotient of numbers of similar size; 0 where all elements are equal.
            let equal = try call.outputs[0].mask(Equal(), 0)
            let share = try (centred / call.outputs[0].masked(where: equal, 1)).masked(where: equal, 0)
            return [try call.cotangent * share / divisor]
        }
        return keep ? result : try result.dropping(axes)
    }
}

extension Operation {
    private static func spread(
        _ name: String, _ summary: String, example: String,
        _ apply: @escaping @Sendable (Variable, [Int]?, Bool, Double) throws -> Variable
    ) -> Operation {
        let declaration = Declaration(
            "tensor.\(name)", summary, called: .both, by: .placesOrNames,
            takes: .x, .dim, .keepdim,
            .argument("correction", .optional(.ordered), "the divisor is n - correction; 1 by default, as in PyTorch"),
            .argument("unbiased", .optional(.flag), "false is correction = 0, true correction = 1"), returns: .tensor,
            errors: "a dimension that is not there; int64 and bool", source: "torch.\(name)", example: example
        ) { x, dim, keep, correction, unbiased in
            guard x.dtype.isFloating else {
                throw Fault(
                    """
                    only of floating tensors, as in PyTorch, and this one is \(x.dtype.rawValue); x:to("float32") has \
                    one
                    """)
            }
            guard correction == nil || unbiased == nil else {
                throw Fault("correction or unbiased expected, not both")
            }
            return try apply(x, x.axes(dim), keep, correction ?? (unbiased == false ? 0 : 1))
        }
        return Operation(
            declaration,
            cases: [
                LawCase("\(name) of all", [.init([2, 3])]) { try apply($0[0], nil, false, 1) },
                LawCase("\(name) over rows", [.init([3, 4])]) { try apply($0[0], [0], true, 0) },
            ])
    }

    static let `var` = spread(
        "var", "The variance, with divisor n - correction.", example: "assert(tensor({1, 3}):var():item() == 2)"
    ) { try $0.variance($1, keepingDimensions: $2, correction: $3) }

    static let std = spread(
        "std",
        """
        The standard deviation: the square root of var, also where the squares overflow or vanish. The gradient where \
        it is 0 is 0, as in PyTorch.
        """,
        example: "assert(tensor({0, 2}):std(1, false, {correction = 0}):item() == 1)"
    ) { try $0.deviation($1, keepingDimensions: $2, correction: $3) }
}
