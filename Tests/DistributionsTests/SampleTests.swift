import Autodiff
import Distributions
import Foundation
import LawChecks
import Tensors
import Testing

/// Draws against the distributions' own moments and distribution functions. The seeds are fixed, so these tests pass or
/// fail the same way every time.
@Suite struct SampleTests {
    /// The number of draws; fewer where each is found by solving an equation.
    private static func count(_ distribution: any Distribution) -> Int {
        distribution.name == "Truncated" ? 2000 : 20_000
    }

    @Test(arguments: examples.map(\.label)) func momentsAreTheDistributions(_ label: String) throws {
        let distribution = try #require(examples.first { $0.label == label }).distribution()
        let n = Self.count(distribution)
        let x = Variable(try distribution.sample([n], from: Generator(seed: 7)))
        #expect(x.shape == [n] + distribution.batchShape + distribution.eventShape)
        let (mean, variance) = (try distribution.mean(), try distribution.variance())
        #expect(mean.shape == distribution.batchShape + distribution.eventShape && variance.shape == mean.shape)
        let away = try x - mean
        try zScores(away, label, "mean")
        // The variance of a distribution of directions is the mean of 1 - cos.
        try zScores((distribution.name == "VonMises" ? 1 - away.cos() : away * away) - variance, label, "variance")
    }

    /// Expects |z| < 5 for the hypothesis that the mean over the first axis is 0, where the variance exists.
    private func zScores(_ values: Variable, _ label: String, _ what: String) throws {
        let n = Double(values.shape[0])
        let means = try values.mean([0]).value.toArray()
        let deviations = try values.variance([0]).sqrt().value.toArray()
        for (i, mean) in means.enumerated() where mean.isFinite && deviations[i].isFinite {
            // A distribution that does not vary leaves rounding errors only.
            let z = abs(mean) < 1e-12 ? 0 : mean / (deviations[i] / n.squareRoot())
            #expect(abs(z) < 5, "\(label): \(what), element \(i + 1): z = \(z)")
        }
    }

    /// The Kolmogorov-Smirnov statistic sup |F_n - F| sqrt(n) is above 2.2 once in ten thousand runs, more rarely for
    /// discrete distributions.
    private func kolmogorov(_ distribution: any Distribution, _ label: String, seed: UInt64 = 3) throws {
        let n = Self.count(distribution)
        let draws = try distribution.sample([n], from: Generator(seed: seed)).reshape([n, -1])
        let batch = draws.shape[1]
        let cdf = try distribution.cumulativeProbability(Variable(draws.reshape([n] + distribution.batchShape))).value
            .reshape([n, batch])
        for element in 0..<batch {
            let x = try draws.select(1, element).toArray()
            let f = try cdf.select(1, element).toArray()
            let order = x.indices.sorted { x[$0] < x[$1] }
            var worst = 0.0
            for (rank, i) in order.enumerated() {
                // Among equal draws of a discrete distribution, F is compared at the upper end of the step.
                if rank + 1 < n, x[order[rank + 1]] == x[i] { continue }
                worst = max(worst, abs(Double(rank + 1) / Double(n) - f[i]))
            }
            let statistic = worst * Double(n).squareRoot()
            #expect(statistic < 2.2, "\(label), element \(element + 1): Kolmogorov-Smirnov \(statistic)")
        }
    }

    @Test(arguments: examples.map(\.label)) func drawsFollowTheDistributionFunction(_ label: String) throws {
        let distribution = try #require(examples.first { $0.label == label }).distribution()
        guard distribution.eventShape.isEmpty else { return }
        try kolmogorov(distribution, label)
    }

