import Scripting
import Tensors

/// Methods that are not recorded operations: reading numbers, controlling the tape, writing in place.
enum TensorMethods {
    static let all = [
        dim, numel, size, item, tolist, detach, requiresGrad, backward, fill, zero, copy, normal, uniform,
    ].map { NativeFunction($0) }

    static let length = Declaration(
        "tensor:len", "The extent of the first dimension.", called: .symbol("#x"), takes: .x, returns: .integer,
        errors: "a tensor without dimensions", example: "assert(#tensor.zeros(4, 2) == 4)"
    ) { x in
        guard let first = x.shape.first else { throw Fault("a tensor without dimensions has no length") }
        return first
    }

    static let describe = Declaration(
        "tensor:tostring", "The numbers, the shape and the type; large tensors are summarised.",
        called: .symbol("tostring(x)"), takes: .x, returns: .string,
        example: "assert(tostring(tensor({1, 2})):find(\"float32\"))"
    ) { try TensorDescription.describe($0) }

    /// `x < y` on tensors is an error that says what to write: Lua's operator returns a single boolean.
    static func ordered(_ sign: String, _ operation: Operation) -> NativeFunction {
        operation.function.trying { arguments in
            let other = [arguments[1], arguments[2]].first { if case .object(is Variable) = $0 { false } else { true } }
            let compared = other.map { "a tensor and a \($0.typeName)" } ?? "two tensors"
            throw arguments.error(
                """
                \(compared): Lua's \(sign) and its reverse compare numbers. Of one element write x:item() \(sign) y; \
                x:\(operation.name)(y) compares element by element and gives a bool tensor
                """)
        }
    }

    private static let dim = method(
        "dim", "The number of dimensions.", "assert(tensor.zeros(2, 3):dim() == 2)", returns: .integer
    ) { $0.shape.count }

    private static let numel = method(
        "numel", "The number of elements.", "assert(tensor.zeros(2, 3):numel() == 6)", returns: .integer
    ) { $0.value.count }

    private static let size = Declaration(
        "tensor:size", "The shape, or the extent of one dimension.", called: .method,
        forms: Form(takes: .x, returns: .value(.list(.integer))) { sizes($0) },
        Form(takes: .x, .argument("dim", .optional(.dimension)), returns: .value(.integer)) { x, dim in
            try dim.map { .integer(x.shape[try x.axis($0)]) } ?? sizes(x)
        },
        source: "torch.Tensor.size", example: "assert(tensor.zeros(2, 3):size(-1) == 3)", see: ["tensor.shape"])

    private static func sizes(_ x: Variable) -> Value { .list(x.shape.map { .integer($0) }) }

    private static let item = method(
        "item", "The number in a tensor of one element: an integer of int64, 0 or 1 of bool.",
        errors: "more or no elements", "assert(tensor({7}):item() == 7)", returns: .value(.number)
    ) { try $0.value.scalar() }

    private static let tolist = method(
        "tolist",
        "Nested tables of numbers, integers of int64, 0 and 1 of bool; a number for a tensor without dimensions.",
        "assert(tensor({{1, 2}}):tolist()[1][2] == 2)", returns: .value(.either([.table, .number]))
    ) { x in
        // Rows without elements take no memory in the tensor, but in tables they do.
        guard x.value.count > 0 || x.shape.reduce(1, { $0 > 1 << 24 ? $0 : $0 * Swift.max($1, 1) }) <= 1 << 24 else {
            throw ScriptError("tensor:tolist", "\(Shape.describe(x.shape)) has too many rows")
        }
        let values = try x.value.cast(x.dtype.working).contiguous()
        // The values exist three times on their way to a script: here, as instructions, and in the script's table.
        let bytes = values.count * (MemoryLayout<Value>.stride + 64)
        try NativeMemory.current?.charge(0, overhead: bytes)
        defer { NativeMemory.current?.release(bytes) }
        func nested(_ axis: Int, _ start: Int, _ stride: Int) throws -> Value {
            guard axis < x.shape.count else { return values.scalar(at: values.offset + start) }
            let step = x.shape[axis] == 0 ? 0 : stride / x.shape[axis]
            return .list(try (0..<x.shape[axis]).map { place in
                if place & 0xfff == 0xfff { try Cancellation.check() }
                return try nested(axis + 1, start + place * step, step)
            })
        }
        return try nested(0, 0, values.count)
    }

    private static let detach = method(
        "detach", "The same memory without history.",
        """
        local x = tensor({3}):requires_grad_(true)
        assert(not x:detach().requires_grad)
        """, returns: .tensor
    ) { $0.detached() }

