import Autodiff
import Networks
import Scripting
import Tensors

/// An autoregressive transform of an event of any shape, with any network that respects an order of the numbers: those
/// of order 0 pass unchanged, each other one is mapped with parameters from numbers of lower order and the context.
/// Orders 0 and 1 make a coupling; 1, 2, 3, ... row by row, with masked convolutions, PixelCNN (van den Oord,
/// Kalchbrenner, Kavukcuoglu, ICML 2016).
public struct OrderedAutoregressive: ConditionedTransform {
    /// The order of each number of the event, row-major.
    public let order: [Int]
    public let shape: [Int]
    public let contextSize: Int?
    public let map: any UnivariateMap
    public let hyper: Module

    /// Indices of the features (channels of images) that pass and that are mapped, and where each feature stands when
    /// passing ones and then mapped ones are concatenated.
    private let passing, changed, places: Variable
    private let orderTensor: Variable
    /// How many distinct orders above 0 there are: the passes of `toData`.
    private let passes: Int

    /// - Throws: ``Fault`` for an order that changes nothing, or in which a channel has 0 beside other orders.
    public init(order: [Int], shape: [Int], context: Int, map: any UnivariateMap, hyper: Module) throws {
        (self.order, self.shape, self.map, self.hyper) = (order, shape, map, hyper)
        contextSize = context > 0 ? context : nil
        passes = Set(order).subtracting([0]).count
        guard passes > 0 else { throw Fault("order", "no number above 0 in it: nothing is changed") }
        let each = order.count / shape[0]
        let isChanged = (0..<shape[0]).map { order[$0 * each] > 0 }
        if let mixed = order.indices.first(where: { (order[$0] > 0) != isChanged[$0 / each] }) {
            throw Fault(
                "order", "channel \(mixed / each + 1) has 0 and others: a channel passes as a whole, or is changed")
        }
        (passing, changed, places) = try Conditioning.positions(
            isChanged.indices.filter { !isChanged[$0] }, isChanged.indices.filter { isChanged[$0] })
        orderTensor = Variable(try Tensor(integers: order, shape: shape))
    }

    var features: (name: String, value: Variable) { ("order", orderTensor) }

    public func latentShape(of event: [Int]) throws -> [Int] {
        guard event == shape else {
            throw Fault(
                "flow.MaskedAutoregressive takes \(Shape.describe(shape)), as order is, not \(Shape.describe(event))")
        }
        return event
    }
    public func dataShape(of event: [Int]) throws -> [Int] { try latentShape(of: event) }
    public var fixedDataShape: [Int]? { shape }

    public func toLatent(_ x: Variable, context: Variable?) throws -> (z: Variable, logDeterminant: Variable) {
        let (z, logSlope) = try map.toLatent(x.indexSelect(1, changed), numbers(x, context))
        return (try joined(x, z), try logSlope.sumOfRows())
    }

    /// Fixed-point iteration: each pass makes the numbers of one more order right; an extra pass checks that they stay,
    /// as they do when the network respects the order.
    public func toData(_ z: Variable, context: Variable?) throws -> (x: Variable, logDeterminant: Variable) {
        let latent = try z.indexSelect(1, changed)
        var found = Variable(try Tensor.zeros(latent.shape, latent.dtype))
        var (before, logSlope) = (found, found)
        for _ in 0..<passes {
            before = found
            (found, logSlope) = try map.toData(latent, numbers(joined(z, found), context))
        }
        try checkOrder(before, found, earlier: true)
        let again = try GradMode.$isEnabled.withValue(false) {
            try map.toData(latent, numbers(joined(z, found), context)).x
        }
        try checkOrder(found, again, earlier: false)
        return (try joined(z, found), try logSlope.sumOfRows())
    }

    private func numbers(_ x: Variable, _ context: Variable?) throws -> Variable {
        let event = Array(x.shape.dropFirst())
        guard event == shape else {
            throw ScriptError(
                "flow.MaskedAutoregressive",
                "x of shape \(Shape.describe(x.shape)): events of shape \(Shape.describe(shape)) expected")
        }
        let input = try Conditioning.join(x, context, expected: contextSize, "flow.MaskedAutoregressive")
        return try Conditioning.numbers(
            hyper, input, features: changed.shape[0], each: map.parameterCount, "flow.MaskedAutoregressive")
    }

