import Foundation
import Testing

/// Scripts of scripts/tools, which are meant to run for long by hand: here with few repetitions.
@Suite struct ToolScriptTests {
    private func tool(_ name: String, _ arguments: [String]) throws -> Command.Result {
        let script = ProblemScriptTests.scripts.appendingPathComponent("tools/\(name).lua").path
        return try Command.run(["run", script] + arguments)
    }

    @Test func killedRunsEndWithTheSameWeights() throws {
        let run = try tool("kills", ["--kills", "2", "--steps", "40", "--longest", "0.4"])
        #expect(run.status == 0 && run.output.contains("2 kills, "), "\(run.output)\(run.errors)")
        #expect(run.output.contains(", 0 with other weights"), "\(run.output)\(run.errors)")
    }

    @Test func ranksOfEverySampler() throws {
        let run = try tool("sbc", ["--repeats", "50", "--draws", "7", "--bins", "4", "--warmup", "60", "--thin", "5"])
        #expect(run.status == 0 && run.output.contains("the smallest p of 18"), "\(run.output)\(run.errors)")
    }
}
