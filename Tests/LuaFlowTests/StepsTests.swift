import LuaFlow
import Testing

/// `host.steps`: the loop that can be paused.
@Suite struct StepsTests {
    /// Runs a script whose pauses are answered one after the other; what each of them saw.
    @discardableResult
    private func run(_ code: String, answers: [(PausePoint) throws -> PauseDecision] = []) throws -> [String] {
        var options = Interpreter.Options()
        options.globals = true
        let host = try LuaFlow.Host(options: options)
        var seen: [String] = []
        var waiting = answers[...]
        host.context.service(PausePrompt.self).ask = { point in
            seen.append(point.note.isEmpty ? point.summary : "\(point.summary) (\(point.note))")
            return try waiting.popFirst()?(point) ?? .resume
        }
        try host.run(code: code)
        #expect(waiting.isEmpty, "every answer was asked for")
        return seen
    }

    /// Noisy descent of x^2 from 4, which pauses after step `at` once; `numbers` holds every step's x.
    private static func descent(pausingAfter at: Int, then rest: String = "", options: String = "") -> String {
        """
        random.manual_seed(3)
        numbers, visits = {}, {}
        state = {x = tensor({4}), trace = {}, rate = 0.1, nested = {count = 0}}
        state.nested.itself = state.nested
        local paused = false
        for k in host.steps(12, state, {\(options)}) do
          assert(state.k == k)
          visits[#visits + 1] = k
          state.trace[k] = (state.x ^ 2):item()
          state.x = state.x * (1 - state.rate) + 0.05 * random.normal({1})
          state.nested.count = state.nested.count + 1
          numbers[k] = state.x:item()
          if k == \(at) and not paused then paused = true assert(host.pause()) end
        end
        \(rest)
        """
    }

    @Test func withoutAPauseItIsALoop() throws {
        let seen = try run(StepsTests.descent(pausingAfter: 99, then: """
            assert(#visits == 12 and state.k == 12 and #state.trace == 12 and state.nested.count == 12)
            for k in host.steps(0, state) do error("no step") end
            assert(state.k == 0)
            for k in host.steps(5, state) do if k == 3 then break end end
            assert(state.k == 3 and not host.pause())
            """))
        #expect(seen.isEmpty)
    }

    @Test func continuingChangesNothing() throws {
        let seen = try run(StepsTests.descent(pausingAfter: 5, then: """
            local with = numbers
            random.manual_seed(3)
            local x = tensor({4})
            for k = 1, 12 do
              x = x * (1 - 0.1) + 0.05 * random.normal({1})
              assert(x:item() == with[k])
            end
            """))
        #expect(seen.count == 1 && seen[0].hasPrefix("step 5 of 12, value ") && seen[0].contains(" of step "), "\(seen)")
    }

    /// The state, the tables in it and the generator come back: the same numbers follow.
    @Test func rewindingRepeatsTheSameNumbers() throws {
        let code = StepsTests.descent(pausingAfter: 8, then: """
            assert(table.concat(visits, " ") == "1 2 3 4 5 6 7 8 4 5 6 7 8 9 10 11 12", table.concat(visits, " "))
            assert(#state.trace == 12 and state.nested.count == 12 and state.nested.itself == state.nested)
            result = numbers
            """)
        let seen = try run(code + """

            random.manual_seed(3)
            local x = tensor({4})
            for k = 1, 12 do
              x = x * (1 - 0.1) + 0.05 * random.normal({1})
              assert(x:item() == numbers[k], k)
            end
            """, answers: [
                { _ in .rewind("3") },
                { point in
                    #expect(point.step == 3)
                    #expect(try point.state.value(for: "k").asInteger == 3)
                    guard case .table(let trace) = try point.state.value(for: "trace") else { throw ScriptError("", "no trace") }
                    #expect(trace.count == 3)
                    return .resume
                },
            ])
        #expect(seen.count == 2 && seen[1].hasPrefix("step 3 of 12"))
    }

    @Test(arguments: [("99", "rewind takes a step from 0 to 8"), ("x", "rewind takes a step"), ("", "rewind takes a step"), ("-1", "rewind takes")])
    func wrongRewindsAreExplained(text: String, message: String) throws {
        let seen = try run(StepsTests.descent(pausingAfter: 8), answers: [{ _ in .rewind(text) }, { _ in .resume }])
        #expect(seen.count == 2 && seen[1].contains(message), "\(seen)")
    }

