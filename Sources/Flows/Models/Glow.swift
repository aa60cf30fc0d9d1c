import Autodiff
import Distributions
import Networks
import Scripting
import Tensors

/// Glow: on each level a squeeze, then steps of activation normalisation, 1x1 convolution and coupling; between levels
/// half of the channels goes to the latent. Kingma and Dhariwal, "Glow", NeurIPS 2018, figure 2 and table 1.
enum Glow {
    struct Settings {
        var shape = [1, 28, 28]
        var levels = 2
        var steps = 8
        var channels = 64
        var context = 0
        var bins = 8
        var bound = 5.0
    }

    static func make(
        _ given: Settings, spline: Bool, from generator: Generator, for operation: String
    ) throws -> Flow {
        guard given.shape.count == 3, given.shape.allSatisfy({ (1...(1 << 24)).contains($0) }) else {
            throw Fault("shape", "(channels, height, width) expected, got \(Shape.describe(given.shape))")
        }
        let map: any UnivariateMap = spline ? SplineMap(bins: given.bins, bound: given.bound) : AffineMap()
        var (parts, shape): ([any FlowTransform], [Int]) = ([], given.shape)
        for level in 1...given.levels {
            guard shape[1] % 2 == 0, shape[2] % 2 == 0 else {
                let image = "level \(level) of \(given.levels) gets images of \(shape[1]) x \(shape[2])"
                throw Fault(
                    "levels", "\(image), which cannot be halved: \(Shape.describe(given.shape)) allows \(level - 1)")
            }
            parts.append(Squeeze())
            shape = try Squeeze().latentShape(of: shape)
            for _ in 0..<given.steps {
                parts += [
                    try ActNorm.make(shape[0]), try Conv1x1.random(shape[0], from: generator, for: operation),
                    try coupling(shape[0], given, map, from: generator, for: operation),
                ]
            }
            if level < given.levels {
                parts.append(Split())
                shape = try Split.halves(of: shape).kept
            }
        }
        return Flow(
            name: "Glow", dimension: try Shape.count(given.shape, for: operation), event: given.shape,
            transforms: parts.enumerated().map { ("transforms.\($0)", $1) }, prior: StandardNormal())
    }

    /// A coupling whose first half of the channels passes and parametrises the maps of the other half.
    private static func coupling(
        _ channels: Int, _ given: Settings, _ map: any UnivariateMap, from generator: Generator, for operation: String
    ) throws -> UnivariateCoupling {
        let half = channels / 2
        let mask = try CouplingMask((0..<channels).map { $0 < half }, shape: [channels, 1, 1])
        func convolution(_ inputs: Int, _ outputs: Int, _ window: Int) throws -> Conv2d {
            let made = try Conv2d.make(inputs, outputs, [window, window], from: generator, for: operation).parameters
            return Conv2d(weight: made[0].value, bias: made[1].value, padding: [window / 2, window / 2])
        }
        // The last layer starts at zero, so that every coupling starts as the identity.
        let last = try convolution(given.channels, (channels - half) * map.parameterCount, 3)
        for tensor in last.parameters { try tensor.value.value.write(Tensor.zeros(tensor.value.shape)) }
        let layers: [any Layer] = [
            try convolution(half + given.context, given.channels, 3), Activation.relu,
            try convolution(given.channels, given.channels, 1), Activation.relu, last,
        ]
        return try UnivariateCoupling(
            mask: mask, context: given.context, map: map, hyper: Module(Sequential(layers.map { Module($0) })))
    }
}

extension FlowFunctions {
    private static let options = OptionTable(
        { Glow.Settings() },
        .option("shape", \.shape, .shape, "of an image, (channels, height, width)"),
        .option("levels", \.levels, .integer(from: 1, to: 24), "each halves height and width"),
        .option("steps", \.steps, .integer(from: 1, to: 1 << 16), "on each level: ActNorm, 1x1 convolution, coupling"),
        .option("channels", \.channels, .width, "of the hidden layers of the couplings' networks"),
        .option("context", \.context, .integer(from: 0, to: 1 << 24), "how many numbers a context has; 0: none"),
        .option("bins", \.bins, .integer(from: 2, to: 4096), "of spline couplings"),
        .option(
            "bound", \.bound, .number(above: 0, finite: true),
            "spline couplings are the identity outside [-bound, bound]"))

    static let glow = Declaration(
        "flow.Glow",
        """
        Images: on each level a squeeze, then steps of flow.ActNorm, flow.Conv1x1 and a coupling of half of the \
        channels by the other half, whose network of three convolutions starts at 0; between levels flow.Split. The \
        latent is one vector. m:initialize(x) starts the ActNorms from data.
        """,
        by: .table, takes: options.parameter, .option("coupling", .choice(["affine", "spline"]), default: "affine"),
        .generator, .operation, returns: .object(Flow.type),
        errors: "an image that cannot be halved so often; when called, images or a context of another size",
        source: "Kingma, Dhariwal, NeurIPS 2018",
        example: """
            local m = flow.Glow{shape = {1, 4, 4}, levels = 2, steps = 1, channels = 4}
            local z, log_det = m:to_latent(tensor.ones(3, 1, 4, 4))
            assert(z.shape[2] == 16 and m:sample(2).shape[3] == 4)
            """,
        see: ["flow:initialize", "flow.Conv1x1", "flow.Split"]
    ) { settings, coupling, generator, operation in
        try Glow.make(settings, spline: coupling == "spline", from: generator, for: operation)
    }
}

extension FlowMethods {
    static let initialize = Declaration(
        "flow:initialize",
        """
        Starts the flow's transforms that take their start from data (flow.ActNorm) from a batch, one after the other: \
        each sees what the ones before make of it. Returns m.
        """,
        called: .method, takes: .argument("m", .flow), .argument("x", .tensor, "a batch of data"),
        .argument("context", .optional(.tensor), default: nil, "(C) or (B, C)"), returns: .object(Flow.type),
        errors: "a flow without such a transform; data of another shape, or not finite",
        source: "Kingma, Dhariwal, NeurIPS 2018 (Glow), section 3.1",
        example: """
            local m = flow.Flow("normal", {flow.ActNorm(2)}, {dim = 2})
            local z = m:initialize(random.normal{100, 2} * 5 + 3):to_latent(tensor{3, 3})
            assert(z:abs():max():item() < 1)
            """,
        see: ["flow.ActNorm", "flow.Glow"]
    ) { flow, x, context in
        let x = try Batch(x, "x", event: flow.event).rows
        let told = try flow.rows(of: context, x.shape[0])
        let count = try GradMode.$isEnabled.withValue(false) { try flow.sequence.initialize(from: x, context: told) }
        guard count > 0 else { throw Fault("no transform of the flow starts from data; flow.ActNorm does") }
        return flow
    }
}

extension TransformSequence {
    /// - Returns: how many parts took their initial values from the data.
    func initialize(from x: Variable, context: Variable?) throws -> Int {
        var (value, count) = (x, 0)
        for part in parts {
            if let chain = part as? Chain {
                count += try chain.sequence.initialize(from: value, context: context)
            } else if let part = part as? any DataInitialized {
                try part.initialize(from: value)
                count += 1
            }
            value = part is Split ? try Split.divide(value).kept : try part.toLatent(value, context: context).z
        }
        return count
    }
}
