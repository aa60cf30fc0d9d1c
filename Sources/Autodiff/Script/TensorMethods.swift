import Scripting
import Tensors

/// Methods that are not operations on the tape: reading out, the tape's controls, writing in place.
enum TensorMethods {
    static let all = [dim, numel, size, item, tolist, detach, requiresGrad, backward, fill, zero, copy, normal, uniform]

    static let length = NativeFunction(
        "tensor:len", Documentation("#x -> integer", "The extent of the first dimension.", errors: "a tensor without dimensions", example: "assert(#tensor.zeros(4, 2) == 4)")
    ) { arguments in
        guard let first = try arguments.variable(1, "x").shape.first else { throw arguments.error("a tensor without dimensions has no length") }
        return .integer(first)
    }

    static let describe = NativeFunction(
        "tensor:tostring", Documentation("tostring(x) -> string", "The numbers, the shape and the type; large tensors are summarised.", example: "assert(tostring(tensor({1, 2})):find(\"float32\"))")
    ) { .string(try TensorDescription.describe($0.variable(1, "x"))) }

    /// `x < y`: an error that says what to write, as Lua's operator gives one truth value, which tensors do not have.
    static func ordered(_ sign: String, _ operation: Operation) -> NativeFunction {
        NativeFunction(operation.function.name, operation.function.documentation) { (arguments: Arguments) -> [Value] in
            let other = [arguments[1], arguments[2]].first { if case .object(is Variable) = $0 { false } else { true } }
            throw arguments.error(
                "\(other.map { "a tensor and a \($0.typeName)" } ?? "two tensors"): Lua's \(sign) and its reverse compare numbers. Of one element "
                    + "write x:item() \(sign) y; x:\(operation.name)(y) compares element by element and gives a bool tensor")
        }
    }

