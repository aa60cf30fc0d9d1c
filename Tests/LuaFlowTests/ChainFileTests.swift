import Foundation
import Testing

/// Checkpoints of chains that hold other numbers than a run would have written.
@Suite struct ChainFileTests {
    /// A file whose numbers are not those of a run of these chains is refused, however it came to hold them.
    @Test(arguments: [
        ("t.evaluations = tensor.full({5}, math.maxinteger, {dtype = 'int64'})", "evaluations"),
        ("t.evaluations[1] = -1", "evaluations"), ("diverge(math.mininteger, 1)", "divergences are not of its steps"),
        ("diverge(5, 99)", "divergences are not of its steps"),
        ("t.samples = tensor.zeros(4, 5, 3)", "draws do not belong"),
        ("t.samples = t.samples:to('float64')", "draws do not belong"),
        ("t.target[1] = math.huge", "of another log_prob"), ("t.log_prob[1] = 7", "of another log_prob"),
        ("t.gradient[{1, 1}] = 0 / 0", "gradient is not finite"),
    ]) func aCheckpointOfOtherNumbersIsRefused(_ change: String, _ message: String) throws {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("chains-\(UUID().uuidString).safetensors").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try ContractTests.host().run(code: """
            local function run()
              return mcmc.sample(mcmc.HMC{step_size = 0.1}, distribution.Normal(tensor.zeros(3), 1), tensor.zeros(2, 3),
                {steps = 5, checkpoint = "\(path)"})
            end
            run()
            run()
            local t, metadata = checkpoint.load("\(path)")
            local function diverge(step, chain)
              t.divergent_step, t.divergent_chain = tensor.int64{step}, tensor.int64{chain}
              t.divergent_points = tensor.zeros(1, 3)
            end
            \(change)
            checkpoint.save("\(path)", t, {metadata = metadata})
            local ok, text = pcall(run)
            assert(not ok and tostring(text):find("\(message)", 1, true), text)
            """)
    }
}
