import Autodiff
import Distributions
import Foundation
import LawChecks
import LuaHost
import Scripting
import Tensors
import Testing

@testable import Chains

extension Scripts {
    /// An interpreter with the modules that chains need.
    init() throws {
        try self.init(modules: [TensorModule(), AutodiffModule(), RandomModule(), DistributionModule(), MCMCModule()])
    }
}

/// Log-densities as scripts write them: Lua functions of a batch of points.
enum Posterior {
    static let lua = """
        local function split(x) return x[{{}, 1}], x[{{}, 2}] end
        -- correlation 0.8, standard deviations 1 and 1
        local function gaussian(x)
          local a, b = split(x)
          return -0.5 * (a ^ 2 + (b - 0.8 * a) ^ 2 / 0.36)
        end
        -- Neal's funnel, non-centred: v = 3 a, x = b exp(v / 2), a and b standard normal
        local function funnel(x)
          local a, b = split(x)
          return -0.5 * (a ^ 2 + b ^ 2)
        end
        -- x ~ N(0, 1), y ~ N(x^2 / 2, 1)
        local function banana(x)
          local a, b = split(x)
          return -0.5 * (a ^ 2 + (b - 0.5 * a ^ 2) ^ 2)
        end
        -- 0.3 N(-1.5, 1) + 0.7 N(1.5, 1) in the first, standard normal in the second
        local function mixture(x)
          local a, b = split(x)
          local parts = tensor.stack({math.log(0.3) - 0.5 * (a + 1.5) ^ 2, math.log(0.7) - 0.5 * (a - 1.5) ^ 2}, 1)
          return parts:logsumexp(1) - 0.5 * b ^ 2
        end

        """
}

/// Whether an estimate lies within `count` standard errors of the expected value.
func agrees(_ estimate: Double, _ expected: Double, _ error: Double, within count: Double = 4.5) -> Bool {
    abs(estimate - expected) <= count * error
}
