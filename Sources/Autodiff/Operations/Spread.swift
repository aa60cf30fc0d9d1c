import Scripting
import Tensors

extension Variable {
    /// The variance with divisor n - correction (1: Bessel's, PyTorch's default) over axes, all by default.
    public func variance(_ axes: [Int]? = nil, keepingDimensions keep: Bool = false, correction: Double = 1) throws -> Variable {
        try spread(axes, keep, correction, rooted: false, "tensor.var")
    }

    /// The standard deviation: the square root of the variance, and right where the squares overflow or vanish.
    public func deviation(_ axes: [Int]? = nil, keepingDimensions keep: Bool = false, correction: Double = 1) throws -> Variable {
        try spread(axes, keep, correction, rooted: true, "tensor.std")
    }

    private func spread(_ axes: [Int]?, _ keep: Bool, _ correction: Double, rooted: Bool, _ operation: String) throws -> Variable {
        let axes = axes ?? Array(shape.indices)
        let divisor = max(0, axes.reduce(1) { $0 * Double(shape[$1]) } - correction)
        let spread = try value.variance(axes, correction: correction, rooted: rooted, for: operation)
        let result: Variable = try .recorded(operation, [self], spread, keeps: rooted ? [.inputs, .outputs] : .inputs) { call in
            let x = call.inputs[0]
            let centred = try x - x.mean(axes, keepingDimensions: true)
            guard rooted else { return [try call.cotangent * centred * (2 / divisor)] }
            // A quotient of two that are alike in size; 0 where all elements are equal.
            let equal = try call.outputs[0].mask(Equal(), 0)
            let share = try (centred / call.outputs[0].masked(where: equal, 1)).masked(where: equal, 0)
            return [try call.cotangent * share / divisor]
        }
        return keep ? result : try result.dropping(axes)
    }
}

extension Operation {
    private static func spread(
        _ name: String, _ summary: String, example: String, _ apply: @escaping @Sendable (Variable, [Int]?, Bool, Double) throws -> Variable
    ) -> Operation {
        Operation(
            name,
            Documentation(
                "x:\(name)() -> tensor of no dimension\nx:\(name)(dim, keepdim = false, {correction = 1, unbiased}) -> tensor",
                summary + " unbiased = false is correction = 0.",
                errors: "a dimension that is not there; int64 and bool", source: "torch.\(name)", example: example),
            takes: .reduction + ["correction", "unbiased"],
            cases: [
                LawCase("\(name) of all", [.init([2, 3])]) { try apply($0[0], nil, false, 1) },
                LawCase("\(name) over rows", [.init([3, 4])]) { try apply($0[0], [0], true, 0) },
            ]
        ) { arguments in
            let x = try arguments.variable(1, "x")
            guard x.dtype.isFloating else {
                throw arguments.error("only of floating tensors, as in PyTorch, and this one is \(x.dtype.rawValue); x:to(\"float32\") has one")
            }
            let (axes, keep) = try arguments.reductionCall(rank: x.shape.count)
            var correction = try arguments.ordered(4, "correction", default: 1)
            if !arguments.isNil(5) {
                guard arguments.isNil(4) else { throw arguments.error("correction or unbiased expected, not both") }
                correction = try arguments.boolean(5, "unbiased") ? 1 : 0
            }
            return [.object(try apply(x, axes, keep, correction))]
        }
    }

    static let `var` = spread(
        "var", "The variance, with divisor n - correction (1 by default, as in PyTorch).",
        example: "assert(tensor({1, 3}):var():item() == 2)"
    ) { try $0.variance($1, keepingDimensions: $2, correction: $3) }

    static let std = spread(
        "std", "The standard deviation: the square root of var, also where the squares overflow or vanish. The gradient where it is 0 is 0, as in PyTorch.",
        example: "assert(tensor({0, 2}):std(1, false, {correction = 0}):item() == 1)"
    ) { try $0.deviation($1, keepingDimensions: $2, correction: $3) }
}
