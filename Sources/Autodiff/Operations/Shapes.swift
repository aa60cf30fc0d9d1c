import Scripting
import Tensors

/// Operations that only rearrange or copy numbers.
extension Variable {
    /// The same numbers in another shape; one extent may be -1 and is computed. A view where the layout allows.
    public func reshape(_ shape: [Int]) throws -> Variable {
        try rearranged("tensor.reshape", value.reshape(shape)) { try $0.reshape($1) }
    }

    /// ``reshape(_:)`` that throws where it would copy.
    public func view(_ shape: [Int]) throws -> Variable {
        try rearranged("tensor.view", value.view(shape)) { try $0.reshape($1) }
    }

    /// The axes in another order, as a view.
    public func permute(_ order: [Int]) throws -> Variable {
        try rearranged("tensor.permute", value.permute(order)) { cotangent, _ in
            var back = [Int](repeating: 0, count: order.count)
            for (position, axis) in order.enumerated() { back[axis] = position }
            return try cotangent.permute(back)
        }
    }

    /// Two axes exchanged, as a view.
    public func transpose(_ a: Int, _ b: Int) throws -> Variable {
        try rearranged("tensor.transpose", value.transpose(a, b)) { cotangent, _ in try cotangent.transpose(a, b) }
    }

    /// Extents of 1 repeated, and leading axes added, without copying.
    public func expand(_ shape: [Int]) throws -> Variable {
        try rearranged("tensor.expand", value.expand(shape)) { try $0.summed(to: $1) }
    }

    /// `count` elements along an axis from a 0-based start, every `step`-th.
    public func slice(_ axis: Int, _ start: Int, _ count: Int, step: Int = 1, for operation: String = "tensor.slice")
        throws -> Variable
    {
        try rearranged(operation, value.slice(axis, from: start, count: count, step: step, for: operation)) {
            cotangent, shape in
            try cotangent.placed(into: shape) {
                try $0.slice(axis, from: start, count: count, step: step, for: operation)
            }
        }
    }

    /// The slice at a 0-based index, without the axis.
    public func select(_ axis: Int, _ index: Int, for operation: String = "tensor.select") throws -> Variable {
        try rearranged(operation, value.select(axis, index, for: operation)) { cotangent, shape in
            try cotangent.placed(into: shape) { try $0.select(axis, index, for: operation) }
        }
    }

    /// Zeros of `shape` with this tensor in the part that `part` selects: the transpose of taking that part.
    func placed(into shape: [Int], _ part: @escaping (Tensor) throws -> Tensor) throws -> Variable {
        let whole = try Tensor.zeros(shape, dtype.working)
        try part(whole).write(value)
        return try .recorded("tensor.place", self, whole, keeps: .nothing) { call in
            let cotangent = call.cotangent
            // Its derivative takes the same part of the cotangent.
            return [try cotangent.rearranged("tensor.part", part(cotangent.value)) { try $0.placed(into: $1, part) }]
        }
    }

    /// The same numbers as a new value on the tape.
    func identity() throws -> Variable { try rearranged("tensor.identity", value) { cotangent, _ in cotangent } }

    /// A copy with memory of its own.
    public func clone() throws -> Variable {
        try rearranged("tensor.clone", value.copy()) { cotangent, _ in cotangent }
    }

    /// In another dtype.
    public func converted(to dtype: DType) throws -> Variable {
        let original = self.dtype.computing
        return try rearranged("tensor.to", value.cast(dtype)) { cotangent, _ in try cotangent.converted(to: original) }
    }

    /// Records a rearrangement; `back` gets the cotangent and the input's shape.
    func rearranged(_ operation: String, _ result: Tensor, back: @escaping (Variable, [Int]) throws -> Variable) throws
        -> Variable
    {
        try .recorded(operation, self, result, keeps: .nothing) { [try back($0.cotangent, $0.inputs[0].shape)] }
    }
}

extension Operation {
    /// An operation that only rearranges or converts elements.
    private static func of(
        _ name: String, _ summary: String, errors: String? = nil, example: String, cases: [LawCase] = [],
        _ apply: @escaping @Sendable (Variable) throws -> Variable
    ) -> Operation {
        Operation(
            Declaration(
                "tensor.\(name)", summary, called: .both, takes: .x, returns: .tensor, errors: errors,
                source: "torch.Tensor.\(name)", example: example, body: apply),
            cases: cases)
    }

    /// An operation that takes sizes, `2, 3` or `{2, 3}`, one of which may be -1.
    private static func toShape(
        _ name: String, _ summary: String, _ note: String, errors: String, example: String, cases: [LawCase],
        _ apply: @escaping @Sendable (Variable, [Int]) throws -> Variable
    ) -> Operation {
        Operation(
            Declaration(
                "tensor.\(name)", summary, called: .both, takes: .x, .sizes(from: -1, note), returns: .tensor,
                errors: errors, source: "torch.Tensor.\(name)", example: example, body: apply),
            cases: cases)
    }

