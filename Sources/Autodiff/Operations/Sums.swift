import Scripting
import Tensors

extension Variable {
    /// The sum over axes (by default all), which are removed or kept with extent 1.
    public func sum(_ axes: [Int]? = nil, keepingDimensions keep: Bool = false) throws -> Variable {
        let axes = axes ?? Array(shape.indices)
        let kept = try value.sum(axes)
        let result =
            keep ? kept : try kept.reshape(kept.shape.indices.filter { !axes.contains($0) }.map { kept.shape[$0] })
        return try .recorded("tensor.sum", self, result, keeps: .nothing) { call in
            [try call.cotangent.reshape(kept.shape).expand(call.inputs[0].shape)]
        }
    }

    /// Summed over the axes along which `target` broadcasts to this shape: the transpose of broadcasting.
    public func summed(to target: [Int]) throws -> Variable {
        if shape == target { return self }
        let lead = shape.count - target.count
        let axes = shape.indices.filter { $0 < lead || (target[$0 - lead] == 1 && shape[$0] != 1) }
        return try sum(axes, keepingDimensions: true).reshape(target)
    }

    /// The arithmetic mean over axes (by default all); NaN without elements.
    public func mean(_ axes: [Int]? = nil, keepingDimensions keep: Bool = false) throws -> Variable {
        if !dtype.isFloating { return try converted(to: .float32).mean(axes, keepingDimensions: keep) }
        let axes = axes ?? Array(shape.indices)
        let n = axes.reduce(1) { $0 * Double(shape[$1]) }
        // Divided before rounding: a sum may overflow where the mean does not.
        let result: Variable = try .recorded("tensor.mean", self, value.sum(axes, dividedBy: n), keeps: .nothing) {
            call in
            [try (call.cotangent / n).expand(call.inputs[0].shape)]
        }
        return keep ? result : try result.dropping(axes)
    }

    /// log sum exp over axes, shifted by the largest element so that it does not over- or underflow; -inf without
    /// elements. The gradient is the softmax, computed from quotients (the rounded result has lost the differences
    /// between large elements), and 0 where all elements are -inf.
    public func logSumExp(_ axes: [Int]? = nil, keepingDimensions keep: Bool = false) throws -> Variable {
        if !dtype.isFloating { return try converted(to: .float32).logSumExp(axes, keepingDimensions: keep) }
        let operation = "tensor.logsumexp"
        let axes = axes ?? Array(shape.indices)
        guard value.count > 0 else { return try sum(axes, keepingDimensions: keep).log() }
        // A shift by +-inf would give inf - inf: 0 is used there, and the sum is exactly inf or 0.
        let (powers, shift) = try value.sumExp(axes, for: operation)
        let total = try powers.map(Log()).zip(shift, Add(), for: operation)
        let result: Variable = try .recorded(operation, self, total, keeps: .inputs) { call in
            let powers = try (call.inputs[0] - Variable(shift)).exp()
            let sums = try powers.sum(axes, keepingDimensions: true)
            return [try call.cotangent * (powers / sums.masked(where: sums.mask(Equal(), 0), 1))]
        }
        return keep ? result : try result.dropping(axes)
    }

    /// The largest (smallest) element over axes; ties share the gradient equally.
    public func extremes(
        _ axes: [Int]? = nil, largest: Bool, keepingDimensions keep: Bool = false, for operation: String? = nil
    ) throws -> Variable {
        let operation = operation ?? (largest ? "tensor.max" : "tensor.min")
        let axes = axes ?? Array(shape.indices)
        guard value.count > 0 else {
            guard !axes.isEmpty, axes.allSatisfy({ shape[$0] > 0 }) else {
                throw ScriptError(operation, "no elements in \(Shape.describe(shape))")
            }
            // No row, so no row without an element.
            return try sum(axes, keepingDimensions: keep).converted(to: dtype)
        }
        let peak = try value.peak(axes, largest: largest, for: operation)
        // A copy: the maximum of a single number is a view of the input.
        let kept = axes.isEmpty ? try peak.copy() : peak
        let result: Variable = try .recorded(operation, self, kept, keeps: [.inputs, .outputs]) { call in
            let x = call.inputs[0].value
            let winners = Variable(try x.compare(kept, Same(), for: operation))
            return [try (call.cotangent / winners.sum(axes, keepingDimensions: true)).kept(where: winners)]
        }
        return keep ? result : try result.dropping(axes)
    }

