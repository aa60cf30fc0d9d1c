import Testing

/// `scripts/tools/compositions.lua`: the laws on random compositions of transforms. By hand a million of them:
/// `luaflow run scripts/tools/compositions.lua --count 1000000`.
@Suite struct CompositionTests {
    private func compositions(_ arguments: [String]) throws -> Command.Result {
        let script = ProblemScriptTests.scripts.appendingPathComponent("tools/compositions.lua").path
        return try Command.run(["run", script] + arguments)
    }

    @Test func lawsHoldOnRandomCompositions() throws {
        let run = try compositions(["--count", "150", "--seed", "3"])
        #expect(run.status == 0 && run.output.contains("150 compositions checked, 0 failures"), "\(run.output)\(run.errors)")
    }

    /// A transform whose log-determinant is wrong is found, and the line that is left has nothing else in it and fails
    /// by itself.
    @Test func aFailureShrinksToALineThatFails() throws {
        let broken =
            "flow.Transform{name = 'Wrong', to_latent = function(x) return x * 2, 1 end, to_data = function(z) return z / 2, -1 end}"
        let run = try compositions(["--count", "60", "--also", broken])
        #expect(run.status == 1)
        let line = try #require(run.output.split(separator: "\n").first { $0.hasPrefix("random.manual_seed") })
        #expect(line.contains("local t = flow.Chain{\(broken)} t:check("), "\(line)")
        let again = try Command.run(["-e", String(line)])
        #expect(again.status == 1 && again.errors.contains("the log-determinant is not that of the dense Jacobian"), "\(again.errors)")
        #expect(try Command.run(["-e", line.replacingOccurrences(of: "return x * 2, 1", with: "return x * 1, 0")
            .replacingOccurrences(of: "return z / 2, -1", with: "return z, 0")]).status == 0)
    }
}
