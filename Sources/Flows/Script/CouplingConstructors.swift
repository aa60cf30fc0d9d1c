import Autodiff
import Networks
import Scripting
import Tensors

/// `flow.AffineCoupling`, `flow.SplineCoupling` and `flow.Autoregressive`: transforms with networks of the script's.
extension FlowFunctions {
    static let couplings = [affineCoupling, splineCoupling, autoregressive]

    private static let mask = Parameter<[Bool]>.option(
        "mask", .features, "one number per feature: 1 passes as it is and decides, 0 is changed")
    private static let context = Parameter<Int>.option(
        "context", .integer(from: 0, to: 1 << 24), default: 0, "how many numbers a context has; 0: none")
    private static let bound = Parameter<Double>.option(
        "bound", .number(above: 0, finite: true), default: 5, "the spline is the identity outside [-bound, bound]")
    private static let bins = Parameter<Int>.option("bins", .integer(from: 2, to: 4096), default: 8)
    private static let errors = """
        a mask that leaves nothing to pass or to change; when called, a network of another width
        """

    private static func object(_ name: String, _ transform: any FlowTransform) -> TransformObject {
        TransformObject(transform, description: "flow.\(name){}")
    }

    private static let affineCoupling = Declaration(
        "flow.AffineCoupling",
        """
        Scales and shifts the features where mask is 0: net makes of the others (and the context) a shift and a \
        logarithm of the scale for each, side by side; the scale is kept between 1e-3 and 1e3 as zuko keeps it.
        """,
        by: .table, takes: mask, .option("net", .module, "from features with mask 1 + context to 2 x features with mask 0"),
        context, returns: .object(TransformObject.type), errors: errors,
        source: "Dinh, Sohl-Dickstein, Bengio, ICLR 2017, equations 7 and 8",
        example: """
            local t = flow.AffineCoupling{mask = tensor{1, 0, 1}, net = nn.MLP(2, 2)}
            assert(t:check(tensor{{1, 2, 3}}).log_det_dense < 1e-6)
            """
    ) { mask, net, context in
        object("AffineCoupling", try UnivariateCoupling(mask: mask, context: context, map: AffineMap(), hyper: net))
    }

    private static let splineCoupling = Declaration(
        "flow.SplineCoupling",
        """
        A monotonic rational-quadratic spline for each feature where mask is 0: net makes of the others (and the context) \
        bins widths, bins heights and bins - 1 slopes for each.
        """,
        by: .table, takes: mask,
        .option("net", .module, "from features with mask 1 + context to (3 bins - 1) x features with mask 0"), bins, bound,
        context, returns: .object(TransformObject.type), errors: errors,
        source: "Durkan, Bekasov, Murray, Papamakarios, NeurIPS 2019",
        example: """
            local t = flow.SplineCoupling{mask = tensor{1, 0}, net = nn.MLP(1, 11), bins = 4}
            assert(t:check(tensor{{0.5, 2}}).log_det_dense < 1e-6)
            """
    ) { mask, net, bins, bound, context in
        let map = SplineMap(bins: bins, bound: bound)
        return object("SplineCoupling", try UnivariateCoupling(mask: mask, context: context, map: map, hyper: net))
    }

    private static let autoregressive = Declaration(
        "flow.Autoregressive",
        """
        Each feature is mapped as the features before it (and the context) say, by a masked network: an affine map, or a \
        spline of `bins` bins.
        """,
        by: .table, takes: .option("features", .width, "2 or more"), context,
        .option("hidden_features", .list(of: .width), default: [64, 64]),
        .option("activation", .activation, default: .relu),
        .option("univariate", .choice([AffineMap.name, SplineMap.name]), default: AffineMap.name), bins, bound, .generator,
        .operation, returns: .object(TransformObject.type), errors: "less than 2 features",
        source: "Papamakarios, Pavlakou, Murray, NIPS 2017, equations 3 to 5",
        example: """
            local t = flow.Autoregressive{features = 3, hidden_features = {8}}
            assert(t:check(tensor{{1, 2, 3}}).log_det_dense < 1e-6)
            """
    ) { features, context, hidden, activation, univariate, bins, bound, generator, operation in
        guard features >= 2 else { throw Fault("features", "2 or more expected, got \(features)") }
        let map: any UnivariateMap = univariate == AffineMap.name ? AffineMap() : SplineMap(bins: bins, bound: bound)
        let order = Array(0..<features)
        let hyper = try MaskedMLP.make(
            MaskedAutoregressive.adjacency(order: order, context: context, each: map.parameterCount), hidden: hidden,
            activation: activation, from: generator, for: operation)
        return object("Autoregressive", try MaskedAutoregressive(order: order, context: context, map: map, hyper: hyper))
    }
}

extension Domain<[Bool]> {
    /// One truth value for each feature.
    static var features: Domain {
        let type = ScriptType.either([.object(Variable.type.name), .list(.number)])
        return Domain(type, expected: "a vector of zeros and ones", show: { _ in "mask" }) { value in
            let numbers: [Double]
            switch value {
            case .object(let object as Variable):
                guard object.shape.count == 1 else {
                    throw Fault("shape \(Shape.describe(object.shape)); one number per feature expected")
                }
                numbers = try object.value.cast(.float64).toArray()
            case .table(let table):
                guard let list = try table.numbers() else { return nil }
                numbers = list
            default: return nil
            }
            if let other = numbers.first(where: { $0 != 0 && $0 != 1 }) {
                throw Fault("zeros and ones expected, got \(shown(other)) in it")
            }
            return numbers.map { $0 == 1 }
        }
    }
}
