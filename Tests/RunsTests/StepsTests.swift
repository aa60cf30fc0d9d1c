import LuaFlow
import Runs
import Testing

/// `host.steps`, the loop that can be paused.
@Suite struct StepsTests {
    /// Runs a script whose pauses are answered in turn, and returns what each pause showed.
    @discardableResult
    private func run(_ code: String, answers: [(PausePoint) throws -> PauseDecision] = []) throws -> [String] {
        var options = Interpreter.Options()
        options.globals = true
        let host = try LuaFlow.Host(options: options)
        host.context.service(GlobalGenerator.self).generator = Generator(seed: 0)
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

    /// Noisy descent of x^2 from 4, which pauses once after step `at`; `numbers` has the x of every step.
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

    /// What a pause shows of the steps before: their own states, in order, about evenly apart.
    @Test(arguments: [(1, 4), (3, 4), (11, 4), (11, 100), (11, 1), (11, 0)]) func aPauseKnowsEarlierStates(
        _ at: Int, _ most: Int
    ) throws {
        var steps: [Int] = []
        try run(
            StepsTests.descent(pausingAfter: at),
            answers: [
                { point in
                    let earlier = try point.earlier("x", most)
                    steps = earlier.map(\.step)
                    guard case .table(let trace) = try point.state.value(for: "trace") else { return .abort }
                    // The trace has the square of what the step began with.
                    for (step, tensor) in earlier {
                        let x = try tensor.toArray()[0]
                        let square = try trace.value(at: step + 1).asNumber ?? .nan
                        #expect(abs(x * x - square) <= 1e-6 * square, "step \(step): \(x), \(square)")
                    }
                    #expect(try point.earlier("rate", most).isEmpty && point.earlier("nothing", most).isEmpty)
                    return .resume
                }
            ])
        #expect(steps.count == min(most, at))
        #expect(
            steps.first ?? 0 == 0 && steps == steps.sorted() && Set(steps).count == steps.count
                && (steps.last ?? 0) < at)
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
        let seen = try run(
            StepsTests.descent(
                pausingAfter: 5,
                then: """
                    local with = numbers
                    random.manual_seed(3)
                    local x = tensor({4})
                    for k = 1, 12 do
                      x = x * (1 - 0.1) + 0.05 * random.normal({1})
                      assert(x:item() == with[k])
                    end
                    """))
        #expect(
            seen.count == 1 && seen[0].hasPrefix("step 5 of 12, value ") && seen[0].contains(" of step "), "\(seen)")
    }

    /// The state, tables in it and the generator are restored: the same numbers follow.
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
                    guard case .table(let trace) = try point.state.value(for: "trace") else {
                        throw ScriptError("", "no trace")
                    }
                    #expect(try trace.count == 3)
                    return .resume
                },
            ])
        #expect(seen.count == 2 && seen[1].hasPrefix("step 3 of 12"))
    }

    /// A network's training mode is part of its state, also of networks in the state's tables and in flows.
    @Test func rewindingBringsTheModeOfNetworksBack() throws {
        try run("""
            local net = nn.Sequential{nn.Linear(1, 2), nn.Dropout(0.5)}
            local inner = nn.Sequential{nn.Linear(1, 2)}
            local m = flow.Flow("normal", {flow.AffineCoupling{mask = tensor{1, 0}, net = inner}}, {dim = 2})
            local state, paused, seen = {net = net, m = m, trace = {}}, false, {}
            for k in host.steps(6, state) do
              state.trace[k] = k
              seen[#seen + 1] = ("%d%s%s%s"):format(k, net.training and "t" or "e", net[2].training and "t" or "e", inner.training and "t" or "e")
              if k == 3 then net:eval() net[2]:train() inner:eval() end
              if k == 5 and not paused then paused = true assert(host.pause()) end
            end
            local text = table.concat(seen, " ")
            assert(text == "1ttt 2ttt 3ttt 4ete 5ete 3ttt 4ete 5ete 6ete", text)
            """, answers: [{ _ in .rewind("2") }, { _ in .resume }])
    }

    @Test(arguments: [
        ("99", "rewind takes a step from 0 to 8"), ("x", "rewind takes a step"), ("", "rewind takes a step"),
        ("-1", "rewind takes"),
    ])
    func wrongRewindsAreExplained(text: String, message: String) throws {
        let seen = try run(StepsTests.descent(pausingAfter: 8), answers: [{ _ in .rewind(text) }, { _ in .resume }])
        #expect(seen.count == 2 && seen[1].contains(message), "\(seen)")
    }

    /// What came after the step that a run went back to is none of it, the best state neither.
    @Test func stoppingAfterARewindPutsTheBestOfTheRestBack() throws {
        let code = """
            local values = {5, 3, 4, VALUES}
            state = {x = tensor({0}), trace = {}}
            for k in host.steps(9, state, {OPTIONS}) do
              state.trace[k] = values[k]
              state.x = tensor({k})
              if k == 5 then host.pause() end
            end
            """
        // The value of step k belongs to the state at its beginning, that of step k - 1; with "after" to that at its end.
        for (options, values, k, value) in [
            ("", "6, 1", 1, 3), ("value = \"after\"", "1, 6", 2, 3), ("best = \"highest\"", "1, 6", 0, 5),
            ("", "1, 6", 3, 1),
        ] {
            let code = code.replacing("OPTIONS", with: options).replacing("VALUES", with: values)
            let seen = try run(code + """

                assert(state.x:item() == \(k) and state.k == \(k), state.x:item())
                assert(#state.trace == 3)
                """, answers: [{ _ in .rewind("3") }, { _ in .stop }])
            #expect(seen.last == "step 3 of 9, value 4, best \(value) of step \(k)", "\(seen)")
        }
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
        // The value 1 was computed from the state at the beginning of step 3; with "after" it belongs to the state at
        // its end.
        for (options, x, k) in [("", 2, 2), ("value = \"after\"", 3, 3), ("best = \"highest\"", 4, 4)] {
            let seen = try run(code.replacing("OPTIONS", with: options) + """

                assert(state.x:item() == \(x) and state.k == \(k), state.x:item())
                assert(#state.trace == 5)
                """, answers: [{ _ in .stop }])
            #expect(seen == ["step 5 of 9, value 6, best \(k == 4 ? 6 : 1) of step \(k)"])
        }
    }

    /// Tensors that are written in place are saved by their numbers, and restored in place.
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

    /// Beyond the budget every second state is dropped, but never the best; a rewind finds the nearest earlier state.
    @Test func whatIsKeptIsBounded() throws {
        let code = """
            local state = {x = tensor.zeros(1000), trace = {}}
            for k in host.steps(200, state, {keep = 0.1}) do
              state.trace[k] = k == 38 and -1 or k
              state.x = state.x + 1
              if k == 150 then host.pause() end
            end
            """
        let seen = try run(
            code + "\nassert(state.x[{1}] == 37 and state.k == 37, state.k)",
            answers: [{ _ in .rewind("101") }, { _ in .stop }])
        #expect(seen.count == 2 && seen[1].contains("of step 101 nothing was kept; this is step "), "\(seen)")
        let live = try run(
            code.replacing("keep = 0.1", with: "") + "\nassert(state.k == 200)", answers: [{ _ in .rewind("101") }])
        #expect(live.count == 3 && live[1].hasPrefix("step 101 of 200"))
    }

    /// Tables that get a new key at every step, in the state and below it. At a rewind, the fields that were there from
    /// the start are exact; later fields may lag by up to a 64th of the number of steps. At a pause the state is
    /// complete.
    @Test func growingTablesComeBack() throws {
        let seen = try run("""
            local state = {x = 0, log = {}, trace = {}, w = tensor({0})}
            local visits = 0
            for k in host.steps(600, state) do
              visits = visits + 1
              state.trace[k], state.x, state.w = -k, k, state.w + 1
              state.log["key" .. k], state["field" .. k] = k, k
              if k == 500 and visits == 500 then host.pause() end
              if visits == 501 then
                assert(k == 401 and state.x == 401 and state.w:item() == 401, state.x)
                local count, last = 0, 0
                for key, value in pairs(state.log) do
                  assert(key == "key" .. value and (value <= 400 or value == 401), key)
                  count = count + 1
                  if value < 401 and value > last then last = value end
                end
                assert(last > 390 and count == last + 1, last .. " " .. count)
                assert(state.field390 and not state.field402 and not state.field500)
              end
            end
            assert(visits == 700 and state.x == 600 and state.log.key600 == 600 and state.field600 == 600)
            """, answers: [
                { point in
                    let field = try point.state.value(for: "field500").asInteger
                    #expect(field == 500)
                    return .rewind("400")
                }, { _ in .resume },
            ])
        #expect(seen.count == 2 && !seen[1].contains("nothing was kept"), "\(seen)")
    }

    /// The progress bar shows the field that the script chose.
    @Test func aFieldMayStandInTheBar() throws {
        try run("for k in host.steps(2, {trace = {}, shown = 'x'}, {note = 'shown', label = 'loss '}) do end")
        #expect(throws: LuaError.self) { try self.run("for k in host.steps(2, {}, {note = 5}) do end") }
    }

    @Test func foreignObjectsStayAsTheyAre() throws {
        try run("""
            local file <close> = io.tmpfile()
            local state = {file = file, out = io.stdout, f = print, co = coroutine.create(print), list = {io.stdout, 1}, trace = {}}
            local co, paused = state.co, false
            for k in host.steps(4, state) do
              state.list[2] = k
              if k == 3 and not paused then paused = true host.pause() end
            end
            assert(state.file == file and state.out == io.stdout and state.f == print and state.co == co)
            assert(state.list[1] == io.stdout and state.list[2] == 4)
            """,
            answers: [
                { _ in .rewind("1") },
                { point in
                    guard case .table(let list) = try point.state.value(for: "list") else {
                        throw ScriptError("", "no list")
                    }
                    #expect(try list.value(at: 2).asInteger == 1)
                    return .resume
                },
            ])
    }

    /// Lists that grow, of numbers and of tables; long lists; lists that change in the middle, shrink, or have holes.
    @Test func listsComeBackAsTheyWere() throws {
        try run("""
            local state = {x = 1, trace = {}, second = {}, mixed = {}, records = {}, tensors = {}, grid = {}, holes = {1, nil, 3},
              short = {1, 2, 3, name = "n", [2.5] = true}, stack = {}}
            for i = 1, 1500 do state.grid[i] = i state.second[i] = -i state.records[i] = {loss = -i} end
            local copies, paused, visits = {}, false, 0
            local function describe()
              local parts = {state.x, #state.second, #state.records, #state.tensors, state.short.name or "-", #state.short, #state.stack}
              for _, list in ipairs{state.second, state.mixed, state.grid, state.short, state.stack} do
                for i = 1, #list do parts[#parts + 1] = math.type(list[i]) == "float" and ("%a"):format(list[i]) or tostring(list[i]) end
              end
              for _, record in ipairs(state.records) do parts[#parts + 1] = ("%g"):format(record.loss) end
              for _, t in ipairs(state.tensors) do parts[#parts + 1] = t:item() end
              parts[#parts + 1] = tostring(state.holes[1]) .. tostring(state.holes[2]) .. tostring(state.holes[3])
              return table.concat(parts, " ")
            end
            for k in host.steps(60, state) do
              visits = visits + 1
              if copies[k] then assert(copies[k] == describe(), "step " .. k) else copies[k] = describe() end
              state.x = state.x + 1
              state.second[#state.second + 1] = k % 2 == 0 and k or 1 / k
              state.mixed[k] = k % 3 == 0 and "text" or k % 5 == 0 or k
              state.records[#state.records + 1] = {loss = k}
              state.tensors[k] = tensor({k})
              state.grid[k * 20] = state.grid[k * 20] + 0.5
              state.short[k % 3 + 1] = k
              if k % 4 == 0 then state.short.name = nil elseif k % 4 == 2 then state.short.name = "n" .. k end
              if k % 7 == 0 then state.stack[#state.stack] = nil else state.stack[#state.stack + 1] = k end
              state.holes[k % 3 + 1] = k % 2 == 0 and k or nil
              if k == 25 then state.records[1500].loss = 0.5 end
              if k == 50 and not paused then paused = true host.pause() end
            end
            assert(visits == 60 + 50 - 17, visits)
            """, answers: [{ _ in .rewind("30") }, { _ in .rewind("17") }, { _ in .resume }])
    }

    /// A value that does not change is kept once, and so are the parts of a list that is only appended to.
    @Test func whatDoesNotChangeCostsNothing() throws {
        var options = Interpreter.Options()
        options.globals = true
        let host = try LuaFlow.Host(options: options)
        try host.run(code: """
            m = flow.NICE{dim = 64, hidden = 256, layers = 3, couplings = 4}
            opt = optim.Adam(m:parameters(), {lr = 1e-3})
            state = {m = m, opt = opt, w = tensor.zeros(100000), x = 0, trace = {}, list = {}}
            for i = 1, 5000 do state.list[i] = i end
            """)
        let before = host.interpreter.memory.liveBytes
        try host.run(code: """
            local loop, _, _, close = host.steps(400, state)
            for k = 1, 400 do loop() state.x = k state.trace[k] = -k end
            keptLoop = loop
            """)
        let weights = 4 * (64 * 256 + 256 * 256) * 4
        #expect(host.interpreter.memory.liveBytes - before < 2 * weights + (4 << 20), "one copy, not 400")
    }

    /// Under a memory limit the loop drops earlier states instead of failing.
    @Test func memoryThatIsShortIsNotTheLoops() throws {
        var options = Interpreter.Options()
        options.globals = true
        options.memoryLimit = 40 << 20
        let host = try LuaFlow.Host(options: options)
        try host.run(code: """
            state = {x = tensor.zeros(784), trace = {}}
            for k in host.steps(20000, state) do state.x = state.x + 1 state.trace[k] = k end
            assert(state.x[{1}] == 20000)
            -- Also when the script asks for more than there is.
            for k in host.steps(300, state, {keep = 1000}) do state.x = tensor.zeros(100000) end
            """)
    }

    /// An assignment with which the next step would fail is refused at once.
    @Test func wrongAssignmentsAreRefusedAtOnce() throws {
        var options = Interpreter.Options()
        options.globals = true
        let host = try LuaFlow.Host(options: options)
        var notes: [String] = []
        var inputs = [
            "s.x = 3", "s.x = nil", "s.x = tensor.zeros(2)", "s.x = tensor({7}) s.rate = 'fast'", "s.rate = 1",
        ][...]
        host.context.service(PausePrompt.self).ask = { point in
            notes.append(point.note)
            if let input = inputs.popFirst() {
                _ = try host.interpreter.run(code: "local s = ... " + input, arguments: [.table(point.state)])
            }
            return .resume
        }
        try host.run(code: StepsTests.descent(pausingAfter: 4))
        #expect(notes.count == 5 && inputs.isEmpty)
        #expect(
            notes[1].hasPrefix(
                "x is a number where the loop had a tensor (1) of float32: assign another, or :rewind 4"), "\(notes)")
        #expect(notes[2].hasPrefix("x is nil where") && notes[3].contains("x is a tensor (2) of float32 where"))
        #expect(notes[4].contains("rate is a string where the loop had a number"))
    }

    /// Random numbers drawn at the prompt do not change the run's, unless the generator was seeded there.
    @Test func drawsAtThePromptAreNotTheRuns() throws {
        func numbers(_ input: String) throws -> (Value, [String]) {
            var options = Interpreter.Options()
            options.globals = true
            let host = try LuaFlow.Host(options: options)
            host.context.service(PausePrompt.self).ask = { _ in
                _ = try host.interpreter.run(code: input)
                return .resume
            }
            try host.run(code: StepsTests.descent(pausingAfter: 4))
            return (
                try host.interpreter.run(code: "return numbers[12]").first ?? .none,
                host.context.service(LiveChanges.self).all
            )
        }
        let plain = try numbers(""), drawn = try numbers("random.normal({5})"),
            seeded = try numbers("random.manual_seed(8)")
        #expect(plain.0.asNumber == drawn.0.asNumber && drawn.1.isEmpty)
        #expect(plain.0.asNumber != seeded.0.asNumber && seeded.1 == ["the run was paused and changed at step 4"])
    }

    /// A rewind says which earlier assignments it undoes; going back alone is not reported as a change.
    @Test func rewindsSayWhatTheyPutBack() throws {
        var options = Interpreter.Options()
        options.globals = true
        let host = try LuaFlow.Host(options: options)
        var notes: [String] = []
        host.context.service(PausePrompt.self).ask = { point in
            notes.append(point.note)
            if notes.count == 1 {
                _ = try host.interpreter.run(code: "(...).rate = 0.5", arguments: [.table(point.state)])
                return .rewind("2")
            }
            return .resume
        }
        try host.run(code: StepsTests.descent(pausingAfter: 4))
        #expect(notes == ["", "rate is 0.1 again, not 0.5"])
        let changes = host.context.service(LiveChanges.self)
        #expect(changes.all.isEmpty && changes.notes == ["the run went back from step 4 to step 2"])
    }

    /// A pause without an assignment reports no change, in whatever order a Swift Set lists the tables (it differs
    /// between runs).
    @Test func pausesAloneAreNoChange() throws {
        var options = Interpreter.Options()
        options.globals = true
        let host = try LuaFlow.Host(options: options)
        var pauses = 0
        host.context.service(PausePrompt.self).ask = { _ in
            pauses += 1
            return .resume
        }
        try host.run(code: """
            local state = {trace = {}, nested = {}}
            for k in host.steps(50, state) do
              state.trace[k] = 1 / k
              assert(host.pause())
            end
            """)
        #expect(pauses == 50)
        #expect(host.context.service(LiveChanges.self).all == [])
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
