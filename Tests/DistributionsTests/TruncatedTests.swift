import Autodiff
import Foundation
import LawChecks
import Tensors
import Testing

@testable import Distributions

/// Truncated distributions where a difference of tails would have no digits: narrow intervals, and intervals far out.
@Suite struct TruncatedTests {
    /// The mass of a narrow interval of a normal distribution is its length times the density at its middle, up to the
    /// second derivative's term.
    @Test func narrowIntervals() throws {
        for (name, parameters) in [
            ("Normal", [0.0, 1]), ("Laplace", [0, 1]), ("Gamma", [4.5, 2]), ("StudentT", [3, 0, 1]),
        ] {
            let distribution = try make(name, parameters.map { try scalar($0) })
            for centre in [0.2, 3, 20] {
                for width in [1e-4, 1e-7, 1e-11] {
                    let (low, high) = (centre - width / 2, centre + width / 2)
                    let narrow = try Truncated(distribution, scalar(low), scalar(high))
                    let density = exp(try narrow.logProbability(scalar(centre)).value.item())
                    #expect(
                        abs(density * (high - low) - 1) < 1e-6 * width / 1e-4 + 1e-12,
                        "\(narrow.description): \(density)")
                    let at = low + 0.25 * (high - low)
                    let below = try narrow.cumulativeProbability(scalar(at)).value.item()
                    #expect(
                        abs(below - (at - low) / (high - low)) < 30 * width + 1e-12,
                        "\(narrow.description): cdf \(below)")
                }
            }
        }
    }

    /// An exponential distribution restricted to x > low is the same distribution, moved by low: everything is known in
    /// closed form.
    @Test func theExponentialForgets() throws {
        for low in [0.0, 1, 700, 1e6] {
            let points = try [scalar(2), scalar(low)]
            let makeDistribution: ([Variable]) throws -> Truncated = {
                try Truncated(Exponential($0[0]), $0[1], scalar(.infinity))
            }
            let distribution = try makeDistribution(points)
            #expect(abs(try distribution.mean().value.item() - low - 0.5) < 1e-10 * max(1, low))
            #expect(abs(try distribution.variance().value.item() - 0.25) < 1e-9 * max(1, low))
            #expect(abs(try distribution.entropy().value.item() - 1 + Double.log(2)) < 1e-9)
            #expect(
                abs(try distribution.quantile(scalar(0.5)).value.item() - low - 0.5 * Double.log(2)) < 1e-12
                    * max(1, low))
            #expect(abs(try distribution.logSurvival(scalar(low + 3)).value.item() + 6) < 1e-9)
            let slopes = try Transform.valueAndGradient(
                of: { [try makeDistribution($0).logProbability(scalar(low + 3))] }, at: points, for: "test").gradients
            // The log-density is log 2 - 2 · 3: its slope by the rate is 1/2 - 3, and by low it is the rate, except at
            // low = 0, where the support ends.
            #expect(abs(try slopes[0].value.item() + 2.5) < 1e-9, "\(low)")
            if low > 0 { #expect(abs(try slopes[1].value.item() - 2) < 1e-9, "\(low)") }
        }
    }

    @Test func theNormalBeyondAllProbability() throws {
        // mpmath: E[X | X > 40] = φ(40)/Q(40), and the median.
        let distribution = try Truncated(Normal(scalar(0), scalar(1)), scalar(40), scalar(.infinity))
        #expect(abs(try distribution.mean().value.item() - 40.024968847207994) < 1e-9)
        let draws = try distribution.sample([500], from: Generator(seed: 3)).toArray()
        #expect(draws.allSatisfy { $0 >= 40 && $0 < 40.6 })
        // Heavy tails: the mean is infinite, or does not exist.
        let heavy = try Truncated(Cauchy(scalar(0), scalar(1)), scalar(0), scalar(.infinity))
        #expect(try heavy.mean().value.item() == .infinity && heavy.variance().value.item() == .infinity)
        #expect(
            try Truncated(Cauchy(scalar(0), scalar(1)), scalar(-.infinity), scalar(.infinity)).mean().value.item().isNaN
        )
        let bounded = try Truncated(Cauchy(scalar(0), scalar(1)), scalar(-1), scalar(1))
        #expect(abs(try bounded.mean().value.item()) < 1e-12)
        let spread = try bounded.variance().value.item()
        #expect(abs(spread - 4 / Double.pi + 1) < 1e-10)
    }

    /// Narrow peaks inside the interval are found by the quadrature.
    @Test func narrowPeaks() throws {
        let distribution = try Mixture(vector([1 - 1e-6, 1e-6]), batched: Normal(vector([0, 7]), vector([1, 1e-9])))
        let narrow = try Truncated(distribution, scalar(6.9), scalar(7.1))
        #expect(abs(try narrow.cumulativeProbability(scalar(7)).value.item() - 0.5) < 1e-3)
    }

    @Test func supports() throws {
        let distributions: [(any Distribution, Support.Kind, Double, Double)] = [
            (try Normal(scalar(0), scalar(1)), .real, -.infinity, .infinity),
            (try Gamma(scalar(2), scalar(1)), .positive, 0, .infinity),
            (try Uniform(scalar(-1), scalar(3)), .interval, -1, 3),
            (try Pareto(scalar(2), scalar(1)), .greaterThan, 2, .infinity),
            (try Binomial(scalar(4), probs: scalar(0.5)), .integers, 0, 4),
            (try Poisson(scalar(1)), .integers, 0, .infinity),
            (try Categorical(probs: vector([1, 1, 1])), .integers, 1, 3),
            (try Dirichlet(vector([1, 1])), .simplex, 0, 1),
            (try Truncated(Normal(scalar(0), scalar(1)), scalar(-.infinity), scalar(2)), .lessThan, -.infinity, 2),
            (try Truncated(Gamma(scalar(2), scalar(1)), scalar(-3), scalar(2)), .interval, 0, 2),
            (try Truncated(Normal(scalar(0), scalar(1)), scalar(0), scalar(.infinity)), .positive, 0, .infinity),
            (
                try Mixture(vector([1, 1]), [Gamma(scalar(2), scalar(1)), Uniform(scalar(-1), scalar(3))]),
                .greaterThan, -1, .infinity
            ),
            (try Mixture(vector([1, 1]), batched: Uniform(vector([0, 1]), vector([1, 4]))), .interval, 0, 4),
        ]
        for (distribution, kind, low, high) in distributions {
            let support = try distribution.support
            #expect(support.kind == kind, "\(distribution.description): \(support.kind)")
            #expect(
                try support.low.value.item() == low && support.high.value.item() == high, "\(distribution.description)")
        }
        for example in examples {
            #expect(throws: Never.self, "\(example.label)") { _ = try example.distribution().support }
        }
    }
}
