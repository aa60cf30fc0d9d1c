import Autodiff
import Distributions
import Foundation
import LawChecks
import LuaHost
import Scripting
import Tensors
import Testing

import Samplers

extension Scripts {
    /// An interpreter with the modules that estimators need.
    init() throws {
        try self.init(modules: [
            TensorModule(), AutodiffModule(), RandomModule(), DistributionModule(), MonteCarloModule(),
        ])
    }
}

/// E[x sin x + mu x] for x normal(mu, sigma = exp(s)), by mu and s: e^{-σ²/2}(μ sin μ + σ² cos μ) + μ².
enum SineProblem {
    static let mu = 0.7
    static let s = -0.4

    static var gradient: [Double] {
        let sigma = exp(s)
        let damp = exp(-sigma * sigma / 2)
        let byMu = damp * (sin(mu) + mu * cos(mu) - sigma * sigma * sin(mu)) + 2 * mu
        let bySigma = damp * (2 * sigma * cos(mu) - sigma * (mu * sin(mu) + sigma * sigma * cos(mu)))
        return [byMu, bySigma * sigma]
    }

    static var value: Double {
        let sigma = exp(s)
        return exp(-sigma * sigma / 2) * (mu * sin(mu) + sigma * sigma * cos(mu)) + mu * mu
    }

    /// Lua function `problem(options)`: the estimators' options for this problem, and further ones.
    static let lua = """
        local function problem(own)
          local all = {
            distribution = function(mu, s) return distribution.Normal(mu, s:exp()) end,
            loss = function(x, mu, s) return x * x:sin() + mu * x end,
            params = {tensor(\(mu), {dtype = "float64"}), tensor(\(s), {dtype = "float64"})}, samples = 3000,
          }
          for k, v in pairs(own) do all[k] = v end
          return all
        end

        """
}

/// The mean and variance.
func moments(_ x: [Double]) -> (mean: Double, variance: Double) {
    let mean = x.reduce(0, +) / Double(x.count)
    return (mean, x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count - 1))
}
