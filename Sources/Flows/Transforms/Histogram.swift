import Autodiff
import Scripting
import Tensors

/// z = F(x) of every number, F the cumulative distribution function of a ``LevelHistogram``.
public struct Histogram: ElementwiseTransform {
    public static let name = "Histogram"
    /// Data are levels k + u with u in [0, 1), divided by the number of levels.
    public let histogram: LevelHistogram

    /// The counts are constants: no gradient reaches them.
    public init(_ histogram: LevelHistogram) { self.histogram = histogram }

    public var recipe: Recipe {
        .call(
            "flow.Histogram",
            options: [("counts", .numbers(histogram.counts)), ("smooth", .flag(histogram.isSmooth))])
    }
    public var dataRange: NumberRange? { NumberRange(0, 1) }
    public var latentRange: NumberRange? { NumberRange(0, 1) }

    func image(_ x: Variable) throws -> (z: Variable, logSlope: Variable) {
        try Demand.unit(x, "flow.Histogram")
        let (z, logSlope) = try histogram.image(x)
        return (try z.belowOne(), logSlope)
    }

    func preimage(_ z: Variable) throws -> (x: Variable, logSlope: Variable) {
        try Demand.unit(z, "flow.Histogram")
        let (x, logSlope) = try histogram.preimage(z)
        return (try x.belowOne(), logSlope)
    }
}

/// Options of the transforms that have a histogram.
enum HistogramOptions {
    static let counts = Parameter<[Double]>.option(
        "counts", .flatNumbers,
        "how often each of n levels occurs, above 0; level k, from 0, is x from k / n to (k + 1) / n")
    static let smooth = Parameter<Bool>.option(
        "smooth", .flag, default: false, "slopes without jumps, for gradients, by rational-quadratic splines")
    static let errors = "a count that is not above 0; when called, numbers outside [0, 1]"
    /// A histogram for examples: four levels, two of them rare.
    static let few = [40.0, 3, 7, 25]
}

extension Histogram {
    public static let declaration = Declaration(
        "flow.Histogram",
        """
        z = F(x) of every number in [0, 1], F the cumulative distribution function of given levels' frequencies: grey \
        values (k + u) / 256 become uniform numbers in [0, 1). Piecewise linear, so that log |det| is the sum of the \
        logarithms of n times the level's share; smooth = true makes F once continuously differentiable.
        """,
        by: .table, takes: HistogramOptions.counts, HistogramOptions.smooth, returns: .transform,
        errors: HistogramOptions.errors,
        source: "histogram equalisation; Durkan et al., NeurIPS 2019, equations 4 to 8 (smooth)",
        example: """
            local t = flow.Histogram{counts = {3, 1}}
            local z, log_det = t:to_latent(tensor{0.25})
            assert(z[{1}] == 0.375 and math.abs(log_det:item() - math.log(1.5)) < 1e-6)
            """,
        see: ["flow.HistogramCoupling", "data.dequantize"]
    ) { counts, smooth in
        let histogram = try LevelHistogram(counts: counts, smooth: smooth)
        return TransformObject(
            Histogram(histogram),
            description: "flow.Histogram{\(counts.count) levels\(smooth ? ", smooth = true" : "")}")
    }

    public static let examples = [false, true].map { smooth in
        TransformExample("Histogram\(smooth ? ", smooth" : "")", [], points: .init([3, 2], 0.05...0.95)) { _ in
            Histogram(try LevelHistogram(counts: HistogramOptions.few, smooth: smooth))
        }
    }
}
