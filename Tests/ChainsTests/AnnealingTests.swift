import LawChecks
import Scripting
import Testing

import Chains

/// Annealed importance sampling on problems whose evidence and posterior are known.
@Suite struct AnnealingTests {
    /// Prior N(0, I) in d dimensions, and one observation y of each coordinate with deviation s: the evidence is N(y;
    /// 0, (1 + s^2) I).
    private static let problem = """
        local d, s = 3, 0.5
        local y = tensor({1, -0.5, 2})
        local options = {
          prior = distribution.Normal(tensor.zeros(d), 1),
          log_likelihood = function(x) return -0.5 * (((x - y) / s) ^ 2):sum(2) - d * math.log(s * math.sqrt(2 * math.pi)) end,
          generator = random.generator(4)}
        local evidence = -0.5 * (y ^ 2):sum():item() / (1 + s ^ 2) - 0.5 * d * math.log(2 * math.pi * (1 + s ^ 2))
        local mean = y / (1 + s ^ 2)

        """

    @Test(arguments: ["nil", "mcmc.HMC{leapfrog_steps = 3}", "mcmc.MALA{}"]) func temperedSMC(_ kernel: String) throws {
        try Scripts().run(
            Self.problem + """
                options.kernel, options.particles, options.moves = \(kernel), 800, 6
                local r = mcmc.smc(options)
                assert(math.abs(r.log_evidence - evidence) < 0.25, r.log_evidence .. " and " .. evidence)
                assert(r.samples.shape[1] == 800 and r.samples.shape[2] == d and #r.log_weights == 800)
                assert((r.samples:mean(1) - mean):abs():max():item() < 0.1, "mean")
                assert((r.samples:var(1) - s ^ 2 / (1 + s ^ 2)):abs():max():item() < 0.06, "variance")
                assert(r.temperatures[1] == 0 and r.temperatures[#r.temperatures] == 1 and #r.temperatures >= 3)
                assert(#r.accept_rates == #r.temperatures - 1 and r.accept_rates[#r.accept_rates] > 0.1)
                """)
    }

    @Test(arguments: ["nil", "mcmc.HMC{leapfrog_steps = 3}"]) func annealedImportance(_ kernel: String) throws {
        try Scripts().run(
            Self.problem + """
                options.kernel, options.particles, options.temperatures = \(kernel), 500, 25
                local r = mcmc.ais(options)
                assert(r.standard_error < 0.3 and math.abs(r.log_evidence - evidence) < 4 * r.standard_error,
                  r.log_evidence .. " +- " .. r.standard_error .. " and " .. evidence)
                local w = (r.log_weights - r.log_weights:max()):exp()
                local m = (w:unsqueeze(2) * r.samples):sum(1) / w:sum()
                assert((m - mean):abs():max():item() < 0.25)
                assert(r.ess > 20 and r.verdict:find("k%-hat"))
                """)
    }

    /// A prior on an interval, with a likelihood that is 0 on half of it.
    @Test func aPriorOnAnInterval() throws {
        try Scripts().run(
            """
            local options = {prior = distribution.Uniform(0, 1), particles = 600, generator = random.generator(4),
              log_likelihood = function(x) return tensor.zeros(#x):masked_fill(x:gt(0.5), -math.huge) + 2 * x:log() end}
            local exact = math.log(0.5 ^ 3 / 3)
            local r = mcmc.smc(options)
            assert(math.abs(r.log_evidence - exact) < 0.25, r.log_evidence .. " and " .. exact)
            assert(r.samples:max():item() <= 0.5 and math.abs(r.samples:mean():item() - 0.375) < 0.03)
            local a = mcmc.ais(options)
            assert(math.abs(a.log_evidence - exact) < 4 * a.standard_error)
            """)
    }

    @Test func refuses() throws {
        let scripts = try Scripts()
        let prior = "prior = distribution.Normal(0, 1), particles = 10, generator = random.generator(1)"
        #expect(
            try scripts.message("mcmc.smc{\(prior), log_likelihood = function(x) return x * (0 / 0) end}").contains(
                "log_likelihood is nan at inverse temperature 0, chain 1"))
        #expect(
            try scripts.message("mcmc.ais{\(prior), log_likelihood = function(x) return x * 0 - math.huge end}")
                .contains("no particle of 10 has a likelihood"))
        #expect(
            try scripts.message("mcmc.smc{\(prior), log_likelihood = function(x) return x * 0 - math.huge end}")
                .contains("no particle of 10 has a likelihood"))
        #expect(
            try scripts.message(
                "mcmc.ais{\(prior), temperatures = {0, 0.5}, log_likelihood = function(x) return -x ^ 2 end}"
            ).contains("rises from 0 to 1"))
    }
}
