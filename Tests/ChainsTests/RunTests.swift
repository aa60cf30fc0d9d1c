import Foundation
import LawChecks
import Scripting
import Tensors
import Testing

@testable import Chains

/// A whole run: seeds, files, how it ends, what it refuses.
@Suite struct RunTests {
    private static let setup = """
        local function log_prob(x) return -0.5 * (x ^ 2):sum(2) end
        local function start(n, seed) return random.normal({n, 3}, {generator = random.generator(seed or 1)}) end
        local function run(kernel, options, n)
          options.generator = random.generator(9)
          return mcmc.sample(kernel, log_prob, start(n or 4), options)
        end
        local function same(a, b) return a:eq(b):min():item() == 1 end

        """

    @Test func theSameSeedGivesTheSameChains() throws {
        let code = Self.setup + """
            local result = {}
            for _, kernel in ipairs{mcmc.NUTS{}, mcmc.HMC{leapfrog_steps = 3}, mcmc.MALA{}, mcmc.RandomWalk{}} do
              local r = run(kernel, {steps = 15, warmup = 30})
              for _, x in ipairs(r.samples:reshape(-1):tolist()) do result[#result + 1] = x end
            end
            -- A density that is work enough to be divided among threads.
            local wide = random.normal({3, 30000}, {generator = random.generator(2)})
            local function heavy(x) return -0.5 * (x ^ 2):sum(2) - x:matmul(wide):tanh():mean(2) end
            for _, kernel in ipairs{mcmc.NUTS{}, mcmc.Barker{}} do
              local r = mcmc.sample(kernel, heavy, start(4), {steps = 4, warmup = 20, generator = random.generator(9)})
              for _, x in ipairs(r.samples:reshape(-1):tolist()) do result[#result + 1] = x end
            end
            return result
            """
        let all = try [1, 2, 4].map { count in
            try ThreadCount.$current.withValue(try ThreadCount(count)) { try Scripts().numbers(code) }
        }
        #expect(all[0] == all[1] && all[0] == all[2], "chains depend on the number of threads")
        #expect(Set(all[0]).count > 100)
    }

    /// With given step sizes a chain draws the same numbers beside others as alone.
    @Test func chainsAreIndependent() throws {
        try Scripts().run(
            Self.setup + """
                for _, kernel in ipairs{
                  mcmc.NUTS{step_size = 0.5}, mcmc.HMC{step_size = 0.4}, mcmc.Barker{step_size = 1}, mcmc.ULA{step_size = 0.1}}
                do
                  local four = mcmc.sample(kernel, log_prob, start(4), {steps = 8, generator = random.generator(2)})
                  local two = mcmc.sample(kernel, log_prob, start(4)[{{1, 2}, {}}], {steps = 8, generator = random.generator(2)})
                  assert(same(four.samples[{{1, 2}, {}, {}}], two.samples), tostring(kernel))
                  assert(not same(four.samples[1], four.samples[2]))
                end
                """)
    }

    @Test func shapesAndCounts() throws {
        try Scripts().run(
            Self.setup + """
                local seen = {}
                local r = run(mcmc.HMC{step_size = 0.3, leapfrog_steps = 4}, {steps = 21, warmup = 10, thin = 5,
                  callback = function(k, x, lp) seen[#seen + 1] = k assert(x.shape[2] == 3 and #lp == 4) end})
                assert(r.samples.shape[1] == 4 and r.samples.shape[2] == 4 and r.samples.shape[3] == 3)
                assert(r.log_prob.shape[2] == 4 and #seen == 31 and seen[31] == 31)
                assert(r.n_gradients == 4 * (31 * 4 + 1), r.n_gradients)
                assert(r.step_size == 0.3 and r.metric == nil and r.stopped == nil)
                local lp = log_prob(r.samples[{{}, 2, {}}])
                assert((lp - r.log_prob[{{}, 2}]):abs():max():item() < 1e-5)
                local ended = run(mcmc.RandomWalk{scale = 1}, {steps = 50, callback = function(k) return k < 7 end})
                assert(ended.samples.shape[2] == 7 and ended.stopped:find("callback"))
                local none = run(mcmc.RandomWalk{scale = 1}, {steps = 0})
                assert(none.samples.shape[2] == 0 and none.samples.shape[3] == 3)
                local adapted = run(mcmc.NUTS{}, {steps = 5, warmup = 60})
                assert(adapted.metric.shape[1] == 3 and adapted.step_size ~= 1)
                local dense = run(mcmc.MALA{metric = "dense"}, {steps = 5, warmup = 60})
                assert(#dense.metric.shape == 2)
                """)
    }

