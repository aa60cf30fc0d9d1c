import Autodiff
import Distributions
import LawChecks
import Tensors
import Testing

/// First and second derivatives of everything differentiable against central differences, over the whole catalogue.
@Suite struct GradientTests {
    /// Functions of a distribution's parameters and points.
    private static let functions:
        [(name: String, function: @Sendable (any Distribution, Variable) throws -> Variable)] = [
            ("log_prob", { try $0.logProbability($1) }), ("cdf", { try $0.cumulativeProbability($1) }),
            ("log_cdf", { try $0.logCumulativeProbability($1) }), ("survival", { try $0.survival($1) }),
            ("log_survival", { try $0.logSurvival($1) }),
            ("entropy", { distribution, _ in try distribution.entropy() }),
            ("stddev", { distribution, _ in try distribution.standardDeviation() }),
            ("icdf", { distribution, _ in try distribution.quantile(scalar(0.3)) }),
            ("mean", { distribution, _ in try distribution.mean() }),
            ("variance", { distribution, _ in try distribution.variance() }),
        ]

    @Test(arguments: examples.map(\.label)) func firstOrder(_ label: String) throws {
        try hold(label) { try GradientLaw.first($0) }
    }
    @Test(arguments: examples.map(\.label)) func secondOrder(_ label: String) throws {
        try hold(label) { try GradientLaw.second($0) }
    }

    private func hold(_ label: String, _ law: (LawCase) throws -> String?) throws {
        let example = try #require(examples.first { $0.label == label })
        let count = example.parameters.count
        let discrete = example.isDiscrete
        var held = 0
        for (name, function) in Self.functions {
            guard let value = try closedForm({ try function(example.distribution(), example.points.variable()) }),
                try value.value.toArray().allSatisfy(\.isFinite)
            else { continue }
            // Points of a discrete distribution cannot be moved.
            let moved = example.parameters + (discrete ? [] : [example.points])
            let fault = try law(
                LawCase("\(label) \(name)", moving: moved) { inputs in
                    try function(
                        example.make(Array(inputs[..<count])), discrete ? example.points.variable() : inputs[count])
                })
            #expect(fault == nil, "\(fault ?? "")")
            held += 1
        }
        #expect(held >= 2)
    }

    @Test func divergences() throws {
        let fixtures = try Fixtures.load()
        var held = 0
        var seen: Set<String> = []
        for pair in fixtures.divergences where pair.kl.values.allSatisfy({ $0.value.isFinite }) {
            // The divergence of a distribution from itself lies on a kink of |loc - loc|, or on the edge of the
            // support.
            let same =
                pair.p == pair.q
                && zip(pair.p_parameters, pair.q_parameters).allSatisfy {
                    $0.values.map(\.value) == $1.values.map(\.value)
                }
            guard pair.p != "Categorical", !same, seen.insert("\(pair.p) \(pair.q)").inserted else { continue }
            let points = (pair.p_parameters + pair.q_parameters).map {
                DistributionExample.Input($0.values.map(\.value), $0.shape)
            }
            let split = pair.p_parameters.count
            let symmetric: @Sendable (String, [Variable]) throws -> any Distribution = { name, parameters in
                guard name == "MultivariateNormal" else { return try make(name, parameters) }
                return try make(name, [parameters[0], (parameters[1] + parameters[1].transposed()) * 0.5])
            }
            let law = LawCase("KL(\(pair.p) || \(pair.q))", moving: points) { inputs in
                try Divergence.kullbackLeibler(
                    symmetric(pair.p, Array(inputs[..<split])), symmetric(pair.q, Array(inputs[split...])))
            }
            let faults = [try GradientLaw.first(law), try GradientLaw.second(law)].compactMap { $0 }
            #expect(faults.isEmpty, "\(faults)")
            held += 1
        }
        #expect(held >= 20)
    }

    /// Outside the support the density is flat at -inf: the gradient is 0, never NaN.
    @Test func gradientsOutsideTheSupportAreZero() throws {
        for (name, parameters) in [
            ("Gamma", [2.0, 1]), ("Exponential", [1]), ("Beta", [2, 3]), ("Uniform", [0, 1]), ("Poisson", [2]),
            ("Bernoulli", [0.5]),
        ] {
            let x = try vector([-1, -0.5])
            let points = try parameters.map { try scalar($0) } + [x]
            let (values, gradients) = try Transform.valueAndGradient(
                of: {
                    [try make(name, Array($0.dropLast())).logProbability($0[parameters.count]).clamp(-100, 100).sum()]
                }, at: points, for: "test")
            #expect(try values[0].value.item() == -200, "\(name)")
            for gradient in gradients { #expect(try gradient.value.toArray().allSatisfy { $0 == 0 }, "\(name)") }
            let raw = try Transform.valueAndGradient(
                of: { [try make(name, Array($0.dropLast())).logProbability($0[parameters.count]).sum()] }, at: points,
                for: "test")
            for gradient in raw.gradients { #expect(try gradient.value.toArray().allSatisfy { $0 == 0 }, "\(name)") }
        }
    }
}
