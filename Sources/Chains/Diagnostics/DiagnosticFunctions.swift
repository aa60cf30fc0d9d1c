import Scripting
import Tensors

/// `mcmc.rhat`, `ess`, `mcse`, `autocorrelation`, `summary`.
enum DiagnosticFunctions {
    static let all = [rhat, ess, mcse, autocorrelation, summary]

    private static let samples = Parameter<ChainDraws>.argument(
        "samples", .draws, "(chains, draws, ...), or what mcmc.sample returns")

    /// Applies `value` to each number of a point; the results have a point's shape.
    private static func each(_ draws: ChainDraws, _ value: (ChainSeries) throws -> Double) throws -> Tensor {
        let numbers = try ChainSeries.all(of: draws.values).map { series in
            try Cancellation.check()
            return try value(series)
        }
        return try Tensor(numbers, shape: Array(draws.values.shape.dropFirst(2)), .float64)
    }

    private static func checkLength(_ draws: ChainDraws) throws {
        guard draws.values.shape[1] >= 4 else {
            throw Fault(
                "samples",
                "4 draws at least expected in (chains, draws, ...), got shape \(Shape.describe(draws.values.shape))")
        }
    }

    private static let source = """
        Vehtari, Gelman, Simpson, Carpenter, Bürkner, Bayesian Analysis 16 (2021); ArviZ 0.23
        """

    private static let rhat = Declaration(
        "mcmc.rhat",
        """
        The rank-normalised split R-hat of every number of a point, float64: about 1 when the chains agree; above 1.01 \
        they do not, and neither means nor quantiles are to be trusted. NaN where all draws are one number or one is \
        NaN.
        """,
        takes: samples, returns: .plainTensor,
        errors: "one chain (R-hat compares chains); fewer than 4 draws", source: source + ": rhat(method = \"rank\")",
        example: """
            local x = random.normal({4, 500}, {generator = random.generator(1)})
            assert(mcmc.rhat(x):item() < 1.02)
            x[1] = x[1] + 3                       -- one chain is elsewhere
            assert(mcmc.rhat(x):item() > 1.3)
            """,
        see: ["mcmc.summary"]
    ) { draws in
        guard draws.values.shape[0] >= 2 else {
            throw Fault(
                "samples",
                "R-hat compares chains: 2 at least expected, got shape \(Shape.describe(draws.values.shape)), one chain"
            )
        }
        try checkLength(draws)
        return try each(draws, Convergence.rhat)
    }

    private static let ess = Declaration(
        "mcmc.ess",
        """
        The effective sample size of every number of a point, all chains together, float64: how many independent draws \
        would say as much. "bulk" of ranks, for the centre of a distribution; "tail" the smaller one of the 5 % and 95 \
        % quantiles'; "mean" for the mean. Less than 100 a chain is rough. More than there are draws is possible, when \
        they alternate. The number of draws where all are one number, NaN where one is NaN.
        """,
        takes: samples, .option("kind", .choice(), default: Convergence.Kind.bulk), returns: .plainTensor,
        errors: "fewer than 4 draws", source: source + ": ess(method = kind)",
        example: """
            local x = random.normal({4, 500}, {generator = random.generator(1)})
            assert(mcmc.ess(x):item() > 1500 and mcmc.ess(x, {kind = "tail"}):item() > 1000)
            """,
        see: ["mcmc.summary"]
    ) { draws, kind in
        try checkLength(draws)
        return try each(draws) { Convergence.ess($0, kind) }
    }

    private enum Estimate: String, CaseIterable, Sendable { case mean, sd, median, quantile }

