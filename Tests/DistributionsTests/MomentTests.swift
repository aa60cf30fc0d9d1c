import Autodiff
import Distributions
import Foundation
import LawChecks
import Scripting
import Tensors
import Testing

/// Entropies, moments, divergences and discrete log-probabilities at extreme parameters, against moments.json, which
/// make_moments.py writes by mpmath.
@Suite struct MomentTests {
    struct Row: Decodable {
        let quantity, distribution, other: String
        let parameters, others: [Double]
        let x, value: Double
        /// The derivatives by each parameter of both distributions; nil where there is none.
        let slopes: [Double?]

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            quantity = try list.decode(String.self)
            distribution = try list.decode(String.self)
            parameters = try list.decode([Double].self)
            other = try list.decode(String.self)
            others = try list.decode([Double].self)
            x = try list.decode(Double.self)
            value = try list.decode(Double.self)
            slopes = try list.decode([Double?].self)
        }

        var label: String { "\(quantity) of \(distribution)\(parameters) \(other)\(others)" }

        /// The quantity as a function of all parameters, each of which is a scalar, or all of them one vector.
        func evaluate(_ inputs: [Variable]) throws -> Variable {
            let count = MomentTests.isVector(distribution) ? 1 : parameters.count
            let distribution = try MomentTests.distribution(distribution, Array(inputs[..<count]))
            let answer: Variable =
                switch quantity {
                case "entropy": try distribution.entropy()
                case "mean": try distribution.mean()
                case "variance": try distribution.variance()
                case "stddev": try distribution.standardDeviation()
                case "log_prob": try distribution.logProbability(Variable(Tensor(x, distribution.dtype)))
                default:
                    try Divergence.kullbackLeibler(
                        distribution, MomentTests.distribution(other, Array(inputs[count...])))
                }
            // Of a vector result the first component.
            return answer.shape.isEmpty ? answer : try answer.select(0, 0)
        }

        func inputs(_ dtype: DType) throws -> [Variable] {
            func of(_ name: String, _ numbers: [Double]) throws -> [Variable] {
                if name.isEmpty { return [] }
                if MomentTests.isVector(name) { return [Variable(try Tensor(numbers, shape: [numbers.count], dtype))] }
                return try numbers.map { Variable(try Tensor($0, dtype)) }
            }
            return try of(distribution, parameters) + of(other, others)
        }

