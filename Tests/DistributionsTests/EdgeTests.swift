import Autodiff
import Distributions
import Foundation
import LawChecks
import Scripting
import Tensors
import Testing

/// Parameters and points at their limits: values as SciPy's and PyTorch's, gradients as the limits of the gradients
/// nearby.
@Suite struct EdgeTests {
    private func slope(_ at: [Double], in dtype: DType = .float64, _ function: ([Variable]) throws -> Variable) throws
        -> [Double]
    {
        let points = try at.map { Variable(try Tensor($0, dtype)) }
        return try Transform.valueAndGradient(of: { [try function($0)] }, at: points, for: "test").gradients.map {
            try $0.value.item()
        }
    }

    @Test func knownCases() throws {
        let student = try make("StudentT", [1e15, 0, 1].map { try scalar($0) })
        #expect(abs(try student.cumulativeProbability(scalar(1.5)).value.item() - 0.9331927987311419) < 1e-14)
        let beta = try make("Beta", [scalar(1e15), scalar(1e15)])
        #expect(abs(try beta.cumulativeProbability(scalar(0.5)).value.item() - 0.5) < 1e-14)
        let byDf = try slope([1]) {
            try make("StudentT", [$0[0], scalar(0), scalar(1)]).cumulativeProbability(scalar(1e8))
        }
        #expect(abs(byDf[0] - 5.802004134e-8) < 1e-16, "\(byDf)")
        let single = try slope([1, 1e6, 1e-6], in: .float32) {
            try make("Beta", [$0[0], $0[1]]).cumulativeProbability($0[2])
        }
        #expect(abs(single[2] - 367_879) < 2)
        let tail = try slope([20], in: .float32) {
            try make("Exponential", [Variable(Tensor(1))]).cumulativeProbability($0[0])
        }
        #expect(abs(tail[0] - 2.0611537e-9) < 1e-15)
    }

    @Test func weightsOfNothingHaveSlopes() throws {
        let slopes = try slope([0, 1]) { inputs in
            let weights = try Variable.stack([inputs[0], inputs[1]], 0)
            return try Mixture(weights, [Normal(scalar(0), scalar(1)), Normal(scalar(3), scalar(1))]).logProbability(
                scalar(0))
        }
        #expect(abs(slopes[0] - 89.01713130052181) < 1e-9, "\(slopes)")
        #expect(abs(slopes[1]) < 1e-12)
    }

