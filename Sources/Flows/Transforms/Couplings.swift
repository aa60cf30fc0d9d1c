import Autodiff
import Networks
import Scripting
import Tensors

// The couplings that scripts make: `flow.AdditiveCoupling`, `flow.AffineCoupling`, `flow.SplineCoupling`, each a
// ``UnivariateCoupling`` with a map of its own.

/// Options that their declarations have in common.
enum CouplingOptions {
    static let mask = Parameter<CouplingMask>.option(
        "mask", .couplingMask, "(D), or (C, 1, 1) or (C, H, W) for images: 1 passes as it is and decides, 0 is changed")
    static let context = Parameter<Int>.option(
        "context", .integer(from: 0, to: 1 << 24), default: 0, "how many numbers a context has; 0: none")
    static let bound = Parameter<Double>.option(
        "bound", .number(from: 1e-30, to: 1e30), default: 5, "the spline is the identity outside [-bound, bound]")
    static let bins = Parameter<Int>.option("bins", .integer(from: 2, to: 4096), default: 8)
    static let errors = """
        a mask that leaves nothing to pass or to change; when called, a network of another width or one whose \
        parameters are not finite
        """

    static func net(_ numbers: String) -> Parameter<Module> {
        .option(
            "net", .module,
            "any module: from the features with mask 1 + context to \(numbers) for each feature with mask 0")
    }

    /// How networks for images are called, for the summaries.
    static let images = """
        Images: with a mask (C, 1, 1) net sees the channels with mask 1 and gives the numbers of the others as \
        channels, those of one channel behind each other; with a mask (C, H, W), such as a checkerboard, it sees all C \
        channels with zeros where the mask is 0 and gives numbers for all C. A context follows the channels as \
        constant ones.
        """

    static func object(
        _ name: String, _ mask: CouplingMask, _ context: Int, _ map: any UnivariateMap, _ net: Module
    ) throws -> TransformObject {
        let transform = try UnivariateCoupling(mask: mask, context: context, map: map, hyper: net)
        return TransformObject(transform, description: "flow.\(name){}")
    }

    /// A coupling whose network is one linear layer, for vectors of 3 of which the second is changed.
    static func example(_ label: String, _ map: any UnivariateMap, context: Int = 0) -> TransformExample {
        TransformExample(
            label, [.init([map.parameterCount, 2 + context], -0.5...0.5), .init([map.parameterCount], -0.5...0.5)],
            points: .init([3, 3]), context: context > 0 ? .init([3, context]) : nil, extremes: .both
        ) {
            try UnivariateCoupling(
                mask: [true, false, true], context: context, map: map,
                hyper: Module(Linear(weight: $0[0], bias: $0[1])))
        }
    }

    /// A coupling of images (2, 2, 2) whose network is a convolution.
    static func imageExample(
        _ label: String, _ map: any UnivariateMap, mask: [Bool], shape: [Int]
    ) -> TransformExample {
        let inputs = shape == [2, 1, 1] ? 1 : 2
        let outputs = inputs * map.parameterCount
        return TransformExample(
            label, [.init([outputs, inputs, 3, 3], -0.5...0.5), .init([outputs], -0.5...0.5)],
            points: .init([2, 2, 2, 2])
        ) {
            let net = Module(Conv2d(weight: $0[0], bias: $0[1], padding: [1, 1]))
            return try UnivariateCoupling(
                mask: CouplingMask(mask, shape: shape), context: 0, map: map, hyper: net)
        }
    }
}

/// The constructor of couplings by ``ShiftMap``.
public enum AdditiveCouplings: CatalogueEntry {
    public static let name = "AdditiveCoupling"

    public static let declaration = Declaration(
        "flow.AdditiveCoupling",
        """
        Shifts the features where mask is 0, z = x + b: net makes b of the others (and the context). log |det| is 0. \
        \(CouplingOptions.images)
        """,
        by: .table, takes: CouplingOptions.mask, CouplingOptions.net("1 number"), CouplingOptions.context,
        returns: .transform, errors: CouplingOptions.errors,
        source: "Dinh, Krueger, Bengio: NICE, ICLR workshop 2015, equation 8",
        example: """
            local t = flow.AdditiveCoupling{mask = {1, 0, 1}, net = nn.MLP(2, 1)}
            local z, log_det = t:to_latent(tensor{{1, 2, 3}})
            assert(z[{1, 1}] == 1 and log_det:item() == 0 and t:check(tensor{{1, 2, 3}}).round_trip < 1e-6)
            """,
        see: ["flow.AffineCoupling", "flow.NICE"]
    ) { mask, net, context in try CouplingOptions.object(name, mask, context, ShiftMap(), net) }

