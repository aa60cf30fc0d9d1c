import Scripting
import Tensors

/// Operations that move no numbers, or only copy them.
extension Variable {
    /// The same numbers in another shape of the same count; one extent may be -1. A view where the layout allows.
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
    public func slice(_ axis: Int, _ start: Int, _ count: Int, step: Int = 1, for operation: String = "tensor.slice") throws -> Variable {
        try rearranged(operation, value.slice(axis, from: start, count: count, step: step, for: operation)) { cotangent, shape in
            try cotangent.placed(into: shape) { try $0.slice(axis, from: start, count: count, step: step, for: operation) }
        }
    }

    /// The slice at a 0-based index, without the axis.
    public func select(_ axis: Int, _ index: Int, for operation: String = "tensor.select") throws -> Variable {
        try rearranged(operation, value.select(axis, index, for: operation)) { cotangent, shape in
            try cotangent.placed(into: shape) { try $0.select(axis, index, for: operation) }
        }
    }

    /// Zeros of `shape` with this tensor in the part that `part` picks: the transpose of taking that part.
    func placed(into shape: [Int], _ part: @escaping (Tensor) throws -> Tensor) throws -> Variable {
        let whole = try Tensor.zeros(shape, dtype.working)
        try part(whole).write(value)
        return try .recorded("tensor.place", [self], whole, keeps: .nothing) { call in
            let cotangent = call.cotangent
            // Differentiated again, it is the same part of the cotangent.
            return [try cotangent.rearranged("tensor.part", part(cotangent.value)) { try $0.placed(into: $1, part) }]
        }
    }

    /// The same numbers joined to the tape as a new value.
    func identity() throws -> Variable { try rearranged("tensor.identity", value) { cotangent, _ in cotangent } }

    /// A copy with memory of its own.
    public func clone() throws -> Variable { try rearranged("tensor.clone", value.copy()) { cotangent, _ in cotangent } }

    /// In another dtype.
    public func converted(to dtype: DType) throws -> Variable {
        let original = self.dtype.computing
        return try rearranged("tensor.to", value.cast(dtype)) { cotangent, _ in try cotangent.converted(to: original) }
    }

    /// Records a rearrangement; `back` gets the cotangent and the input's shape.
    func rearranged(_ operation: String, _ result: Tensor, back: @escaping (Variable, [Int]) throws -> Variable) throws -> Variable {
        try .recorded(operation, [self], result, keeps: .nothing) { [try back($0.cotangent, $0.inputs[0].shape)] }
    }
}

extension Operation {
    /// - Parameters:
    ///   - parameters: what may follow x, by place or by name.
    ///   - isVariadic: any number of sizes or dimensions follows x instead.
    private static func shaping(
        _ name: String, _ signature: String, _ summary: String, errors: String? = nil, isVariadic: Bool = false, example: String,
        takes parameters: [NamedParameter] = [], cases: [LawCase], body: @escaping @Sendable (Arguments, Variable) throws -> Variable
    ) -> Operation {
        Operation(
            name, Documentation(signature, summary, errors: errors, source: "torch.Tensor.\(name)", example: example), takes: parameters,
            cases: cases
        ) { arguments in
            if !isVariadic { try arguments.atMost(1 + parameters.count) }
            return [.object(try body(arguments, arguments.variable(1, "x")))]
        }
    }

    static let reshape = shaping(
        "reshape", "x:reshape(d1, d2, ...) -> tensor\nx:reshape({d1, d2, ...}) -> tensor",
        "The same numbers, in row-major order, in another shape; one size may be -1. A view where the layout allows it, else a copy.",
        errors: "another number of elements", isVariadic: true, example: "assert(tensor({1, 2, 3, 4}):reshape(2, -1).shape[2] == 2)",
        cases: [LawCase("reshape", [.init([2, 6])]) { try $0[0].reshape([3, 4]) }]
    ) { arguments, x in try x.reshape(arguments.shape(from: 2, allowingOpen: true)) }

    static let view = shaping(
        "view", "x:view(d1, d2, ...) -> tensor\nx:view({d1, d2, ...}) -> tensor", "reshape that never copies: the result shares x's memory.",
        errors: "another number of elements; a layout without such a view", isVariadic: true, example: "local x = tensor.zeros(4)\nx:view(2, 2)[1] = 1\nassert(x:sum():item() == 2)",
        cases: [LawCase("view", [.init([2, 6])]) { try $0[0].view([12]) }]
    ) { arguments, x in try x.view(arguments.shape(from: 2, allowingOpen: true)) }

