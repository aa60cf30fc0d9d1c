import Autodiff
import Foundation
import LawChecks
import Scripting
import Tensors
import Testing

@testable import Distributions

/// Distributions at extreme parameters and far in their tails, against extremes.json, which make_extremes.py writes by
/// mpmath.
@Suite struct ExtremesTests {
    struct Row: Decodable {
        let distribution: String
        let parameters: [Double]
        let x: Double
        /// Each: the value, then the derivatives by each parameter and by x.
        let logDensity, logLower, logUpper: [Double]

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            distribution = try list.decode(String.self)
            parameters = try list.decode([Double].self)
            x = try list.decode(Double.self)
            logDensity = try list.decode([Double].self)
            logLower = try list.decode([Double].self)
            logUpper = try list.decode([Double].self)
        }

        var label: String { "\(distribution)(\(parameters.map { "\($0)" }.joined(separator: ", "))) at \(x)" }
        /// The places of the parameters that change the tails' shape, and not only where they lie.
        var shapes: [Int] {
            [
                "Gamma": [0], "Beta": [0, 1], "StudentT": [0], "ChiSquared": [0], "InverseGamma": [0], "VonMises": [1],
                "Binomial": [0], "NegativeBinomial": [0],
            ][distribution] ?? []
        }
    }

    /// The cases of extremes.json (the first distributions) and of families.json (later ones, by make_families.py).
    static func rows() throws -> [Row] {
        try ["extremes", "families"].flatMap { name in
            let url = try #require(
                Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Fixtures"))
            return try JSONDecoder().decode([Row].self, from: Data(contentsOf: url))
        }
    }

    typealias Function = @Sendable (any Distribution, Variable) throws -> Variable
    static let functions: [(name: String, function: Function)] = [
        ("log_prob", { try $0.logProbability($1) }), ("log_cdf", { try $0.logCumulativeProbability($1) }),
        ("log_survival", { try $0.logSurvival($1) }), ("cdf", { try $0.cumulativeProbability($1) }),
        ("survival", { try $0.survival($1) }),
    ]

    @Test(arguments: functions.map(\.name)) func valuesAndGradientsAreMpmaths(_ name: String) throws {
        let function = try #require(Self.functions.first { $0.name == name }).function
        let rows = try Self.rows()
        #expect(rows.count > 500)
        for row in rows {
            var expected = name == "log_prob" ? row.logDensity : name.hasSuffix("cdf") ? row.logLower : row.logUpper
            if name == "cdf" || name == "survival" {
                let probability = exp(expected[0])
                if probability < 1e-280 { continue }
                expected = [probability] + expected.dropFirst().map { probability * $0 }
            }
            let points = try (row.parameters + [row.x]).map { try scalar($0) }
            let count = row.parameters.count
            let (values, gradients) = try Transform.valueAndGradient(
                of: { [try function(make(row.distribution, Array($0[..<count])), $0[count])] }, at: points, for: "test")
            let got = try values[0].value.item()
            // The absolute error of a logarithm is the relative error of the probability.
            let unit = name.contains("log") ? max(1, abs(expected[0])) : abs(expected[0])
            let small = name.contains("log") && abs(expected[0]) < 0.1 && name != "log_prob" ? abs(expected[0]) : unit
            #expect(
                abs(got - expected[0]) <= 1e-10 * small + 1e-300,
                "\(row.label): \(name) \(got), expected \(expected[0])")
            for (index, slope) in expected.dropFirst().enumerated() {
                let tolerance = row.shapes.contains(index) ? 1e-7 : 1e-10
                let got = try gradients[index].value.item()
                let what = index < count ? "parameter \(index + 1)" : "x"
                #expect(
                    abs(got - slope) <= tolerance * abs(slope) + 1e-280,
                    "\(row.label): d \(name) by \(what) \(got), expected \(slope)")
            }
        }
    }

    /// The float32 answer is the float64 answer for the same numbers, rounded once.
    @Test func singlePrecisionIsDoubleRoundedOnce() throws {
        var compared = 0
        for row in try Self.rows() {
            let inputs = (row.parameters + [row.x]).map { Double(Float($0)) }
            guard inputs.allSatisfy({ $0.isFinite }), row.distribution != "Uniform" || inputs[0] < inputs[1],
                !(inputs.dropLast().contains(0) && row.distribution != "Normal")
            else { continue }
            for (name, function) in Self.functions {
                func answer(_ dtype: DType) throws -> [Double] {
                    let points = try inputs.map { Variable(try Tensor($0, dtype)) }
                    let (values, gradients) = try Transform.valueAndGradient(
                        of: { [try function(make(row.distribution, Array($0.dropLast())), $0[inputs.count - 1])] },
                        at: points, for: "test")
                    return try (values + gradients).map { try $0.value.item() }
                }
                // Parameters that float32 rounds out of their range are refused.
                guard let (single, double) = try? (answer(.float32), answer(.float64)) else { continue }
                compared += 1
                for (s, d) in zip(single, double) {
                    #expect(
                        s == Double(Float(d)) || (s.isNaN && d.isNaN),
                        "\(row.label): \(name) \(s), expected \(Float(d))")
                }
            }
        }
        #expect(compared > 500, "\(compared)")
    }

    /// At random extreme parameters: probabilities lie in [0, 1], the two tails add up to 1, logarithms agree with
    /// them, and the distribution function does not decrease.
    @Test func tailsAreProbabilities() throws {
        let generator = Generator(seed: 7)
        func logUniform(_ low: Double, _ high: Double) -> Double { pow(10, low + (high - low) * generator.uniform()) }
        for _ in 0..<40 {
            let distributions: [(String, [Double])] = [
                ("Gamma", [logUniform(-8, 15), logUniform(-3, 3)]), ("Beta", [logUniform(-8, 15), logUniform(-8, 15)]),
                ("StudentT", [logUniform(-4, 15), 0, logUniform(-3, 3)]), ("Poisson", [logUniform(-8, 15)]),
                ("Normal", [0, logUniform(-30, 30)]), ("Logistic", [1, logUniform(-5, 5)]),
                ("Laplace", [-2, logUniform(-5, 5)]),
                ("Exponential", [logUniform(-20, 20)]), ("LogNormal", [0, logUniform(-3, 1)]),
                ("HalfNormal", [logUniform(-20, 20)]),
                ("Cauchy", [1, logUniform(-5, 5)]), ("Gumbel", [-2, logUniform(-5, 5)]),
                ("Weibull", [logUniform(-5, 5), logUniform(-1, 2)]),
                ("Pareto", [logUniform(-5, 5), logUniform(-1, 3)]), ("ChiSquared", [logUniform(-3, 12)]),
                ("InverseGamma", [logUniform(-1, 6), logUniform(-3, 3)]), ("VonMises", [0, logUniform(-8, 12)]),
                ("Binomial", [logUniform(0, 12).rounded(), generator.uniform()]),
                ("NegativeBinomial", [logUniform(-3, 6), generator.uniform()]),
                ("Geometric", [logUniform(-9, 0)]),
            ]
            for (name, parameters) in distributions {
                let distribution = try make(name, parameters.map { try scalar($0) })
                let centre = try distribution.mean().value.item()
                var spread = try distribution.standardDeviation().value.item()
                if !spread.isFinite { spread = parameters.last ?? 1 }
                let places = ([-1e6, -40, -10, -3, -1, -0.1, 0, 0.1, 1, 3, 10, 40, 1e6] as [Double]).map {
                    (centre.isFinite ? centre : 0) + $0 * spread
                }
                let x = try vector(places + [-.infinity, .infinity].sorted())
                let cdf = try distribution.cumulativeProbability(x).value.toArray()
                let survival = try distribution.survival(x).value.toArray()
                let logCDF = try distribution.logCumulativeProbability(x).value.toArray()
                let logSurvival = try distribution.logSurvival(x).value.toArray()
                for i in cdf.indices {
                    let label = "\(distribution.description) at \(i < places.count ? places[i] : .infinity)"
                    #expect(
                        cdf[i] >= 0 && cdf[i] <= 1 && survival[i] >= 0 && survival[i] <= 1,
                        "\(label): \(cdf[i]), \(survival[i])")
                    #expect(abs(cdf[i] + survival[i] - 1) < 1e-14, "\(label): \(cdf[i]) + \(survival[i])")
                    #expect(
                        abs(exp(logCDF[i]) - cdf[i]) <= 1e-12 * cdf[i] + 1e-300,
                        "\(label): log_cdf \(logCDF[i]), cdf \(cdf[i])")
                    #expect(
                        abs(exp(logSurvival[i]) - survival[i]) <= 1e-12 * survival[i] + 1e-300,
                        "\(label): log_survival \(logSurvival[i]), survival \(survival[i])")
                    if i > 0, i < places.count {
                        #expect(cdf[i] >= cdf[i - 1] - 1e-15, "\(label): \(cdf[i]) after \(cdf[i - 1])")
                    }
                }
            }
        }
    }

    /// The slope of the distribution function is the density, also in the far upper tail, where 1 - cdf would be 0.
    @Test func theSlopeOfTheTailsIsTheDensity() throws {
        for row in try Self.rows()
        where !["Poisson", "Binomial", "NegativeBinomial", "Geometric"].contains(row.distribution) {
            let distribution = try make(row.distribution, row.parameters.map { try scalar($0) })
            let x = try scalar(row.x)
            let density = exp(try distribution.logProbability(x).value.item())
            guard density > 1e-280, density.isFinite else { continue }
            for (sign, function) in [(1.0, Self.functions[3].function), (-1.0, Self.functions[4].function)] {
                let slope = try Transform.valueAndGradient(
                    of: { [try function(distribution, $0[0])] }, at: [x], for: "test"
                ).gradients[0].value.item()
                #expect(abs(slope - sign * density) <= 1e-10 * density, "\(row.label): \(slope), density \(density)")
            }
        }
    }

    /// cdf(quantile(p)) = p for every continuous univariate distribution, at probabilities whose quantiles are finite
    /// and not 0.
    @Test func quantilesRoundTrip() throws {
        let distributions: [(String, [Double])] = [
            ("Normal", [1.0, 2]), ("Logistic", [1, 2]), ("Laplace", [0, 3]), ("Exponential", [2]), ("Uniform", [0, 3]),
            ("Gamma", [0.3, 2]), ("Gamma", [4.5, 2]), ("Gamma", [8000, 2]), ("Beta", [0.4, 0.7]), ("Beta", [30, 2]),
            ("StudentT", [0.7, 0, 1]), ("StudentT", [4, 0, 2]), ("StudentT", [1e9, 0, 1]), ("Cauchy", [0, 2]),
            ("Gumbel", [1, 2]),
            ("Weibull", [2, 0.7]), ("Weibull", [2, 9]), ("HalfNormal", [3]), ("LogNormal", [0.5, 2]),
            ("ChiSquared", [3]),
            ("InverseGamma", [2.5, 3]),
        ]
        for (name, parameters) in distributions {
            let distribution = try make(name, parameters.map { try scalar($0) })
            let x = try distribution.quantile(vector(Self.probabilities))
            let back = try distribution.cumulativeProbability(x).value.toArray()
            for (index, (q, back)) in zip(Self.probabilities, back).enumerated() {
                // Quantiles that underflow to 0 or overflow are left out.
                let at = try x.value.toArray()[index]
                if name != "Uniform", abs(at) < 1e-290 || abs(at) > 1e290 { continue }
                #expect(abs(back - q) <= 2e-11 * q, "\(distribution.description): cdf(icdf(\(q))) = \(back), x = \(at)")
            }
        }
    }
    /// Where the first steps are as far out as 1e150, from where Newton's method alone would not return; by mpmath.
    @Test func quantilesReturnFromFarOut() throws {
        let cases: [(String, [Double], q: Double, x: Double)] = [
            ("Gamma", [298.6793314074367, 0.6381299567974772], 0.6458400436091954, 477.7305015284221),
            ("InverseGamma", [298.6793314074367, 0.6381299567974772], 0.3541599563908045, 0.0020932303815658837),
            ("ChiSquared", [108.67561106473308], 0.6785542707878427, 114.96485058172671),
            ("ChiSquared", [767.1554440749011], 0.7172322332388938, 789.2068973288872),
        ]
        for (name, parameters, q, x) in cases {
            let found = try make(name, parameters.map { try scalar($0) }).quantile(scalar(q)).value.item()
            #expect(abs(found - x) <= 1e-12 * x, "\(name)(\(parameters)): icdf(\(q)) = \(found), not \(x)")
        }
    }

    private static let probabilities = [1e-300, 1e-30, 1e-8, 0.01, 0.3, 0.5, 0.7, 0.999]

    /// For the whole catalogue: the quantiles of 0 and 1 are the ends of the support, and outside [0, 1] the answer is
    /// NaN.
    @Test func quantilesOfTheCatalogue() throws {
        for example in examples where !example.isDiscrete {
            let distribution = try example.distribution()
            guard distribution.eventShape.isEmpty else { continue }
            let q = Variable(
                try Tensor(
                    [1e-6, 0.2, 0.5, 0.9, 0.9999], shape: [5] + distribution.batchShape.map { _ in 1 }, .float64))
            let x = try distribution.quantile(q)
            #expect(x.shape == [5] + distribution.batchShape, "\(example.label)")
            let away = try (distribution.cumulativeProbability(x) - q).value.toArray()
            for gap in away { #expect(abs(gap) < 1e-13, "\(example.label): \(gap)") }
            let support = try distribution.support
            for (q, end) in [(0.0, support.low), (1, support.high)] {
                let edge = try distribution.quantile(scalar(q)).value.toArray()
                let expected = try end.wide.value.expand(distribution.batchShape).toArray()
                for (edge, expected) in zip(edge, expected) {
                    #expect(
                        abs(edge - expected) < 1e-12 || edge == expected,
                        "\(example.label): icdf(\(q)) = \(edge), the end is \(expected)")
                }
            }
            #expect(try distribution.quantile(scalar(1.5)).value.toArray().allSatisfy(\.isNaN), "\(example.label)")
        }
        for name in ["Poisson", "Geometric"] {
            #expect(
                message { _ = try make(name, [scalar(0.5)]).quantile(scalar(0.5)) }.contains(
                    "is discrete and has no icdf"))
        }
    }
}