    static let reshape = toShape(
        "reshape",
        "The same numbers, in row-major order, in another shape. A view where the layout allows it, else a copy.",
        "sizes, or one table of them; one may be -1 and follows from the others", errors: "another number of elements",
        example: "assert(tensor({1, 2, 3, 4}):reshape(2, -1).shape[2] == 2)",
        cases: [LawCase("reshape", [.init([2, 6])]) { try $0[0].reshape([3, 4]) }]
    ) { try $0.reshape($1) }

    static let view = toShape(
        "view", "reshape that never copies: the result shares x's memory.",
        "sizes, or one table of them; one may be -1 and follows from the others",
        errors: "another number of elements; a layout without such a view",
        example: """
            local x = tensor.zeros(4)
            x:view(2, 2)[1] = 1
            assert(x:sum():item() == 2)
            """,
        cases: [LawCase("view", [.init([2, 6])]) { try $0[0].view([12]) }]
    ) { try $0.view($1) }

    static let permute = Operation(
        Declaration(
            "tensor.permute", "A view with the dimensions in the given order.", called: .both,
            takes: .x, .restOrTable("d", .dimension, "all of x's dimensions, or one table of them"), returns: .tensor,
            errors: "not an order of x's dimensions", source: "torch.Tensor.permute",
            example: "assert(tensor.zeros(2, 3, 4):permute(3, 1, 2).shape[1] == 4)"
        ) { x, order in try x.permute(order.map { try x.axis($0, "d") }) },
        cases: [LawCase("permute", [.init([2, 3, 4])]) { try $0[0].permute([2, 0, 1]) }])

    static let transpose = Operation(
        Declaration(
            "tensor.transpose", "A view with two dimensions exchanged.", called: .both, by: .placesOrNames,
            takes: .x, .argument("dim1", .dimension), .argument("dim2", .dimension), returns: .tensor,
            errors: "a dimension that is not there", source: "torch.Tensor.transpose",
            example: "assert(tensor.zeros(2, 3):transpose(1, 2).shape[1] == 3)"
        ) { x, dim1, dim2 in
            let row = try x.asRow()
            let (first, second) = (try row.axis(dim1, "dim1"), try row.axis(dim2, "dim2"))
            return x.shape.isEmpty ? try x.reshape([]) : try x.transpose(first, second)
        },
        cases: [LawCase("transpose", [.init([2, 3, 4])]) { try $0[0].transpose(0, 2) }])

    static let t = of(
        "t", "The transpose of a matrix, as a view; a vector or a single number is returned as it is.",
        errors: "more than two dimensions", example: "assert(tensor({{1, 2}, {3, 4}}):t()[{1, 2}] == 3)",
        cases: [LawCase("t", [.init([2, 3])]) { try $0[0].transpose(0, 1) }]
    ) { x in
        guard x.shape.count <= 2 else {
            throw Fault("a matrix expected, got shape \(Shape.describe(x.shape)); use transpose")
        }
        return x.shape.count == 2 ? try x.transpose(0, 1) : x
    }

    static let flatten = Operation(
        Declaration(
            "tensor.flatten",
            """
            The dimensions from start_dim to end_dim (all by default) as one: a view where the layout allows it, else \
            a copy.
            """,
            called: .both,
            takes: .x, .argument("start_dim", .dimension, default: 1), .argument("end_dim", .dimension, default: -1),
            returns: .tensor, errors: "a dimension that is not there; end_dim before start_dim",
            source: "torch.Tensor.flatten", example: "assert(tensor.zeros(2, 3, 4):flatten(2).shape[2] == 12)"
        ) { x, start, end in
            if x.shape.isEmpty { return try x.reshape([1]) }
            let (first, last) = (try x.axis(start, "start_dim"), try x.axis(end, "end_dim"))
            guard first <= last else {
                throw Fault("the first dimension (\(first + 1)) is behind the last (\(last + 1))")
            }
            let merged = x.shape[first...last].reduce(1, *)
            return try x.reshape(Array(x.shape[..<first]) + [merged] + Array(x.shape[(last + 1)...]))
        },
        cases: [LawCase("flatten", [.init([2, 3])]) { try $0[0].reshape([6]) }])

    static let squeeze = Operation(
        Declaration(
            "tensor.squeeze", "A view without the dimensions of extent 1, or without dim if it is one.", called: .both,
            takes: .x, .argument("dim", .optional(.dimension)), returns: .tensor,
            errors: "a dimension that is not there", source: "torch.Tensor.squeeze",
            example: "assert(tensor.zeros(2, 1, 3):squeeze():dim() == 2)"
        ) { x, dim in
            let axis = try dim.map { try x.axis($0, rank: Swift.max(x.shape.count, 1)) }
            let kept = x.shape.indices.filter { x.shape[$0] != 1 || (axis != nil && axis != $0) }
            return try x.reshape(kept.map { x.shape[$0] })
        },
        cases: [LawCase("squeeze", [.init([2, 1, 3])]) { try $0[0].reshape([2, 3]) }])

