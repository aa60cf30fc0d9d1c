import Foundation
import LuaFlow
import ProgramChecks
import Testing
import TimeLimits

/// Runs that are stopped continue with the same numbers, bit for bit.
@Suite(.ownTime(minutes: 10)) struct CheckpointTests {
    /// A training with everything that a state consists of: dropout, averages, validation, clipping, noise, a transform
    /// that draws. What it prints and saves depends on every step. `arg` has the folder and the number of steps.
    static let script = """
        random.manual_seed(7)
        local x = random.normal({50, 2})
        local function net() return nn.Sequential{nn.Linear(1, 12), nn.Tanh(), nn.Dropout(0.1), nn.Linear(12, 2)} end
        local m = flow.Flow("normal", {
          flow.AffineCoupling{mask = tensor{1, 0}, net = net()}, flow.AffineCoupling{mask = tensor{0, 1}, net = net()},
        }, {dim = 2})
        local h = m:fit(x, {
          steps = tonumber(arg[2]), batch_size = 8, lr = 1e-2, optimizer = {name = "adamw", weight_decay = 0.1},
          schedule = {kind = "cosine", warmup = 20}, validation = 0.2, average = 0.9, clip_norm = 2,
          checkpoint = arg[1] .. "/run.ckpt", checkpoint_every = 1, progress = false,
          transform = function(batch, g) return batch + 0.01 * random.normal(batch.shape, {generator = g}) end,
        })
        local sum = 0
        for i, v in ipairs(h.loss) do sum = sum + v * i end
        for i, v in ipairs(h.validation) do sum = sum + v * i * h.validation_steps[i] end
        for i, v in ipairs(h.norm) do sum = sum + v / i end
        print(#h.loss, h.best_step, ("%a %a"):format(sum, h.best), random.uniform({1})[{1}])
        checkpoint.save(arg[1] .. "/weights.safetensors", m:state_dict())
        """

    /// Twenty runs are killed at any moment; each next run continues from the file.
    @Test func killedAtAnyMoment() throws {
        let scratch = try Scratch()
        let script = try scratch.write("train.lua", CheckpointTests.prelude + CheckpointTests.script)
        let (calm, hunted) = (try Scratch(), try Scratch())
        let steps = 240
        let whole = try Command.run(["run", script, calm.url.path, "\(steps)"])
        try #require(whole.status == 0, "\(whole.errors)")
        let expected = try Data(contentsOf: URL(fileURLWithPath: calm.path("weights.safetensors")))

        // A run is killed between 0.1 and 0.6 s after its start, at another moment each time.
        var (kills, runs) = (0, 0)
        while kills < 20 {
            runs += 1
            let moment = useconds_t(100_000 + runs * 7 % 20 * 25_000)
            let process = Process()
            process.executableURL = try Command.program
            process.arguments = ["run", script, hunted.url.path, "\(steps)"]
            process.environment = Command.environment
            let out = scratch.path("out")
            try Data().write(to: URL(fileURLWithPath: out))
            process.standardOutput = FileHandle(forWritingAtPath: out)
            try process.run()
            Thread.detachNewThread { [id = process.processIdentifier] in
                usleep(moment)
                kill(id, SIGKILL)
            }
            process.waitUntilExit()
            if process.terminationReason == .uncaughtSignal {
                kills += 1
                continue
            }
            try compare(hunted, expected, try String(contentsOfFile: out, encoding: .utf8), whole.output)
            try FileManager.default.removeItem(atPath: hunted.path("run.ckpt"))
        }
        let last = try Command.run(["run", script, hunted.url.path, "\(steps)"])
        try compare(hunted, expected, last.output, whole.output)
    }

    private func compare(_ folder: Scratch, _ expected: Data, _ output: String, _ whole: String) throws {
        #expect(output == whole)
        let weights = try Data(contentsOf: URL(fileURLWithPath: folder.path("weights.safetensors")))
        #expect(weights == expected, "other weights than those of the run that was never killed")
    }

    static let prelude = """
        local random, nn, flow, tensor = require "random", require "nn", require "flow", require "tensor"
        local checkpoint, host = require "checkpoint", require "host"

        """

    /// Ctrl-C where nobody can answer a prompt: the run ends, and its last complete step is in the file.
    @Test func interruptedItGoesOn() throws {
        let scratch = try Scratch()
        let text = CheckpointTests.script.replacingOccurrences(of: "checkpoint_every = 1", with: """
            checkpoint_every = 100000, callback = function(k)
                if k == 30 and arg[3] then io.open(arg[1] .. "/there", "w"):close() end
                while k == 30 and arg[3] do end
              end
            """)
        let calm = try Scratch()
        let script = try scratch.write("train.lua", CheckpointTests.prelude + text)
        let waiting = try scratch.write(
            "waiting.lua", "arg[1], arg[2], arg[3] = [[\(scratch.url.path)]], 60, true dofile([[\(script)]])")
        let status = try Command.interrupted(waiting, whenThere: scratch.path("there"))
        #expect(status == 130)
        // The file has all steps that were done, not only those up to the last regular save.
        let path = scratch.path("run.ckpt")
        let steps = try Command.run(["-e", "print(#checkpoint.load([[\(path)]])['history.loss'])"])
        #expect(steps.output == "30\n", "\(steps.output)\(steps.errors)")
        let rest = try Command.run(["run", script, scratch.url.path, "60"])
        let whole = try Command.run(["run", script, calm.url.path, "60"])
        try #require(whole.status == 0 && rest.status == 0, "\(whole.errors) \(rest.errors)")
        let expected = try Data(contentsOf: URL(fileURLWithPath: calm.path("weights.safetensors")))
        try compare(scratch, expected, rest.output, whole.output)
    }

    /// `steps` counts from the beginning: a larger number continues the run, and no step is taken twice.
    @Test func moreStepsGoOn() throws {
        let scratch = try Scratch()
        try run(
            FitTests.data + """
                local path = [[\(scratch.path("run.ckpt"))]]
                local options = {steps = 10, batch_size = 16, seed = 1, checkpoint = path, schedule = function(k) return 0.1 / k end}
                local h = m:fit(x, options)
                local again = flow_of(9)
                assert(#again:fit(x, options).loss == 10 and difference(m, again) == 0)
                options.steps = 25
                local other, calls = flow_of(2), 0
                options.callback = function() calls = calls + 1 end
                local rest = other:fit(x, options)
                assert(calls == 15 and #rest.loss == 25 and rest.loss[10] == h.loss[10])
                options.checkpoint, options.callback = nil, nil
                local whole = flow_of(1)
                local all = whole:fit(x, options)
                for k = 1, 25 do assert(all.loss[k] == rest.loss[k], k) end
                assert(difference(whole, other) == 0)
                -- A checkpoint is a file of tensors like any other.
                assert(checkpoint.load(path)["history.loss"][{25}] == all.loss[25])
                """)
    }

    @Test(arguments: [
        (
            "flow.MAF{features = 2, transforms = 2, hidden_features = {9}}", "{steps = 9}",
            "(8, 2) there, float32 (9, 2) here"
        ),
        ("flow.MAF{features = 2, transforms = 1, hidden_features = {8}}", "{steps = 9}", "is of another model"),
        ("flow.NSF{features = 2}", "{steps = 9}", "a flow.MAF, not a flow.NSF"),
        ("flow_of(1)", "{steps = 9, batch_size = 20}", "batch_size = 60, not 20"),
        ("flow_of(1)", "{steps = 9, optimizer = \"sgd\"}", "optimizer = Adam, not SGD"),
        ("flow_of(1)", "{steps = 9, average = 0.9}", "average = none, not 0.9"),
        ("flow_of(1)", "{steps = 9, optimizer = {name = \"adam\", betas = {0.5, 0.9}}}", "optimizer settings"),
        ("flow_of(1):requires_grad_(false)", "{steps = 9, validation = 0.5}", "not"),
    ])
    func anotherModelIsRefused(model: String, options: String, part: String) throws {
        let scratch = try Scratch()
        let path = scratch.path("run.ckpt")
        try run(FitTests.data + """
            m:fit(x, {steps = 3, checkpoint = [[\(path)]]})
            local before = io.open([[\(path)]], "rb"):read("a")
            local other, options = \(model), \(options)
            options.checkpoint = [[\(path)]]
            local copy = {}
            for name, p in pairs(other:state_dict()) do copy[name] = p:clone() end
            local ok, message = pcall(other.fit, other, x, options)
            assert(not ok and message:find("run.ckpt", 1, true) and message:find([[\(part)]], 1, true), message)
            assert(io.open([[\(path)]], "rb"):read("a") == before)
            for name, p in pairs(other:state_dict()) do assert(p:eq(copy[name]):min():item() == 1, name) end
            """)
    }

    @Test func aFileThatIsNoneIsLeftAlone() throws {
        let scratch = try Scratch()
        let path = scratch.path("x.safetensors")
        let text = try message(of: FitTests.data + """
            m:save([[\(path)]])
            m:fit(x, {steps = 3, checkpoint = [[\(path)]]})
            """)
        #expect(text.contains("is no checkpoint of training"), "\(text)")
        let note = try scratch.write("note.txt", "a letter")
        let other = try message(of: FitTests.data + "m:fit(x, {steps = 3, checkpoint = [[\(note)]]})")
        #expect(other.contains("note.txt"), "\(other)")
        #expect(try String(contentsOfFile: note, encoding: .utf8) == "a letter")
    }

    /// The history grows until the file exceeds the limit: that is reported, training continues, and the earlier file
    /// is complete; at the end it is an error.
    @Test func aDiskThatIsFullLosesNothing() throws {
        let scratch = try Scratch()
        let script = try scratch.write(
            "train.lua",
            CheckpointTests.prelude + """
                local m = flow.Flow("normal", {flow.Scaling(tensor.zeros(2))}, {dim = 2})
                local path = arg[1] .. "/run.ckpt"
                local ok, message = pcall(m.fit, m, tensor.full({4, 2}, 3), {steps = 1000, checkpoint = path, checkpoint_every = 50})
                assert(not ok and message:find("run.ckpt", 1, true) and message:find("File too large", 1, true), message)
                local kept = #checkpoint.load(path)["history.loss"]
                assert(kept > 0 and kept < 1000 and kept % 50 == 0, kept)
                print(m:named_parameters()["transforms.0.scale"][{1, 1}] ~= 0)
                """)
        // The limit is in blocks of 512 or 1024 bytes, depending on the shell.
        let result = try Command.run(
            "/bin/sh", ["-c", "ulimit -f 9; exec '\(Command.program.path)' run '\(script)' '\(scratch.url.path)'"])
        #expect(result.status == 0 && result.output == "true\n", "\(result.output)\(result.errors)")
        #expect(result.errors.contains("training goes on"), "\(result.errors)")
    }
}
