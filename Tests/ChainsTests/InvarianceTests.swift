import LawChecks
import Scripting
import Testing

import Chains

/// A kernel's step leaves the target distribution unchanged: thousands of chains start at draws of the target, with
/// step sizes that were not tuned, and must still be draws of it after the step. A wrong ratio of proposals, or a wrong
/// weight in a trajectory, shows here whatever the warm-up does.
@Suite struct InvarianceTests {
    static let kernels = [
        "RandomWalk{scale = 1.5}", "MALA{step_size = 0.4}",
        "MALA{step_size = 0.3, inverse_mass_matrix = tensor({2, 0.5})}",
        "Barker{step_size = 1.2}", "Barker{step_size = 1, inverse_mass_matrix = tensor({{1, 0.4}, {0.4, 2}})}",
        "HMC{step_size = 0.7, leapfrog_steps = 3}",
        "HMC{step_size = 0.6, leapfrog_steps = 2, inverse_mass_matrix = tensor({{1, 0.4}, {0.4, 2}})}",
        "NUTS{step_size = 0.9}", "NUTS{step_size = 0.5, inverse_mass_matrix = tensor({{1, 0.4}, {0.4, 2}})}",
        "NUTS{step_size = 0.3, max_depth = 2}",
    ]

    /// A skewed distribution: the first coordinate is the logarithm of a Gamma variable, and the second is normal given
    /// the first.
    @Test(arguments: kernels) func drawsStayDraws(_ kernel: String) throws {
        let numbers = try Scripts().numbers(
            """
            local g = random.generator(11)
            local n = 3000
            local gamma = distribution.Gamma(2, 1)
            local a = gamma:sample({n}, {generator = g}):log()
            local b = 0.7 * a + 0.5 * random.normal({n}, {generator = g})
            local function log_prob(x)
              local a, b = x[{{}, 1}], x[{{}, 2}]
              return 2 * a - a:exp() - 2 * (b - 0.7 * a) ^ 2
            end
            local kernel = mcmc.\(kernel)
            local start = tensor.stack({a, b}, 2):to("float64")
            local state = kernel:init(start, log_prob)
            local moved = 0
            for _ = 1, 2 do
              local info
              state, info = kernel:step(state, log_prob, {generator = g})
            end
            local function features(x)
              local a, b = x[{{}, 1}], x[{{}, 2}]
              return {a, b, a ^ 2, b ^ 2, a * b, a:exp(), a:gt(1):to("float64"), a:lt(-1):to("float64")}
            end
            local result = {(state.x - start):abs():gt(0):to("float64"):mean():item()}
            local before, after = features(start), features(state.x)
            for i = 1, #before do
              local change = after[i] - before[i]
              result[#result + 1] = change:mean():item() / (change:std():item() / math.sqrt(n))
            end
            return result
            """)
        #expect(numbers[0] > 0.25, "\(kernel): \(numbers[0]) of the numbers moved")
        for (index, z) in numbers.dropFirst().enumerated() {
            #expect(abs(z) < 4, "\(kernel): feature \(index + 1) changed by \(z) standard errors")
        }
    }

    /// The bias of ULA, which has no accept/reject step, is the one that theory gives.
    @Test func theBiasWithoutATest() throws {
        try Scripts().run(
            """
            -- ULA has a bias that the test of Metropolis takes away: of N(0, 1) its variance is 1 / (1 - h / 2)
            local g, h = random.generator(3), 0.5
            local k, target = mcmc.ULA{step_size = h}, distribution.Normal(0, 1)
            local state = k:init(random.normal({4000}, {generator = g, dtype = "float64"}), target)
            for _ = 1, 12 do state = k:step(state, target, {generator = g}) end
            local v = state.x:var():item()
            assert(math.abs(v - 1 / (1 - h / 2)) < 0.13, v)
            """)
    }
}
