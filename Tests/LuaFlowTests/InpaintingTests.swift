import Autodiff
import Files
import Flows
import Foundation
import LawChecks
import LuaFlow
import Testing

/// Problem 3 with the shipped flow, on shipped digits.
@Suite struct InpaintingTests {
    static let script = Command.repository.appendingPathComponent("scripts/problem3_inpainting.lua").path

    static func inpaint(_ arguments: [String], in scratch: Scratch) throws -> Command.Result {
        try Command.run(["run", script, "--out", scratch.path("figure.png")] + arguments, in: scratch.url)
    }

    /// The shipped float16 weights against PyTorch's float64 arithmetic with the same weights.
    @Test func theShippedFlowIsPyTorchs() throws {
        let flow = try Flow.load(Command.repository.appendingPathComponent("models/nice-mnist.safetensors").path)
        let fixture = try #require(Bundle.module.url(forResource: "Fixtures/shipped", withExtension: "safetensors"))
        let reference = try Checkpoint.load(fixture.path)
        var options = Interpreter.Options()
        options.globals = true
        let host = try Host(options: options)
        guard
            case .object(let digits as Variable) = try host.run(code: "return data.digits().images[{{1, 10}, {}, {}}]")[
                0]
        else { Issue.record("no digits"); return }
        let (expected, gradients) = (try #require(reference["log_prob"]), try #require(reference["gradient"]))
        for row in 0..<10 {
            let x = try Variable(digits.value.select(0, row)).reshape([1, 784])
            let (values, gradient) = try Transform.valueAndGradient(
                of: { [try flow.logProbability($0[0])] }, at: [x], for: "test")
            #expect(
                try difference(values[0].value, expected.slice(0, from: row, count: 1), absolute: 0.01, relative: 1e-5)
                    == nil)
            let wanted = try Variable(gradients.select(0, row)).reshape([1, 784])
            let error = try ((gradient[0] - wanted).norm() / wanted.norm()).value.item()
            #expect(error < 1e-3, "digit \(row + 1): relative gradient error \(error)")
        }
    }

    @Test func tenStepsAreTheReferences() throws {
        let fixture = try #require(Bundle.module.url(forResource: "Fixtures/shipped", withExtension: "safetensors"))
        let scratch = try Scratch()
        let script = try scratch.write("steps.lua", """
            local autodiff, checkpoint, data, flow, host, projection, tensor =
              require "autodiff", require "checkpoint", require "data", require "flow", require "host", require "projection", require "tensor"
            local m, expected = flow.load(host.resource("nice-mnist.safetensors")), checkpoint.load(arg[1]).after_10_steps
            local M = tensor.ones(28, 28)
            M[{{6, 12}, {6, 20}}] = 0
            for i = 1, 3 do
              local truth = data.digits().images[i]
              local P = projection.Intersection{projection.Box(0, 1), projection.Observed(M, truth)}
              local X = truth:where(M, 1)
              for k = 1, 10 do X = P(X - 1e-3 * autodiff.grad(function(x) return -m:log_prob(x) end)(X)) end
              local error = (X - expected[i]):abs():max():item()
              assert(error < 1e-3, "digit " .. i .. ": " .. error)
            end
            """)
        let result = try Command.run(["run", script, fixture.path])
        #expect(result.status == 0, "\(result.errors)")
    }

    @Test func theHomeworksRunImproves() throws {
        let scratch = try Scratch()
        let result = try InpaintingTests.inpaint([], in: scratch)
        #expect(result.status == 0, "\(result.errors)")
        let numbers =
            result.output.split(separator: "\n").first { $0.hasPrefix("-log p") }?.split(separator: " ").compactMap {
                Double($0)
            } ?? []
        #expect(numbers.count == 3 && numbers[1] < numbers[0] - 500, "\(result.output)")
        #expect(result.output.contains("largest violation 0\n"))
        let picture = try Data(contentsOf: URL(fileURLWithPath: scratch.path("figure.png")))
        #expect(picture.prefix(4) == Data([0x89, 0x50, 0x4E, 0x47]) && picture.count > 5000)
    }

