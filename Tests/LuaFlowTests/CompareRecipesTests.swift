import Foundation
import LawChecks
import Testing

/// `scripts/compare_recipes.lua` and the measures that it uses.
@Suite struct CompareRecipesTests {
    static let script = Command.repository.appendingPathComponent("scripts/compare_recipes.lua").path

    /// SSIM as computed with SciPy's Gaussian filter, for the first shipped digits and their paler mirror images, and
    /// for a picture with itself. PSNR uses missing pixels only.
    @Test func similarityIsThePapers() throws {
        let scratch = try Scratch()
        let code = try scratch.write("quality.lua", """
            package.path = [[\(Command.repository.path)/scripts/?.lua;]] .. package.path
            local quality, data, tensor = require "inpainting.quality", require "data", require "tensor"
            local X = data.digits().images[{{1, 4}, {}, {}}]
            local found, expected = quality.ssim(0.1 + 0.7 * X:flip(-1), X), tensor{0.011896, 0.067770, 0.174883, 0.012232}
            assert((found - expected):abs():max():item() < 2e-6, tostring(found))
            assert((quality.ssim(X, X) - 1):abs():max():item() < 1e-6)
            local M = tensor.ones(28, 28)
            M[{{1, 2}, {}}] = 0
            local Y = X:clone()
            Y[{{}, {1}, {}}] = X[{{}, {1}, {}}] + 0.1
            Y[{{}, {3, 28}, {}}] = 7
            assert((quality.psnr(Y, X, M) - 10 * math.log(200, 10)):abs():max():item() < 1e-4, tostring(quality.psnr(Y, X, M)))
            """)
        let result = try Command.run(["run", code])
        #expect(result.status == 0, "\(result.errors)")
    }

    /// One row for every preset and mask, one for their mean, and a figure; the numbers do not depend on how digits are
    /// batched.
    @Test func everyPresetOnEveryMask() throws {
        let scratch = try Scratch()
        func table(_ arguments: String...) throws -> [String] {
            let result = try Command.run(
                ["run", CompareRecipesTests.script, "--steps", "2", "--digits", "3", "--out", scratch.path("r.png")]
                    + arguments,
                in: scratch.url)
            #expect(result.status == 0, "\(arguments): \(result.errors)")
            // All columns except the time.
            return result.output.split(separator: "\n").map {
                $0.split(separator: " ").dropLast().joined(separator: " ")
            }
        }
        let whole = try table("--presets", "homework,adam", "--masks", "left,random:75")
        #expect(
            whole.filter { $0.contains(" homework ") }.count == 3 + 1
                && whole.filter { $0.contains(" adam ") }.count == 3, "\(whole)")
        #expect(whole.contains { $0.hasPrefix("mean adam") } && !whole.contains { $0.contains("nan") }, "\(whole)")
        #expect(try whole == table("--presets", "homework,adam", "--masks", "left,random:75", "--batch", "2"))
        let picture = try Data(contentsOf: URL(fileURLWithPath: scratch.path("r.png")))
        #expect(picture.prefix(4) == Data([0x89, 0x50, 0x4E, 0x47]) && picture.count > 5000)
        let one = try table("--presets", "best", "--masks", "rows", "--digits", "1")
        #expect(one.contains { $0.hasPrefix("rows best") } && !one.contains { $0.contains("nan") }, "\(one)")
    }

    static let faults: [([String], String)] = [
        (["--digits", "0"], "--digits"), (["--digits", "2000"], "--digits"), (["--from", "0"], "--from"),
        (["--to", "1000"], "--to"),
        (["--steps", "x"], "--steps"), (["--presets", "bset"], "best"),
        (["--presets", ""], "--presets: nothing is listed"),
        (["--masks", "lefd"], "left"), (["--masks", "random:x"], "a percentage"), (["--batch", "0.5"], "--batch"),
        (["--masks", "random:0"], "nothing is missing"),
        (["--model", "/no/such.pt"], "/no/such.pt"), (["--out", "x.jpg"], "x.jpg"), (["--seed", "x"], "--seed"),
    ]

    @Test(arguments: faults.indices) func wrongInputIsExplained(index: Int) throws {
        let (arguments, message) = CompareRecipesTests.faults[index]
        let scratch = try Scratch()
        let result = try Command.run(["run", CompareRecipesTests.script] + arguments, in: scratch.url)
        #expect(
            result.status == 2 && result.output == "" && result.errors.contains(message),
            "\(arguments): \(result.errors)")
        #expect(!result.errors.contains("stack traceback"), "\(arguments): \(result.errors)")
    }
}
