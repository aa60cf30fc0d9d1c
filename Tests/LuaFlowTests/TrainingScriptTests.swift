import Foundation
import Testing

/// The scripts that train flows: they run with few steps, draw their figures, and continue from checkpoints.
@Suite struct TrainingScriptTests {
    static func run(_ name: String, _ arguments: [String], in scratch: Scratch) throws -> Command.Result {
        try Command.run(
            ["run", ProblemScriptTests.scripts.appendingPathComponent(name + ".lua").path] + arguments, in: scratch.url)
    }

    static let figures: [(String, [String])] = [
        ("toy_densities", ["--steps", "5", "--points", "500"]),
        ("conditional", ["--steps", "5"]),
        ("anomaly", ["--limit", "50"]),
        ("tabular", ["--steps", "5"]),
        ("variational", ["banana", "--steps", "3", "--flow-steps", "3", "--draws", "1000"]),
        ("train_glow", ["--steps", "2", "--batch", "4", "--depth", "1", "--channels", "4"]),
    ]

    @Test(arguments: figures.indices) func drawsItsFigure(index: Int) throws {
        let (name, arguments) = TrainingScriptTests.figures[index]
        let scratch = try Scratch()
        let run = try TrainingScriptTests.run(name, arguments + ["--out", scratch.path("figure.png")], in: scratch)
        #expect(run.status == 0, "\(name): \(run.errors)")
        let picture = try Data(contentsOf: URL(fileURLWithPath: scratch.path("figure.png")))
        #expect(picture.prefix(4) == Data([0x89, 0x50, 0x4E, 0x47]) && picture.count > 2000, "\(name)")
    }

    /// What cannot be read, written or computed is reported in one line, before the work where possible.
    @Test func wrongOptionsAreRefusedInOneLine() throws {
        let scratch = try Scratch()
        for (name, arguments, message) in [
            ("train_digits", ["--data", "nowhere"], "--data: nowhere/train-images-idx3-ubyte.gz"),
            ("train_digits", ["--from", "nowhere"], "--from: nowhere"),
            ("train_digits", ["--out", "nowhere/digits.safetensors"], "--out: nowhere/digits.safetensors"),
            ("train_digits", ["--pictures", "draws.txt"], "--pictures: draws.txt"),
            ("train_digits", ["--checkpoint", "nowhere/run.ckpt"], "--checkpoint: nowhere/run.ckpt"),
            ("train_digits", ["--test"], "--test: needs --data"),
            ("compress", ["--images", "nowhere"], "--images: nowhere"),
            ("compress", ["--model", "nowhere"], "--model: nowhere"),
            ("compress", ["--unpack", "a", "--images", "b"], "--unpack and --images: one of the two"),
            ("compress", ["--unpack", "a", "--count", "3"], "--unpack and --count: the packed file says"),
            ("compress", ["--unpack", "a", "--batch", "3"], "--unpack and --batch: the packed file says"),
            ("compress", ["--out", "nowhere/digits.flow"], "--out: nowhere/digits.flow"),
            ("anomaly", ["--fashion", "nowhere"], "--fashion: nowhere/t10k-images-idx3-ubyte.gz"),
            ("anomaly", ["--model", "nowhere"], "--model: nowhere"),
            ("variational", ["bananna"], "bananna: no posterior; there are banana and gaussian"),
            ("vae", ["--steps", "0"], "--steps: a whole number from 1"),
            ("vae", ["--steps", "3", "--lr", "1"], "--lr 1: the bound is"),
            ("tools/sbc", ["--draws", "7"], "--bins: a whole number from 2 to 8"),
        ] {
            let run = try TrainingScriptTests.run(name, arguments, in: scratch)
            #expect(run.status == 2 && run.errors.contains(message), "\(name) \(arguments): \(run.errors)")
            #expect(!run.errors.contains("traceback"), "\(name) \(arguments): \(run.errors)")
        }
    }

    /// Every kind of flow of digits: trained for two steps, saved, loaded, and sampled.
    @Test(arguments: [[], ["--smooth"], ["--kind", "autoregressive"]]) func digitsAreTrainedAndDrawn(
        _ options: [String]
    ) throws {
        let scratch = try Scratch()
        let small = ["--batch", "4", "--channels", "2", "--hidden", "10", "--bins", "8", "--rows", "8", "--shown", "40"]
        let (file, picture) = (scratch.path("digits.safetensors"), scratch.path("draws.png"))
        let first = try TrainingScriptTests.run(
            "train_digits", small + options + ["--steps", "2", "--out", file, "--draws", "2", "--pictures", picture],
            in: scratch)
        #expect(first.status == 0 && first.output.contains("validation"), "\(options): \(first.errors)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: picture)).prefix(4) == Data([0x89, 0x50, 0x4E, 0x47]))
        let again = try TrainingScriptTests.run(
            "train_digits", small + options + ["--steps", "0", "--from", file], in: scratch)
        func value(_ run: Command.Result) -> String? {
            run.output.split(separator: "\n").first { $0.hasPrefix("validation") }.map(String.init)
        }
        #expect(value(again) != nil && value(again) == value(first), "\(options): \(again)")
    }