        /// The value, then all slopes.
        func answer(_ dtype: DType) throws -> [Double] {
            let (values, gradients) = try Transform.valueAndGradient(
                of: { [try evaluate($0)] }, at: try inputs(dtype), for: "test")
            return try [values[0].value.item()] + gradients.flatMap { try $0.value.toArray() }
        }
    }

    static func isVector(_ name: String) -> Bool { name == "Dirichlet" || name.hasPrefix("Categorical") }

    static func distribution(_ name: String, _ inputs: [Variable]) throws -> any Distribution {
        switch name {
        case "Categorical by logits": try Categorical(logits: inputs[0])
        case "Bernoulli by logits": try Bernoulli(logits: inputs[0])
        default: try make(name, inputs)
        }
    }

    static func rows() throws -> [Row] {
        try ["moments", "family_moments"].flatMap { name in
            let url = try #require(
                Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Fixtures"))
            return try JSONDecoder().decode([Row].self, from: Data(contentsOf: url))
        }
    }

    @Test(arguments: ["entropy", "mean", "variance", "stddev", "kl", "log_prob"]) func valuesAndSlopesAreMpmaths(
        _ quantity: String
    ) throws {
        let rows = try Self.rows().filter { $0.quantity == quantity }
        #expect(rows.count >= 30)
        for row in rows {
            let got = try row.answer(.float64)
            // A sum of numbers of both signs is compared relative to the size of its terms: entropies near 0, and
            // divergences between different families.
            let floor = quantity == "entropy" || row.distribution != row.other ? 1.0 : 0
            let size = max(abs(row.value), quantity == "entropy" || quantity == "kl" ? floor : 0)
            #expect(abs(got[0] - row.value) <= 1e-10 * size, "\(row.label): \(got[0]), expected \(row.value)")
            let isShape = [
                "Gamma", "Beta", "Dirichlet", "StudentT", "ChiSquared", "InverseGamma", "VonMises", "Weibull",
            ].contains { $0 == row.distribution || $0 == row.other }
            for (index, slope) in row.slopes.enumerated() {
                guard let slope else { continue }
                let tolerance = (isShape ? 1e-7 : 1e-10) * max(abs(slope), abs(slope) < 1e-290 ? 1e-290 : 0)
                #expect(
                    abs(got[index + 1] - slope) <= tolerance + 1e-290,
                    "\(row.label): slope \(index + 1) \(got[index + 1]), expected \(slope)")
            }
        }
    }

    @Test func singlePrecisionIsDoubleRoundedOnce() throws {
        var compared = 0
        for row in try Self.rows() {
            let single = try? row.answer(.float32)
            // The same computation in float64.
            let double = try? Transform.valueAndGradient(
                of: { [try row.evaluate($0)] },
                at: row.inputs(.float32).map { try $0.converted(to: .float64).detached() }, for: "test")
            // Parameters that float32 rounds out of their range are refused.
            guard let single, let double else { continue }
            compared += 1
            let expected = try [double.values[0].value.item()] + double.gradients.flatMap { try $0.value.toArray() }
            for (s, d) in zip(single, expected) {
                #expect(s == Double(Float(d)) || (s.isNaN && d.isNaN), "\(row.label): \(s), expected \(Float(d))")
            }
        }
        #expect(compared > 150, "\(compared)")
    }

    /// KL(p || p) is 0, and KL is never negative, at any parameters.
    @Test func divergencesOfADistributionFromItselfAreZero() throws {
        var compared: Set<String> = []
        for row in try Self.rows() where row.quantity == "entropy" {
            let distribution = try Self.distribution(row.distribution, row.inputs(.float64))
            // Some distributions have no divergence in closed form.
            guard let zero = try? Divergence.kullbackLeibler(distribution, distribution).value.item() else { continue }
            #expect(zero == 0, "KL of \(row.distribution)\(row.parameters) from itself: \(zero)")
            compared.insert(row.distribution)
        }
        #expect(compared.count >= 5, "\(compared)")
        let scale = Variable(try Tensor([0.1, 0, 0.7, 1e-5], shape: [2, 2], .float64))
        let vector = try MultivariateNormal(vector([1, 2]), scale: scale)
        #expect(try Divergence.kullbackLeibler(vector, vector).value.item() == 0)
        let wider = try MultivariateNormal(DistributionsTests.vector([1, 2]), scale: scale * (1 + 1e-9))
        #expect(abs(try Divergence.kullbackLeibler(vector, wider).value.item() / 2e-18 - 1) < 1e-6)
    }

    /// A component of weight 0 does not enter the moments, even if its own moments do not exist.
    @Test func whatHasNoWeightHasNoPart() throws {
        let cauchy = try StudentT(scalar(1), scalar(0), scalar(1))
        let mixture = try Mixture(vector([1, 0]), [Normal(scalar(3), scalar(2)), cauchy])
        #expect(try mixture.mean().value.item() == 3)
        #expect(try mixture.variance().value.item() == 4)
        #expect(try mixture.standardDeviation().value.item() == 2)
        // The slope by the weight of a component that has a mean is its mean less the mixture's.
        let slope = try Transform.valueAndGradient(
            of: { [try Mixture($0[0], [Normal(scalar(3), scalar(2)), Normal(scalar(5), scalar(1))]).mean()] },
            at: [vector([1, 0])], for: "test"
        ).gradients[0].value.toArray()
        #expect(slope == [0, 2])
    }

    /// Draws of distributions whose tails go beyond the largest float are capped there.
    @Test func drawsAreFinite() throws {
        for dtype in [DType.float32, .float64] {
            let small = Variable(try Tensor(1e-3, dtype)), one = Variable(try Tensor(1, dtype)),
                tiny = Variable(try Tensor(1e-30, dtype))
            let distributions: [any Distribution] = [
                try StudentT(small, one, one), try StudentT(small, small, tiny), try Gamma(small, tiny),
            ]
            for distribution in distributions {
                let draws = try distribution.sample([2000], from: Generator(seed: 3)).toArray()
                #expect(!draws.contains { !$0.isFinite }, "\(distribution.description)")
            }
        }
    }

    /// Whether a covariance matrix counts as symmetric does not depend on its scale.
    @Test func smallCovariancesAreSymmetricToo() throws {
        let skew = Variable(try Tensor([1e-12, 5e-13, 0, 1e-12], shape: [2, 2], .float64))
        #expect(
            message { _ = try MultivariateNormal(vector([0, 0]), covariance: skew) }.contains(
                "a symmetric matrix expected"))
        #expect(
            message { _ = try MultivariateNormal(vector([0, 0]), covariance: skew * 1e12) }.contains(
                "a symmetric matrix expected"))
    }
}
