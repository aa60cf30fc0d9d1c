import Autodiff
import Distributions
import Networks
import Scripting
import Tensors

/// `flow.RealNVP`, `flow.MAF`, `flow.NSF`: zuko's architectures, options and names of parameters.
extension FlowFunctions {
    static let univariate = [realNVP, maf, iaf, nsf, glow, cnf]

    private static let options: OptionTable<UnivariateFlows.Settings> = {
        OptionTable(
            { UnivariateFlows.Settings() },
            .option("features", \.features, .width, "D, of the data"),
            .option("context", \.context, .integer(from: 0, to: 1 << 24), "how many numbers a context has; 0: none"),
            .option("transforms", \.transforms, .width),
            .option("hidden_features", \.hiddenFeatures, .list(of: .width), "the widths of the hidden layers"),
            .option("activation", \.activation, .activation))
    }()
    private static let order = Parameter<RandomOrder>.option(
        "randperm", .randomOrder, default: .no, "whether each transform has a random order of features, or their seed")
    private static let passes = Parameter<Int?>.option(
        "passes", .optional(.width, shown: "features"), default: nil,
        "how many groups of features follow each other; 2 makes couplings, which are quick both ways")
    private static let bins = Parameter<Int>.option("bins", .integer(from: 2, to: 4096), default: 8)
    private static let errors = "when called, data or a context of another size"

    private static let realNVP = Declaration(
        "flow.RealNVP",
        """
        Couplings that scale and shift the features of one parity as the others and the context say, in turn; the base \
        is a standard normal distribution. m:log_prob(x, context), m:sample(n, context).
        """,
        by: .table, takes: options.parameter,
        .option(
            "randmask", .randomOrder, default: .no,
            "whether each coupling divides the features at random, or their seed"),
        .generator,
        .operation, returns: .object(Flow.type), errors: "less than 2 features; " + errors,
        source: "Dinh, Sohl-Dickstein, Bengio, ICLR 2017; zuko.flows.RealNVP",
        example: """
            local m = flow.RealNVP{features = 3, context = 1, hidden_features = {16}}
            assert(#m:log_prob(tensor.zeros(5, 3), tensor{1}) == 5 and m:sample(4, tensor{1}).shape[2] == 3)
            """,
        see: ["flow.MAF", "flow.NSF", "flow.load"]
    ) { settings, order, generator, operation in
        try order.applied("randmask", settings, generator) {
            try UnivariateFlows.couplings("RealNVP", $0, map: AffineMap(), from: generator, for: operation)
        }
    }

    private static let maf = Declaration(
        "flow.MAF",
        """
        Masked autoregressive flow: each feature is scaled and shifted as those before it and the context say, in \
        ascending and descending order in turn. Densities take one pass, samples one for each feature (or group). One \
        feature is scaled and shifted as the context says.
        """,
        by: .table, takes: options.parameter, order, passes, .generator, .operation, returns: .object(Flow.type),
        errors: errors, source: "Papamakarios, Pavlakou, Murray, NIPS 2017; zuko.flows.MAF",
        example: """
            local m = flow.MAF{features = 3, hidden_features = {16}}
            assert(#m:log_prob(tensor.zeros(5, 3)) == 5)
            """,
        see: ["flow.RealNVP", "flow.NSF", "flow.load"]
    ) { settings, order, passes, generator, operation in
        try order.applied("randperm", settings, generator) {
            try UnivariateFlows.autoregressive(
                "MAF", $0, map: AffineMap(), passes: passes, from: generator, for: operation)
        }
    }

    private static let iaf = Declaration(
        "flow.IAF",
        """
        Inverse autoregressive flow: flow.MAF the other way round, so that samples take one pass, and densities of \
        other points one for each feature. For variational inference, m:fit_to.
        """,
        by: .table, takes: options.parameter, order, .generator, .operation, returns: .object(Flow.type),
        errors: errors, source: "Kingma et al., NIPS 2016",
        example: """
            local m = flow.IAF{features = 3, hidden_features = {16}}
            local x = m:sample(5)
            assert(#m:log_prob(x) == 5)
            """,
        see: ["flow.MAF", "flow.NSF"]
    ) { settings, order, generator, operation in
        try order.applied("randperm", settings, generator) { settings in
            let forward = try UnivariateFlows.autoregressive(
                "IAF", settings, map: AffineMap(), passes: nil, from: generator, for: operation)
            return Flow(
                name: "IAF", dimension: settings.features,
                transforms: forward.transforms.enumerated().map { ("transforms.\($0)", Inverse($1.transform)) },
                prior: StandardNormal())
        }
    }

    private static let nsf = Declaration(
        "flow.NSF",
        """
        Neural spline flow: as flow.MAF with a monotonic rational-quadratic spline of `bins` bins on [-5, 5] for each \
        feature. Data far outside is left as it is there: scale it first.
        """,
        by: .table, takes: options.parameter, bins, order, passes, .generator, .operation,
        returns: .object(Flow.type), errors: errors,
        source: "Durkan, Bekasov, Murray, Papamakarios, NeurIPS 2019; zuko.flows.NSF",
        example: """
            local m = flow.NSF{features = 2, bins = 4, passes = 2, hidden_features = {16}}
            local z, log_det = m:to_latent(tensor.zeros(5, 2))
            assert((m:to_data(z) - 0):abs():max():item() < 1e-5 and #log_det == 5)
            """,
        see: ["flow.RealNVP", "flow.MAF", "flow.load"]
    ) { settings, bins, order, passes, generator, operation in
        try order.applied("randperm", settings, generator) {
            try UnivariateFlows.autoregressive(
                "NSF", $0, map: SplineMap(bins: bins), passes: passes, from: generator, for: operation)
        }
    }
}

/// Random orders or masks: no, by a given seed, or by a seed that is drawn and kept, so that a file can hold it.
private enum RandomOrder: Sendable {
    case no, drawn
    case seeded(Int)

    /// The flow, with the seed that was drawn in place of `true`.
    func applied(
        _ option: String, _ given: UnivariateFlows.Settings, _ generator: Generator,
        _ make: (UnivariateFlows.Settings) throws -> Flow
    ) throws -> Flow {
        let seed: Int
        switch self {
        case .no: return try make(given)
        case .drawn: seed = Int(generator.next32())
        case .seeded(let own): seed = own
        }
        var settings = given
        settings.orderSeed = UInt64(seed)
        let flow = try make(settings)
        flow.settledOptions = [Recipe.Field(option, .integer(seed))]
        return flow
    }
}

extension Domain<RandomOrder> {
    fileprivate static var randomOrder: Domain {
        Domain<Bool>.flag.map(show: show) { $0 ? RandomOrder.drawn : .no }
            .or(Domain<Int>.integer(from: 0).map(show: show) { RandomOrder.seeded($0) })
    }
    private static func show(_ order: RandomOrder) -> String {
        switch order {
        case .no: "false"
        case .drawn: "true"
        case .seeded(let seed): "\(seed)"
        }
    }
}
