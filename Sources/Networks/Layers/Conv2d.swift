import Autodiff
import Scripting
import Tensors

/// Two-dimensional cross-correlation with a bias per channel. As torch.nn.Conv2d with zero padding.
public struct Conv2d: Layer {
    /// Weight of shape (out, in / groups, kernel height, kernel width).
    let weight: ModuleTensor
    let bias: ModuleTensor?
    let settings: Settings

    /// As torch.nn.Conv2d has them; pairs are of height and width.
    public struct Settings {
        var stride = [1, 1]
        var padding = [0, 0]
        var dilation = [1, 1]
        var groups = 1
        var bias = true

        public init() {}
    }

    public var parameters: [ModuleTensor] { [weight] + (bias.map { [$0] } ?? []) }
    public var description: String {
        let shape = weight.value.shape
        return "nn.Conv2d(\(shape[1] * settings.groups), \(shape[0]), {\(shape[2]), \(shape[3])})"
    }

    init(weight: ModuleTensor, bias: ModuleTensor?, settings: Settings) {
        (self.weight, self.bias, self.settings) = (weight, bias, settings)
    }

    /// A layer of existing tensors: weight (out, in, kernel height, kernel width), bias (out).
    public init(weight: Variable, bias: Variable?, padding: [Int]) {
        var settings = Settings()
        settings.padding = padding
        self.init(
            weight: ModuleTensor("weight", weight), bias: bias.map { ModuleTensor("bias", $0) }, settings: settings)
    }

    /// Weights (outputs, inputs / groups, height, width) and biases as PyTorch draws them.
    public static func make(
        _ inputs: Int, _ outputs: Int, _ kernel: [Int], _ settings: Settings = .init(), from generator: Generator,
        for operation: String = "nn.Conv2d"
    ) throws -> Conv2d {
        guard inputs % settings.groups == 0, outputs % settings.groups == 0 else {
            throw ScriptError(
                operation, "option groups: \(settings.groups) does not divide \(inputs) and \(outputs) channels")
        }
        let shape = [outputs, inputs / settings.groups] + kernel
        let made = try Initialization.affine(shape, bias: settings.bias, from: generator, for: operation)
        let weight = try Initialization.parameter("weight", made.weight)
        return Conv2d(weight: weight, bias: made.bias, settings: settings)
    }

    public func forward(_ x: Variable, context: Variable?, isTraining: Bool) throws -> Variable {
        let channels = weight.value.shape[1] * settings.groups
        guard (3...4).contains(x.shape.count), x.shape[x.shape.count - 3] == channels else {
            throw ScriptError(
                "nn.Conv2d",
                "x of shape \(Shape.describe(x.shape)): (B, \(channels), H, W) or (\(channels), H, W) expected")
        }
        return try x.convolved(
            weight.value, bias?.value, stride: settings.stride, padding: settings.padding, dilation: settings.dilation,
            groups: settings.groups)
    }
}

extension Conv2d {
    private static let options = OptionTable(
        { Settings() },
        .option("stride", \.stride, .pair(from: 1), "a number, or {vertical, horizontal}"),
        .option("padding", \.padding, .pair(from: 0), "zeros put around the image"),
        .option("dilation", \.dilation, .pair(from: 1)),
        .option("groups", \.groups, .width),
        .option("bias", \.bias, .flag))

    static let entry = LayerEntry(
        Declaration(
            "nn.Conv2d",
            """
            Cross-correlation of images: (B, in, H, W) becomes (B, out, H', W'), without B as well. Parameters: weight \
            (out, in / groups, kh, kw), bias (out), uniform within 1 / sqrt(in / groups kh kw).
            """,
            takes: .argument("in_channels", .width), .argument("out_channels", .width),
            .argument("kernel_size", .pair(from: 1), "a number, or {height, width}"), options.parameter, .generator,
            .operation, returns: .module,
            errors: "groups that do not divide the channels; when called, another number of channels",
            source: "torch.nn.Conv2d",
            example: """
                local net = nn.Conv2d(1, 4, 3, {padding = 1})
                assert(net(tensor.ones(2, 1, 8, 8)).shape[2] == 4)
                """
        ) { inputs, outputs, kernel, settings, generator, operation in
            Module(try Conv2d.make(inputs, outputs, kernel, settings, from: generator, for: operation))
        },
        cases: [
            LayerCase("Conv2d(2, 4, 3, padding = 1)", [2, 2, 5, 4]) {
                var settings = Settings()
                settings.padding = [1, 1]
                return Module(try Conv2d.make(2, 4, [3, 3], settings, from: $0))
            },
            LayerCase("Conv2d(2, 4, {1, 2}, stride = 2, groups = 2, bias = false)", [2, 5, 4]) {
                var settings = Settings()
                (settings.stride, settings.groups, settings.bias) = ([2, 2], 2, false)
                return Module(try Conv2d.make(2, 4, [1, 2], settings, from: $0))
            },
        ])
}