    @Test func samplersInEveryRegime() throws {
        try kolmogorov(Gamma(vector([0.05, 0.3, 0.999, 1, 1.001, 7, 300, 1e5]), scalar(2)), "Gamma")
        try kolmogorov(Poisson(vector([0, 0.01, 0.7, 9.99, 10, 11, 60, 5000, 1e6])), "Poisson")
        try kolmogorov(Beta(vector([0.05, 0.5, 1, 30]), vector([0.5, 2, 0.2, 40])), "Beta")
        try kolmogorov(StudentT(vector([0.3, 1, 2.5, 300]), scalar(1), scalar(2)), "StudentT")
        try kolmogorov(
            Binomial(
                vector([0, 1, 30, 30, 1000, 1e6, 1e6, 40]), probs: vector([0.5, 0.3, 0.01, 0.99, 0.4, 3e-6, 0.7, 1])),
            "Binomial")
        try kolmogorov(
            NegativeBinomial(vector([0.05, 1, 30, 1000]), probs: vector([0.5, 0.99, 0.3, 0.6])), "NegativeBinomial")
        try kolmogorov(Geometric(probs: vector([1, 0.5, 1e-3, 1e-12])), "Geometric")
        try kolmogorov(VonMises(vector([0, 2, -40]), vector([1e-6, 0.7, 1e7])), "VonMises")
        let far = try Truncated(
            Normal(scalar(0), scalar(1)), vector([-.infinity, 0, 12, -1e-9]), vector([-30, .infinity, 12.01, 1e-9]))
        try kolmogorov(far, "Truncated")
        try kolmogorov(Categorical(probs: vector([0, 0.5, 0, 0.25, 0.25, 0])), "Categorical")
    }

