import Foundation
import LuaFlow
import Testing

/// Cases that readers of the code found.
@Suite struct ReviewedCaseTests {
    /// A file with parts of a continuous flow of zuko's, but not its first weight, is refused by name.
    @Test func aFieldWithoutItsFirstWeightIsRefused() throws {
        let path = NSTemporaryDirectory() + "luaflow-\(UUID().uuidString).safetensors"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try ContractTests.host().run(
            code: """
                local parts = {["transform.ode.0.bias"] = tensor.zeros(3), ["transform.freqs"] = tensor.zeros(2)}
                checkpoint.save("\(path)", parts)
                local ok, message = pcall(flow.load, "\(path)")
                assert(not ok and tostring(message):find("transform.ode.0.weight", 1, true), tostring(message))
                """)
    }

    /// Where a mixture has a gap between its parts, every point of it is a quantile at the gap's probability; beside
    /// that probability, quantiles are where the parts are.
    @Test(arguments: [
        "distribution.Mixture({0.5, 0.5}, {distribution.Uniform(D(0), D(1)), distribution.Uniform(D(5), D(6))})",
        "distribution.Mixture({0.3, 0.7}, {distribution.Normal(D(-10), D(1)), distribution.Normal(D(10), D(1))})",
        "distribution.Mixture({0.5, 0.5}, {distribution.Normal(D(-40), D(1)), distribution.Normal(D(40), D(1))})",
        "distribution.Mixture({0.5, 0.5}, {distribution.Normal(D(-1000), D(1)), distribution.Normal(D(1000), D(1))})",
    ])
    func mixturesWithAGapHaveQuantiles(_ mixture: String) throws {
        try ContractTests.host().run(
            code: """
                local function D(x) return tensor(x, {dtype = "float64"}) end
                local d = \(mixture)
                for _, q in ipairs{0.1, 0.3, 0.1 * 3, 0.3 - 2^-54, 0.3 + 2^-54, 0.5 - 2^-54, 0.5, 0.5 + 2^-53, 0.9} do
                  local x = d:icdf(D(q)):item()
                  local isRight = math.abs(x) < 1100 and math.abs(d:cdf(D(x)):item() - q) < 1e-12
                  assert(isRight, ("icdf(%.17g) = %.17g"):format(q, x))
                end
                """)
    }
}