    static let variations = [
        ["--mask", "top"], ["--mask", "bottom"], ["--mask", "left"], ["--mask", "right"], ["--mask", "checkerboard"],
        ["--mask", "rows"],
        ["--mask", "rows:4"], ["--mask", "columns"], ["--mask", "random"], ["--mask", "random:80"],
        ["--schedule", "step"],
        ["--schedule", "linear"], ["--schedule", "exponential"], ["--schedule", "cosine"],
        ["--schedule", "warm_restarts"],
        ["--schedule", "nice", "--noise", "nice"], ["--noise", "gaussian"], ["--noise", "annealed"],
        ["--noise", "langevin", "--lr", "1e-5"],
        ["--preset", "nice"], ["--preset", "best"],
        ["--preset", "best", "--schedule", "step", "--noise", "gaussian:0.001", "--lr", "0.02"],
        ["--preset", "quick"], ["--preset", "adam"],
        ["--start", "0.5"], ["--digit", "2000", "--steps", "0"], ["--lr=2e-3", "--seed=4"],
    ]

    @Test(arguments: variations) func everyPartRuns(arguments: [String]) throws {
        let scratch = try Scratch()
        let result = try InpaintingTests.inpaint(["--steps", "8"] + arguments, in: scratch)
        #expect(
            result.status == 0 && result.output.contains("largest violation 0\n"),
            "\(arguments): \(result.errors)\(result.output)")
    }

    @Test func aPictureIsAMask() throws {
        let scratch = try Scratch()
        let made = try Command.run([
            "-e",
            """
            local m = tensor.ones(28, 28) m[{{1, 5}, {}}] = 0 image.save([[\(scratch.path("mask.png"))]], \
            m) image.save([[\(scratch.path("small.png"))]], tensor.ones(3, 4))
            """,
        ])
        #expect(made.status == 0, "\(made.errors)")
        let result = try InpaintingTests.inpaint(["--steps", "2", "--mask", scratch.path("mask.png")], in: scratch)
        #expect(result.status == 0 && result.output.contains("140 missing pixels"), "\(result.errors)\(result.output)")
        let wrong = try InpaintingTests.inpaint(["--steps", "2", "--mask", scratch.path("small.png")], in: scratch)
        #expect(wrong.status == 2 && wrong.errors.contains("(3, 4)") && wrong.errors.contains("(28, 28)"))
    }

    @Test func sameSeedSamePicture() throws {
        let (one, two) = (try Scratch(), try Scratch())
        for scratch in [one, two] {
            _ = try InpaintingTests.inpaint(
                ["--steps", "20", "--noise", "gaussian", "--mask", "random:30", "--seed", "5"], in: scratch)
        }
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: one.path("figure.png")))
                == Data(contentsOf: URL(fileURLWithPath: two.path("figure.png"))))
    }

    /// A function that is added to one of the three files of parts is found by its name without any other edit.
    @Test func addedPartsAreFoundByName() throws {
        let scratch = try Scratch()
        let scripts = scratch.url.appendingPathComponent("scripts")
        try FileManager.default.copyItem(at: Command.repository.appendingPathComponent("scripts"), to: scripts)
        for (file, table, body) in [
            ("schedules", "schedules", "(k, lr, steps) return lr / k end"),
            ("noises", "noises", "(k, alpha, steps) return 1e-4 end"),
            ("masks", "masks", "(h, w) return masks.top(h, w) end"),
        ] {
            let path = scripts.appendingPathComponent("inpainting/\(file).lua")
            let text = try String(contentsOf: path, encoding: .utf8)
            try text.replacingOccurrences(
                of: "\nreturn \(table)\n", with: "\nfunction \(table).mine\(body)\nreturn \(table)\n"
            ).write(to: path, atomically: true, encoding: .utf8)
        }
        let models = Command.repository.appendingPathComponent("models")
        try FileManager.default.createSymbolicLink(
            at: scratch.url.appendingPathComponent("models"), withDestinationURL: models)
        let result = try Command.run(
            [
                "run", scripts.appendingPathComponent("problem3_inpainting.lua").path, "--steps", "3", "--mask", "mine",
                "--schedule", "mine", "--noise", "mine",
            ], in: scratch.url)
        #expect(result.status == 0 && result.output.contains("392 missing pixels"), "\(result.errors)\(result.output)")
    }

    /// The numbers on the line of the output that begins with `start`.
    private static func numbers(_ output: String, _ start: String) -> [Double] {
        output.split(separator: "\n").first { $0.hasPrefix(start) }?.split(separator: " ").compactMap { Double($0) }
            ?? []
    }

    static let masks = [
        "rectangle", "left", "right", "top", "bottom", "rows", "columns:10", "random:75", "checkerboard",
    ]

    /// The preset `best` fills in the hidden pixels of every mask, and converges. (The README has its quality over many
    /// digits.)
    @Test(arguments: masks) func bestSucceedsOnEveryMask(mask: String) throws {
        let scratch = try Scratch()
        var sum = 0.0
        for digit in ["1", "7"] {
            let result = try InpaintingTests.inpaint(
                ["--preset", "best", "--mask", mask, "--digit", digit, "--steps", "200"], in: scratch)
            #expect(result.status == 0 && result.output.contains("largest violation 0\n"), "\(result.errors)")
            #expect(!result.output.contains("oscillates"), "\(mask): \(result.output)")
            // -log p may stay or rise, as `best` descends a blurred density.
            let black = try InpaintingTests.inpaint(
                ["--preset", "best", "--mask", mask, "--digit", digit, "--steps", "0"], in: scratch)
            let psnr = try #require(InpaintingTests.numbers(result.output, "PSNR").first)
            let before = try #require(InpaintingTests.numbers(black.output, "PSNR").first)
            #expect(psnr > before + 1, "\(mask), digit \(digit): \(before) dB before, \(psnr) dB after")
            sum += psnr
        }
        #expect(sum / 2 > 9, "\(mask): \(sum / 2) dB")
    }

    /// A run that oscillates between two values says so and what to try; a run that settled says nothing.
    @Test func aRunThatOscillatesSaysSo() throws {
        let scratch = try Scratch()
        for (arguments, word) in [
            (["--mask", "left"], "oscillates: -log p swings between "),
            (["--mask", "checkerboard"], "try --preset best or --lr 0.0001"),
            (["--mask", "left", "--preset", "best", "--lr", "20", "--schedule", "constant"], "try --lr 2"),
            (
                ["--mask", "left", "--preset", "adam", "--lr", "3", "--schedule", "constant"],
                "try --preset best or --lr 0.3"
            ),
            (["--noise", "langevin", "--lr", "1e-4"], "the noise does not end: "),
        ] {
            let result = try InpaintingTests.inpaint(["--steps", "60"] + arguments, in: scratch)
            let said = result.output.split(separator: "\n").filter { $0.contains("swings between") }
            #expect(said.count == 1 && said.first?.contains(word) == true, "\(arguments): \(result.output)")
        }
        for arguments in [
            ["--mask", "left", "--preset", "best"], ["--lr", "1e-6"], ["--steps", "1"], ["--steps", "0"],
            ["--preset", "best"],
            ["--preset", "best", "--noise", "annealed"],
        ] {
            let result = try InpaintingTests.inpaint(["--steps", "60"] + arguments, in: scratch)
            #expect(result.status == 0 && !result.output.contains("swings"), "\(arguments): \(result.output)")
        }
    }

    /// The progress bar's last value, the end of the curve, the printed value and the value of the returned picture are
    /// the same.
    @Test func oneNumberForOnePicture() throws {
        let scratch = try Scratch()
        let script = try scratch.write("caught.lua", """
            local host = require "host"
            local state
            package.loaded.host = setmetatable({steps = function(n, s, o) state = s return host.steps(n, s, o) end}, {__index = host})
            dofile [[\(InpaintingTests.script)]]
            local m = require("flow").load(host.resource("nice-mnist.safetensors"))
            print(("trace end %.1f of %d, picture %.1f"):format(state.trace[#state.trace], #state.trace, -m:log_prob(state.x):item()))
            """)
        let scripts = Command.repository.appendingPathComponent("scripts")
        for preset in ["homework", "nice", "adam", "quick", "best"] {
            let result = try Command.run(
                ["run", script, "--steps", "40", "--preset", preset, "--mask", "left", "--out", scratch.path("x.png")],
                in: scripts)
            let printed = InpaintingTests.numbers(result.output, "-log p")
            try #require(result.status == 0 && printed.count == 3, "\(result.errors)")
            let caught = String(format: "trace end %.1f of 40, picture %.1f", printed[1], printed[1])
            #expect(result.output.contains(caught), "\(preset): \(result.output)")
            #expect(result.output.split(separator: "\n").filter { $0.hasPrefix("PSNR") }.count == 1)
        }
    }

    /// Presets from a plugin: a table, or a function of the text after the colon. Wrong ones are explained.
    @Test func presetsAreRegistered() throws {
        let scratch = try Scratch()
        try FileManager.default.createDirectory(atPath: scratch.path("p"), withIntermediateDirectories: true)
        _ = try scratch.write("p/presets.lua", """
            local host = require "host"
            local function step(x, gradient, alpha, k, memory)
              memory.count = (memory.count or 0) + 1
              assert(memory.count == k)
              return x - alpha * gradient
            end
            host.register{presets = {
              mine = {start = 0.25, lr = 1e-5, schedule = "cosine", noise = function() return 0 end, update = step},
              scaled = function(text) return {lr = tonumber(text), start = 0} end,
              misspelt = {schedual = "cosine"}, nothing = function() end, high = {start = 3}, lost = {schedule = "cosin"},
              textual = {update = "adam"}, number = {noise = 3}, half = {steps = 2.5}, goal = {objective = 3},
              pulled = {steps = 4, start = 0, lr = 0.1, objective = function(m, x) return ((x - 0.5) ^ 2):sum() end},
              nowhere = {objective = function() end}, constant = {objective = function(m, x) return x.data:sum() end},
            }}
            """)
        func run(_ arguments: String...) throws -> Command.Result {
            try Command.run(
                [
                    "run", "--plugins", "p", InpaintingTests.script, "--steps", "6", "--out", scratch.path("x.png"),
                    "--preset",
                ] + arguments,
                in: scratch.url)
        }
        for arguments in [["mine"], ["scaled:1e-5"], ["mine", "--lr", "1e-6", "--schedule", "linear"]] {
            let result = try Command.run(
                [
                    "run", "--plugins", "p", InpaintingTests.script, "--steps", "6", "--out", scratch.path("x.png"),
                    "--preset",
                ] + arguments,
                in: scratch.url)
            #expect(result.status == 0 && result.output.contains("after 6 steps"), "\(arguments): \(result.errors)")
        }
        // With an objective and a number of steps of its own; --steps takes precedence over them.
        let pulled = try Command.run(
            ["run", "--plugins", "p", InpaintingTests.script, "--out", scratch.path("x.png"), "--preset", "pulled"],
            in: scratch.url)
        #expect(pulled.status == 0 && pulled.output.contains("after 4 steps"), "\(pulled.errors)\(pulled.output)")
        for (name, says) in [
            ("goal", "objective: a function expected, got a number"),
            ("nowhere", "objective: a tensor made of x expected, got nil at step 1"),
            ("constant", "objective: a tensor made of x expected, got a tensor without a gradient"),
            ("misspelt", "schedual is no part of a preset"), ("nothing", "a table expected, got nil"),
            ("high", "start: a finite number from 0 to 1 expected, got 3"), ("lost", "did you mean \"cosine\"?"),
            ("textual", "update: a function expected"), ("number", "noise: a name or a function expected"),
            ("mine:2", "takes nothing"),
        ] {
            let result = try run(name)
            #expect(result.status != 0 && result.errors.contains(says), "\(name): \(result.errors)")
        }
        let half = try Command.run(
            ["run", "--plugins", "p", InpaintingTests.script, "--out", scratch.path("x.png"), "--preset", "half"],
            in: scratch.url)
        #expect(half.status != 0 && half.errors.contains("steps: a whole number"), "\(half.errors)")
        let help = try run("mine", "--help")
        #expect(help.output.contains("scaled") && help.output.contains("homework"), "\(help.output)")
    }

    /// A preset that is added to the file is found by its name, and a preset that is edited during a run takes effect
    /// at once.
    @Test func presetsAreLive() throws {
        let scratch = try Scratch()
        let scripts = scratch.url.appendingPathComponent("scripts")
        try FileManager.default.copyItem(at: Command.repository.appendingPathComponent("scripts"), to: scripts)
        try FileManager.default.createSymbolicLink(
            at: scratch.url.appendingPathComponent("models"),
            withDestinationURL: Command.repository.appendingPathComponent("models"))
        let path = scripts.appendingPathComponent("inpainting/presets.lua")
        // The preset's schedule rewrites the file at step 3, and prints the step size that it gets.
        let text = try String(contentsOf: path, encoding: .utf8).replacingOccurrences(
            of: "\nreturn presets\n",
            with: """

            presets.mine = {start = 0, lr = 1e-6, schedule = function(k, lr)
              local host = require "host"
              if k == 3 then
                local f = assert(io.open([[\(path.path)]])) local text = f:read("a") f:close()
                f = assert(io.open([[\(path.path).new]], "w")) f:write((text:gsub("lr = 1e%-6", "lr = 2e-6"))) f:close()
                os.rename([[\(path.path).new]], [[\(path.path)]])
              end
              local since = host.clock()
              while host.clock() - since < 0.02 do end
              print("step " .. k .. " of " .. lr)
              return lr
            end}
            return presets

            """)
        try text.write(to: path, atomically: true, encoding: .utf8)
        let result = try Command.run(
            [
                "run", scripts.appendingPathComponent("problem3_inpainting.lua").path, "--preset", "mine", "--steps",
                "30", "--out", scratch.path("x.png"),
            ],
            in: scratch.url)
        #expect(result.status == 0, "\(result.errors)")
        #expect(
            result.output.contains("step 1 of 1e-06\n") && result.output.contains("step 30 of 2e-06\n"),
            "\(result.output)")
    }

    /// A figure's title names the mask, the method and its step size.
    @Test func titlesNameTheRun() throws {
        let scratch = try Scratch()
        let script = try scratch.write("titles.lua", """
            local plot = require "plot"
            local function told(f) return function(t) print("title " .. t.title) return f(t) end end
            package.loaded.plot = setmetatable({image = told(plot.image), line = told(plot.line)}, {__index = plot})
            dofile [[\(InpaintingTests.script)]]
            """)
        let result = try Command.run(
            [
                "run", script, "--mask", "rows:12", "--preset", "best", "--lr", "0.02", "--steps", "3", "--out",
                scratch.path("x.png"),
            ],
            in: Command.repository.appendingPathComponent("scripts"))
        #expect(result.status == 0, "\(result.errors)")
        for title in ["mask rows:12", "inpainted, ", "-log p(X): best, cosine from 0.02"] {
            #expect(result.output.contains("title " + title), "\(result.output)")
        }
    }

    /// A mask that does not exist, and one that hides nothing.
    @Test func wrongMasksAreExplained() throws {
        let scratch = try Scratch()
        _ = try scratch.write("masks.lua", """
            local tensor = require "tensor"
            require("host").register{masks = {
              number = function() return 3 end, nothing = function() end, text = function() return "1" end,
              all = function(h, w) return tensor.ones(h, w) end, half = function(h, w) return tensor.full({h, w}, 0.5) end,
            }}
            """)
        for (mask, expected) in [
            ("number", "--mask number: a tensor of 0 and 1 expected, got a number"),
            ("nothing", "--mask nothing: a tensor of 0 and 1 expected, got nil"),
            ("text", "--mask text: a tensor of 0 and 1 expected, got a string"),
            ("all", "--mask all: nothing is missing; a 0 marks a missing pixel"),
            ("random:0", "--mask random:0: nothing is missing"), ("half", "a mask holds 0 and 1 only"),
        ] {
            let result = try Command.run(
                ["run", "--plugins", ".", InpaintingTests.script, "--mask", mask, "--out", scratch.path("x.png")],
                in: scratch.url)
            #expect(result.status == 2 && result.errors.contains(expected), "\(mask): \(result.errors)\(result.output)")
        }
    }

    /// Wrong options: status 2, no figure, and one line that names the option.
    static let faults: [([String], String)] = [
        (["--mask", "rectangel"], "rectangle"), (["--schedule", "cosin"], "cosine"),
        (["--noise", "langvin"], "langevin"),
        (["--maks", "top"], "--mask"), (["--steps", "x"], "--steps"), (["--steps", "-1"], "--steps"),
        (["--steps", "1.5"], "--steps"), (["--steps"], "--steps"),
        (["--digit", "0"], "--digit"), (["--digit", "2001"], "--digit"), (["--mask", "random:200"], "percentage"),
        (["--mask", "rows:99"], "rows"),
        (["--mask", "/no/such.png"], "/no/such.png"), (["--model", "/no/such.pt"], "/no/such.pt"),
        (["--lr", "nan"], "nan"), (["--lr", "-1"], "from 0"),
        (["--preset", "bset"], "best"), (["--start", "2"], "--start"), (["--start", "x"], "--start"),
        (["--lr", "x"], "--lr"),
        (["--mask", "top:nonsense"], "top takes nothing behind a colon"),
        (["--schedule", "cosine:10"], "cosine takes nothing behind a colon"),
        (["--noise", "annealed:3"], "annealed takes nothing behind a colon"),
        (["--noise", "gaussian:x"], "--noise gaussian:x: a number from 0"),
        (["--noise", "gaussian:-1"], "--noise gaussian:-1: a number from 0"),
        (["--noise", "gaussian:"], "a number from 0"),
        (["--mask", "rows:0"], "--mask rows:0: a whole number of rows from 1 to 27"),
        (["--mask", "columns:x"], "--mask columns:x: a whole number"),
        (["--mask", "random:x"], "--mask random:x: a percentage from 0 to 100"),
        (["--mask", "png"], "--mask png: a path expected"),
        (["--mask", ""], "no \"\" among the masks"),
        (["--mask", "png:" + InpaintingTests.script], "is not a PNG file"),
        (["--model", "."], "--model: .: is a folder"), (["--out", "nowhere/x.png"], "there is no folder nowhere"),
        (["--preset", "best:3"], "best takes nothing behind a colon"), (["--out", "foo.jpg"], "foo.jpg"),
        (["--model", "scripts/inpainting/masks.lua"], "masks.lua"), (["stray"], "stray"),
        (["--out", "figure.bmp", "--steps", "1"], "bmp"),
    ]

    @Test(arguments: faults.indices) func wrongInputIsExplained(index: Int) throws {
        let (arguments, message) = InpaintingTests.faults[index]
        let scratch = try Scratch()
        let result = try InpaintingTests.inpaint(
            arguments.map { $0.hasPrefix("scripts/") ? Command.repository.appendingPathComponent($0).path : $0 },
            in: scratch)
        #expect(result.status == 2 && result.output == "", "\(arguments)")
        #expect(result.errors.contains(message), "\(arguments): \(result.errors)")
        let lines = result.errors.split(separator: "\n").filter { !$0.hasPrefix("Try: ") }
        #expect(lines.count == 1 && lines[0].contains(arguments[0]), "\(arguments): \(result.errors)")
        #expect(!FileManager.default.fileExists(atPath: scratch.path("figure.png")))
    }

    @Test func damagedModelsAreRefused() throws {
        let scratch = try Scratch()
        let whole = try Data(contentsOf: Command.repository.appendingPathComponent("models/nice-mnist.safetensors"))
        for (name, data) in [
            ("short", whole.prefix(1 << 20)), ("header", whole.prefix(100)), ("empty", Data()),
            ("foreign", Data("hello".utf8)),
        ] {
            let path = scratch.path("\(name).safetensors")
            try data.write(to: URL(fileURLWithPath: path))
            let result = try InpaintingTests.inpaint(["--model", path], in: scratch)
            #expect(result.status == 2 && result.errors.contains("\(name).safetensors"), "\(name): \(result.errors)")
        }
    }

    @Test func helpListsEverything() throws {
        let result = try Command.run(["run", InpaintingTests.script, "--help"])
        #expect(result.status == 0)
        for word in [
            "--mask", "--schedule", "--noise", "--digit", "--steps", "--lr", "--seed", "--out", "--model",
            "warm_restarts", "langevin", "checkerboard",
        ] {
            #expect(result.output.contains(word), "\(word)")
        }
        #expect(result.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }
}