    /// The product over an axis or of all elements, multiplied in pairs: no gradient divides by an element, so that
    /// gradients at zeros are right.
    public func product(_ axis: Int?, keepingDimensions keep: Bool = false) throws -> Variable {
        guard let axis else {
            return try reshape([value.count]).product(0, keepingDimensions: false)
        }
        try value.check(axis: axis, for: "tensor.prod")
        // Pairwise: halves are multiplied until one is left.
        var parts = dtype == .bool ? try converted(to: .int64) : self
        while parts.shape[axis] > 1 {
            let half = parts.shape[axis] / 2
            var next = try parts.slice(axis, 0, half) * parts.slice(axis, half, half)
            if parts.shape[axis] % 2 == 1 {
                next = try Variable.concatenate([next, parts.slice(axis, 2 * half, 1)], axis)
            }
            parts = next
        }
        if parts.shape[axis] == 0 {
            var one = shape
            one[axis] = 1
            parts = try .recorded("tensor.prod", self, Tensor.full(one, 1, parts.dtype.working), keeps: .nothing) {
                // The gradient has no elements either.
                [try $0.cotangent.slice(axis, 0, 0)]
            }
        }
        // The product of a single factor is a view of it: copied.
        if parts.value.storage === value.storage {
            parts = try parts.dtype == .float16 ? parts.converted(to: .float32) : parts.clone()
        }
        return keep ? parts : try parts.dropping([axis])
    }

    /// Without these axes, whose extent is 1.
    func dropping(_ axes: [Int]) throws -> Variable {
        try reshape(shape.indices.filter { !axes.contains($0) }.map { shape[$0] })
    }
}

extension Operation {
    /// The declaration of `x:name(dim, keepdim)`, with or without `dim`.
    private static func reduction(
        _ name: String, _ summary: String, over range: ClosedRange<Double> = -2...2, example: String,
        _ apply: @escaping @Sendable (Variable, [Int]?, Bool) throws -> Variable
    ) -> Operation {
        let choices: [([Int], [Int]?, Bool)] = [
            ([2, 3], nil, false), ([2, 3], [0], true), ([2, 3, 2], [2, 0], false),
        ]
        let declaration = Declaration(
            "tensor.\(name)", summary, called: .both, by: .placesOrNames, takes: .x, .dim, .keepdim, returns: .tensor,
            errors: "a dimension that is not there or is named twice", source: "torch.\(name)", example: example
        ) { x, dim, keep in try apply(x, x.axes(dim), keep) }
        return Operation(
            declaration,
            cases: choices.map { shape, axes, keep in
                let over = axes.map { "\($0)" } ?? "all"
                return LawCase("\(name) of \(Shape.describe(shape)) over \(over)", [.init(shape, range)]) {
                    try apply($0[0], axes, keep)
                }
            })
    }

    static let sum = reduction(
        "sum", "The sum; 0 of nothing. float32 is summed in float64; int64 and bool give int64.",
        example: "assert(tensor({{1, 2}, {3, 4}}):sum(1):tolist()[2] == 6)"
    ) { try $0.sum($1, keepingDimensions: $2) }

    static let mean = reduction(
        "mean", "The arithmetic mean; NaN of nothing. Of int64 and bool in float32.",
        example: "assert(tensor({1, 2, 3}):mean():item() == 2)"
    ) { try $0.mean($1, keepingDimensions: $2) }

