import Autodiff
import Scripting
import Tensors

/// Normalizes the last dimensions to mean 0 and variance 1, then scales and shifts. As torch.nn.LayerNorm.
///
/// Ba, Kiros and Hinton, "Layer normalization", 2016, equation 3; the variance is the biased one.
public struct LayerNorm: Layer {
    /// The trailing dimensions that are normalized together.
    let shape: [Int]
    let eps: Double
    let weight: ModuleTensor?
    let bias: ModuleTensor?

    public var parameters: [ModuleTensor] { [weight, bias].compactMap { $0 } }
    public var description: String { "nn.LayerNorm({\(shape.map { "\($0)" }.joined(separator: ", "))})" }

    /// Normalizes the last dimensions, which must have this shape; weights start as 1 and biases as 0.
    public static func make(_ shape: [Int], eps: Double = 1e-5, affine: Bool = true, bias: Bool = true) throws
        -> LayerNorm
    {
        let weight = affine ? try Initialization.parameter("weight", .full(shape, 1)) : nil
        let shift = affine && bias ? try Initialization.parameter("bias", .zeros(shape)) : nil
        return LayerNorm(shape: shape, eps: eps, weight: weight, bias: shift)
    }

    public func forward(_ x: Variable, context: Variable?, isTraining: Bool) throws -> Variable {
        guard x.shape.suffix(shape.count) == shape[...] else {
            throw ScriptError(
                "nn.LayerNorm",
                "x of shape \(Shape.describe(x.shape)): the last dimensions \(Shape.describe(shape)) expected")
        }
        let axes = Array((x.shape.count - shape.count)..<x.shape.count)
        let centered = try x - x.mean(axes, keepingDimensions: true)
        let variance = try (centered * centered).mean(axes, keepingDimensions: true)
        let normalized = try centered / (variance + eps).sqrt()
        let scaled = try weight.map { try normalized * $0.value } ?? normalized
        return try bias.map { try scaled + $0.value } ?? scaled
    }
}

extension LayerNorm {
    static let entry = LayerEntry(
        Declaration(
            "nn.LayerNorm",
            """
            Normalizes the last dimensions of x, of the given shape, to mean 0 and (biased) variance 1, then weight x \
            + bias, of that shape.
            """,
            takes: .argument("normalized_shape", .extents, "a number, or a table of extents"),
            .option("eps", .number(from: 0, finite: true), default: 1e-5, "added to the variance"),
            .option("elementwise_affine", .flag, default: true, "whether there are a weight and a bias"),
            .option("bias", .flag, default: true), returns: .module,
            errors: "when called, x with other last dimensions",
            source: "torch.nn.LayerNorm; Ba, Kiros, Hinton 2016, equation 3",
            example: "assert(math.abs(nn.LayerNorm(4)(tensor{1, 2, 3, 4}):mean():item()) < 1e-6)"
        ) { shape, eps, affine, bias in
            Module(try LayerNorm.make(shape, eps: eps, affine: affine, bias: bias))
        },
        cases: [
            LayerCase("LayerNorm(3)", [4, 3]) { _ in Module(try LayerNorm.make([3])) },
            LayerCase("LayerNorm({2, 3}, elementwise_affine = false)", [2, 2, 3]) { _ in
                Module(try LayerNorm.make([2, 3], affine: false))
            },
        ])
}