    private func joined(_ x: Variable, _ changed: Variable) throws -> Variable {
        guard passing.shape[0] > 0 else { return changed }
        return try Variable.concatenate([x.indexSelect(1, passing), changed], 1).indexSelect(1, places)
    }

    /// - Throws: ``ScriptError`` when a pass changed numbers that were right already: with `earlier` those of all
    ///   orders but the last, else all.
    private func checkOrder(_ before: Variable, _ found: Variable, earlier: Bool) throws {
        var moved = try (found.detached() - before.detached()).abs()
        if earlier {
            let (each, last) = (order.count / shape[0], order.max() ?? 0)
            let flags = order.filter { $0 > 0 }.map { $0 < last ? 1.0 : 0 }
            moved = try moved * Variable(Tensor(flags, shape: [flags.count / each] + shape.dropFirst(), found.dtype))
        }
        // NaN (from a z that is not finite) is skipped, so that it does not hide other rows.
        let most = try moved.value.cast(.float64).toArray().filter { !$0.isNaN }.max() ?? 0
        guard most <= 1e-3 else {
            throw ScriptError(
                "flow.MaskedAutoregressive",
                """
                to_data found no fixed point: a number that was found already moved by \(shown(most)). net does not \
                keep the order; what it gives for a number may depend on numbers of lower order only
                """)
        }
    }
}

extension OrderedAutoregressive: CatalogueEntry {
    public static let name = "MaskedAutoregressive"
    private static let maps = [AffineMap.name, SplineMap.name, LogisticMixtureMap.name, HistogramMap.name]

    public static let declaration = Declaration(
        "flow.MaskedAutoregressive",
        """
        An autoregressive transform with a network of your own. order has the data's shape, (D) or (C, H, W): numbers \
        of order 0 pass as they are, and for each other net may look at those of lower order only; of one order, \
        numbers do not see each other. net gets all features (and the context), and gives the univariate map's numbers \
        for each feature, or channel, that is changed, laid out as for flow.AffineCoupling: b and a for "affine", \
        3 bins - 1 for "spline", 2 + 3 components for "mixture", and for "histogram" those of flow.HistogramCoupling. \
        Densities take one pass, samples one for each order and one more. t:check(x) shows whether net keeps the \
        order; to_data refuses a net that does not.
        """,
        by: .table, takes: .option("order", .numbers, "whole numbers from 0"),
        .option("net", .module, "any module that keeps the order"),
        .option("univariate", .choice(maps), default: AffineMap.name), CouplingOptions.bins, CouplingOptions.bound,
        .option("components", .integer(from: 1, to: 4096), default: 8),
        .option("counts", .optional(.flatNumbers), default: nil, "of the histogram's levels: see flow.Histogram"),
        HistogramCouplings.edges, HistogramOptions.smooth, CouplingOptions.context, returns: .transform,
        errors: """
            an order that changes nothing or a part of a channel only; options of histograms beside \
            another map; when called, a network of another width; \
            to_data of a net that does not keep the order
            """,
        source: """
            zuko.transforms.MaskedAutoregressiveTransform; Papamakarios, Pavlakou, Murray, NIPS 2017, equations 3 to 5
            """,
        example: """
            -- The first number as it is, the second and third each by those before.
            local net = nn.MaskedLinear(tensor{{1, 0, 0}, {1, 0, 0}, {1, 1, 0}, {1, 1, 0}})
            local t = flow.MaskedAutoregressive{order = {0, 1, 2}, net = net}
            assert(t:check(tensor{{1, 2, 3}}).log_det_dense < 1e-6)
            """,
        see: ["flow.Autoregressive", "flow.HistogramCoupling"]
    ) { order, net, univariate, bins, bound, components, counts, edges, smooth, context in
        let order = try order.variable(.float64)
        guard [1, 3].contains(order.shape.count), order.value.count > 0 else {
            throw Fault("order", "shape \(Shape.describe(order.shape)); (D) or (C, H, W) expected")
        }
        let orders = try order.value.cast(.float64).toArray().map { number in
            guard let whole = Int(exactly: number), (0...(1 << 24)).contains(whole) else {
                throw Fault("order", "\(shown(number)) in it; whole numbers from 0 to \(1 << 24) expected")
            }
            return whole
        }
        guard univariate == HistogramMap.name || (counts == nil && edges == nil && !smooth) else {
            throw Fault("univariate", "\"\(univariate)\" beside counts, edges or smooth; \"histogram\" expected")
        }
        let map: any UnivariateMap
        switch univariate {
        case AffineMap.name: map = AffineMap()
        case SplineMap.name: map = SplineMap(bins: bins, bound: bound)
        case LogisticMixtureMap.name: map = LogisticMixtureMap(components: components)
        default:
            guard let counts else { throw Fault("counts", "the frequencies of the histogram's levels expected") }
            map = try HistogramMap(LevelHistogram(counts: counts, smooth: smooth), edges: edges)
        }
        let transform = try OrderedAutoregressive(
            order: orders, shape: order.shape, context: context, map: map, hyper: net)
        return TransformObject(transform, description: "flow.MaskedAutoregressive{}")
    }