    private static let dim = method("dim", "x:dim() -> number", "The number of dimensions.", "assert(tensor.zeros(2, 3):dim() == 2)") { .integer($1.shape.count) }
    private static let numel = method("numel", "x:numel() -> number", "The number of elements.", "assert(tensor.zeros(2, 3):numel() == 6)") { .integer($1.value.count) }
    private static let size = method("size", "x:size() -> table\nx:size(dim) -> number", "The shape, or the extent of one dimension.", most: 2, "assert(tensor.zeros(2, 3):size(-1) == 3)") { arguments, x in
        arguments.isNil(2) ? .list(x.shape.map { .integer($0) }) : .integer(x.shape[try arguments.axis(2, rank: x.shape.count)])
    }
    private static let item = method("item", "x:item() -> number", "The number in a tensor of one element: an integer of int64, 0 or 1 of bool.", errors: "more or no elements", "assert(tensor({7}):item() == 7)") { try $1.value.scalar() }
    private static let tolist = method("tolist", "x:tolist() -> table or number", "Nested tables of numbers, integers of int64, 0 and 1 of bool; a number for a tensor without dimensions.", "assert(tensor({{1, 2}}):tolist()[1][2] == 2)") { _, x in
        // Rows without elements cost no memory in the tensor, but do in tables.
        guard x.value.count > 0 || x.shape.reduce(1, { $0 > 1 << 24 ? $0 : $0 * Swift.max($1, 1) }) <= 1 << 24 else {
            throw ScriptError("tensor:tolist", "\(Shape.describe(x.shape)) has too many rows")
        }
        let values = try x.value.cast(x.dtype.working).contiguous()
        // On their way to a script they are there three times: here, as instructions, and in the script's table.
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
    private static let detach = method("detach", "x:detach() -> tensor", "The same memory without history.", "local x = tensor({3}):requires_grad_(true)\nassert(not x:detach().requires_grad)") { .object($1.detached()) }

    private static let requiresGrad = method(
        "requires_grad_", "x:requires_grad_(flag = true) -> x", "Makes x a leaf that gradients accumulate in (true, the default), or stops it.", errors: "false for a tensor that a recorded operation made",
        most: 2,
        "local x = tensor({3}):requires_grad_(true)\nassert(x.requires_grad)"
    ) { arguments, x in
        try x.setRequiresGrad(arguments.boolean(2, "flag", default: true))
        return .object(x)
    }

    private static let backward = NativeFunction(
        "tensor:backward",
        Documentation(
            "x:backward()\nx:backward(cotangent = nil, {retain_graph = false, create_graph = false})",
            "Adds the derivative of x by every leaf that requires one to the leaf's grad. x is a single number, or a cotangent of its shape weighs it. The graph is freed unless retain_graph; with create_graph the gradients can be differentiated again.",
            errors: "x is not a single number; nothing requires a gradient; the graph was freed; a value it needs was overwritten", source: "torch.Tensor.backward",
            example: "local x = tensor({1, 2}):requires_grad_(true)\nlocal y = (x * x):sum()\ny:backward()\nassert(x.grad:tolist()[2] == 4)")
    ) { arguments in
        try arguments.atMost(3)
        let x = try arguments.variable(1, "x")
        var cotangent: Variable?
        var place = 2
        if case .object = arguments[2] {
            cotangent = try arguments.variable(2, "cotangent")
            place = 3
        } else if arguments.isNil(2), arguments.count > 2 {
            place = 3
        }
        let options = try arguments.options(place, ["retain_graph", "create_graph"])
        let createGraph = try options.boolean("create_graph", default: false)
        try x.backward(
            cotangent, retainGraph: options.boolean("retain_graph", default: createGraph), createGraph: createGraph, for: arguments.function)
        return []
    }

    private static let fill = inPlace("fill_", "x:fill_(v) -> x", "Writes the number v everywhere.", "assert(tensor.zeros(2):fill_(3):sum():item() == 6)") { arguments, x in
        guard let number = Scalar(arguments[2], takingBooleans: true) else { throw arguments.error(2, "v", expected: "a number") }
        try x.write(Variable(number.tensor(for: x.dtype, arguments.function)), for: arguments.function)
    }
    private static let zero = inPlace("zero_", "x:zero_() -> x", "Writes 0 everywhere.", most: 1, "assert(tensor.ones(2):zero_():sum():item() == 0)") { arguments, x in
        try x.write(x.zero, for: arguments.function)
    }
    private static let copy = inPlace("copy_", "x:copy_(y) -> x", "Writes y, broadcast and converted, over x.", "assert(tensor.zeros(2):copy_(tensor({1, 2})):sum():item() == 3)") { arguments, x in
        let y = try arguments.variable(2, "y")
        try x.write(x.dtype.accepts(y.dtype) ? y : y.converted(to: x.dtype), for: arguments.function)
    }

    private static let normal = random(.normal, "x:normal_(mean = 0, std = 1, {generator}) -> x", "assert(tensor.zeros(2):normal_(3, 0):sum():item() == 6)")
    private static let uniform = random(.uniform, "x:uniform_(low = 0, high = 1, {generator}) -> x", "assert(tensor.zeros(2):uniform_(3, 3):sum():item() == 6)")

    /// Draws over the receiver.
    private static func random(_ draw: RandomFill, _ signature: String, _ example: String) -> NativeFunction {
        inPlace("\(draw.name)_", signature, "Writes random numbers over x: \(draw.summary)", most: 4, example) { arguments, x in
            try x.write(Variable(draw.tensor(arguments, x.shape, x.dtype.computing, from: 2)), for: arguments.function)
        }
    }

    /// `x:name_(...)` for every operation that has such a form.
    static let operations = Operation.catalogue.compactMap { operation in
        operation.inPlace.map { form in
            let name = operation.name
            return inPlace(
                "\(name)_", "x:\(name)_(\(form.parameters)) -> x", "Writes x:\(name)(\(form.parameters)) over x.", most: .max,
                "local x = tensor({0.5})\nlocal y = x:\(name)(\(form.example))\nassert(x:\(name)_(\(form.example)) == x and x[{1}] == y[{1}])"
            ) { arguments, x in
                // x:mul_(x): what the gradient will read must not be what is written over.
                let others = try arguments.values.dropFirst().map { value -> Value in
                    guard case .object(let other as Variable) = value, other.value.storage === x.value.storage else { return value }
                    return .object(try other.clone())
                }
                try x.update(arguments.function) { before in
                    let call = Arguments(function: arguments.function, values: [.object(before)] + others, context: arguments.context)
                    do {
                        guard case .object(let result as Variable)? = try operation.function.body(call).first else {
                            throw arguments.error("no tensor came of it")
                        }
                        return result
                    } catch let error as ScriptError where error.operation == operation.function.name {
                        throw ScriptError(arguments.function, error.message)
                    }
                }
            }
        }
    }

    private static func method(
        _ name: String, _ signature: String, _ summary: String, errors: String? = nil, most: Int = 1, _ example: String,
        _ body: @escaping @Sendable (Arguments, Variable) throws -> Value
    ) -> NativeFunction {
        NativeFunction("tensor:\(name)", Documentation(signature, summary, errors: errors, source: "torch.Tensor.\(name)", example: example)) {
            try $0.atMost(most)
            return try body($0, $0.variable(1, "x"))
        }
    }

    /// A method that writes over its receiver and returns it.
    private static func inPlace(
        _ name: String, _ signature: String, _ summary: String, most: Int = 2, _ example: String,
        _ body: @escaping @Sendable (Arguments, Variable) throws -> Void
    ) -> NativeFunction {
        method(
            name, signature, summary, errors: "shapes that do not broadcast; elements that share memory (of an expanded tensor); a leaf that requires a gradient, while recording", most: most, example
        ) { arguments, x in
            try body(arguments, x)
            return .object(x)
        }
    }
}
