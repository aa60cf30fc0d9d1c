import LawChecks
import Scripting
import Testing

import Chains

/// Chains estimate moments to within their own standard errors.
@Suite struct PosteriorTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let kernel: String
        let density: String
        var options = "steps = 600, warmup = 150"
        /// Expected means of functions of a and b, the first and second coordinate of a draw.
        let moments: [(f: String, mean: Double)]
        var testDescription: String { "\(kernel) on the \(density)" }
    }

    private static let gaussian: [(f: String, mean: Double)] = [
        ("a", 0), ("b", 0), ("a * a", 1), ("a * b", 0.8), ("b * b", 1),
    ]

    private static let funnel: [(f: String, mean: Double)] = [
        ("3 * a", 0), ("9 * a * a", 9), ("b * (1.5 * a):exp():clamp(0, 50)", 0), ("b * b", 1),
    ]
    private static let banana: [(f: String, mean: Double)] = [("a", 0), ("a * a", 1), ("b", 0.5)]
    private static let mixture: [(f: String, mean: Double)] = [("a", 0.6), ("a * a", 3.25), ("b", 0), ("b * b", 1)]

    static let cases: [Case] = [
        Case(kernel: "mcmc.NUTS{}", density: "gaussian", options: "steps = 400, warmup = 100", moments: gaussian),
        Case(
            kernel: "mcmc.NUTS{metric = 'dense'}", density: "gaussian", options: "steps = 250, warmup = 100",
            moments: gaussian),
        Case(kernel: "mcmc.HMC{leapfrog_steps = 4, jitter = 0.3}", density: "gaussian", moments: gaussian),
        Case(
            kernel: "mcmc.MALA{metric = 'dense'}", density: "gaussian", options: "steps = 800, warmup = 150",
            moments: gaussian),
        Case(
            kernel: "mcmc.Barker{metric = 'dense'}", density: "gaussian", options: "steps = 1500, warmup = 150",
            moments: gaussian),
        Case(
            kernel: "mcmc.RandomWalk{}", density: "gaussian", options: "steps = 3000, warmup = 150", moments: gaussian),
        Case(kernel: "mcmc.NUTS{}", density: "funnel", options: "steps = 300, warmup = 100", moments: funnel),
        Case(kernel: "mcmc.HMC{leapfrog_steps = 4, jitter = 0.3}", density: "funnel", moments: funnel),
        Case(
            kernel: "mcmc.NUTS{}", density: "banana", options: "steps = 400, warmup = 100, target_accept = 0.9",
            moments: banana),
        Case(
            kernel: "mcmc.HMC{leapfrog_steps = 6, jitter = 0.3}", density: "banana",
            options: "steps = 400, warmup = 100", moments: banana),
        Case(kernel: "mcmc.NUTS{}", density: "mixture", options: "steps = 400, warmup = 100", moments: mixture),
        Case(kernel: "mcmc.HMC{leapfrog_steps = 8, jitter = 0.3}", density: "mixture", moments: mixture),
    ]

    @Test(arguments: cases) func momentsAreRight(_ one: Case) throws {
        let scripts = try Scripts()
        let moments = one.moments.map(\.f).joined(separator: ", ")
        let numbers = try scripts.numbers(
            Posterior.lua + """
                local x0 = random.normal({8, 2}, {generator = random.generator(5)})
                local r = mcmc.sample(\(one.kernel), \(one.density), x0, {\(one.options), generator = random.generator(8)})
                local a, b = r.samples[{{}, {}, 1}]:to("float64"), r.samples[{{}, {}, 2}]:to("float64")
                local result = {mcmc.rhat(r):max():item(), r.divergences}
                for _, f in ipairs{\(moments)} do
                  result[#result + 1] = f:mean():item()
                  result[#result + 1] = mcmc.mcse(f):item()
                end
                return result
                """)
        #expect(numbers[0] < 1.01, "\(one.testDescription): R-hat \(numbers[0])")
        for (index, moment) in one.moments.enumerated() {
            let (estimate, error) = (numbers[2 + 2 * index], numbers[3 + 2 * index])
            #expect(
                agrees(estimate, moment.mean, error) && error < 0.6,
                "\(one.testDescription): mean of \(moment.f) is \(estimate) +- \(error), \(moment.mean) expected")
        }
    }

    /// A normal distribution restricted to x > 0.5 by its support: the mean is φ(0.5) / (1 - Φ(0.5)).
    @Test(
        arguments: zip(
            ["NUTS{}", "HMC{leapfrog_steps = 4, jitter = 0.3}", "MALA{}", "Barker{}", "RandomWalk{}"],
            [500, 400, 1000, 1000, 2000]))
    func aTruncatedDistribution(_ kernel: String, _ steps: Int) throws {
        let numbers = try Scripts().numbers(
            """
            local x0 = 0.6 + random.uniform({8}, {generator = random.generator(5)})
            local r = mcmc.sample(mcmc.\(kernel), function(x) return -0.5 * x ^ 2 end, x0, {
              steps = \(steps), warmup = 100, support = {"interval", 0.5, math.huge}, generator = random.generator(8)})
            local x = r.samples:to("float64")
            return {x:mean():item(), mcmc.mcse(x):item(), (x ^ 2):mean():item(), mcmc.mcse(x ^ 2):item(), x:min():item(),
              mcmc.rhat(r):item()}
            """)
        let mean = 0.3520653267642995 / 0.3085375387259869
        #expect(
            agrees(numbers[0], mean, numbers[1]) && numbers[1] < 0.05,
            "mcmc.\(kernel): \(numbers), mean \(mean) expected")
        #expect(
            agrees(numbers[2], 1 + 0.5 * mean, numbers[3]),
            "mcmc.\(kernel): \(numbers), second moment \(1 + 0.5 * mean) expected")
        #expect(numbers[4] > 0.5)
        #expect(numbers[5] < 1.01, "mcmc.\(kernel): R-hat \(numbers[5])")
    }

    @Test func ellipticalSliceFindsAPosterior() throws {
        let numbers = try Scripts().numbers(
            """
            local prior = distribution.MultivariateNormal(tensor({1, -1}), {covariance = tensor({{1, 0.5}, {0.5, 2}})})
            -- the sum is observed to be 2, with variance 1
            local function likelihood(x) return -0.5 * (x:sum(2) - 2) ^ 2 end
            local r = mcmc.sample(mcmc.EllipticalSlice{prior = prior}, likelihood, tensor.zeros(16, 2), {
              steps = 150, warmup = 30, generator = random.generator(6)})
            local m = r.samples:mean({1, 2}):tolist()
            local e = mcmc.mcse(r):tolist()
            return {m[1], e[1], m[2], e[2]}
            """)
        // The sum has the prior mean 0 and variance 4; the gain is (1.5, 2.5) / 5.
        #expect(agrees(numbers[0], 1 + 1.5 / 5 * 2, numbers[1]) && numbers[1] < 0.1, "\(numbers)")
        #expect(agrees(numbers[2], -1 + 2.5 / 5 * 2, numbers[3]) && numbers[3] < 0.1, "\(numbers)")
    }
}
