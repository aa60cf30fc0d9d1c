import LuaFlow
import Runs
import Testing

/// `mcmc.sample` can be paused at the prompt as a loop of `host.steps` can.
@Suite struct ChainPauseTests {
    private func run(_ code: String, answers: [(PausePoint) throws -> PauseDecision] = []) throws -> [String] {
        var options = Interpreter.Options()
        options.globals = true
        let host = try LuaFlow.Host(options: options)
        host.context.service(GlobalGenerator.self).generator = Generator(seed: 0)
        var seen: [String] = []
        var waiting = answers[...]
        host.context.service(PausePrompt.self).ask = { point in
            seen.append(point.summary)
            return try waiting.popFirst()?(point) ?? .resume
        }
        try host.run(code: code)
        #expect(waiting.isEmpty, "every answer was asked for")
        return seen
    }

    private static let setup = """
        local function log_prob(x) return -0.5 * (x ^ 2):sum(2) end
        local function run(kernel, at, options)
          local visits, paused = {}, false
          local t = {steps = 10, warmup = 30, generator = random.generator(2), support = {"interval", -9, 9}}
          for k, v in pairs(options or {}) do t[k] = v end
          t.callback = function(k, x, lp)
            visits[#visits + 1] = k
            if k == at and not paused then paused = true assert(host.pause()) end
          end
          local r = mcmc.sample(kernel, log_prob, tensor({{0.5, 1}, {1, -1}}), t)
          return r, visits
        end

        """

    @Test(arguments: ["NUTS{}", "NUTS{metric = 'dense'}", "RandomWalk{}"]) func goingBackRepeatsTheSameDraws(
        _ kernel: String
    ) throws {
        let seen = try run(
            Self.setup + """
                local plain = run(mcmc.\(kernel), 999)
                local r, visits = run(mcmc.\(kernel), 33)
                assert(r.samples:eq(plain.samples):min():item() == 1 and r.n_gradients == plain.n_gradients)
                assert(r.log_prob:eq(plain.log_prob):min():item() == 1 and r.step_size == plain.step_size)
                assert(#visits == 40 + 33 - 20 and visits[34] == 21, table.concat(visits, " "))
                """, answers: [{ _ in .rewind("20") }, { _ in .resume }])
        #expect(
            seen.count == 2 && seen[0].hasPrefix("step 33 of 40, value ") && seen[1].hasPrefix("step 20 of 40"),
            "\(seen)")
    }

    @Test func aPauseCanMoveTheChainsAndChangeTheStep() throws {
        _ = try run(
            Self.setup + """
                local last
                local kernel = mcmc.RandomWalk{scale = 1e-6}
                local r = run(kernel, 4, {warmup = 0})
                assert((r.samples[{{}, 4, {}}] - tensor({{0.5, 1}, {1, -1}})):abs():max():item() < 1e-3)
                assert((r.samples[{{}, 5, {}}] - 3):abs():max():item() < 1e-3, tostring(r.samples))
                assert(r.samples.shape[2] == 10)
                """, answers: [
                    { point in
                        guard case .object(let object as Variable) = try point.state.value(for: "x") else {
                            throw ScriptError("", "no x")
                        }
                        try object.value.fill(3)
                        return .resume
                    }
                ])
    }

    @Test func stoppingKeepsTheDraws() throws {
        _ = try run(
            Self.setup + """
                local r = run(mcmc.RandomWalk{scale = 1}, 6, {warmup = 0})
                assert(r.samples.shape[2] == 6)
                """, answers: [{ _ in .stop }])
    }
}
