import Scripting
import Tensors

/// `x.name`.
enum TensorProperties {
    static let all: [NativeFunction] = [
        property("shape", "{integer, ...}", "The extents, outermost first, in a table.", "assert(tensor.zeros(2, 3).shape[2] == 3)") { x in
            .list(x.shape.map { .integer($0) })
        },
        property("dtype", "string", "\"float32\", \"float64\", \"int64\", \"bool\" or \"float16\".", "assert(tensor.zeros(2).dtype == \"float32\")") { .string($0.dtype.rawValue) },
        property("grad", "tensor or nil", "The gradient that backward accumulated in this leaf, or nil.", "local x = tensor({3}):requires_grad_(true)\nlocal y = (x * x):sum()\ny:backward()\nassert(x.grad[{1}] == 6)") { x in
            x.grad.map { .object($0) } ?? .none
        },
        property("data", "tensor", "The same memory without history: writing into it is not recorded.", "local x = tensor({3}):requires_grad_(true)\nx.data[1] = 5\nassert(x[{1}] == 5)") { .object($0.detached()) },
        property("requires_grad", "boolean", "Whether gradients flow to or through this tensor.", "assert(not tensor({1}).requires_grad)") { .boolean($0.requiresGrad) },
        property("is_leaf", "boolean", "Whether no recorded operation made this tensor.", "assert(tensor({1}).is_leaf)") { .boolean($0.isLeaf) },
        property("T", "tensor", "The transpose of a matrix, as a view: x:t().", "assert(tensor({{1, 2}}).T.shape[1] == 2)") { x in
            guard x.shape.count <= 2 else { throw ScriptError("tensor.T", "a matrix expected, got shape \(Shape.describe(x.shape))") }
            return .object(x.shape.count == 2 ? try x.transposed() : x)
        },
    ]

    private static func property(
        _ name: String, _ type: String, _ summary: String, _ example: String,
        _ read: @escaping @Sendable (Variable) throws -> Value
    ) -> NativeFunction {
        NativeFunction("tensor.\(name)", Documentation("x.\(name) -> \(type)", summary, example: example)) {
            try read($0.variable(1, "x"))
        }
    }

    static let setters: [NativeFunction] = [
        NativeFunction(
            "tensor.grad", Documentation("x.grad = g", "Replaces the accumulated gradient; nil forgets it.", errors: "another shape", example: "local x = tensor({3})\nx.grad = nil\nassert(x.grad == nil)")
        ) { arguments in
            let x = try arguments.variable(1, "x")
            if arguments.isNil(2) {
                x.grad = nil
                return []
            }
            let gradient = try arguments.variable(2, "grad")
            guard gradient.shape == x.shape else {
                throw arguments.error("a gradient of shape \(Shape.describe(gradient.shape)) for a tensor of shape \(Shape.describe(x.shape))")
            }
            x.grad = gradient
            return []
        },
        NativeFunction(
            "tensor.data", Documentation("x.data = y", "Writes y's numbers over x's, unrecorded.", errors: "another shape; fractions into int64", example: "local x = tensor({3}):requires_grad_(true)\nx.data = x.data + 1\nassert(x[{1}] == 4)")
        ) { arguments in
            let x = try arguments.variable(1, "x")
            let source = try arguments.tensor(2, "data")
            guard source.shape == x.shape else {
                throw arguments.error("a tensor of shape \(Shape.describe(source.shape)) for one of shape \(Shape.describe(x.shape))")
            }
            try x.checkAccepts(source.dtype, for: arguments.function)
            try x.value.checkElementsApart(for: arguments.function)
            try x.value.write(source, for: arguments.function)
            return []
        },
        NativeFunction(
            "tensor.requires_grad", Documentation("x.requires_grad = flag", "The same as x:requires_grad_(flag).", example: "local x = tensor({3})\nx.requires_grad = true\nassert(x.requires_grad)")
        ) { arguments in
            try arguments.variable(1, "x").setRequiresGrad(arguments.boolean(2, "requires_grad"))
            return []
        },
    ]
}