    private static let mcse = Declaration(
        "mcmc.mcse",
        "The standard error of an estimate from chains, for every number of a point: of the mean, sd, median or a "
            + "quantile.",
        takes: samples, .option("kind", .choice(), default: Estimate.mean),
        .option("prob", .optional(.number(above: 0, below: 1)), "which quantile"), returns: .plainTensor,
        errors: "fewer than 4 draws; a quantile without prob", source: source + ": mcse(method = kind)",
        example: """
            local x = random.normal({4, 500}, {generator = random.generator(1)})
            local s = mcmc.mcse(x):item()
            assert(s > 0.01 and s < 0.05)         -- 1 / sqrt(2000) = 0.022
            """,
        see: ["mcmc.ess"]
    ) { draws, kind, probability in
        try checkLength(draws)
        guard (kind == .quantile) == (probability != nil) else {
            throw Fault(
                kind == .quantile
                    ? "kind = \"quantile\": prob, such as 0.9, expected" : "prob is for kind = \"quantile\" only")
        }
        return try each(draws) { series in
            switch kind {
            case .mean: ChainErrors.mean(series)
            case .sd: ChainErrors.deviation(series)
            case .median: try ChainErrors.quantile(series, 0.5)
            case .quantile: try ChainErrors.quantile(series, probability ?? 0.5)
            }
        }
    }

    private static let autocorrelation = Declaration(
        "mcmc.autocorrelation",
        """
        The autocorrelations of each chain at lags 0, 1, ...: (chains, lags, ...), float64. Lag 0 stands at 1 and is \
        1; NaN for a chain whose draws are all one number.
        """,
        takes: samples,
        .option("lags", .optional(.integer(from: 1)), "how many, lag 0 among them; as many as there are draws"),
        returns: .plainTensor, source: "ArviZ 0.23: autocorr",
        example: """
            local a = mcmc.autocorrelation(tensor({{1, -1, 1, -1, 1, -1, 1, -1}}), {lags = 3})
            assert(a[{1, 1}] == 1 and a[{1, 2}] == -0.875 and a.shape[2] == 3)
            """,
        see: ["plot.autocorrelation"]
    ) { draws, lags in
        let (chains, count) = (draws.values.shape[0], draws.values.shape[1])
        let kept = min(lags ?? count, count)
        // Computed in the order (numbers of a point, chains, lags); transposed at the end.
        var values: [Double] = []
        for series in try ChainSeries.all(of: draws.values) {
            try Cancellation.check()
            for chain in 0..<chains {
                let own = series.chain(chain)
                // A constant chain has variance 0, whatever rounding of its mean leaves.
                let isConstant = own.allSatisfy { $0 == own.first }
                let covariance = Autocovariance.of(own)
                values += covariance.prefix(kept).map { isConstant ? .nan : $0 / covariance[0] }
            }
        }
        let shape = Array(draws.values.shape.dropFirst(2))
        let width = shape.reduce(1, *)
        return try Tensor(values, shape: [width, chains, kept], .float64).permute([1, 2, 0]).contiguous()
            .reshape([chains, kept] + shape)
    }

    private static let summary = Declaration(
        "mcmc.summary",
        """
        A table of what draws say of every number of a point: s.mean, s.sd, s.hdi_low, s.hdi_high, s.mcse_mean, \
        s.mcse_sd, s.ess_bulk, s.ess_tail, s.r_hat, tensors in the shape of a point, and s.verdict, what is not to be \
        trusted, in words. print(s) shows all of it.
        """,
        takes: samples,
        .option(
            "hdi_prob", .number(above: 0, below: 1), default: 0.94, "the share of draws inside hdi_low to hdi_high"),
        returns: Results(.object(ChainSummary.type.name)) { .object($0) }, source: source + ": summary",
        example: """
            local s = mcmc.summary(random.normal({4, 500, 2}, {generator = random.generator(1)}))
            assert(math.abs(s.mean[{1}]) < 0.1 and s.r_hat[{2}] < 1.02)
            assert(tostring(s):find("ess_bulk"))
            """,
        see: ["mcmc.rhat", "mcmc.ess"]
    ) { draws, probability in try ChainSummary(draws, probability: probability) }
}
