import Foundation
import LawChecks
import Scripting
import Testing

import Samplers

/// Importance sampling against integrals known in closed form.
@Suite struct ImportanceTests {
    struct Integral: CustomTestStringConvertible, Sendable {
        let name: String
        /// The options, without samples and generator.
        let lua: String
        let truth: Double
        var testDescription: String { name }
    }

    static let integrals = [
        Integral(
            name: "P(X > 4)",
            lua:
                """
                log_target = function(x) return distribution.Normal(0, 1):log_prob(x) end, \
                proposal = distribution.Normal(4.5, 1), value = function(x) return x:gt(4) end
                """,
            truth: 0.5 * erfc(4 / 2.0.squareRoot())),
        Integral(
            name: "E[X²], normalised",
            lua:
                """
                log_target = function(x) return -0.5 * x ^ 2 + 77 end, proposal = distribution.StudentT(5), \
                value = function(x) return x ^ 2 end, normalized = true
                """,
            truth: 1),
        Integral(
            name: "E[X²], self_normalized, two dimensions",
            lua:
                """
                log_target = function(x) return (-0.5 * x ^ 2):sum(2) end, proposal = \
                distribution.Normal(tensor.zeros(2), 1.4), value = function(x) \
                return (x ^ 2):sum(2) end, self_normalized = true
                """,
            truth: 2),
        Integral(
            name: "the mass of exp(-x⁴)",
            lua: "log_target = function(x) return -x ^ 4 end, proposal = distribution.Normal(0, 0.8)",
            truth: 2 * tgamma(1.25)),
        Integral(
            name: "E[-X], negative",
            lua:
                """
                log_target = function(x) return distribution.Exponential(1):log_prob(x) end, \
                proposal = distribution.Exponential(0.7), value = function(x) return -x end
                """,
            truth: -1),
        Integral(
            name: "discrete, a script's distribution",
            lua:
                """
                log_target = function(x) return x * math.log(0.5) - math.log(2) end, proposal = {sample = function(n, \
                g) return distribution.Bernoulli(0.5):sample({n}, {generator = g}) end, log_prob = function(x) \
                return x * 0 - math.log(2) end}, value = function(x) return 1 + 2 * x end
                """,
            truth: 1.25),
    ]

    /// 300 repetitions, each with its own seed: unbiased by a z-score, and the standard error equals the spread.
    @Test(arguments: integrals) func isUnbiasedAndCalibrated(_ integral: Integral) throws {
        let numbers = try Scripts().numbers(
            """
            local out = {}
            local g = random.generator(11)
            for k = 1, 300 do
              local r = montecarlo.importance_sampling{\(integral.lua), samples = 400, generator = g}
              out[2 * k - 1], out[2 * k] = r.estimate, r.standard_error
            end
            return out
            """)
        let estimates = stride(from: 0, to: 600, by: 2).map { numbers[$0] }
        let errors = stride(from: 1, to: 600, by: 2).map { numbers[$0] }
        let (mean, variance) = moments(estimates)
        let z = (mean - integral.truth) / (variance / 300).squareRoot()
        #expect(abs(z) < 4, "\(integral.name): mean \(mean), truth \(integral.truth), z \(z)")
        let claimed = errors.reduce(0) { $0 + $1 * $1 } / 300
        // The relative error of a variance from 300 numbers is about √(2/300) = 0.08.
        #expect(abs(variance / claimed - 1) < 0.4, "\(integral.name): variance \(variance), claimed \(claimed)")
    }

    @Test func extremeWeights() throws {
        let scripts = try Scripts()
        for shift in ["-1000", "-1e5", "1000", "0"] {
            let numbers = try scripts.numbers(
                """
                local lw, v = tensor({0.3, -0.2, 0.9, -3}, {dtype = "float64"}), {2, -1, 0.5, 4}
                local plain = montecarlo.importance_sampling{log_weights = lw + (\(shift)), value = v}
                local self = montecarlo.importance_sampling{log_weights = lw + (\(shift)), value = v, normalized = true}
                return {plain.log_estimate - (\(shift)), plain.relative_error, self.estimate, self.standard_error, self.ess, self.max_weight}
                """)
            // The same estimate computed by hand.
            let (w, v) = ([0.3, -0.2, 0.9, -3].map { exp($0) }, [2, -1, 0.5, 4])
            let terms = zip(w, v).map { $0 * $1 }
            let total = w.reduce(0, +)
            let mean = terms.reduce(0, +) / total
            let plain = moments(terms)
            let expected = [
                log(plain.mean), (plain.variance / 4).squareRoot() / plain.mean, mean,
                zip(w, v).reduce(0) { $0 + pow($1.0 / total * ($1.1 - mean), 2) }.squareRoot(),
                total * total / w.reduce(0) { $0 + $1 * $1 }, exp(0.9) / total,
            ]
            for (got, wanted) in zip(numbers, expected) {
                #expect(
                    abs(got - wanted) < 1e-9 * max(1, abs(wanted)), "shift \(shift): \(numbers), expected \(expected)")
            }
        }
    }

    @Test func formsAgree() throws {
        let numbers = try Scripts().numbers(
            """
            local x = random.normal({50}, {generator = random.generator(3), dtype = "float64"})
            local p, q = distribution.Normal(0.2, 1), distribution.Normal(0, 1)
            local forms = {
              {log_weights = p:log_prob(x) - q:log_prob(x), value = x ^ 2},
              {log_target = p:log_prob(x), log_proposal = q:log_prob(x), value = (x ^ 2):tolist()},
              {log_target = function(x) return p:log_prob(x) end, log_proposal = function(x) return q:log_prob(x) end, samples = x, value = function(x) return x ^ 2 end},
              {log_target = function(x) return p:log_prob(x) end, proposal = q, samples = x, value = function(x) return x ^ 2 end},
              {log_target = function(x) return p:log_prob(x):reshape({50, 1}) end, proposal = q, samples = x, value = x ^ 2},
            }
            local out = {}
            for k, form in ipairs(forms) do out[k] = montecarlo.importance_sampling(form).estimate end
            return out
            """)
        for number in numbers { #expect(abs(number - numbers[0]) < 1e-12, "\(numbers)") }
    }

    @Test func resultsAreWhatTheDocumentationSays() throws {
        try Scripts().run(
            """
            local r = montecarlo.importance_sampling{log_target = function(x) return -x ^ 2 end, proposal = distribution.Normal(0, 1), generator = random.generator(0)}
            assert(r.count == 1000 and r.samples.shape[1] == 1000 and r.log_weights.dtype == "float64" and r.khat < 0.7)
            assert(math.abs(r.estimate - math.sqrt(math.pi)) < 5 * r.standard_error)
            assert(math.abs(r.relative_error - r.standard_error / r.estimate) < 1e-12 and math.abs(r.log_estimate - math.log(r.estimate)) < 1e-12)
            -- No hit: an estimate of zero that says so.
            local none = montecarlo.importance_sampling{log_weights = {0, 0}, value = {0, 0}}
            assert(none.estimate == 0 and none.standard_error == 0 and none.relative_error ~= none.relative_error and none.khat_value == math.huge)
            """)
    }
}
