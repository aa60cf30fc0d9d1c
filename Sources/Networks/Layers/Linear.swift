import Autodiff
import Scripting
import Tensors

/// y = x W^T + b on the last dimension. As torch.nn.Linear.
public struct Linear: Layer {
    /// Weight of shape (out, in).
    let weight: ModuleTensor
    /// Bias of shape (out).
    let bias: ModuleTensor?

    public var parameters: [ModuleTensor] { [weight] + (bias.map { [$0] } ?? []) }
    public var description: String {
        let (out, inputs) = (weight.value.shape[0], weight.value.shape[1])
        return "nn.Linear(\(inputs), \(out)\(bias == nil ? ", {bias = false}" : ""))"
    }

    /// A layer of existing tensors: weight (out, in), bias (out).
    public init(weight: Variable, bias: Variable?) {
        self.weight = ModuleTensor("weight", weight)
        self.bias = bias.map { ModuleTensor("bias", $0) }
    }

    /// Weight (outputs, inputs) and bias (outputs), uniform in +- 1 / sqrt(inputs) as in PyTorch.
    public static func make(
        _ inputs: Int, _ outputs: Int, bias: Bool = true, from generator: Generator, for operation: String = "nn.Linear"
    ) throws -> Linear {
        let made = try Initialization.affine([outputs, inputs], bias: bias, from: generator, for: operation)
        // Stored column by column: products of single rows read whole columns of the weight.
        let weight = try Initialization.parameter("weight", made.weight.storedByInputUnit(for: operation))
        return Linear(weight: weight.value, bias: made.bias?.value)
    }

    public func forward(_ x: Variable, context: Variable?, isTraining: Bool) throws -> Variable {
        try Linear.apply(x, weight.value, bias?.value, "nn.Linear")
    }

    /// - Parameter rectified: whether x is replaced by max(x, 0) in the same pass.
    static func apply(
        _ x: Variable, _ weight: Variable, _ bias: Variable?, rectified: Bool = false, _ operation: String
    ) throws -> Variable {
        guard x.shape.last == weight.shape[1] else {
            throw ScriptError(
                operation, "x of shape \(Shape.describe(x.shape)): a last dimension of \(weight.shape[1]) expected")
        }
        if x.shape.count <= 2 { return try x.linear(weight, bias, rectified: rectified) }
        let leading = Array(x.shape.dropLast())
        let rows = try x.reshape([leading.reduce(1, *), weight.shape[1]])
        return try rows.linear(weight, bias, rectified: rectified).reshape(leading + [weight.shape[0]])
    }
}

extension Linear {
    static let entry = LayerEntry(
        Declaration(
            "nn.Linear",
            """
            y = x W^T + b on the last dimension: (..., in) becomes (..., out). Parameters: weight (out, in), bias \
            (out), uniform within 1 / sqrt(in).
            """,
            takes: .argument("in_features", .width), .argument("out_features", .width),
            .option("bias", .flag, default: true), .generator, .operation, returns: .module,
            errors: "when called, x whose last dimension is not in_features", source: "torch.nn.Linear",
            example: "assert(nn.Linear(2, 3)(tensor.ones(5, 2)).shape[2] == 3)"
        ) { inputs, outputs, bias, generator, operation in
            Module(try Linear.make(inputs, outputs, bias: bias, from: generator, for: operation))
        },
        cases: [
            LayerCase("Linear(3, 2)", [4, 3]) { Module(try Linear.make(3, 2, from: $0)) },
            LayerCase("Linear(3, 2, bias = false)", [2, 4, 3]) { Module(try Linear.make(3, 2, bias: false, from: $0)) },
        ])
}