    static let permute = shaping(
        "permute", "x:permute(d1, d2, ...) -> tensor\nx:permute({d1, d2, ...}) -> tensor", "A view with the dimensions in the given order.",
        errors: "not an order of x's dimensions", isVariadic: true, example: "assert(tensor.zeros(2, 3, 4):permute(3, 1, 2).shape[1] == 4)",
        cases: [LawCase("permute", [.init([2, 3, 4])]) { try $0[0].permute([2, 0, 1]) }]
    ) { arguments, x in
        var order: [Value] = arguments.count >= 2 ? Array(arguments.values[1...]) : []
        if case .table(let table) = arguments[2] { order = try table.elements() }
        return try x.permute(order.enumerated().map { try arguments.axis($1, $0 + 2, "dim", rank: x.shape.count) })
    }

    static let transpose = shaping(
        "transpose", "x:transpose(dim1, dim2) -> tensor", "A view with two dimensions exchanged.",
        errors: "a dimension that is not there", example: "assert(tensor.zeros(2, 3):transpose(1, 2).shape[1] == 3)",
        takes: ["dim1", "dim2"], cases: [LawCase("transpose", [.init([2, 3, 4])]) { try $0[0].transpose(0, 2) }]
    ) { arguments, x in
        try x.transpose(arguments.axis(2, "dim1", rank: x.shape.count), arguments.axis(3, "dim2", rank: x.shape.count))
    }

    static let t = shaping(
        "t", "x:t() -> tensor", "The transpose of a matrix, as a view; a vector or a single number is returned as it is.",
        errors: "more than two dimensions", example: "assert(tensor({{1, 2}, {3, 4}}):t()[{1, 2}] == 3)",
        cases: [LawCase("t", [.init([2, 3])]) { try $0[0].transpose(0, 1) }]
    ) { arguments, x in
        guard x.shape.count <= 2 else { throw arguments.error("a matrix expected, got shape \(Shape.describe(x.shape)); use transpose") }
        return x.shape.count == 2 ? try x.transpose(0, 1) : x
    }

    static let flatten = shaping(
        "flatten", "x:flatten(start_dim = 1, end_dim = -1) -> tensor", "The dimensions from start_dim to end_dim (all by default) as one: a view where the layout allows it, else a copy.",
        errors: "a dimension that is not there; end_dim before start_dim", example: "assert(tensor.zeros(2, 3, 4):flatten(2).shape[2] == 12)",
        takes: ["start_dim", "end_dim"], cases: [LawCase("flatten", [.init([2, 3])]) { try $0[0].reshape([6]) }]
    ) { arguments, x in
        if x.shape.isEmpty { return try x.reshape([1]) }
        let first = arguments.isNil(2) ? 0 : try arguments.axis(2, "start_dim", rank: x.shape.count)
        let last = arguments.isNil(3) ? x.shape.count - 1 : try arguments.axis(3, "end_dim", rank: x.shape.count)
        guard first <= last else { throw arguments.error("the first dimension (\(first + 1)) is behind the last (\(last + 1))") }
        return try x.reshape(Array(x.shape[..<first]) + [x.shape[first...last].reduce(1, *)] + Array(x.shape[(last + 1)...]))
    }

    static let squeeze = shaping(
        "squeeze", "x:squeeze() -> tensor\nx:squeeze(dim) -> tensor", "A view without the dimensions of extent 1, or without dim if it is one.",
        errors: "a dimension that is not there", example: "assert(tensor.zeros(2, 1, 3):squeeze():dim() == 2)",
        takes: ["dim"], cases: [LawCase("squeeze", [.init([2, 1, 3])]) { try $0[0].reshape([2, 3]) }]
    ) { arguments, x in
        let axis = arguments.isNil(2) ? nil : try arguments.axis(2, rank: x.shape.count)
        return try x.reshape(x.shape.indices.filter { x.shape[$0] != 1 || (axis != nil && axis != $0) }.map { x.shape[$0] })
    }