    private static let requiresGrad = Declaration(
        "tensor:requires_grad_", "Makes x a leaf that gradients accumulate in, or stops it; returns x.",
        called: .method, takes: .x, .argument("flag", .flag, default: true), returns: .tensor,
        errors: "false for a tensor that a recorded operation made", source: "torch.Tensor.requires_grad_",
        example: """
            local x = tensor({3}):requires_grad_(true)
            assert(x.requires_grad)
            """
    ) { x, flag in
        try x.setRequiresGrad(flag)
        return x
    }

    private static let backward = Declaration(
        "tensor:backward",
        """
        Adds the derivative of x by every leaf that requires one to the leaf's grad. x is a single number, or a \
        cotangent weighs its elements.
        """,
        called: .method,
        takes: .x, .argument("cotangent", .optional(.tensor), "of x's shape"),
        .option("retain_graph", .optional(.flag), "keeps the graph for another run; as create_graph by default"),
        .option("create_graph", .flag, default: false, "records the run: the gradients can be differentiated again"),
        .operation, returns: .nothing,
        errors: """
            x is not a single number; nothing requires a gradient; the graph was freed; a value it needs was overwritten
            """,
        source: "torch.Tensor.backward",
        example: """
            local x = tensor({1, 2}):requires_grad_(true)
            local y = (x * x):sum()
            y:backward()
            assert(x.grad:tolist()[2] == 4)
            """, see: ["autodiff.grad"]
    ) { x, cotangent, retainGraph, createGraph, operation in
        try x.backward(
            cotangent, retainGraph: retainGraph ?? createGraph, createGraph: createGraph, for: operation)
    }

    private static let fill = inPlace(
        "fill_", "Writes a number everywhere.", "assert(tensor.zeros(2):fill_(3):sum():item() == 6)",
        .argument("v", .scalarOrFlag)
    ) { x, number, operation in
        try x.write(Variable(number.tensor(for: x.dtype, operation)), for: operation)
    }

    private static let zero = Declaration(
        "tensor:zero_", "Writes 0 everywhere and returns x.", called: .method, takes: .x, .operation, returns: .tensor,
        errors: InPlaceForm.errors, source: "torch.Tensor.zero_",
        example: "assert(tensor.ones(2):zero_():sum():item() == 0)"
    ) { x, operation in
        try x.write(x.zero, for: operation)
        return x
    }

    private static let copy = inPlace(
        "copy_", "Writes y, broadcast and converted, over x.",
        "assert(tensor.zeros(2):copy_(tensor({1, 2})):sum():item() == 3)", .argument("y", .tensor)
    ) { x, y, operation in
        try x.write(x.dtype.accepts(y.dtype) ? y : y.converted(to: x.dtype), for: operation)
    }

    private static let normal = random(.normal, "assert(tensor.zeros(2):normal_(3, 0):sum():item() == 6)")
    private static let uniform = random(.uniform, "assert(tensor.zeros(2):uniform_(3, 3):sum():item() == 6)")

    /// A method that fills the receiver with random numbers.
    private static func random(_ fill: RandomFill, _ example: String) -> Declaration {
        Declaration(
            "tensor:\(fill.name)_", "Writes random numbers over x: \(fill.summary)", called: .method,
            takes: .x, fill.first, fill.second, .generator, .operation, returns: .tensor, errors: InPlaceForm.errors,
            source: "torch.Tensor.\(fill.name)_", example: example, see: ["random.\(fill.name)"]
        ) { x, first, second, generator, operation in
            let numbers = try fill.draw(generator, first, second, x.shape, x.dtype.computing, operation)
            try x.write(Variable(numbers), for: operation)
            return x
        }
    }

    private static func method<R>(
        _ name: String, _ summary: String, errors: String? = nil, _ example: String, returns results: Results<R>,
        body: @escaping @Sendable (Variable) throws -> R
    ) -> Declaration {
        Declaration(
            "tensor:\(name)", summary, called: .method, takes: .x, returns: results, errors: errors,
            source: "torch.Tensor.\(name)", example: example, body: body)
    }

    /// A method that writes over its receiver and returns it.
    private static func inPlace<T>(
        _ name: String, _ summary: String, _ example: String, _ parameter: Parameter<T>,
        body: @escaping @Sendable (Variable, T, String) throws -> Void
    ) -> Declaration {
        Declaration(
            "tensor:\(name)", summary, called: .method, takes: .x, parameter, .operation, returns: .tensor,
            errors: InPlaceForm.errors, source: "torch.Tensor.\(name)", example: example
        ) { x, value, operation in
            try body(x, value, operation)
            return x
        }
    }
}
