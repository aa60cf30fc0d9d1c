import Autodiff
import Scripting
import Tensors

/// The pathwise estimator: with x = g(e, params) for noise e, E[∇ f(g(e, params), params)] (Kingma and Welling 2014;
/// Rezende, Mohamed, Wierstra 2014). Needs a loss that is differentiable (almost everywhere, and continuous) and a
/// distribution with rsample.
enum Reparameterization {
    static func surrogate(_ problem: GradientProblem, _ params: [Variable], for operation: String) throws -> Surrogate {
        let distribution = try problem.distribution(params)
        let x = try distribution.reparameterizedDraw(problem.samples, from: problem.generator, for: operation)
        return Surrogate(terms: try problem.losses(x, params, for: operation), evaluations: problem.samples)
    }

    static let declaration = Declaration(
        "montecarlo.reparameterization",
        """
        Estimates E[loss(x)] for x from the distribution, and its gradient with respect to the params through the \
        draws: the mean of grad loss(x(noise, params)). Usually the least variance for smooth losses; wrong, without a \
        warning, for losses with jumps in x (their gradient misses the jump). The \(GradientArguments.text)
        """,
        by: .table, takes: .gradient, .operation, returns: .estimate,
        errors: GradientArguments.errors + "; a distribution without rsample",
        source: "Kingma and Welling, ICLR 2014; Mohamed, Rosca, Figurnov, Mnih, JMLR 21 (2020), section 5",
        example: """
            -- d/dsigma E[x^2] = 2 sigma
            local r = montecarlo.reparameterization{
              distribution = function(sigma) return distribution.Normal(0, sigma) end,
              loss = function(x) return x ^ 2 end, params = tensor(2), samples = 4000, generator = random.generator(1)}
            local z = (r.gradients[1]:item() - 4) / r.standard_errors[1]:item()
            assert(math.abs(z) < 4)
            """
    ) { given, operation in
        try given.estimate { try surrogate(given.problem, $0, for: operation) }
    }
}