    static let logsumexp = reduction(
        "logsumexp", "log of the sum of exponentials, without overflow; -inf where all elements are.",
        example: "assert(math.abs(tensor({0, 0}):logsumexp():item() - math.log(2)) < 1e-6)"
    ) { try $0.logSumExp($1, keepingDimensions: $2) }

    static let prod = Operation(
        Declaration(
            "tensor.prod", "The product; 1 of nothing. int64 and bool give int64. Gradients are right at zeros too.",
            called: .both, by: .placesOrNames, takes: .x, .oneDim, .keepdim, returns: .tensor,
            errors: "a dimension that is not there", source: "torch.prod",
            example: "assert(tensor({2, 3, 4}):prod():item() == 24)"
        ) { x, dim, keep in try x.product(x.oneAxis(dim), keepingDimensions: keep) },
        cases: [
            LawCase("prod of all", [.init([2, 3])]) { try $0[0].product(nil) },
            LawCase("prod over columns", [.init([2, 5])]) { try $0[0].product(1) },
        ])

    /// max and min: a 0-d tensor of everything, or values and 1-based indices along one dimension.
    private static func extreme(_ name: String, largest: Bool) -> Operation {
        let declaration = Declaration(
            "tensor.\(name)",
            """
            The \(largest ? "largest" : "smallest") element. Along a dimension also where it is, counted from 1, in \
            int64 (the first of ties, which gets the gradient). NaN wins.
            """,
            called: .both,
            forms: Form(takes: .x, returns: .tensor) { x in try x.extremes(largest: largest) },
            Form(by: .placesOrNames, takes: .x, .oneDim, .keepdim, returns: .valuesAndIndices) { x, dim, keep in
                guard let dim = try x.oneDimension(dim) else { return [try x.extremes(largest: largest)] }
                return try x.along(dim) { row, axis in
                    let (values, indices) = try row.extremeElements(axis, largest: largest)
                    return try [values, indices].map { keep ? $0 : try $0.dropping([axis]) }
                }
            },
            errors: "no elements; a dimension that is not there", source: "torch.\(name)",
            example: """
                local v, i = tensor({{1, 5}, {7, 2}}):\(name)(2)
                assert(i:tolist()[1] == \(largest ? 2 : 1))
                """)
        return Operation(
            declaration,
            cases: [
                LawCase("\(name) of all", [.init([2, 3])]) { try $0[0].extremes(largest: largest) },
                LawCase("\(name) over columns", [.init([2, 3])]) {
                    try $0[0].extremeElements(1, largest: largest).values
                },
            ])
    }

    static let max = extreme("max", largest: true)
    static let min = extreme("min", largest: false)

    private static func position(_ name: String, largest: Bool) -> Operation {
        Operation(
            Declaration(
                "tensor.\(name)",
                """
                Where the \(largest ? "largest" : "smallest") element is, counted from 1, in int64; the first of ties, \
                NaN first of all. Without dim, the position in row-major order.
                """,
                called: .both, by: .placesOrNames, takes: .x, .oneDim, .keepdim, returns: .tensor,
                errors: "no elements; a dimension that is not there", source: "torch.\(name)",
                example: "assert(tensor({3, 9, 4}):\(name)():item() == \(largest ? 2 : 1))"
            ) { x, dim, keep in
                let axis = try x.oneAxis(dim)
                let positions = Variable(try x.value.extremum(axis, largest: largest, for: "tensor.\(name)").positions)
                let counted = try positions + 1
                guard let axis, !keep else { return counted }
                return try counted.dropping([axis])
            })
    }

    static let argmax = position("argmax", largest: true)
    static let argmin = position("argmin", largest: false)
}

extension Variable {
    /// The extreme elements along one axis (kept as extent 1) and their 1-based positions, in int64.
    func extremeElements(_ axis: Int, largest: Bool) throws -> (values: Variable, indices: Variable) {
        let operation = largest ? "tensor.max" : "tensor.min"
        let (_, positions) = try value.extremum(axis, largest: largest, for: operation)
        let indices = try Variable(positions) + 1
        return (try gather(axis, indices), indices)
    }
}
