import Autodiff
import Distributions
import Foundation
import LawChecks
import Tensors
import Testing

/// The distributions against SciPy's, PyTorch's and mpmath's values, through the constructors that scripts call.
@Suite struct FixtureTests {
    @Test func densitiesMomentsAndDistributionFunctions() throws {
        let fixtures = try Fixtures.load()
        #expect(fixtures.distributions.count >= 16)
        for fixture in fixtures.distributions {
            let distribution = try make(
                fixture.distribution, fixture.parameters.map { Variable(try $0.tensor()) }, fixture.options ?? [:])
            let x = Variable(try fixture.x.tensor())
            func hold(
                _ what: String, _ value: Variable, _ expected: Fixtures.Array?, relative: Double = 1e-10,
                absolute: Double = 1e-12
            ) throws {
                guard let expected else { return }
                let fault = try difference(value.value, expected.tensor(), absolute: absolute, relative: relative)
                #expect(fault == nil, "\(distribution.description) \(what): \(fault ?? ""), x \(fixture.x.shape)")
            }
            try hold("log_prob", distribution.logProbability(x), fixture.log_prob, relative: 1e-9, absolute: 1e-9)
            if fixture.cdf != nil {
                try hold("cdf", distribution.cumulativeProbability(x), fixture.cdf, relative: 1e-9, absolute: 1e-13)
            }
            if let q = fixture.q { try hold("icdf", distribution.quantile(Variable(q.tensor())), fixture.icdf) }
            if fixture.entropy != nil {
                try hold("entropy", distribution.entropy(), fixture.entropy, relative: 1e-9, absolute: 1e-10)
            }
            if fixture.mean != nil { try hold("mean", distribution.mean(), fixture.mean) }
            if fixture.variance != nil {
                try hold("variance", distribution.variance(), fixture.variance, relative: 1e-9)
            }
        }
    }

    /// The same in float32, to that type's rounding: nothing overflows that float32 can represent.
    @Test func singlePrecisionFollows() throws {
        for example in examples {
            let (single, double) = (try example.distribution(.float32), try example.distribution())
            #expect(single.dtype == .float32 && double.dtype == .float64)
            let close = try difference(
                single.logProbability(example.points.variable(.float32)).value,
                double.logProbability(example.points.variable()).value,
                absolute: 2e-5, relative: 2e-5)
            #expect(close == nil, "\(example.label): \(close ?? "")")
            #expect(try single.logProbability(example.points.variable(.float32)).dtype == .float32)
            // Draws of Categorical are positions, in int64.
            #expect(
                try single.sample([2], from: Generator(seed: 1)).dtype == (single is Categorical ? .int64 : .float32),
                "\(example.label)")
        }
    }

    @Test func gradientsArePyTorchs() throws {
        let fixtures = try Fixtures.load()
        #expect(fixtures.gradients.count >= 9)
        for fixture in fixtures.gradients {
            let points = try (fixture.parameters + [fixture.x]).map { Variable(try $0.tensor()) }
            let count = fixture.parameters.count
            func hold(_ what: String, _ expected: [Fixtures.Array], _ function: ([Variable]) throws -> Variable) throws
            {
                let gradients = try Transform.valueAndGradient(
                    of: { [try function($0).sum()] }, at: points, for: "test"
                ).gradients
                for (index, expected) in expected.enumerated() {
                    let fault = try difference(
                        gradients[index].value, expected.tensor(), absolute: 1e-9, relative: 1e-9)
                    #expect(fault == nil, "\(fixture.distribution) \(what), input \(index + 1): \(fault ?? "")")
                }
            }
            if let expected = fixture.log_prob_grad {
                try hold("log_prob", expected) {
                    try make(fixture.distribution, Array($0[..<count])).logProbability($0[count])
                }
            }
            if let expected = fixture.entropy_grad {
                try hold("entropy", expected) { try make(fixture.distribution, Array($0[..<count])).entropy() }
            }
        }
    }

    @Test func divergencesArePyTorchs() throws {
        let fixtures = try Fixtures.load()
        #expect(fixtures.divergences.count >= 150)
        for pair in fixtures.divergences {
            let p = try make(pair.p, pair.p_parameters.map { Variable(try $0.tensor()) })
            let q = try make(pair.q, pair.q_parameters.map { Variable(try $0.tensor()) })
            let fault = try difference(
                Divergence.kullbackLeibler(p, q).value, pair.kl.tensor(), absolute: 1e-10, relative: 1e-9)
            #expect(fault == nil, "KL(\(p.description) || \(q.description)): \(fault ?? "")")
        }
    }

    @Test func specialFunctions() throws {
        for table in try Fixtures.load().special {
            let function = try #require(specials[table.function], "\(table.function) is not tested")
            #expect(table.rows.count > 4)
            for row in table.rows {
                let (value, expected) = (function(row.at), row.value.value)
                let close =
                    value == expected || abs(value - expected) <= table.tolerance * max(abs(expected), 1e-2) + 1e-300
                #expect(close, "\(table.function)\(row.at) = \(value), expected \(expected)")
            }
        }
    }

    private var specials: [String: ([Double]) -> Double] {
        [
            "lgamma": { Special.lgamma($0[0]) }, "digamma": { Special.digamma($0[0]) },
            "polygamma1": { Special.polygamma(1, $0[0]) }, "polygamma2": { Special.polygamma(2, $0[0]) },
            "polygamma3": { Special.polygamma(3, $0[0]) }, "polygamma4": { Special.polygamma(4, $0[0]) },
            "normal_cdf": { Special.normalCDF($0[0]) }, "normal_quantile": { Special.normalQuantile($0[0]) },
            "gamma_p": { Special.gammaP($0[0], $0[1]) }, "gamma_q": { Special.gammaQ($0[0], $0[1]) },
            "log_gamma_slope": { Special.logGammaSlopes($0[0], log($0[1])).h },
            "log_gamma_curvature": { Special.logGammaSlopes($0[0], log($0[1])).k },
            "beta_i": { Special.betaTails($0[0], $0[1], $0[2]).lower.probability },
            "beta_a": { self.lower($0) { $0.a } }, "beta_b": { self.lower($0) { $0.b } },
            "beta_ab": { self.lower($0) { $0.ab } },
        ]
    }

    /// A derivative of the regularised incomplete beta function I_x(a, b).
    private func lower(_ at: [Double], _ derivative: (Tail) -> Double) -> Double {
        let tail = Special.betaTails(at[0], at[1], at[2]).lower
        return tail.log == -.infinity ? 0 : tail.probability * derivative(tail)
    }
}