    /// Feature 2 passes, feature 3 is mapped by it, feature 1 by both. The network is a linear layer with a mask.
    private static func example(
        _ label: String, _ map: any UnivariateMap, context: Int = 0
    ) -> TransformExample {
        let (outputs, inputs) = (2 * map.parameterCount, 3 + context)
        return TransformExample(
            "MaskedAutoregressive, \(label)",
            [.init([outputs, inputs], -0.5...0.5), .init([outputs], -0.5...0.5)],
            points: .init([3, 3]), context: context > 0 ? .init([3, context]) : nil
        ) {
            let told = [Double](repeating: 1, count: context)
            let flags = [[0, 1, 1] + told, [0, 1, 0] + told].flatMap { row in
                [[Double]](repeating: row, count: map.parameterCount).flatMap { $0 }
            }
            let mask = Variable(try Tensor(flags, shape: [outputs, inputs], .bool))
            return try OrderedAutoregressive(
                order: [2, 0, 1], shape: [3], context: context, map: map,
                hyper: Module(MaskedLinear(weight: $0[0], bias: $0[1], mask: mask)))
        }
    }

    /// Gives the first channel only to a network.
    private struct OfFirstChannel: Layer {
        let module: Module
        var children: [(name: String, module: Module)] { [("0", module)] }
        let description = "OfFirstChannel"
        func forward(_ x: Variable, context: Variable?, isTraining: Bool) throws -> Variable {
            try module(x.slice(1, 0, 1))
        }
    }

    public static var examples: [TransformExample] {
        @Sendable func histogram(smooth: Bool) throws -> HistogramMap {
            try HistogramMap(LevelHistogram(counts: HistogramOptions.few, smooth: smooth), edges: [0, 1, 3, 4])
        }
        return [
            example("affine", AffineMap()),
            example("mixture, of a context", LogisticMixtureMap(components: 2), context: 1),
            TransformExample(
                "MaskedAutoregressive of a channel, histogram",
                [.init([3, 1, 3, 3], -0.5...0.5), .init([3], -0.5...0.5)], points: .init([2, 2, 2, 2], 0.05...0.95)
            ) {
                let net = Module(Conv2d(weight: $0[0], bias: $0[1], padding: [1, 1]))
                return try OrderedAutoregressive(
                    order: [0, 0, 0, 0, 1, 1, 1, 1], shape: [2, 2, 2], context: 0, map: histogram(smooth: false),
                    hyper: Module(OfFirstChannel(module: net)))
            },
            TransformExample(
                "MaskedAutoregressive of a channel, smooth histogram",
                [.init([5, 1, 1, 1], -0.5...0.5), .init([5], -0.5...0.5)], points: .init([2, 2, 2, 2], 0.05...0.95)
            ) {
                let net = Module(Conv2d(weight: $0[0], bias: $0[1], padding: [0, 0]))
                return try OrderedAutoregressive(
                    order: [0, 0, 0, 0, 1, 1, 1, 1], shape: [2, 2, 2], context: 0, map: histogram(smooth: true),
                    hyper: Module(OfFirstChannel(module: net)))
            },
        ]
    }
}
