import Autodiff
import Distributions
import Scripting
import Tensors

/// The measure-valued (weak derivative) estimator: for every component θ of the distribution's parameters,
/// c (f(x⁺) - f(x⁻)) with x± a draw whose own component comes from ``MeasureDecomposition``; the chain rule carries it
/// on to the script's parameters. Two batches of losses per component: for few parameters and losses without gradients.
enum MeasureValued {
    static func surrogate(_ problem: GradientProblem, _ params: [Variable], for operation: String) throws -> Surrogate {
        let made = try problem.distribution(params)
        let known = Catalogue.decompositions
        guard let distribution = (made as? LibraryDistribution)?.distribution,
            known.contains(where: { $0.distribution == distribution.name })
        else {
            let names = known.reduce(into: [String]()) {
                if !$0.contains($1.distribution) { $0.append($1.distribution) }
            }
            throw ScriptError(
                operation,
                "\(made.description) has no measure-valued gradient here; the distributions with one are "
                    + "\(names.joined(separator: ", "))"
            )
        }
        let samples = problem.samples
        let drawn = try made.draw(samples, from: problem.generator, for: operation)
        let losses = try problem.losses(Variable(drawn), params, for: operation)
        var evaluations = samples

        // Parameters, broadcast over the distribution's components.
        let components = distribution.batchShape.reduce(1, *)
        var spread: [String: Variable] = [:]
        for parameter in distribution.parameters {
            spread[parameter.name] = try parameter.value.expand(distribution.batchShape).reshape([components])
        }
        let numbers = try spread.mapValues { try $0.value.toArray() }
        let base = try drawn.toArray()

        var terms = losses
        for decomposition in known where decomposition.distribution == distribution.name {
            guard let parameter = spread[decomposition.parameter], parameter.requiresGrad else { continue }
            var weights = [Double](repeating: 0, count: samples * components)
            for component in 0..<components {
                try Cancellation.check()
                let values = numbers.compactMapValues { $0[component] }
                let pairs = (0..<samples).map { sample in
                    decomposition.pair({ values[$0] ?? .nan }, base[sample * components + component], problem.generator)
                }
                func losses(_ side: KeyPath<MeasureDecomposition.Pair, Double>) throws -> [Double] {
                    var moved = base
                    for (sample, pair) in pairs.enumerated() {
                        moved[sample * components + component] = pair[keyPath: side]
                    }
                    let x = Variable(try Tensor(moved, shape: drawn.shape, drawn.dtype))
                    return try problem.losses(x, params.map { $0.detached() }, for: operation).value.toArray()
                }
                let (plus, minus) = (try losses(\.positive), try losses(\.negative))
                evaluations += 2 * samples
                for (sample, pair) in pairs.enumerated() {
                    weights[sample * components + component] = pair.coefficient * (plus[sample] - minus[sample])
                }
            }
            let weight = Variable(try Tensor(weights, shape: [samples, components], parameter.dtype.computing))
            terms = try terms + (weight * (parameter - parameter.detached())).sum([1])
        }
        return Surrogate(terms: terms, evaluations: evaluations)
    }

    static let declaration = Declaration(
        "montecarlo.measure_valued",
        """
        Estimates E[loss(x)] for x from the distribution, and its gradient with respect to the params by \
        measure-valued derivatives: the density's derivative is a difference of two densities, both sampled (Normal: \
        Weibull pairs for loc, double-sided Maxwell against normal for scale; Exponential, Poisson and Bernoulli \
        likewise). Works for losses that are not smooth, with little variance; costs two more batches of losses per \
        component of each of the distribution's parameters that the params reach. The \(GradientArguments.text)
        """,
        by: .table, takes: .gradient, .operation, returns: .estimate,
        errors: GradientArguments.errors + "; a distribution other than Normal, Exponential, Poisson and Bernoulli",
        source: """
            Mohamed, Rosca, Figurnov, Mnih, JMLR 21 (2020), section 6; Pflug, Operations Research Letters 8 (1989)
            """,
        example: """
            -- d/dmu P(x > 0) is the density at 0: a loss with a jump
            local r = montecarlo.measure_valued{
              distribution = function(mu) return distribution.Normal(mu, 1) end,
              loss = function(x) return x:gt(0) end, params = tensor(0), samples = 1000,
              generator = random.generator(1)}
            assert(math.abs(r.gradients[1]:item() - 1 / math.sqrt(2 * math.pi)) < 1e-6)      -- x+ > 0 > x-, always
            """
    ) { given, operation in
        try given.estimate { try surrogate(given.problem, $0, for: operation) }
    }
}