    @Test func stoppingPutsTheBestStateBack() throws {
        let code = """
            local values = {5, 3, 1, 4, 6}
            state = {x = tensor({0}), trace = {}}
            local written = state.x
            for k in host.steps(9, state, {OPTIONS}) do
              state.trace[k] = values[k]
              state.x = tensor({k})
              if k == 5 then host.pause() end
            end
            """
        // The value 1 was found at the state that step 3 began with; with "after", at the one it left.
        for (options, x, k) in [("", 2, 2), ("value = \"after\"", 3, 3), ("best = \"highest\"", 4, 4)] {
            let seen = try run(code.replacing("OPTIONS", with: options) + """

                assert(state.x:item() == \(x) and state.k == \(k), state.x:item())
                assert(#state.trace == 5)
                """, answers: [{ _ in .stop }])
            #expect(seen == ["step 5 of 9, value 6, best \(k == 4 ? 6 : 1) of step \(k)"])
        }
    }

    /// Tensors that are written in place are put aside by their numbers, and come back in place.
    @Test func writtenTensorsComeBackInPlace() throws {
        try run("""
            local x = tensor({1, 2}):requires_grad_(true)
            local list = {1, 2, 3}
            local state = {x = x, list = list, trace = {}, seen = false}
            local g = random.generator(5)
            state.g = g
            local optimizer = optim.SGD({x}, {lr = 0.1, momentum = 0.9})
            state.optimizer = optimizer
            local numbers, paused = {}, false
            for k in host.steps(6, state) do
              local loss = (x ^ 2):sum()
              optimizer:zero_grad()
              loss:backward()
              optimizer:step()
              list[#list + 1] = k
              state.extra = k
              local number = x[{1}] + random.uniform({1}, {generator = g}):item()
              if numbers[k] then assert(number == numbers[k], k) end
              numbers[k] = number
              if k == 4 and not paused then paused = true host.pause() end
            end
            assert(state.x == x and x.requires_grad and #list == 9 and state.optimizer == optimizer)
            """, answers: [{ _ in .rewind("1") }, { _ in .resume }])
    }

    @Test func abortingInterrupts() throws {
        let error = #expect(throws: LuaError.self) {
            try run(StepsTests.descent(pausingAfter: 2), answers: [{ _ in .abort }])
        }
        #expect(error?.kind == .interrupted)
        let left = #expect(throws: LuaError.self) {
            try run(StepsTests.descent(pausingAfter: 2), answers: [{ _ in .exit(4) }])
        }
        #expect(left?.kind == .exit(code: 4))
    }

    /// Past the budget every second state goes; the best never does, and a rewind finds the nearest before.
    @Test func whatIsKeptIsBounded() throws {
        let code = """
            local state = {x = tensor.zeros(1000), trace = {}}
            for k in host.steps(200, state, {keep = 0.1}) do
              state.trace[k] = k == 38 and -1 or k
              state.x = state.x + 1
              if k == 150 then host.pause() end
            end
            """
        let seen = try run(code + "\nassert(state.x[{1}] == 37 and state.k == 37, state.k)", answers: [{ _ in .rewind("101") }, { _ in .stop }])
        #expect(seen.count == 2 && seen[1].contains("of step 101 nothing was kept; this is step "), "\(seen)")
        let live = try run(code.replacing("keep = 0.1", with: "") + "\nassert(state.k == 200)", answers: [{ _ in .rewind("101") }])
        #expect(live.count == 3 && live[1].hasPrefix("step 101 of 200"))
    }

    @Test func changesAreRecorded() throws {
        let code = StepsTests.descent(pausingAfter: 4)
        var options = Interpreter.Options()
        options.globals = true
        let (host, changed) = (try LuaFlow.Host(options: options), try LuaFlow.Host(options: options))
        host.context.service(PausePrompt.self).ask = { _ in .resume }
        try host.run(code: code)
        #expect(host.context.service(LiveChanges.self).all.isEmpty)
        changed.context.service(PausePrompt.self).ask = { point in
            _ = try changed.interpreter.run(code: "(...).x[1] = 0.5", arguments: [.table(point.state)])
            return .resume
        }
        try changed.run(code: code)
        #expect(changed.context.service(LiveChanges.self).all == ["the run was paused and changed at step 4"])
    }

    @Test(arguments: [
        ("for k in host.steps(-1, {}) do end", "argument 1 (n): a whole number from 0"),
        ("for k in host.steps(3) do end", "argument 2 (state): a table expected"),
        ("for k in host.steps(3, {}, {trac = 1}) do end", "unknown option trac (did you mean \"trace\"?)"),
        ("for k in host.steps(3, {}, {best = \"least\"}) do end", "one of lowest, highest expected"),
    ])
    func wrongUseIsExplained(code: String, message: String) throws {
        let error = #expect(throws: LuaError.self) { try run(code) }
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    }
}