    /// PTRS accepts most proposals by its squeeze step, so an error there changes little: a chi-squared test of many
    /// draws. With k bins, (χ² - k) / sqrt(2k) is nearly standard normal.
    @Test func poissonCounts() throws {
        let n = 300_000
        for rate in [9.5, 10, 12.3, 60, 700] {
            let distribution = try Poisson(scalar(rate))
            var counts: [Double: Double] = [:]
            for value in try distribution.sample([n], from: Generator(seed: 21)).toArray() {
                counts[value, default: 0] += 1
            }
            let bins = (0..<Int(3 * rate + 40)).map(Double.init)
            let expected = try distribution.logProbability(vector(bins)).value.toArray().map { Double(n) * exp($0) }
            var (chi, used) = (0.0, 0.0)
            for (k, expected) in zip(bins, expected) where expected > 20 {
                let away = (counts[k] ?? 0) - expected
                chi += away * away / expected
                used += 1
            }
            #expect(
                abs(chi - used) / (2 * used).squareRoot() < 5, "Poisson(\(rate)): chi-squared \(chi) of \(used) bins")
        }
    }

    /// The same for binomial draws by transformed rejection, and for each outcome of a multinomial one.
    @Test func binomialCounts() throws {
        let n = 200_000
        for (count, p) in [(25.0, 0.41), (60, 0.5), (300, 0.9), (20_000, 0.02)] {
            let distribution = try Binomial(scalar(count), probs: scalar(p))
            var counts: [Double: Double] = [:]
            for value in try distribution.sample([n], from: Generator(seed: 22)).toArray() {
                counts[value, default: 0] += 1
            }
            let bins = (0...Int(count)).map(Double.init)
            let expected = try distribution.logProbability(vector(bins)).value.toArray().map { Double(n) * exp($0) }
            var (chi, used) = (0.0, 0.0)
            for (k, expected) in zip(bins, expected) where expected > 20 {
                let away = (counts[k] ?? 0) - expected
                chi += away * away / expected
                used += 1
            }
            #expect(
                abs(chi - used) / (2 * used).squareRoot() < 5,
                "Binomial(\(count), \(p)): chi-squared \(chi) of \(used) bins")
        }
        let draws = try Multinomial(scalar(7), probs: vector([0, 0.5, 0.2, 0, 0.3, 0])).sample(
            [500], from: Generator(seed: 3))
        let sums = try Variable(draws).sum([1]).value.toArray()
        #expect(sums.allSatisfy { $0 == 7 })
        for impossible in [0, 3, 5] { #expect(try draws.select(1, impossible).toArray().allSatisfy { $0 == 0 }) }
    }

    /// Shapes so small that x underflows: draws stay inside the support, and their density is finite.
    @Test func smallShapesStayInside() throws {
        for dtype in [DType.float32, .float64] {
            let tiny = Variable(try Tensor(1e-3, dtype))
            let gamma = try Gamma(tiny, tiny.constant(1)).sample([1000], from: Generator(seed: 1)).toArray()
            #expect(gamma.allSatisfy { $0 > 0 && $0.isFinite })
            let beta = try Beta(tiny, tiny).sample([1000], from: Generator(seed: 1)).toArray()
            #expect(beta.allSatisfy { $0 > 0 && $0 < 1 })
            let rows = try Dirichlet(Variable(Tensor([1e-3, 1e-3, 1e-3], shape: [3], dtype))).sample(
                [500], from: Generator(seed: 1))
            #expect(try rows.toArray().allSatisfy { $0 > 0 && $0 <= 1 })
        }
    }

    /// Draws at rates and shapes far beyond any use take finite time and are finite.
    @Test func extremeParametersTerminate() throws {
        for scale in [1e-300, 1e-30, 1e30, 1e300] {
            #expect(
                try Poisson(scalar(scale)).sample([50], from: Generator(seed: 1)).toArray().allSatisfy {
                    $0 >= 0 && $0.isFinite
                })
            #expect(
                try Gamma(scalar(scale), scalar(1)).sample([50], from: Generator(seed: 1)).toArray().allSatisfy {
                    $0 > 0 && $0.isFinite
                })
            let beta = try Beta(scalar(scale), scalar(scale)).rsample([50], from: Generator(seed: 1))
            #expect(try beta.value.toArray().allSatisfy { $0 > 0 && $0 < 1 }, "\(scale)")
            let density = try Gamma(scalar(scale), scalar(1)).logProbability(scalar(1)).value.item()
            #expect(!density.isNaN, "\(scale)")
        }
    }

    @Test func sameSeedSameNumbersWhateverTheThread() async throws {
        let expected = try examples.map { try $0.distribution().sample([5], from: Generator(seed: 11)).toArray() }
        try await withThrowingTaskGroup(of: [[Double]].self) { group in
            for _ in 0..<4 {
                group.addTask {
                    try examples.map { try $0.distribution().sample([5], from: Generator(seed: 11)).toArray() }
                }
            }
            for try await drawn in group { #expect(drawn == expected) }
        }
        for example in examples where try example.distribution().isReparameterised {
            let (a, b) = (
                try example.distribution().sample([4], from: Generator(seed: 2)),
                try example.distribution().rsample([4], from: Generator(seed: 2))
            )
            #expect(try a.toArray() == b.value.toArray(), "\(example.label)")
        }
    }

    /// The density's integral over the support, by a double exponential substitution (Takahashi & Mori 1974).
    @Test(arguments: examples.map(\.label)) func densitiesIntegrateToOne(_ label: String) throws {
        let example = try #require(examples.first { $0.label == label })
        let distribution = try example.distribution()
        guard distribution.eventShape.isEmpty else { return }
        let batch = distribution.batchShape.reduce(1, *)
        var (points, weights): ([Double], [Double]) = ([], [])
        if example.isDiscrete {
            points = (0..<400).map(Double.init)
            weights = points.map { _ in 1 }
        } else {
            let step = 1.0 / 2048
            for k in -9500...9500 {
                let t = Double(k) * step
                let (s, ds) = (Double.pi / 2 * sinh(t), Double.pi / 2 * cosh(t))
                let (x, dx): (Double, Double) =
                    switch try distribution.support.kind {
                    case .positive: (exp(s), exp(s) * ds)
                    // On an interval the nodes are fractions of the way between the ends; on a half line, distances
                    // from the end.
                    case .interval: (1 / (1 + exp(-2 * s)), 2 * ds / ((1 + exp(-2 * s)) * (1 + exp(2 * s))))
                    case .greaterThan: (exp(s), exp(s) * ds)
                    default: (sinh(s), cosh(s) * ds)
                    }
                guard x.isFinite, dx.isFinite, dx > 0, !(try distribution.support.kind == .interval && x == 1) else {
                    continue
                }
                points.append(x)
                weights.append(dx * step)
            }
        }
        var x = Variable(try Tensor(points, shape: [points.count] + distribution.batchShape.map { _ in 1 }, .float64))
        var scale = try scalar(1)
        let support = try distribution.support
        if !example.isDiscrete, support.kind == .interval || support.kind == .greaterThan {
            let low = try support.low.converted(to: .float64)
            if support.kind == .interval { scale = try support.high.converted(to: .float64) - low }
            x = try low + x * scale
        }
        let density = try (distribution.logProbability(x).exp() * scale).value.reshape([points.count, batch])
        for element in 0..<batch {
            let values = try density.select(1, element).toArray()
            let total = zip(values, weights).reduce(0) { $0 + $1.0 * $1.1 }
            #expect(abs(total - 1) < 1e-6, "\(label), element \(element + 1): integral \(total)")
        }
    }
}
