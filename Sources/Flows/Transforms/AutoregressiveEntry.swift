import Autodiff
import Networks
import Scripting
import Tensors

/// `flow.Autoregressive`, a ``MaskedAutoregressive`` with a network of its own.
public enum AutoregressiveEntry: CatalogueEntry {
    public static let name = "Autoregressive"
    private static let maps = [AffineMap.name, SplineMap.name, LogisticMixtureMap.name]

    public static let declaration = Declaration(
        "flow.Autoregressive",
        """
        Each feature is mapped as the features before it (and the context) say, by a masked network. univariate is the \
        map: "affine"; "spline", a rational-quadratic one of `bins` bins; or "mixture", z = logit(F(x)) e^a + b with F \
        the cumulative distribution function of a mixture of `components` logistic distributions, whose inverse is \
        found to working precision. Densities take one pass, samples one for each feature.
        """,
        by: .table, takes: .option("features", .width), CouplingOptions.context,
        .option("hidden_features", .list(of: .width), default: [64, 64]),
        .option("activation", .activation, default: .relu),
        .option("univariate", .choice(maps), default: AffineMap.name), CouplingOptions.bins, CouplingOptions.bound,
        .option("components", .integer(from: 1, to: 4096), default: 8), .generator, .operation, returns: .transform,
        source: """
            Papamakarios, Pavlakou, Murray, NIPS 2017, equations 3 to 5; Durkan et al., NeurIPS 2019; Ho et al., ICML \
            2019 (Flow++), equations 14 to 16
            """,
        example: """
            for _, map in ipairs{"affine", "spline", "mixture"} do
              local t = flow.Autoregressive{features = 3, hidden_features = {8}, univariate = map}
              assert(t:check(tensor{{1, 2, 3}}).log_det_dense < 1e-6)
            end
            """,
        see: ["flow.MAF", "flow.NSF"]
    ) { features, context, hidden, activation, univariate, bins, bound, components, generator, operation in
        let map: any UnivariateMap =
            switch univariate {
            case AffineMap.name: AffineMap()
            case SplineMap.name: SplineMap(bins: bins, bound: bound)
            default: LogisticMixtureMap(components: components)
            }
        try MaskedAutoregressive.checkSize(features, context, each: map.parameterCount)
        let order = Array(0..<features)
        let hyper = try MaskedAutoregressive.network(
            order: order, context: context, each: map.parameterCount, hidden: hidden, activation: activation,
            from: generator, for: operation)
        return TransformObject(
            try MaskedAutoregressive(order: order, context: context, map: map, hyper: hyper),
            description: "flow.Autoregressive{}")
    }

    /// The network is one masked layer of the weights given, so that the laws can vary all of them; those behind the
    /// mask have gradient 0.
    private static func example(_ label: String, _ map: any UnivariateMap, context: Int = 0) -> TransformExample {
        let outputs = 2 * map.parameterCount
        return TransformExample(
            label, [.init([outputs, 2 + context], -0.5...0.5), .init([outputs], -0.5...0.5)], points: .init([3, 2]),
            context: context > 0 ? .init([3, context]) : nil, extremes: .both
        ) {
            let adjacency = MaskedAutoregressive.adjacency(order: [0, 1], context: context, each: map.parameterCount)
            let flags = adjacency.flatMap { $0.map { $0 ? 1.0 : 0 } }
            let mask = Variable(try Tensor(flags, shape: [outputs, 2 + context], .bool))
            let layer = MaskedLinear(weight: $0[0], bias: $0[1], mask: mask)
            return try MaskedAutoregressive(order: [0, 1], context: context, map: map, hyper: Module(layer))
        }
    }

    public static let examples = [
        example("Autoregressive, affine", AffineMap()),
        example("Autoregressive, affine, of a context", AffineMap(), context: 1),
        example("Autoregressive, spline", SplineMap(bins: 3)),
        example("Autoregressive, mixture", LogisticMixtureMap(components: 2)),
        example("Autoregressive, mixture, of a context", LogisticMixtureMap(components: 3), context: 1),
    ]
}
