import Foundation
import Testing

/// What ships in `models`: each flow loads, and gives the last 400 shipped digits the log-likelihood that it had when
/// it was put there (scripts/log_likelihood.lua; models/README.md has the values on MNIST's test images).
@Suite struct ShippedModelTests {
    @Test(arguments: [
        ("nice-mnist", 2055.35), ("digits-coupling", 3814.57), ("digits-coupling-smooth", 3813.07),
        ("digits-autoregressive", 3825.15),
    ])
    func givesItsLogLikelihood(_ name: String, _ nats: Double) throws {
        let scratch = try Scratch()
        let run = try TrainingScriptTests.run(
            "log_likelihood",
            ["--model", Command.repository.appendingPathComponent("models/\(name).safetensors").path], in: scratch)
        #expect(run.status == 0, "\(name): \(run.errors)")
        let line = run.output.split(separator: "\n").first { $0.contains(" nats, standard error") }
        let value = line.flatMap { Double($0.prefix { $0 != " " }) } ?? .nan
        // Processors round differently, and a tenth of a nat is 2e-4 of a bit per pixel.
        #expect(abs(value - nats) < 0.1, "\(name): \(value) nats, \(nats) expected")
    }

    /// Words behind `compress` are its script's, `--help` too.
    @Test func compressTellsItsOptions() throws {
        let scratch = try Scratch()
        let help = try Command.run(["compress", "--help"], in: scratch.url)
        #expect(help.status == 0 && help.output.contains("--unpack"), "\(help.output) \(help.errors)")
        let wrong = try Command.run(["compress", "--unpak", "x"], in: scratch.url)
        #expect(wrong.status == 2 && wrong.errors.contains("--unpack"), "\(wrong.errors)")
    }

    /// The shipped digits, packed by the shipped flow, are as long as its density says, and come back bit for bit.
    @Test func packsDigits() throws {
        let scratch = try Scratch()
        let run = try Command.run(
            ["compress", "--count", "20", "--out", scratch.path("digits.flow")], in: scratch.url)
        #expect(run.status == 0 && run.output.contains("all 2 comparisons hold"), "\(run.output) \(run.errors)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.path("digits.flow"))).count < 20 * 110)
    }
}