    static let unsqueeze = Operation(
        Declaration(
            "tensor.unsqueeze", "A view with a new dimension of extent 1 at dim.", called: .both, by: .placesOrNames,
            takes: .x, .argument("dim", .dimension, "from 1 to one past the last"), returns: .tensor,
            errors: "dim out of range", source: "torch.Tensor.unsqueeze",
            example: "assert(tensor.zeros(3):unsqueeze(1).shape[1] == 1)"
        ) { x, dim in
            var shape = x.shape
            shape.insert(1, at: try x.axis(dim, rank: x.shape.count + 1))
            return try x.reshape(shape)
        },
        cases: [LawCase("unsqueeze", [.init([2, 3])]) { try $0[0].reshape([2, 1, 3]) }])

    static let expand = toShape(
        "expand", "A view with extents of 1 repeated to the given sizes; new leading dimensions may be added.",
        "sizes, or one table of them; -1 keeps a size", errors: "a size that is neither x's nor expands 1",
        example: "assert(tensor({{1}, {2}}):expand(2, 3):sum():item() == 9)",
        cases: [LawCase("expand", [.init([2, 1])]) { try $0[0].expand([4, 2, 3]) }]
    ) { x, sizes in
        var target = sizes
        let lead = target.count - x.shape.count
        for axis in target.indices where target[axis] == -1 {
            guard axis >= lead else { throw Fault("size \(axis + 1): a new dimension needs a size") }
            target[axis] = x.shape[axis - lead]
        }
        return try x.expand(target)
    }

    static let clone = of(
        "clone", "A copy with memory of its own; gradients pass through.",
        example: """
            local x = tensor.zeros(2)
            local y = x:clone()
            y:fill_(1)
            assert(x:sum():item() == 0)
            """,
        cases: [LawCase("clone", [.init([2, 3])]) { try $0[0].clone() }]
    ) { try $0.clone() }

    static let contiguous = of(
        "contiguous", "x itself if its numbers lie in row-major order, else such a copy.",
        example: "assert(tensor.zeros(2, 3):t():contiguous():view(6).shape[1] == 6)"
    ) { $0.value.isContiguous ? $0 : try $0.clone() }

    static let to = Operation(
        Declaration(
            "tensor.to", "Converted to another type; x itself when it has that type.",
            called: .both, by: .placesOrNames,
            takes: .x,
            .argument(
                "dtype", Domain<DType>.choice(),
                "int64 is towards zero, bool true where it is not 0, float16 for storing"),
            returns: .tensor, errors: "NaN, infinity or a number beyond int64 to \"int64\"", source: "torch.Tensor.to",
            example: """
                assert(tensor({1}):to("float64").dtype == "float64" and tensor({-1.5}):to("int64")[{1}] == -1)
                """
        ) { x, dtype in try x.inDType(dtype) },
        cases: [LawCase("to", [.init([2, 3])]) { try $0[0].converted(to: .float64) }])

    static let double = of(
        "double", "Converted to float64; x itself when it is.",
        example: "assert(tensor({1}):double().dtype == \"float64\")"
    ) { try $0.inDType(.float64) }

    static let long = of(
        "long", "Converted to int64, towards zero; x itself when it is.",
        errors: "NaN, infinity or a number beyond int64", example: "assert(tensor({1.5}):long().dtype == \"int64\")"
    ) { try $0.inDType(.int64) }

    static let bool = Operation(
        Declaration(
            "tensor.bool",
            """
            Converted to bool: true where it is not 0; x itself when it is. tensor.bool({true, false}) makes a bool \
            tensor of true and false or 1 and 0.
            """,
            called: .both, takes: .argument("x", Variable.made(in: .bool)), returns: .tensor,
            source: "torch.Tensor.bool",
            example: """
                assert(tensor({0.5, 0}):bool():tolist()[1] == 1)
                assert(tensor.bool({true, false}).dtype == "bool")
                """
        ) { try $0.inDType(.bool) })

    static let float = of(
        "float", "Converted to float32; x itself when it is.",
        example: "assert(tensor({1}):double():float().dtype == \"float32\")"
    ) { try $0.inDType(.float32) }
}

extension Variable {
    /// A tensor as it is; numbers, booleans and nested tables of them as a tensor of that dtype.
    static func made(in dtype: DType) -> Domain<Variable> {
        let type = ScriptType.either([.object(Variable.type.name), .list(.any), .number, .boolean])
        return Domain(type, expected: "a tensor or a table of numbers", show: { _ in "tensor" }) { value in
            switch value {
            case .object(let object): return object as? Variable
            case .table, .number, .integer, .boolean:
                var nested = NestedNumbers(function: "tensor.\(dtype.rawValue)", dtype: dtype)
                try nested.read(value, depth: 0)
                return Variable(try nested.tensor())
            default: return nil
            }
        }
    }

    /// self if it has that dtype, else converted.
    func inDType(_ dtype: DType) throws -> Variable {
        dtype == self.dtype ? self : try converted(to: dtype)
    }
}
