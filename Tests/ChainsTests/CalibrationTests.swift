import LawChecks
import Scripting
import Testing

import Chains

/// Simulation-based calibration on a regression whose posterior is normal: where parameters are drawn from the prior
/// and data from the parameters, the parameters' ranks among draws of the posterior are uniform. scripts/tools/sbc.lua
/// does the same with more repeats and models.
@Suite struct CalibrationTests {
    /// Chi-squared statistics of both parameters' ranks over 8 bins, from 240 repetitions of 15 draws each.
    private func chiSquared(_ kernel: String, thin: Int) throws -> [Double] {
        try Scripts().numbers(
            """
            local n, draws, bins = 240, 15, 8
            local options = {generator = random.generator(3), dtype = "float64"}
            local X = tensor({{1, 0.5}, {1, 1}, {1, 1.5}, {1, 2}, {1, 3}}, {dtype = "float64"})
            local theta = random.normal({n, 2}, options)
            local y = theta:matmul(X:t()) + 0.8 * random.normal({n, 5}, options)
            local function log_prob(x)
              return -0.5 * (x ^ 2):sum(2) - 0.5 * (((y - x:matmul(X:t())) / 0.8) ^ 2):sum(2)
            end
            -- Chains start at draws of the prior: what they know of the data they find.
            local r = mcmc.sample(mcmc.\(kernel), log_prob, random.normal({n, 2}, options), {
              steps = draws * \(thin), thin = \(thin), warmup = 60, generator = options.generator})
            local result = {}
            for k = 1, 2 do
              local ranks = r.samples[{{}, {}, k}]:lt(theta[{{}, k}]:unsqueeze(2)):to("float64"):sum(2)
              local counts, chi = {}, 0
              for bin = 1, bins do counts[bin] = 0 end
              for _, rank in ipairs(ranks:tolist()) do
                local bin = math.tointeger(rank * bins // (draws + 1) + 1)
                counts[bin] = counts[bin] + 1
              end
              for bin = 1, bins do chi = chi + (counts[bin] - n / bins) ^ 2 / (n / bins) end
              result[k] = chi
            end
            return result
            """)
    }

    @Test(
        arguments: zip(
            ["NUTS{}", "HMC{leapfrog_steps = 4, jitter = 0.3}", "MALA{}", "Barker{}", "RandomWalk{}"],
            [3, 2, 10, 10, 30]))
    func ranksAreUniform(_ kernel: String, _ thin: Int) throws {
        for chi in try chiSquared(kernel, thin: thin) {
            // With 7 degrees of freedom a value above 26 has the probability 0.0005.
            #expect(chi < 26, "mcmc.\(kernel): chi-squared of the ranks \(chi), 7 expected")
        }
    }

    /// The test detects a sampler whose draws are spread too widely.
    @Test func aBiasIsSeen() throws {
        #expect(try chiSquared("ULA{step_size = 0.05}", thin: 10).contains { $0 > 30 })
    }
}