    @Test func certainOutcomes() throws {
        #expect(try slope([0]) { try Bernoulli(probs: $0[0]).entropy() } == [.infinity])
        #expect(try slope([1]) { try Bernoulli(probs: $0[0]).entropy() } == [-.infinity])
        #expect(
            try slope([0]) { try Divergence.kullbackLeibler(Bernoulli(probs: $0[0]), Bernoulli(probs: scalar(0.3))) }
                == [-.infinity])
        #expect(try slope([0]) { try Poisson($0[0]).entropy() } == [.infinity])
        #expect(try slope([0]) { try Divergence.kullbackLeibler(Poisson($0[0]), Poisson(scalar(0.3))) } == [-.infinity])
        // One of three outcomes is impossible: the slope by its logit or probability is infinite, the others are
        // finite.
        func row(_ inputs: [Variable]) throws -> Variable { try Variable.stack(inputs, 0) }
        let weights = [0.0, 1, 3]
        let entropy = try slope(weights) { try Categorical(probs: row($0)).entropy() }
        #expect(entropy[0] == .infinity && abs(entropy[1] - 0.20598980412527052) < 1e-14, "\(entropy)")
        #expect(abs(entropy[2] + 0.06866326804175684) < 1e-14, "\(entropy)")
        let divergence = try slope(weights) {
            try Divergence.kullbackLeibler(Categorical(probs: row($0)), Categorical(probs: vector([1, 1, 2])))
        }
        #expect(divergence[0] == -.infinity && divergence[1].isFinite && divergence[2].isFinite, "\(divergence)")
        let impossible = try slope(weights) { try Categorical(probs: row($0)).logProbability(scalar(1)) }
        #expect(impossible == [.infinity, -0.25, -0.25], "\(impossible)")
        for p in [0.0, 1] {
            #expect(try Bernoulli(probs: scalar(p)).entropy().value.item() == 0)
            #expect(try Bernoulli(probs: scalar(p)).standardDeviation().value.item() == 0)
        }
        #expect(
            try Divergence.kullbackLeibler(Bernoulli(probs: scalar(0)), Bernoulli(probs: scalar(0))).value.item() == 0)
        #expect(
            try Divergence.kullbackLeibler(Bernoulli(probs: scalar(1)), Bernoulli(probs: scalar(0))).value.item()
                == .infinity)
    }

    /// Two equal Laplace distributions: |loc - loc| has a kink, but their divergence is smooth.
    @Test func theDivergenceOfLaplacesIsSmooth() throws {
        for away in [0, 1e-9, -1e-9] {
            let first: ([Variable]) throws -> Variable = { inputs in
                try Transform.valueAndGradient(
                    of: { [try Divergence.kullbackLeibler(Laplace($0[0], scalar(2)), Laplace(scalar(0), scalar(3)))] },
                    at: inputs, for: "test"
                ).gradients[0]
            }
            let second = try slope([away], first)
            #expect(abs(second[0] - 1.0 / 6) < 1e-8, "at \(away): \(second)")
        }
    }

    @Test func deviationsBeyondTheVariance() throws {
        let distributions: [(String, [Double], DType, Double)] = [
            ("Normal", [0, 1e-30], .float32, 1e-30), ("Normal", [0, 1e30], .float32, 1e30),
            ("Normal", [0, 1e-200], .float64, 1e-200),
            ("Normal", [0, 1e200], .float64, 1e200), ("Laplace", [0, 1e200], .float64, 1.4142135623730951e200),
            ("Exponential", [1e-200], .float64, 1e200), ("Uniform", [0, 1e200], .float64, 1e200 / 12.0.squareRoot()),
            ("Gamma", [4, 1e-200], .float64, 2e200), ("StudentT", [4, 0, 1e-200], .float64, 1e-200 * 2.0.squareRoot()),
        ]
        for (name, parameters, dtype, expected) in distributions {
            let distribution = try make(name, parameters.map { Variable(try Tensor($0, dtype)) })
            let got = try distribution.standardDeviation().value.item()
            #expect(
                abs(got / expected - 1) < (dtype == .float32 ? 1e-7 : 1e-14),
                "\(distribution.description): \(got), expected \(expected)")
        }
        let mixture = try Mixture(
            vector([1, 1]), [Normal(scalar(-1e200), scalar(1e199)), Normal(scalar(1e200), scalar(1e199))])
        #expect(abs(try mixture.standardDeviation().value.item() / 1.004987562112089e200 - 1) < 1e-14)
        for example in examples {
            let distribution = try example.distribution()
            guard let deviation = try closedForm({ try distribution.standardDeviation() }) else { continue }
            #expect(deviation.shape == distribution.batchShape + distribution.eventShape, "\(example.label)")
            let squares = try (deviation * deviation).value
            let fault = try difference(squares, distribution.variance().value, absolute: 1e-12, relative: 1e-12)
            #expect(fault == nil, "\(example.label): \(fault ?? "")")
        }
    }

    /// cdf, survival and log_prob at the ends of the support, outside, between whole numbers, at infinity and NaN.
    @Test func pointsAtTheEdges() throws {
        let distributions: [(String, [Double], [(x: Double, cdf: Double)])] = [
            ("Gamma", [2, 1], [(-1, 0), (0, 0), (.infinity, 1), (-.infinity, 0)]),
            ("Beta", [2, 3], [(-1, 0), (0, 0), (1, 1), (2, 1), (.infinity, 1)]),
            ("Uniform", [1, 2], [(0, 0), (1, 0), (2, 1), (3, 1), (-.infinity, 0), (.infinity, 1)]),
            ("Exponential", [2], [(-1, 0), (0, 0), (.infinity, 1)]),
            ("Normal", [0, 1], [(-.infinity, 0), (.infinity, 1), (0, 0.5)]),
            ("StudentT", [3, 0, 1], [(-.infinity, 0), (.infinity, 1), (0, 0.5)]),
            ("Laplace", [0, 1], [(-.infinity, 0), (.infinity, 1), (0, 0.5)]),
            ("Logistic", [0, 1], [(-.infinity, 0), (.infinity, 1), (0, 0.5)]),
            ("Bernoulli", [0.25], [(-0.5, 0), (0, 0.75), (0.5, 0.75), (1, 1), (7, 1)]),
            ("LogNormal", [0, 1], [(-1, 0), (0, 0), (1, 0.5), (.infinity, 1), (-.infinity, 0)]),
            ("HalfNormal", [2], [(-1, 0), (0, 0), (.infinity, 1), (-.infinity, 0)]),
            ("Cauchy", [0, 1], [(-.infinity, 0), (.infinity, 1), (0, 0.5)]),
            ("Gumbel", [0, 1], [(-.infinity, 0), (.infinity, 1)]),
            ("Weibull", [1, 2], [(-1, 0), (0, 0), (.infinity, 1), (-.infinity, 0)]),
            ("Pareto", [2, 3], [(-1, 0), (0, 0), (2, 0), (.infinity, 1)]),
            ("ChiSquared", [3], [(-1, 0), (0, 0), (.infinity, 1)]),
            ("InverseGamma", [2, 3], [(-1, 0), (0, 0), (.infinity, 1)]),
            ("VonMises", [0, 1], [(-4, 0), (-.pi, 0), (0, 0.5), (.pi, 1), (4, 1)]),
            ("Binomial", [2, 0.5], [(-1, 0), (0, 0.25), (1.5, 0.75), (2, 1), (.infinity, 1)]),
            ("Binomial", [0, 0.5], [(-1, 0), (0, 1)]),
            ("Binomial", [3, 1], [(2, 0), (3, 1)]), ("Binomial", [3, 0], [(-1, 0), (0, 1)]),
            ("NegativeBinomial", [2, 0], [(-1, 0), (0, 1)]),
            ("NegativeBinomial", [1, 0.5], [(-1, 0), (0, 0.5), (1.5, 0.75), (.infinity, 1)]),
            ("Geometric", [0.5], [(-1, 0), (0, 0.5), (1.5, 0.75), (.infinity, 1)]),
            ("Geometric", [1], [(-1, 0), (0, 1), (3, 1)]),
            ("Poisson", [0], [(-0.5, 0), (0, 1), (0.5, 1)]),
            ("Poisson", [1], [(-1, 0), (0.9, 0.36787944117144233), (.infinity, 1)]),
        ]
        for (name, parameters, points) in distributions {
            let distribution = try make(name, parameters.map { try scalar($0) })
            for (x, cdf) in points {
                let at = try scalar(x)
                let (lower, upper) = (
                    try distribution.cumulativeProbability(at).value.item(), try distribution.survival(at).value.item()
                )
                #expect(
                    abs(lower - cdf) < 1e-15 && abs(upper - (1 - cdf)) < 1e-15,
                    "\(distribution.description) at \(x): \(lower), \(upper)")
                let log = try distribution.logCumulativeProbability(at).value.item()
                #expect(
                    cdf == 0 ? log == -.infinity : abs(exp(log) - cdf) < 1e-15,
                    "\(distribution.description) at \(x): log_cdf \(log)")
                let slopes = try slope([x]) { try distribution.cumulativeProbability($0[0]) }
                #expect(!slopes[0].isNaN, "\(distribution.description) at \(x): slope \(slopes)")
            }
            for value in [
                try distribution.cumulativeProbability(scalar(.nan)), try distribution.logSurvival(scalar(.nan)),
                try distribution.logProbability(scalar(.nan)),
            ] {
                #expect(try value.value.item().isNaN, "\(distribution.description) at NaN")
            }
        }
        let poisson = try make("Poisson", [scalar(1e17)])
        #expect(abs(try poisson.cumulativeProbability(scalar(1e17)).value.item() - 0.5) < 1e-8)
    }

    /// Parameters given as Lua numbers or tables take the type of a float64 tensor beside them.
    @Test func numbersBesideDoublesAreDoubles() throws {
        let normal = Value.object(DistributionObject(try Normal(scalar(0), scalar(0.1))))
        let tenth = Value.sequence([.number(0.1), .number(0.9)])
        let mixture = try make("Mixture", [tenth, .sequence([normal, normal])])
        #expect(mixture.dtype == .float64)
        #expect(try mixture.parameters[0].value.value.toArray() == [0.1, 0.9])
    }

    /// The uniform numbers that inverse distribution functions get are never 0 or 1, also after rounding to float32.
    @Test func uniformsStayInsideTheirIntervalWhenRounded() {
        #expect(Float(1 - 0x1p-53) == 1)
        for u in [0x1p-53, 0.5, 1 - 0x1p-25, 1 - 0x1p-53] {
            #expect(
                (0..<1).contains(Float(DType.float32.insideUnitInterval(u)))
                    && Float(DType.float32.insideUnitInterval(u)) > 0)
            #expect(DType.float64.insideUnitInterval(u) == u)
        }
    }
}