    static let unsqueeze = shaping(
        "unsqueeze", "x:unsqueeze(dim) -> tensor", "A view with a new dimension of extent 1 at dim (1 to one past the last).",
        errors: "dim out of range", example: "assert(tensor.zeros(3):unsqueeze(1).shape[1] == 1)",
        takes: ["dim"], cases: [LawCase("unsqueeze", [.init([2, 3])]) { try $0[0].reshape([2, 1, 3]) }]
    ) { arguments, x in
        var shape = x.shape
        shape.insert(1, at: try arguments.axis(2, rank: x.shape.count + 1))
        return try x.reshape(shape)
    }

    static let expand = shaping(
        "expand", "x:expand(d1, d2, ...) -> tensor\nx:expand({d1, d2, ...}) -> tensor", "A view with extents of 1 repeated to the given sizes; -1 keeps a size; new leading dimensions may be added.",
        errors: "a size that is neither x's nor expands 1", isVariadic: true, example: "assert(tensor({{1}, {2}}):expand(2, 3):sum():item() == 9)",
        cases: [LawCase("expand", [.init([2, 1])]) { try $0[0].expand([4, 2, 3]) }]
    ) { arguments, x in
        var target = try arguments.shape(from: 2, allowingOpen: true)
        let lead = target.count - x.shape.count
        for axis in target.indices where target[axis] == -1 {
            guard axis >= lead else { throw arguments.error("size \(axis + 1): a new dimension needs a size") }
            target[axis] = x.shape[axis - lead]
        }
        return try x.expand(target)
    }

    static let clone = shaping(
        "clone", "x:clone() -> tensor", "A copy with memory of its own; gradients flow through.",
        example: "local x = tensor.zeros(2)\nlocal y = x:clone()\ny:fill_(1)\nassert(x:sum():item() == 0)",
        cases: [LawCase("clone", [.init([2, 3])]) { try $0[0].clone() }]
    ) { _, x in try x.clone() }

    static let contiguous = shaping(
        "contiguous", "x:contiguous() -> tensor", "x itself if its numbers lie in row-major order, else such a copy.",
        example: "assert(tensor.zeros(2, 3):t():contiguous():view(6).shape[1] == 6)",
        cases: []
    ) { _, x in x.value.isContiguous ? x : try x.clone() }

    static let to = shaping(
        "to", "x:to(dtype) -> tensor", "Converted to \"float32\", \"float64\", \"int64\" (towards zero), \"bool\" (true where it is not 0) or, for storing, \"float16\"; x itself when it has that type.",
        errors: "another name; NaN, infinity or a number beyond int64 to \"int64\"", example: "assert(tensor({1}):to(\"float64\").dtype == \"float64\" and tensor({-1.5}):to(\"int64\")[{1}] == -1)",
        takes: ["dtype"], cases: [LawCase("to", [.init([2, 3])]) { try $0[0].converted(to: .float64) }]
    ) { arguments, x in
        let name = try arguments.choice(2, "dtype", DType.allCases.map(\.rawValue))
        guard let dtype = DType(rawValue: name), dtype != x.dtype else { return x }
        return try x.converted(to: dtype)
    }

    static let double = shaping("double", "x:double() -> tensor", "Converted to float64; x itself when it is.", example: "assert(tensor({1}):double().dtype == \"float64\")", cases: []) { _, x in
        x.dtype == .float64 ? x : try x.converted(to: .float64)
    }
    static let long = shaping("long", "x:long() -> tensor", "Converted to int64, towards zero; x itself when it is.", errors: "NaN, infinity or a number beyond int64", example: "assert(tensor({1.5}):long().dtype == \"int64\")", cases: []) { _, x in
        x.dtype == .int64 ? x : try x.converted(to: .int64)
    }
    static let bool = shaping("bool", "x:bool() -> tensor", "Converted to bool: true where it is not 0; x itself when it is.", example: "assert(tensor({0.5, 0}):bool():tolist()[1] == 1)", cases: []) { _, x in
        x.dtype == .bool ? x : try x.converted(to: .bool)
    }
    static let float = shaping("float", "x:float() -> tensor", "Converted to float32; x itself when it is.", example: "assert(tensor({1}):double():float().dtype == \"float32\")", cases: []) { _, x in
        x.dtype == .float32 ? x : try x.converted(to: .float32)
    }
}
