import Foundation
import LuaFlow
import PartChecks
import ProgramChecks
import Testing
import TimeLimits

/// Training by several ranks, which here are threads.
@Suite(.ownTime(minutes: 10)) struct RanksTests {
    /// A script that returns weights, losses and validation losses as one list; `options` are further options of m:fit.
    static func script(_ options: String, data: String = "random.normal({37, 2}) * 0.5 + 1") -> String {
        """
        random.manual_seed(5)
        local x = \(data)
        local m = flow.MAF{features = 2, transforms = 2, hidden_features = {8}}
        local h = m:fit(x, {steps = 9, batch_size = 10, lr = 1e-2, seed = 3, progress = false, \(options)})
        local all = {tensor(h.loss):to("float64")}
        if h.validation then all[#all + 1] = tensor(h.validation):to("float64") end
        for _, p in ipairs(m:parameters()) do all[#all + 1] = p:detach():to("float64"):flatten() end
        all[#all + 1] = random.uniform({1}):to("float64")
        return tensor.cat(all)
        """
    }

    static let ways = [
        "", "validation = 0.3, average = 0.9", "clip_norm = 0.5, schedule = 'cosine'",
        "validation = 0.2, patience = 1, lr = 0.3",
        "transform = function(b, g) return b + 0.01 * random.normal(b.shape, {generator = g}) end",
        "callback = function(k) return k < 5 end",
        // A callback on one rank ends training on all.
        "callback = function(k) return mpi.rank > 0 or k < 5 end",
    ]

    /// Several ranks get the numbers of a single process up to rounding, and all ranks the same bits in every run.
    @Test(arguments: ways) func asAProgramAlone(options: String) throws {
        let script = RanksTests.script(options)
        let alone = try #require(try ThreadRanks(1).run(script: script).first?.get())
        // Also with more ranks than rows in the last batch of an epoch, which has 7.
        for count in [2, 9] {
            let first = try ThreadRanks(count).run(script: script).map { try $0.get() }
            let again = try ThreadRanks(count).run(script: script).map { try $0.get() }
            #expect(first == again && Set(first).count == 1, "\(count) ranks")
            #expect(first[0].count == alone.count)
            let most = zip(first[0], alone).map { abs($0 - $1) / (1 + abs($1)) }.max() ?? .nan
            #expect(most < 2e-5, "\(count) ranks: \(most)")
            #expect(first[0] != alone, "\(count) ranks with the bits of one: did they share the work?")
        }
    }

    @Test func levelsAreDequantisedAlike() throws {
        let script = RanksTests.script(
            "dequantize = 4, validation = 0.3", data: "random.randint(0, 3, {37, 2}):to('float32') / 3")
        let alone = try #require(try ThreadRanks(1).run(script: script).first?.get())
        for result in ThreadRanks(3).run(script: script) {
            let most = zip(try result.get(), alone).map { abs($0 - $1) / (1 + abs($1)) }.max() ?? .nan
            #expect(most < 2e-5)
        }
    }

    /// Also where a rank gets no row.
    @Test(arguments: [32, 2]) func fitToIsDivided(samples: Int) throws {
        let script = """
            random.manual_seed(0)
            local rows = 0
            local m = flow.MAF{features = 2, transforms = 1, hidden_features = {8}}
            local function log_density(x) rows = math.max(rows, #x) return -0.5 * ((x - 1) ^ 2):sum(2) end
            local h = m:fit_to(log_density, {steps = 10, samples = \(samples), lr = 1e-2, progress = false})
            return tensor.cat{tensor(h.loss):to("float64"), tensor{h.khat, h.ess, h.log_evidence}:to("float64")}
            """
        let alone = try #require(try ThreadRanks(1).run(script: script).first?.get())
        let ranks = try ThreadRanks(3).run(script: script).map { try $0.get() }
        #expect(Set(ranks).count == 1)
        let most = zip(ranks[0], alone).map { abs($0 - $1) / (1 + abs($1)) }.max() ?? .nan
        #expect(most < 1e-3, "\(ranks[0]) and \(alone)")
    }

    /// Every step has its own dropout masks although all rows are equal and the learning rate is 0; afterwards the
    /// generators are the same on all ranks.
    @Test func everyStepHasItsMasks() throws {
        let script = """
            random.manual_seed(7)
            local function net() return nn.Sequential{nn.Linear(1, 12), nn.Tanh(), nn.Dropout(0.5), nn.Linear(12, 2)} end
            local m = flow.Flow("normal", {flow.AffineCoupling{mask = tensor{1, 0}, net = net()}}, {dim = 2})
            local h = m:fit(tensor.ones(6, 2), {steps = 3, lr = 0, progress = false})
            return tensor.cat{tensor(h.loss), random.uniform({1})}
            """
        let ranks = try ThreadRanks(3).run(script: script).map { try $0.get() }
        #expect(Set(ranks).count == 1 && Set(ranks[0].prefix(3)).count == 3, "\(ranks[0])")
    }

    /// With dropout, too, weights and generators are the same on all ranks afterwards.
    @Test func dropout() throws {
        let script = """
            random.manual_seed(7)
            local x = random.normal({21, 2})
            local function net() return nn.Sequential{nn.Linear(1, 12), nn.Tanh(), nn.Dropout(0.5), nn.Linear(12, 2)} end
            local m = flow.Flow("normal", {
              flow.AffineCoupling{mask = tensor{1, 0}, net = net()}, flow.AffineCoupling{mask = tensor{0, 1}, net = net()},
            }, {dim = 2})
            m:fit(x, {steps = 6, batch_size = 8, lr = 1e-2, progress = false})
            local all = {random.uniform({2})}
            for _, p in ipairs(m:parameters()) do all[#all + 1] = p:detach():flatten() end
            return tensor.cat(all)
            """
        let ranks = try ThreadRanks(3).run(script: script).map { try $0.get() }
        #expect(Set(ranks).count == 1)
        #expect(try ThreadRanks(3).run(script: script).map { try $0.get() } == ranks)
    }

    /// Ranks that would train different things raise an error before the first step.
    static let differences: [(String, String)] = [
        ("random.manual_seed(5 + mpi.rank)", "the parameter"), ("x = x + mpi.rank", "x on rank 1"),
        ("steps = 5 + mpi.rank", "the options"),
    ]
    @Test(arguments: differences) func whatDiffers(code: String, message: String) throws {
        let script = """
            local x, steps = tensor{{1, 2}, {3, 4}, {5, 6}}, 4
            random.manual_seed(5)
            \(code)
            local m = flow.MAF{features = 2, transforms = 1, hidden_features = {8}}
            local ok, e = pcall(m.fit, m, x, {steps = steps, batch_size = 2, progress = false})
            assert(not ok and e:find("\(message)", 1, true), e)
            return 1
            """
        for result in ThreadRanks(3, patience: 20).run(script: script) { #expect(try result.get() == [1]) }
    }

    /// Different options as well, even if only the weights would show the difference.
    static let otherOptions: [(String, String)] = [
        ("clip_norm = 1 + mpi.rank", "clip_norm"), ("average = mpi.rank == 1 and 0.9 or nil", "average"),
        ("optimizer = mpi.rank == 1 and 'sgd' or 'adam'", "the option optimizer"),
        ("callback = mpi.rank == 0 and print or nil", "the presence of a callback"),
    ]
    @Test(arguments: otherOptions) func optionsThatDiffer(option: String, message: String) throws {
        let script = """
            random.manual_seed(5)
            local m = flow.MAF{features = 2, transforms = 1, hidden_features = {8}}
            local ok, e = pcall(m.fit, m, tensor{{1, 2}, {3, 4}}, {steps = 2, lr = 0.1, progress = false, \(option)})
            assert(not ok and e:find("\(message)", 1, true), e)
            return mpi.allreduce(1)
            """
        for result in ThreadRanks(3, patience: 20).run(script: script) { #expect(try result.get() == [3]) }
    }

    /// A run continues under another number of ranks, with the numbers of an uninterrupted run.
    @Test func checkpointsDoNotCountRanks() throws {
        func part(_ scratch: Scratch, _ steps: Int) -> String {
            RanksTests.script(
                "average = 0.9, clip_norm = 2, checkpoint = [[\(scratch.path("run.ckpt"))]], checkpoint_every = 1"
            )
            .replacing("steps = 9", with: "steps = \(steps)")
        }
        let (calm, stopped) = (try Scratch(), try Scratch())
        let whole = try #require(try ThreadRanks(1).run(script: part(calm, 12)).first?.get())
        var last: [[Double]] = []
        for (ranks, steps) in [(2, 3), (4, 7), (1, 9), (3, 12)] {
            last = try ThreadRanks(ranks).run(script: part(stopped, steps)).map { try $0.get() }
        }
        #expect(Set(last).count == 1 && last.count == 3)
        let most = zip(last[0], whole).map { abs($0 - $1) / (1 + abs($1)) }.max() ?? .nan
        #expect(most < 2e-5, "\(most)")
    }

    // MARK: Chains

    static let kernels = ["mcmc.NUTS{}", "mcmc.HMC{leapfrog_steps = 5}", "mcmc.RandomWalk{}", "mcmc.MALA{}"]

    /// When log_prob of a row does not depend on the other rows of its batch, chains are those of a single process, bit
    /// for bit.
    @Test(arguments: kernels) func chains(kernel: String) throws {
        let script = """
            local seen = 0
            local function log_prob(x)
              seen = math.max(seen, #x)
              local a, b = x[{{}, 1}], x[{{}, 2}]
              return -0.5 * (a * a + (b - 0.9 * a) * (b - 0.9 * a) / 0.19)
            end
            local x0 = random.normal({5, 2}, {generator = random.generator(1), dtype = "float64"})
            local r = mcmc.sample(\(kernel), log_prob, x0, {steps = 6, warmup = 10, generator = random.generator(2)})
            assert(seen == math.ceil(5 / mpi.size) or mpi.rank > 0, seen)
            return tensor.cat{r.samples:flatten(), r.log_prob:flatten(), tensor{r.step_size, r.n_gradients}:to("float64")}
            """
        let alone = try #require(try ThreadRanks(1).run(script: script).first?.get())
        for count in [2, 7] {
            for result in ThreadRanks(count).run(script: script) {
                #expect(try result.get() == alone, "\(count) ranks")
            }
        }
    }

    @Test func chainsGoOnFromAFile() throws {
        func part(_ scratch: Scratch, _ steps: Int) -> String {
            """
            local x0 = random.normal({4, 2}, {generator = random.generator(1), dtype = "float64"})
            local function log_prob(x) return -0.5 * (x * x):sum(2) end
            local r = mcmc.sample(mcmc.NUTS{}, log_prob, x0, {
              steps = \(steps), warmup = 8, generator = random.generator(2), checkpoint = [[\(scratch.path("chains.ckpt"))]]})
            return r.samples:flatten()
            """
        }
        let (calm, stopped) = (try Scratch(), try Scratch())
        let whole = try #require(try ThreadRanks(1).run(script: part(calm, 12)).first?.get())
        for (ranks, steps) in [(3, 4), (1, 8)] {
            for result in ThreadRanks(ranks).run(script: part(stopped, steps)) { _ = try result.get() }
        }
        for result in ThreadRanks(2).run(script: part(stopped, 12)) { #expect(try result.get() == whole) }
    }

    /// A log_prob that fails on one rank raises an error on all.
    @Test func chainsThatFail() throws {
        let script = """
            local x0 = tensor{{0}, {1}, {2}}:to("float64")
            local ok, e = pcall(mcmc.sample, mcmc.RandomWalk{scale = 0.1}, function(x)
              if mpi.rank == 1 then error("no density here") end
              return -(x * x):sum(2)
            end, x0, {steps = 5})
            assert(not ok and e:find("no density here", 1, true), e)
            return mpi.allreduce(1)
            """
        for result in ThreadRanks(3, patience: 20).run(script: script) { #expect(try result.get() == [3]) }
    }

    /// Chains that would differ between ranks are refused before the first step.
    static let otherChains: [(String, String, String)] = [
        ("mcmc.RandomWalk{scale = 0.1 + mpi.rank}", "", "the kernel on rank 1"),
        ("mcmc.RandomWalk{scale = 1}", "steps = 5 + mpi.rank", "the options"),
        ("mcmc.RandomWalk{scale = 1}", "callback = mpi.rank == 0 and print or nil", "the presence of a callback"),
        (
            "mcmc.RandomWalk{scale = 1}", "checkpoint = mpi.rank == 0 and '/no/such/folder/c' or nil",
            "the presence of a checkpoint"
        ),
    ]
    @Test(arguments: otherChains) func chainsThatDiffer(kernel: String, options: String, message: String) throws {
        let script = """
            local options = {\(options)}
            options.steps = options.steps or 5
            local function log_prob(x) error("asked for a density") end
            local ok, e = pcall(mcmc.sample, \(kernel), log_prob, tensor{{0}, {1}, {2}}:to("float64"), options)
            assert(not ok and e:find("\(message)", 1, true), e)
            return mpi.allreduce(1)
            """
        for result in ThreadRanks(3, patience: 20).run(script: script) { #expect(try result.get() == [3]) }
    }

    // MARK: Files

    /// Only rank 0 saves.
    @Test func oneRankSaves() throws {
        let scratch = try Scratch()
        let script = """
            checkpoint.save([[\(scratch.path("of"))]] .. mpi.rank .. ".safetensors", {rank = tensor{mpi.rank}})
            mpi.barrier()
            """
        for result in ThreadRanks(3).run(script: script) { _ = try result.get() }
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path) == ["of0.safetensors"])
    }
}
