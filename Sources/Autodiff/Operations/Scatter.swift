import Scripting
import Tensors

extension Variable {
    /// A copy with `source[i, ..., j, ...]` written at `[i, ..., index[i, ..., j, ...], ...]` along an axis. If a place
    /// is written several times, the last write in row-major order stays, and only it has a gradient. Indices are
    /// 1-based.
    public func scatter(_ axis: Int, _ index: Variable, _ source: Variable, for operation: String = "tensor.scatter")
        throws -> Variable
    {
        let map = try indexMap(axis, index, operation)
        let part = try source.part(index.shape, operation)
        let dtype = dtype.joined(with: part.dtype)
        let result = try value.copy(dtype)
        try map.write(part.value.cast(dtype), over: result)
        return try .recorded(operation, self, part, result, keeps: .nothing) { call in
            [
                call.wanted[0]
                    ? try call.cotangent.kept(where: Variable(map.places(in: result.shape, written: false))) : nil,
                call.wanted[1]
                    ? try call.cotangent.taking(map, operation).kept(where: Variable(map.lasting(in: result.shape)))
                    : nil,
            ]
        }
    }

    /// self with `source[i, ..., j, ...]` added at `[i, ..., index[i, ..., j, ...], ...]` along an axis.
    public func scatterAdd(_ axis: Int, _ index: Variable, _ source: Variable) throws -> Variable {
        let operation = "tensor.scatter_add"
        let map = try indexMap(axis, index, operation)
        return try self + source.part(index.shape, operation).scattering(map, into: shape, operation)
    }

    /// The leading part of a source, of the index's shape; a number is repeated.
    private func part(_ wanted: [Int], _ operation: String) throws -> Variable {
        if shape.isEmpty { return try expand(wanted) }
        guard shape.count == wanted.count, zip(shape, wanted).allSatisfy({ $0 >= $1 }) else {
            throw ScriptError(
                operation,
                """
                src \(Shape.describe(shape)) does not fit index \(Shape.describe(wanted)): as many dimensions, at \
                least as long, or a number expected
                """
            )
        }
        return try wanted.indices.reduce(self) { part, axis in
            part.shape[axis] == wanted[axis] ? part : try part.slice(axis, 0, wanted[axis], for: operation)
        }
    }
}

extension IndexMap {
    /// A bool tensor of that shape: which elements are written (or, with `written` false, are not).
    fileprivate func places(in target: [Int], written: Bool) throws -> Tensor {
        let places = try Tensor.full(target, written ? 0 : 1, .bool)
        try write(Tensor.full(shape, written ? 1 : 0, .bool), over: places)
        return places
    }

    /// A bool tensor: which elements of the source are not overwritten by a later one.
    fileprivate func lasting(in target: [Int]) throws -> Tensor {
        let order = try Tensor(integers: Array(positions.indices), shape: shape)
        let last = try Tensor.zeros(target, .int64)
        try write(order, over: last)
        return try take(last).compare(order, Equal(), for: "tensor.scatter")
    }
}

extension Operation {
    /// The declaration of `x:name(dim, index, src)`.
    private static func scattering(
        _ name: String, _ summary: String, example: String, inPlace: String, cases: [LawCase],
        _ apply: @escaping @Sendable (Variable, Int, Variable, Written, String) throws -> Variable
    ) -> Operation {
        let declaration = Declaration(
            "tensor.\(name)", summary, called: .both, by: .placesOrNames, takes: .x, .argument("dim", .dimension),
            .argument("index", .tensor, "of x's number of dimensions; int64, or whole numbers, counted from 1"),
            .argument("src", .written, "a tensor, at least as long as index along every dimension, or a number"),
            .operation, returns: .tensor,
            errors: "an index that is not a whole number in range; shapes that do not fit", source: "torch.\(name)",
            example: example
        ) { x, dim, index, source, operation in
            try x.along(dim) { try apply($0, $1, index.asRow(), source, operation) }
        }
        return Operation(declaration, inPlace: inPlace, cases: cases)
    }

    static let scatter = scattering(
        "scatter",
        """
        A copy of x with the elements of src along dim where index says: result[i][index[i][j]] = src[i][j] for dim 2. \
        Of several for one place the last stays, and it alone has a gradient.
        """,
        example: "assert(tensor.zeros(3):scatter(1, tensor({3, 1}), tensor({5, 7})):tolist()[3] == 5)",
        inPlace: "1, tensor({1}), 2",
        cases: [
            LawCase("scatter", [.init([2, 3]), .init([2, 2])]) { inputs in
                try inputs[0].scatter(1, Variable(Tensor([1, 3, 2, 1], shape: [2, 2])), inputs[1])
            },
            LawCase("scatter over rows, twice to one place", [.init([3, 2]), .init([3, 3])]) { inputs in
                try inputs[0].scatter(0, Variable(Tensor([2, 2, 2, 1], shape: [2, 2])), inputs[1])
            },
        ]
    ) { x, axis, index, source, operation in
        switch source {
        case .tensor(let source): try x.scatter(axis, index, source, for: operation)
        case .scalar(let number):
            try x.scatter(axis, index, Variable(number.tensor(for: x.dtype, operation)), for: operation)
        }
    }

    static let scatterAdd = scattering(
        "scatter_add",
        """
        x with the elements of src added along dim where index says: result[i][index[i][j]] += src[i][j] for dim 2. \
        What is added twice to one place counts twice.
        """,
        example: "assert(tensor.zeros(3):scatter_add(1, tensor({3, 3}), tensor({5, 7})):tolist()[3] == 12)",
        inPlace: "1, tensor({1}), tensor({2})",
        cases: [
            LawCase("scatter_add", [.init([2, 3]), .init([2, 2])]) { inputs in
                try inputs[0].scatterAdd(1, Variable(Tensor([1, 1, 3, 2], shape: [2, 2])), inputs[1])
            }
        ]
    ) { x, axis, index, source, _ in
        switch source {
        case .tensor(let source): try x.scatterAdd(axis, index, source)
        case .scalar(let number): try x.scatterAdd(axis, index, Variable(number.tensor(beside: x.dtype)))
        }
    }
}