    public static let examples = [
        CouplingOptions.example("AdditiveCoupling", ShiftMap()),
        CouplingOptions.imageExample(
            "AdditiveCoupling of a checkerboard", ShiftMap(),
            mask: [true, false, false, true, false, true, true, false], shape: [2, 2, 2]),
    ]
}

/// The constructor of couplings by ``AffineMap``.
public enum AffineCouplings: CatalogueEntry {
    public static let name = "AffineCoupling"

    public static let declaration = Declaration(
        "flow.AffineCoupling",
        """
        Scales and shifts the features where mask is 0, z = x e^a + b: net makes of the others (and the context) b and \
        a for each, side by side; e^a is kept between 1e-3 and 1e3 as zuko keeps it. log |det| is the sum of the a. \
        \(CouplingOptions.images)
        """,
        by: .table, takes: CouplingOptions.mask, CouplingOptions.net("2 numbers"), CouplingOptions.context,
        returns: .transform, errors: CouplingOptions.errors,
        source: "Dinh, Sohl-Dickstein, Bengio, ICLR 2017, equations 7 and 8; zuko.transforms.MonotonicAffineTransform",
        example: """
            local t = flow.AffineCoupling{mask = tensor{1, 0, 1}, net = nn.MLP(2, 2)}
            assert(t:check(tensor{{1, 2, 3}}).log_det_dense < 1e-6)
            """,
        see: ["flow.AdditiveCoupling", "flow.SplineCoupling", "flow.RealNVP"]
    ) { mask, net, context in try CouplingOptions.object(name, mask, context, AffineMap(), net) }

    public static let examples = [
        CouplingOptions.example("AffineCoupling", AffineMap()),
        CouplingOptions.example("AffineCoupling of a context", AffineMap(), context: 2),
        CouplingOptions.imageExample("AffineCoupling of channels", AffineMap(), mask: [false, true], shape: [2, 1, 1]),
        CouplingOptions.imageExample(
            "AffineCoupling of a checkerboard", AffineMap(),
            mask: [true, false, false, true, false, true, true, false], shape: [2, 2, 2]),
    ]
}

/// The constructor of couplings by ``SplineMap``.
public enum SplineCouplings: CatalogueEntry {
    public static let name = "SplineCoupling"

    public static let declaration = Declaration(
        "flow.SplineCoupling",
        """
        A monotonic rational-quadratic spline for each feature where mask is 0: net makes of the others (and the \
        context) bins widths, bins heights and bins - 1 slopes for each. log |det| is the sum of the log-slopes. \
        \(CouplingOptions.images)
        """,
        by: .table, takes: CouplingOptions.mask, CouplingOptions.net("3 bins - 1 numbers"), CouplingOptions.bins,
        CouplingOptions.bound, CouplingOptions.context, returns: .transform, errors: CouplingOptions.errors,
        source: "Durkan, Bekasov, Murray, Papamakarios, NeurIPS 2019; zuko.transforms.MonotonicRQSTransform",
        example: """
            local t = flow.SplineCoupling{mask = tensor{1, 0}, net = nn.MLP(1, 11), bins = 4}
            assert(t:check(tensor{{0.5, 2}}).log_det_dense < 1e-6)
            """,
        see: ["flow.AffineCoupling", "flow.NSF"]
    ) { mask, net, bins, bound, context in
        try CouplingOptions.object(name, mask, context, SplineMap(bins: bins, bound: bound), net)
    }

    public static let examples = [
        CouplingOptions.example("SplineCoupling", SplineMap(bins: 3)),
        CouplingOptions.example("SplineCoupling of a context", SplineMap(bins: 2, bound: 3), context: 1),
        CouplingOptions.imageExample(
            "SplineCoupling of channels", SplineMap(bins: 2), mask: [true, false], shape: [2, 1, 1]),
    ]
}
