import Autodiff
import Networks
import Scripting
import Tensors

/// `flow.HistogramCoupling`, a ``UnivariateCoupling`` with ``HistogramMap``.
public enum HistogramCouplings: CatalogueEntry {
    public static let name = "HistogramCoupling"

    /// The option `edges`, also of `flow.MaskedAutoregressive`.
    static let edges = Parameter<[Int]?>.option(
        "edges", .optional(.list(of: .integer(from: 0)), shown: "a bin for each level"), default: nil,
        "the first level of every bin and the number of levels: {0, 1, 252, 256}")

    public static let declaration = Declaration(
        "flow.HistogramCoupling",
        """
        For each feature where mask is 0, in [0, 1], the cumulative distribution function of a histogram, \
        flow.Histogram, whose bins get other shares: net makes of the others (and the context) one number for each \
        bin, which is added to the logarithm of its share before a softmax; inside of a bin, levels keep their ratios. \
        A net that gives zeros makes the histogram. smooth = true takes rational-quadratic splines, and net gives \
        bins - 1 more numbers, for the slopes at the inner edges. \(CouplingOptions.images)
        """,
        by: .table, takes: CouplingOptions.mask, CouplingOptions.net("a number for each bin"), HistogramOptions.counts,
        edges, HistogramOptions.smooth, CouplingOptions.context, returns: .transform,
        errors: """
            \(HistogramOptions.errors); edges that do not rise from 0 to the number of levels; \(CouplingOptions.errors)
            """,
        source: "Müller et al., Neural importance sampling, 2019, section 5.2; Durkan et al., NeurIPS 2019 (smooth)",
        example: """
            local net = nn.MLP(1, 2)
            local t = flow.HistogramCoupling{mask = {1, 0}, net = net, counts = {5, 1, 2, 2}, edges = {0, 1, 4}}
            assert(t:check(tensor{{0.3, 0.2}, {0.9, 0.6}}).log_det_dense < 1e-6)
            """,
        see: ["flow.Histogram", "flow.MaskedAutoregressive", "flow.SplineCoupling"]
    ) { mask, net, counts, edges, smooth, context in
        let map = try HistogramMap(LevelHistogram(counts: counts, smooth: smooth), edges: edges)
        return try CouplingOptions.object(name, mask, context, map, net)
    }

    private static func example(_ label: String, smooth: Bool, context: Int = 0) -> TransformExample {
        let numbers = smooth ? 5 : 3
        return TransformExample(
            "HistogramCoupling\(label)", [.init([numbers, 2 + context], -0.5...0.5), .init([numbers], -0.5...0.5)],
            points: .init([3, 3], 0.05...0.95), context: context > 0 ? .init([3, context]) : nil
        ) {
            let histogram = try LevelHistogram(counts: HistogramOptions.few, smooth: smooth)
            return try UnivariateCoupling(
                mask: [true, false, true], context: context, map: HistogramMap(histogram, edges: [0, 1, 3, 4]),
                hyper: Module(Linear(weight: $0[0], bias: $0[1])))
        }
    }

    public static let examples = [
        example("", smooth: false), example(" of a context", smooth: false, context: 1),
        example(", smooth", smooth: true),
        TransformExample(
            "HistogramCoupling of channels", [.init([8, 2, 3, 3], -0.5...0.5), .init([8], -0.5...0.5)],
            points: .init([2, 4, 2, 2], 0.05...0.95)
        ) {
            let histogram = try LevelHistogram(counts: HistogramOptions.few)
            return try UnivariateCoupling(
                mask: CouplingMask([true, false, false, true], shape: [4, 1, 1]), context: 0,
                map: HistogramMap(histogram),
                hyper: Module(Conv2d(weight: $0[0], bias: $0[1], padding: [1, 1])))
        },
    ]
}