    /// A flow of digits packs some of them, and they come back bit for bit, in as many bytes as its density says; a
    /// file that is damaged is refused.
    @Test(arguments: ["coupling", "autoregressive"]) func digitsArePackedAndUnpacked(_ kind: String) throws {
        let scratch = try Scratch()
        let (model, packed) = (scratch.path("digits.safetensors"), scratch.path("digits.flow"))
        let small = ["--kind", kind, "--channels", "2", "--hidden", "10", "--bins", "8", "--rows", "8", "--shown", "8"]
        let trained = try TrainingScriptTests.run(
            "train_digits", small + ["--steps", "1", "--batch", "4", "--out", model], in: scratch)
        #expect(trained.status == 0, "\(kind): \(trained.errors)")

        func compress(_ options: [String]) throws -> Command.Result {
            try Command.run(["compress", "--model", model] + options, in: scratch.url)
        }
        let run = try compress(["--count", "3", "--batch", "2", "--out", packed])
        #expect(run.status == 0 && run.output.contains("all 2 comparisons hold"), "\(kind): \(run.errors)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: packed)).count < 3 * 784 / 3, "\(kind)")

        let pictures = scratch.path("digits.idx")
        let unpacked = try compress(["--unpack", packed, "--out", pictures])
        #expect(unpacked.status == 0 && unpacked.output.contains("3 pictures"), "\(kind): \(unpacked.errors)")
        let again = try compress(["--images", pictures, "--batch", "2", "--out", scratch.path("again.flow")])
        #expect(again.status == 0, "\(kind): \(again.errors)")
        let bytes = try Data(contentsOf: URL(fileURLWithPath: packed))
        #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.path("again.flow"))) == bytes, "\(kind)")

        // The shipped flow gives others of the same bytes.
        let other = try Command.run(["compress", "--unpack", packed, "--out", pictures], in: scratch.url)
        #expect(other.status == 2 && other.errors.contains("by another flow"), "\(kind): \(other.errors)")
        // Four bytes behind the first line are the checksum; then comes how many pictures there are.
        var (counted, last) = (bytes, bytes)
        counted[23] = 9
        last[last.count - 1] ^= 1
        for (damaged, message) in [(bytes.prefix(60), "cut short"), (bytes.prefix(20), "cut short"),
            (bytes.dropFirst(1), "no file that luaflow compress made"), (counted, "checksum"), (last, "checksum"),
            (Data("LuaFlow digits 1\n".utf8) + bytes.dropFirst(17), "later version")]
        {
            try damaged.write(to: URL(fileURLWithPath: packed))
            let refused = try compress(["--unpack", packed, "--out", pictures])
            #expect(refused.status == 2 && refused.errors.contains(message), "\(kind): \(refused.errors)")
        }
    }

    /// A flow of other numbers than a picture's, or one that wants a context, is refused before it is asked.
    @Test(arguments: ["problem3_inpainting", "compare_recipes", "problem3_posterior", "log_likelihood", "anomaly"])
    func flowsOfAnotherSizeAreRefused(_ name: String) throws {
        let scratch = try Scratch()
        let model = Command.repository.appendingPathComponent("Tests/FlowsTests/Fixtures/zuko-maf.pt").path
        let run = try TrainingScriptTests.run(name, ["--model", model], in: scratch)
        #expect(run.status == 2 && run.errors.contains("a flow of 3 numbers; one of 784"), "\(name): \(run.errors)")
        #expect(!run.errors.contains("traceback"), "\(name): \(run.errors)")
    }

    /// Six steps, against three of them and the rest from the checkpoint: the same weights, bit for bit.
    @Test func goesOnFromItsCheckpoint() throws {
        let scratch = try Scratch()
        func train(_ steps: Int, _ checkpoint: String, _ file: String) throws -> Data {
            let run = try TrainingScriptTests.run(
                "train_nice",
                [
                    "--hidden", "8", "--shift", "0.7", "--average", "0.9", "--schedule", "constant",
                    "--steps", "\(steps)", "--checkpoint", scratch.path(checkpoint), "--out", scratch.path(file),
                ], in: scratch)
            #expect(run.status == 0, "\(run.errors)")
            return try Data(contentsOf: URL(fileURLWithPath: scratch.path(file)))
        }
        let whole = try train(6, "whole.ckpt", "whole.safetensors")
        let half = try train(3, "parts.ckpt", "half.safetensors")
        let parts = try train(6, "parts.ckpt", "parts.safetensors")
        #expect(half != whole, "three more steps changed nothing")
        #expect(parts == whole, "other weights after an interruption")
    }
}