    @Test func stopsWhenItIsEnough() throws {
        try Scripts().run(
            Self.setup + """
                local r = run(mcmc.HMC{step_size = 0.9, leapfrog_steps = 2}, {steps = 5000, stop = {ess = 200, rhat = 1.05}}, 8)
                assert(r.samples.shape[2] < 1000 and r.stopped:find("ess 200 and R%-hat 1.05 reached"), r.stopped)
                assert(mcmc.ess(r):min():item() >= 200 and mcmc.rhat(r):max():item() <= 1.05)
                """)
    }

    /// A run that is interrupted anywhere, also in the warm-up, continues from its file with the same draws as an
    /// uninterrupted one.
    @Test(arguments: [
        "NUTS{}", "NUTS{metric = 'dense'}", "RandomWalk{}", "EllipticalSlice{prior = distribution.Normal(0, 1)}",
    ])
    func aCheckpointGoesOn(_ kernel: String) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("chains-\(UUID().uuidString).ckpt")
            .path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Scripts().run(
            Self.setup + """
                local kernel, path = mcmc.\(kernel), "\(path)"
                local function options(more)
                  local t = {steps = 20, warmup = 40}
                  for k, v in pairs(more or {}) do t[k] = v end
                  return t
                end
                local whole = run(kernel, options())
                for _, k in ipairs{13, 39, 52} do
                  os.remove(path)
                  local part = run(kernel, options{checkpoint = path, callback = function(i) return i < k end})
                  assert(part.stopped)
                  local rest = run(kernel, options{checkpoint = path})
                  assert(same(rest.samples, whole.samples) and same(rest.log_prob, whole.log_prob), k)
                  assert(rest.n_gradients == whole.n_gradients and rest.accept_rate == whole.accept_rate)
                  assert(rest.step_size == whole.step_size)
                end
                -- finished: the same again; with more steps: longer
                assert(same(run(kernel, options{checkpoint = path}).samples, whole.samples))
                local longer = run(kernel, options{checkpoint = path, steps = 30})
                assert(longer.samples.shape[2] == 30 and same(longer.samples[{{}, {1, 20}, {}}], whole.samples))
                local ok, message = pcall(run, mcmc.HMC{}, options{checkpoint = path})
                assert(not ok and tostring(message):find("its kernel is mcmc"), message)
                local ok, message = pcall(run, kernel, options{checkpoint = path, warmup = 41})
                assert(not ok and tostring(message):find("its warmup is 40, here 41"), message)
                log_prob = function(x) return -0.4 * (x ^ 2):sum(2) end
                local ok, message = pcall(run, kernel, options{checkpoint = path})
                assert(not ok and tostring(message):find("of another log_prob"), message)
                """)
    }

    /// A first step that is far too long carries x to infinity, where the density evaluates infinity minus infinity.
    @Test func aPointBeyondAllNumbersHasNoDensity() throws {
        _ = try Scripts().run("""
            local r = mcmc.sample(mcmc.NUTS{}, function(x) return 7 * x:log() - 6 * x end, tensor{1, 2, 0.5, 1},
              {steps = 400, warmup = 300, support = "positive", generator = random.generator(3)})
            local s = mcmc.summary(r)
            assert(math.abs(s.mean:item() - 8 / 6) < 0.1 and s.r_hat:item() < 1.02, s)
            assert(r.samples:min():item() > 0)
            """)
    }

    /// The log-density is inf - inf at a point whose square overflows, with and without a constrained support.
    @Test func aPointTooLargeToSquareHasNoDensity() throws {
        for dtype in ["float64", "float32"] {
            _ = try Scripts().run("""
                local function log_prob(x) return (x ^ 2 + 1):log() - x ^ 2 end
                for _, support in ipairs{"positive", "real"} do
                  local r = mcmc.sample(mcmc.HMC{step_size = 30, leapfrog_steps = 3}, log_prob,
                    tensor({1, 2}, {dtype = "\(dtype)"}),
                    {steps = 50, warmup = 50, support = support, generator = random.generator(1)})
                  -- exp(-100) of the density is beyond 10
                  assert(r.divergences > 0 and r.samples:max():item() < 10, support)
                end
                """)
        }
    }

    @Test func refusesWithTheNumbers() throws {
        let scripts = try Scripts()
        func message(_ code: String) throws -> String { try scripts.message(Self.setup + code) }
        func expect(_ code: String, _ text: String, line: Int = #line) throws {
            let said = try message(code)
            #expect(said.contains(text), "line \(line): \(said)")
        }
        let x0 = "tensor({{1, 2}, {3, 4}})"
        try expect(
            "mcmc.sample(mcmc.NUTS{}, function(x) return (x * (0 / 0)):sum(2) end, \(x0))",
            "log_prob is nan at the start, chain 1, x = {1, 2}")
        try expect(
            "mcmc.sample(mcmc.MALA{step_size = 1}, function(x) return x:sum(2) + math.huge end, \(x0))",
            "log_prob is inf at the start, chain 1")
        try expect(
            "mcmc.sample(mcmc.NUTS{}, function(x) return (x[{{}, 1}] - 2):log() end, \(x0))",
            "log_prob is nan at the start, chain 1")
        try expect(
            "mcmc.sample(mcmc.NUTS{}, distribution.Uniform(0, 3.5), \(x0))",
            "chain 2 starts at {3, 4}, outside the support (between 0 and 3.5)")
        try expect(
            "mcmc.sample(mcmc.NUTS{}, distribution.Uniform(0, 3.5), \(x0), {support = 'real'})",
            "log_prob is -inf at the start, chain 2, x = {3, 4}")
        try expect(
            "mcmc.sample(mcmc.NUTS{}, function(x) return x:sum() end, \(x0))",
            "log_prob returned shape (); one number per chain, shape (2), expected")
        try expect(
            "mcmc.sample(mcmc.NUTS{}, function(x) return 3 end, \(x0))",
            "log_prob returned 3; a tensor with one number per chain")
        try expect(
            "mcmc.sample(mcmc.NUTS{inverse_mass_matrix = tensor{{1, 2}, {2, 1}}}, log_prob, \(x0))",
            "mcmc.sample: inverse_mass_matrix: the matrix is not positive definite")
        try expect("mcmc.sample(mcmc.NUTS{}, log_prob, tensor({{1, 0 / 0}}))", "element 2 of chain 1 is nan")
        try expect("mcmc.sample(mcmc.NUTS{}, log_prob, tensor(3))", "(chains, ...)")
        try expect("mcmc.sample(mcmc.NUTS{}, log_prob, \(x0), {support = 'simplx'})", "there is no support \"simplx\"")
        try expect(
            "mcmc.sample(mcmc.NUTS{}, log_prob, \(x0), {support = 'simplex'})",
            "chain 1 starts at {1, 2}, outside the support (positive numbers that sum to 1)")
        try expect(
            "mcmc.sample(mcmc.NUTS{}, log_prob, \(x0), {support = {'interval', 3, 1}})",
            "the interval from 3 to 1 is empty")
        try expect(
            "mcmc.sample(mcmc.NUTS{}, log_prob, \(x0), {support = {'interval', -1e308, 1e308}})",
            "the interval from -1e+308 to 1e+308 is wider than float64's largest number")
        try expect("mcmc.sample(mcmc.NUTS{}, distribution.Poisson(2), \(x0))", "continuous space")
        try expect(
            "mcmc.sample(mcmc.NUTS{}, distribution.Normal(tensor.zeros(3), 1), \(x0))",
            "draws of distribution.Normal(loc = (3), scale = 1) have shape (3), points of x0 have (2)")
        try expect(
            "mcmc.sample(mcmc.NUTS{inverse_mass_matrix = tensor.ones(3)}, log_prob, \(x0))",
            "inverse_mass_matrix has shape (3); (2), variances, or (2, 2)")
        try expect(
            "mcmc.sample(mcmc.NUTS{inverse_mass_matrix = tensor({{1, 2}, {2, 1}})}, log_prob, \(x0))", "positive")
        try expect("mcmc.sample(mcmc.NUTS{}, log_prob, \(x0), {warmup = 0})", "leaves something to be found")
        try expect("mcmc.sample(mcmc.NUTS{}, log_prob, \(x0), {stop = {}})", "expected")
        try expect(
            "mcmc.EllipticalSlice{prior = distribution.Gamma(1, 1)}",
            "distribution.Normal or distribution.MultivariateNormal expected")
        try expect("mcmc.NUTS{}:step(mcmc.NUTS{}:init(\(x0), log_prob), log_prob)", "has no step size")
        // In later steps the message names the step and the chain.
        try expect(
            """
            mcmc.sample(mcmc.RandomWalk{scale = 1}, function(x) return x:log():sum(2) - x:sum(2) end, \(x0), {steps = 500,
              generator = random.generator(1)})
            """, "log_prob is nan at step ")
    }

    /// A gradient kernel whose trajectory diverges counts a divergence and keeps its point; the script's density is not
    /// evaluated at non-finite points.
    @Test func divergencesAreCounted() throws {
        try Scripts().run(
            """
            local function steep(x) return -1e4 * x ^ 4 end
            local r = mcmc.sample(mcmc.HMC{step_size = 1, leapfrog_steps = 5}, steep, tensor({0.05, -0.05}), {
              steps = 20, generator = random.generator(1)})
            assert(r.divergences > 10 and r.divergent_points.shape[1] == r.divergences)
            assert(#r.divergent_draws == r.divergences and r.divergent_chains:max():item() <= 2)
            assert(r.accept_rate < 0.6)
            assert(mcmc.summary(r).verdict:find("divergences"))
            """)
    }

    /// Maps into supports: draws have the moments of known distributions and stay inside the support.
    @Test func supportsOfDistributions() throws {
        try Scripts().run(
            """
            local function check(target, x0, options)
              options = options or {}
              options.steps, options.warmup, options.generator = 60, 60, random.generator(4)
              local r = mcmc.sample(mcmc.NUTS{}, target, x0, options)
              local x = r.samples:to("float64")
              local z = ((x:mean({1, 2}) - target.mean) / mcmc.mcse(x)):abs():max():item()
              assert(z < 4.5, tostring(target) .. ": the mean is off by " .. z .. " standard errors")
              return x
            end
            local u = random.uniform({12}, {generator = random.generator(1)})
            assert(check(distribution.Gamma(0.7, 2), u + 0.1):min():item() > 0)
            local x = check(distribution.Beta(0.5, 0.6), u * 0.8 + 0.1)
            assert(x:min():item() > 0 and x:max():item() < 1)
            check(distribution.Uniform(-1, 3), u * 0.8)
            local shares = tensor.ones(12, 3) / 3
            local x = check(distribution.Dirichlet(tensor({1, 2, 3})), shares)
            assert((x:sum(3) - 1):abs():max():item() < 1e-5)
            -- ends element by element: a half-line, an interval, the whole line
            local lo, hi = tensor({0, -1, -math.huge}), tensor({math.huge, 1, math.huge})
            local r = mcmc.sample(mcmc.NUTS{}, function(x) return -x[{{}, 1}] - 0.5 * x[{{}, 3}] ^ 2 end,
              tensor({{1, 0, 0}}):expand(12, 3), {steps = 60, warmup = 60, support = {"interval", lo, hi},
              generator = random.generator(4)})
            local m, e = r.samples:mean({1, 2}), mcmc.mcse(r)
            for i, mean in ipairs{1, 0, 0} do assert(math.abs(m[{i}] - mean) < 4.5 * e[{i}], i) end
            """)
    }
}
