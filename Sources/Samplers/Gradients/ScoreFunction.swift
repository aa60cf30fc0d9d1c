import Autodiff
import Scripting
import Tensors

/// The score-function (REINFORCE, likelihood-ratio) estimator: E[(f(x) - b) ∇ log q(x) + ∇f(x)] over x ~ q, where the
/// last term is the loss's own dependence on the parameters (Williams 1992; Glynn 1990).
///
/// Needs only draws and log-densities: discrete distributions and losses that are not smooth are fine.
enum ScoreFunction {
    /// f + (f - b) (log q - log q), with the first f and log q recorded: DiCE's "magic box" (Foerster et al. 2018) to
    /// first order.
    static func surrogate(_ problem: GradientProblem, _ baseline: Baseline, _ params: [Variable], for operation: String)
        throws -> Surrogate
    {
        let distribution = try problem.distribution(params)
        let x = Variable(try distribution.draw(problem.samples, from: problem.generator, for: operation))
        let losses = try problem.losses(x, params, for: operation)
        let logs = try Vectors.rows(
            distribution.logProbability(x, for: operation), problem.samples, "log_prob", for: operation)
        try Vectors.checkFinite(logs.value.toArray(), "log_prob", for: operation)
        let numbers = try losses.value.toArray()
        let weights = try zip(numbers, baseline.values(numbers, for: operation)).map { $0 - $1 }
        let weight = Variable(try Tensor(weights, shape: [weights.count], losses.dtype.computing))
        return Surrogate(terms: try losses + weight * (logs - logs.detached()), evaluations: problem.samples)
    }

    static let declaration = Declaration(
        "montecarlo.score_function",
        """
        Estimates E[loss(x)] for x from the distribution, and its gradient with respect to the params by the score \
        function: the mean of (loss - baseline) grad log q(x). Works for every distribution with log_prob and for \
        losses that are not smooth. The \(GradientArguments.text)
        """,
        by: .table,
        takes: .gradient,
        .option(
            "baseline", .baseline, default: .none,
            """
            mean is the batch's (biased by the factor 1 - 1/samples), leave_one_out is unbiased, moving_average is \
            that of the draws before, in this call (montecarlo.baselines.moving_average(decay) remembers between \
            calls); a function gets the vector of losses and returns a number or one for each
            """),
        .operation, returns: .estimate,
        errors: GradientArguments.errors
            + "; fewer than 2 samples for leave_one_out; a log_prob that is not finite at a draw",
        source: """
            Williams, Machine Learning 8 (1992); Mohamed, Rosca, Figurnov, Mnih, Monte Carlo gradient estimation in \
            machine learning, JMLR 21 (2020), section 4
            """,
        example: """
            -- d/dmu E[x^2] = 2 mu for x normal around mu
            local r = montecarlo.score_function{
              distribution = function(mu) return distribution.Normal(mu, 1) end,
              loss = function(x) return x ^ 2 end, params = tensor(1.5), samples = 4000,
              baseline = "leave_one_out", generator = random.generator(1)}
            local z = (r.gradients[1]:item() - 3) / r.standard_errors[1]:item()
            assert(math.abs(z) < 4)
            """,
        see: ["montecarlo.baselines.moving_average"]
    ) { given, baseline, operation in
        if case .allButOne = baseline, given.problem.samples < 2 {
            throw Fault("baseline", "leave_one_out needs samples of at least 2, got \(given.problem.samples)")
        }
        return try given.estimate { try surrogate(given.problem, baseline, $0, for: operation) }
    }
}
