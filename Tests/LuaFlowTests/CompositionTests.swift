import Foundation
import Testing

/// `scripts/tools/compositions.lua`: the laws on random compositions of transforms. A longer run by hand: `luaflow run
/// scripts/tools/compositions.lua --count 1000000`.
@Suite struct CompositionTests {
    private func compositions(_ arguments: [String]) throws -> Command.Result {
        let script = ProblemScriptTests.scripts.appendingPathComponent("tools/compositions.lua").path
        return try Command.run(["run", script] + arguments)
    }

    @Test func lawsHoldOnRandomCompositions() throws {
        let run = try compositions(["--count", "150", "--seed", "3"])
        let expected = "150 compositions checked, 0 failures"
        #expect(run.status == 0 && run.output.contains(expected), "\(run.output)\(run.errors)")
    }

    /// A transform with a wrong log-determinant is found, and the failing composition is reduced to that transform
    /// alone, as a line of Lua that fails when run by itself.
    @Test func aFailureShrinksToALineThatFails() throws {
        let broken =
            "flow.Transform{name = 'Wrong', to_latent = function(x) return x * 2, 1 end, "
            + "to_data = function(z) return z / 2, -1 end}"
        let run = try compositions(["--count", "60", "--also", broken])
        #expect(run.status == 1)
        let line = try #require(run.output.split(separator: "\n").first { $0.hasPrefix("random.manual_seed") })
        #expect(line.contains("local t = flow.Chain{\(broken)} t:check("), "\(line)")
        let again = try Command.run(["-e", String(line)])
        let fault = "the log-determinant is not that of the dense Jacobian"
        #expect(again.status == 1 && again.errors.contains(fault), "\(again.errors)")
        #expect(try Command.run(["-e", line.replacingOccurrences(of: "return x * 2, 1", with: "return x * 1, 0")
            .replacingOccurrences(of: "return z / 2, -1", with: "return z, 0")]).status == 0)
    }
}

@Suite struct TransformModuleTests {
    /// Networks that a scripted transform lists as its modules are trained, saved and loaded with it.
    @Test func networksOfAScriptedTransformBelongToIt() throws {
        let run = try Command.run([
            "-e",
            """
            host.register{transforms = {Moved = function()
              local net = nn.Linear(2, 2)
              return {
                to_latent = function(x) return x + net(x * 0), 0 end,
                to_data = function(z) return z - net(z * 0), 0 end,
                modules = {net = net},
              }
            end}}
            local m = flow.Flow("normal", {flow.Moved()}, {dim = 2})
            local bias = m:named_parameters()["transforms.0.net.bias"]
            m:log_prob(tensor{1, 2}):backward()
            assert(bias.grad and #m:parameters() == 2)
            local path = os.tmpname() .. ".safetensors"
            m:save(path)
            local again = flow.load(path)
            os.remove(path)
            assert((again:log_prob(tensor{1, 2}) - m:log_prob(tensor{1, 2})):item() == 0)
            local twice = {to_latent = print, to_data = print, modules = {a = nn.ReLU()}, parameters = {a = bias}}
            print(pcall(flow.Transform, twice))
            """,
        ])
        let fault = "a is the name of a module and of a parameter"
        #expect(run.status == 0 && run.output.contains(fault), "\(run.output)\(run.errors)")
    }
}
