import Autodiff
import Scripting
import Tensors

/// A linear layer whose mask (out, in) removes connections: y = x (W * mask)^T + b. As zuko.nn.MaskedLinear.
public struct MaskedLinear: Layer {
    let weight: ModuleTensor
    let bias: ModuleTensor?
    /// Zeros and ones, (out, in); a buffer, as in zuko.
    let mask: ModuleTensor

    public var parameters: [ModuleTensor] { [weight] + (bias.map { [$0] } ?? []) }
    public var buffers: [ModuleTensor] { [mask] }
    public var description: String {
        "nn.MaskedLinear(mask \(Shape.describe(mask.value.shape))\(bias == nil ? ", {bias = false}" : ""))"
    }

    /// A layer of existing tensors: weight and mask (out, in), bias (out).
    public init(weight: Variable, bias: Variable?, mask: Variable) {
        self.weight = ModuleTensor("weight", weight)
        self.bias = bias.map { ModuleTensor("bias", $0) }
        self.mask = ModuleTensor("mask", mask)
    }

    /// - Parameter mask: bool, (out, in), with one connection at least.
    public static func make(
        _ mask: Tensor, bias: Bool = true, from generator: Generator, for operation: String = "nn.MaskedLinear"
    ) throws -> MaskedLinear {
        guard mask.shape.count == 2, mask.count > 0 else {
            throw ScriptError(operation, "a mask of shape \(Shape.describe(mask.shape)): (out, in) expected")
        }
        guard try mask.cast(.float32).toArray().contains(where: { $0 != 0 }) else {
            throw ScriptError(
                operation, "the mask \(Shape.describe(mask.shape)) is zero everywhere: nothing is connected")
        }
        let made = try Initialization.affine(mask.shape, bias: bias, from: generator, for: operation)
        return MaskedLinear(
            weight: try Initialization.parameter("weight", made.weight).value, bias: made.bias?.value,
            mask: Variable(try mask.cast(.bool)))
    }

    public func forward(_ x: Variable, context: Variable?, isTraining: Bool) throws -> Variable {
        try Linear.apply(x, weight.value * mask.value, bias?.value, "nn.MaskedLinear")
    }
}

extension MaskedLinear {
    static let entry = LayerEntry(
        Declaration(
            "nn.MaskedLinear",
            """
            A linear layer that has only the connections where mask is 1: y = x (W * mask)^T + b. Parameters: weight \
            (out, in), bias (out); mask is part of the state dict.
            """,
            takes: .argument("mask", .mask, "bool or zeros and ones, (out, in)"), .option("bias", .flag, default: true),
            .generator, .operation, returns: .module,
            errors: "a mask that is zero everywhere or has other numbers; when called, x of another width",
            source: "zuko.nn.MaskedLinear; Germain et al., MADE, ICML 2015, equation 8",
            example: """
                local net = nn.MaskedLinear(tensor{{1, 0}, {1, 1}}, {bias = false})
                assert(net(tensor{0, 5})[{1}] == 0)  -- the second input does not reach the first output
                """
        ) { mask, bias, generator, operation in
            Module(try MaskedLinear.make(mask, bias: bias, from: generator, for: operation))
        },
        cases: [
            LayerCase("MaskedLinear", [4, 3]) {
                Module(try MaskedLinear.make(Tensor([1, 0, 1, 0, 1, 1], shape: [2, 3]), from: $0))
            }
        ])
}
