import Scripting

/// The options of ``LBFGS``, with torch.optim.LBFGS's names and defaults.
struct LBFGSSettings {
    enum LineSearch: String, CaseIterable {
        case strongWolfe = "strong_wolfe"
        /// Every iteration moves by lr times the direction.
        case fixed = "none"
    }

    var lr = 1.0
    var maxIterations = 20
    var evaluationLimit: Int?
    var gradientTolerance = 1e-7
    var changeTolerance = 1e-9
    var historySize = 100
    var lineSearch: LineSearch?
    var maximize = false

    /// The most evaluations of the closure in one step; 5/4 of the iterations if not given.
    var maxEvaluations: Int { evaluationLimit ?? maxIterations * 5 / 4 }
    var searchesLine: Bool { lineSearch == .strongWolfe }

    static let options = OptionTable({ LBFGSSettings() },
        .option("lr", \.lr, .nonnegative),
        // Bounded so that five quarters of it is a number, too.
        .option("max_iter", \.maxIterations, .integer(from: 1, to: 1 << 32), "the most iterations of one step"),
        .option(
            "max_eval", \.evaluationLimit, .optional(.integer(from: 1), shown: "max_iter * 5 // 4"),
            "the most calls of the closure in one step"),
        .option(
            "tolerance_grad", \.gradientTolerance, .nonnegative,
            "ends a step where no element of the gradient is larger"),
        .option(
            "tolerance_change", \.changeTolerance, .nonnegative,
            "ends a step where loss or parameters change by no more"),
        .option("history_size", \.historySize, .integer(from: 1), "steps that the inverse Hessian is made of"),
        .option(
            "line_search_fn", \.lineSearch, .optional(.choice(), shown: "\"none\""),
            "\"strong_wolfe\" finds the length of a step, and is what to use unless the loss is noisy"),
        .option("maximize", \.maximize, .flag))
}
