import Autodiff
import Distributions
import LawChecks
import RealModule
import Tensors
import Testing

/// Gradients through draws against derivatives of exact expectations, by z-scores; every draw has its own copy of the
/// parameter.
@Suite struct ReparameterisationTests {
    private static let count = 20_000
    private static var reparameterised: [String] {
        examples.filter { (try? $0.distribution().isReparameterised) == true }.map(\.label)
    }

    @Test func distributionsWithAndWithout() throws {
        let with = Set(try examples.map { try $0.distribution() }.filter(\.isReparameterised).map(\.name))
        // Every continuous distribution, except mixtures, whose choice of a component has no derivative.
        let continuous = Set(try examples.filter { !$0.isDiscrete }.map { try $0.distribution().name }).subtracting([
            "Mixture"
        ])
        #expect(with == continuous)
        let named: Set = [
            "Normal", "Logistic", "Uniform", "Exponential", "Laplace", "Gamma", "Beta", "Dirichlet", "StudentT",
            "MultivariateNormal", "LogNormal", "HalfNormal", "Cauchy", "Gumbel", "Weibull", "Pareto", "ChiSquared",
            "InverseGamma",
            "VonMises", "Truncated",
        ]
        #expect(named.subtracting(with) == [])
        #expect(with.intersection(["Bernoulli", "Categorical", "Poisson", "Mixture"]) == [])
        #expect(
            message { _ = try Poisson(scalar(1)).rsample(from: Generator(seed: 1)) }
                == """
                    distribution:rsample: distribution.Poisson has no reparameterised draws; use sample \
                    and the score function, grad log_prob(x) f(x)
                    """
        )
    }

    @Test(arguments: reparameterised) func gradientsOfMoments(_ label: String) throws {
        let example = try #require(examples.first { $0.label == label })
        let parameters = try example.parameters.map { try $0.variable() }
        let distribution = try example.make(parameters)
        guard try distribution.variance().value.toArray().allSatisfy(\.isFinite) else {
            return try gradientsOfMoments(heavy: example, distribution.name)
        }
        try hold(example.make, parameters, label)
    }

    /// Where moments do not exist, lighter tails are taken. Cauchy has none at any parameter; its draws are loc + scale
    /// z.
    private func gradientsOfMoments(heavy example: DistributionExample, _ name: String) throws {
        switch name {
        case "Cauchy": break
        case "Pareto": try hold(example.make, [vector([0.5, 1, 3]), vector([9, 12, 40])], example.label)
        case "InverseGamma": try hold(example.make, [vector([9, 12, 40]), vector([1, 0.5, 2])], example.label)
        default: try hold(example.make, [vector([6, 9, 40]), vector([0.5, -1, 3]), vector([1, 0.3, 2])], example.label)
        }
    }

    private func hold(_ make: ([Variable]) throws -> any Distribution, _ parameters: [Variable], _ label: String) throws
    {
        let n = label.hasPrefix("Truncated") ? 1000 : Self.count
        let vectors = try !make(parameters).eventShape.isEmpty
        let rank = parameters.map(\.shape.count).max() ?? 0
        let spread = try parameters.map { parameter in
            let padding = vectors ? [] : [Int](repeating: 1, count: rank - parameter.shape.count)
            return try parameter.reshape([1] + padding + parameter.shape).expand([n] + padding + parameter.shape)
                .clone()
        }
        var moments: [(String, (Variable) throws -> Variable, (any Distribution) throws -> Variable)] = [
            ("E x", { $0 }, { try $0.mean() }),
            (
                "E x²", { try $0 * $0 },
                { distribution in try distribution.variance() + distribution.mean() * distribution.mean() }
            ),
        ]
        if label == "VonMises" {
            moments[1] = (
                "E cos x", { try $0.cos() },
                { distribution in try distribution.mean().cos() * (1 - distribution.variance()) }
            )
        }
        for (name, function, exact) in moments {
            let drawn = try Transform.valueAndGradient(
                of: { [try function(make($0).rsample(from: Generator(seed: 5))).sum()] }, at: spread, for: "test"
            ).gradients
            let expected = try Transform.valueAndGradient(
                of: { [try exact(make($0)).sum()] }, at: parameters, for: "test"
            ).gradients
            for index in parameters.indices {
                let flat = try drawn[index].reshape([n, parameters[index].value.count])
                let means = try flat.mean([0]).value.toArray()
                let errors = try (flat.variance([0]) / Double(n)).sqrt().value.toArray()
                for (i, truth) in try expected[index].value.toArray().enumerated() {
                    let z = abs(means[i] - truth) < 1e-9 ? 0 : (means[i] - truth) / errors[i]
                    #expect(
                        abs(z) < 5,
                        """
                        \(label): gradient of \(name) by parameter \(index + 1), element \(i + 1): \(means[i]) ± \
                        \(errors[i]), exactly \(truth)
                        """
                    )
                }
            }
        }
    }

    /// E[e^-X] = 2^-a for X ~ Gamma(a, 1): first and second derivative by a, through the draws.
    @Test func secondDerivativesThroughGammaDraws() throws {
        let n = Self.count
        for a in [0.3, 1, 2.5, 5] {
            let shapes = Variable(try Tensor.full([n], a, .float64))
            var first: [Double] = []
            let second = try Transform.valueAndGradient(
                of: { inputs in
                    let inner = try Transform.valueAndGradient(
                        of: { inner in [try (-Gamma(inner[0], scalar(1)).rsample(from: Generator(seed: 9))).exp().sum()]
                        }, at: inputs, for: "test")
                    first = try inner.gradients[0].value.toArray()
                    return [try inner.gradients[0].sum()]
                }, at: [shapes], for: "test"
            ).gradients[0].value.toArray()
            let scale = Double.exp2(-a)
            for (name, values, truth) in [
                ("first", first, -0.6931471805599453 * scale), ("second", second, 0.4804530139182014 * scale),
            ] {
                let mean = values.reduce(0, +) / Double(n)
                let error = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(n * (n - 1))).squareRoot()
                #expect(abs(mean - truth) < 5 * error, "Gamma(\(a)), \(name): \(mean) ± \(error), exactly \(truth)")
                #expect(error < abs(truth), "Gamma(\(a)), \(name): the estimate says nothing: \(mean) ± \(error)")
            }
        }
    }

    /// The same draws at a slightly moved parameter: the exact quantile moves as the implicit gradient says.
    @Test func implicitSlopesFollowTheQuantile() throws {
        for a in [0.02, 0.5, 1, 4, 80, 2000] {
            for u in [0.01, 0.3, 0.9] {
                func quantile(_ a: Double) -> Double {
                    var (low, high) = (-2000 / min(a, 1), 20.0)
                    for _ in 0..<200 {
                        let middle = (low + high) / 2
                        if Special.gammaP(a, Double.exp(middle)) < u { low = middle } else { high = middle }
                    }
                    return low
                }
                let step = 1e-4 * a
                let numeric = (quantile(a + step) - quantile(a - step)) / (2 * step)
                let slope = Special.logGammaSlopes(a, quantile(a)).h
                // Below the range of exp the bisection would compare with 0.
                guard quantile(a) > -700 else { continue }
                #expect(abs(slope - numeric) < 1e-5 * abs(numeric), "a = \(a), u = \(u): \(slope), \(numeric)")
            }
        }
    }
}
