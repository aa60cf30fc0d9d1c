import Scripting
import Tensors

/// The properties `x.name` of tensors.
enum TensorProperties {
    static let all: [NativeFunction] = [
        property(
            "shape", "The extents, outermost first.", "assert(tensor.zeros(2, 3).shape[2] == 3)",
            .value(.list(.integer))
        ) { .list($0.shape.map { .integer($0) }) },
        property("dtype", "The elements' type.", "assert(tensor.zeros(2).dtype == \"float32\")", .dtype) { $0.dtype },
        property(
            "grad", "The gradient that backward accumulated in this leaf, or nil.",
            """
            local x = tensor({3}):requires_grad_(true)
            local y = (x * x):sum()
            y:backward()
            assert(x.grad[{1}] == 6)
            """, .value(.either([.object(Variable.type.name), .none]))
        ) { x in x.grad.map { .object($0) } ?? .none },
        property(
            "data", "The same memory without history: writing into it is not recorded.",
            """
            local x = tensor({3}):requires_grad_(true)
            x.data[1] = 5
            assert(x[{1}] == 5)
            """, .tensor
        ) { $0.detached() },
        property(
            "requires_grad", "Whether gradients are taken with respect to this tensor, or through it.",
            "assert(not tensor({1}).requires_grad)", .flag
        ) { $0.requiresGrad },
        property(
            "is_leaf", "Whether no recorded operation made this tensor.", "assert(tensor({1}).is_leaf)", .flag
        ) { $0.isLeaf },
        property(
            "T", "The transpose of a matrix, as a view: x:t().", "assert(tensor({{1, 2}}).T.shape[1] == 2)", .tensor
        ) { x in
            guard x.shape.count <= 2 else { throw Fault("a matrix expected, got shape \(Shape.describe(x.shape))") }
            return x.shape.count == 2 ? try x.transposed() : x
        },
    ]

    private static func property<R>(
        _ name: String, _ summary: String, _ example: String, _ results: Results<R>,
        _ read: @escaping @Sendable (Variable) throws -> R
    ) -> NativeFunction {
        NativeFunction(
            Declaration(
                "tensor.\(name)", summary, called: .property, takes: .x, returns: results, example: example,
                body: read))
    }

    static let setters: [NativeFunction] = [
        setter(
            "grad", .argument("grad", .optional(.tensor), "of x's shape"),
            "Sets the gradient, or forgets it (nil): do so between steps, since backward adds.",
            """
            local x = tensor({3}):requires_grad_(true)
            x.grad = tensor({1})
            x.grad = nil
            assert(x.grad == nil)
            """
        ) { x, gradient, _ in
            guard let gradient else {
                x.grad = nil
                return
            }
            guard gradient.shape == x.shape else {
                let (given, wanted) = (Shape.describe(gradient.shape), Shape.describe(x.shape))
                throw Fault("a gradient of shape \(given) for a tensor of shape \(wanted)")
            }
            x.grad = gradient
        },
        setter(
            "data", .argument("data", .plainTensor, "of x's shape"), "Writes a tensor's numbers over x's, unrecorded.",
            errors: "another shape; fractions into int64",
            """
            local x = tensor({3}):requires_grad_(true)
            x.data = x.data + 1
            assert(x[{1}] == 4)
            """
        ) { x, source, operation in
            guard source.shape == x.shape else {
                let (given, wanted) = (Shape.describe(source.shape), Shape.describe(x.shape))
                throw Fault("a tensor of shape \(given) for one of shape \(wanted)")
            }
            try x.checkAccepts(source.dtype, for: operation)
            try x.value.checkElementsApart(for: operation)
            try x.value.write(source, for: operation)
        },
        setter(
            "requires_grad", .argument("requires_grad", .flag), "The same as x:requires_grad_(flag).",
            """
            local x = tensor({3})
            x.requires_grad = true
            assert(x.requires_grad)
            """
        ) { x, flag, _ in try x.setRequiresGrad(flag) },
    ]

    private static func setter<T>(
        _ name: String, _ value: Parameter<T>, _ summary: String, errors: String? = nil, _ example: String,
        _ write: @escaping @Sendable (Variable, T, String) throws -> Void
    ) -> NativeFunction {
        NativeFunction(
            Declaration(
                "tensor.\(name)", summary, called: .setter, takes: .x, value, .operation, returns: .nothing,
                errors: errors, example: example, body: write))
    }
}

extension Results<DType> {
    static var dtype: Results { Results(.choice(DType.allCases.map(\.rawValue))) { .string(ByteString($0.rawValue)) } }
}
