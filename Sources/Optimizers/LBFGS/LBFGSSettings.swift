import Scripting

/// The options of ``LBFGS``, with torch.optim.LBFGS's names and defaults.
struct LBFGSSettings {
    var lr = 1.0
    var maxIterations = 20
    /// The most evaluations of the closure in one step; 5/4 of the iterations if not given.
    var maxEvaluations = 25
    var gradientTolerance = 1e-7
    var changeTolerance = 1e-9
    var historySize = 100
    var searchesLine = false
    var maximize = false

    static let options = [
        "lr", "max_iter", "max_eval", "tolerance_grad", "tolerance_change", "history_size", "line_search_fn", "line_search", "maximize",
    ]

    init() {}

    init(_ options: Options) throws {
        lr = try options.nonnegative("lr", default: lr)
        // Bounded so that five quarters of it is a number, too.
        maxIterations = try options.integer("max_iter", in: 1...(1 << 32), default: maxIterations)
        maxEvaluations = try options.integer("max_eval", in: 1...Int.max, default: maxIterations * 5 / 4)
        gradientTolerance = try options.nonnegative("tolerance_grad", default: gradientTolerance)
        changeTolerance = try options.nonnegative("tolerance_change", default: changeTolerance)
        historySize = try options.integer("history_size", in: 1...Int.max, default: historySize)
        let key = options.has("line_search_fn") ? "line_search_fn" : "line_search"
        searchesLine = try options.choice(key, ["strong_wolfe", "none"], default: "none") == "strong_wolfe"
        maximize = try options.boolean("maximize", default: maximize)
    }

    var description: String {
        "lr = \(shown(lr)), max_iter = \(maxIterations), max_eval = \(maxEvaluations), tolerance_grad = \(shown(gradientTolerance)), "
            + "tolerance_change = \(shown(changeTolerance)), history_size = \(historySize), "
            + "line_search_fn = \(searchesLine ? "\"strong_wolfe\"" : "\"none\""), maximize = \(maximize)"
    }
}
