import Autodiff
import Distributions
import Networks
import Scripting
import Tensors

/// The continuous normalizing flow: one ``ContinuousTransform``. As zuko.flows.CNF, with its options and names.
enum CNF {
    struct Settings {
        var features = 2
        var context = 0
        var freqs = 3
        var hiddenFeatures = [64, 64]
        var activation = Activation.named.first { $0.key == "elu" } ?? .relu
        var isExact = true
        var atol = 1e-6
        var rtol = 1e-5
    }

    static func make(_ given: Settings, from generator: Generator, for operation: String) throws -> Flow {
        var settings = MLP.Settings()
        (settings.hiddenFeatures, settings.activation) = (given.hiddenFeatures, given.activation)
        let inputs = given.features + given.context + 2 * given.freqs
        let ode = try MLP.make(inputs, given.features, settings, from: generator, for: operation)
        let freqs = try Tensor((1...given.freqs).map { Double($0) * .pi }, shape: [given.freqs], .float32)
        return assemble(
            given, ode: ode, freqs: freqs, times: try Tensor([0, 1], shape: [2], .float32), from: generator)
    }

    /// - Parameters:
    ///   - buffers: the tensors of zuko's base distribution, where a file has another than the standard normal.
    ///   - metadata: of a file of weights, which is saved again under the same names.
    static func assemble(
        _ given: Settings, ode: Module, freqs: Tensor, times: Tensor, from generator: Generator,
        prior: any Prior = StandardNormal(), buffers: [(name: String, value: Variable)] = [],
        metadata: [ByteString: String] = [:]
    ) -> Flow {
        let transform = ContinuousTransform(
            features: given.features, context: given.context, ode: ode, freqs: Variable(freqs), times: Variable(times),
            solver: DormandPrince(atol: given.atol, rtol: given.rtol), exact: given.isExact, from: generator)
        return Flow(
            name: "CNF", dimension: given.features, transforms: [("transform", transform)], prior: prior,
            metadata: metadata, priorBuffers: buffers)
    }
}

extension FlowFunctions {
    private static let options = OptionTable(
        { CNF.Settings() },
        .option("features", \.features, .width, "D, of the data"),
        .option("context", \.context, .integer(from: 0, to: 1 << 24), "how many numbers a context has; 0: none"),
        .option(
            "freqs", \.freqs, .integer(from: 1, to: 4096), "the network is told cos and sin of pi t, ..., freqs pi t"),
        .option("hidden_features", \.hiddenFeatures, .list(of: .width), "the widths of the hidden layers"),
        .option("activation", \.activation, .activation),
        .option("exact", \.isExact, .flag, "whether the divergence is exact (D products), or estimated (one)"),
        .option("atol", \.atol, .number(above: 0, finite: true), "the largest error of a step, in every element"),
        .option("rtol", \.rtol, .number(from: 0, finite: true), "the same, as a share of the element"))

    static let cnf = Declaration(
        "flow.CNF",
        """
        Continuous flow: a network is the velocity of the data between t = 0 (data) and 1 (noise), integrated by \
        Dormand-Prince steps whose errors stay below atol + rtol |x|. log |det| is the integral of its divergence: \
        exact, or with exact = false Hutchinson's estimate, whose random directions m:log_prob draws anew. Train by \
        the log-density, or without integrating by m:flow_matching_loss(x).
        """,
        by: .table, takes: options.parameter, .generator, .operation, returns: .object(Flow.type),
        errors: """
            when called, data or a context of another size; parameters that are not finite; a field too stiff for the \
            tolerances
            """,
        source: "Chen et al., NeurIPS 2018; Grathwohl et al. (FFJORD), ICLR 2019; zuko.flows.CNF",
        example: """
            local m = flow.CNF{features = 2, hidden_features = {8}, activation = "tanh", atol = 1e-9, rtol = 1e-9}
            assert(m:check(tensor{{0.5, -1}}).log_det_dense < 1e-6)
            """,
        see: ["flow:flow_matching_loss", "flow.MAF"]
    ) { settings, generator, operation in try CNF.make(settings, from: generator, for: operation) }
}

extension FlowMethods {
    static let matchingLoss = Declaration(
        "flow:flow_matching_loss",
        """
        The loss that trains a flow.CNF without integrating: the mean square of the velocity minus that of the \
        straight way from x to noise, z (1 - sigma) - x, at a random time of each row.
        """,
        called: .method, takes: .argument("m", .flow), .argument("x", .tensor, "(D) or (B, D)"),
        .argument("context", .optional(.tensor), default: nil, "(C) or (B, C)"),
        .option(
            "sigma", .number(from: 0, below: 1), default: 1e-4, "how far the way ends from x: its deviation at t = 0"),
        .generator, .operation, returns: .tensor, errors: "a flow that is no flow.CNF",
        source: "Lipman et al., ICLR 2023, equations 21 to 23",
        example: """
            local m = flow.CNF{features = 2, hidden_features = {8}}
            m:flow_matching_loss(random.normal({16, 2})):backward()
            assert(m:parameters()[1].grad)
            """,
        see: ["flow.CNF"]
    ) { flow, x, context, sigma, generator, operation in
        guard flow.transforms.count == 1, let transform = flow.transforms[0].transform as? ContinuousTransform else {
            throw Fault("only a flow.CNF is a velocity, not a flow.\(flow.name)")
        }
        let x = try Batch(x, "x", event: flow.event).rows
        let told = try flow.rows(of: context, x.shape[0])
        let dtype = x.dtype.computing
        let time = try generator.fill([x.shape[0], 1], dtype, for: operation) { $0.uniform() }
        let noise = try flow.noise(x.shape[0], from: generator, for: operation)
        return try transform.matchingLoss(
            x, noise: noise.dtype == dtype ? noise : noise.converted(to: dtype), time: Variable(time), sigma: sigma,
            context: told)
    }
}
