import LuaFlow
import Runs
import Testing

/// Training that is paused, changed, and rewound.
@Suite struct PauseTests {
    /// Runs a script whose pauses are answered in turn, and returns what each pause showed.
    @discardableResult
    private func run(_ code: String, answers: [(PausePoint) throws -> PauseDecision]) throws -> [String] {
        let host = try host()
        var seen: [String] = []
        var waiting = answers[...]
        host.context.service(PausePrompt.self).ask = { point in
            seen.append(point.note.isEmpty ? point.summary : "\(point.summary) (\(point.note))")
            return try waiting.popFirst()?(point) ?? .resume
        }
        try host.run(code: PauseTests.start + code)
        #expect(waiting.isEmpty, "every answer was asked for")
        return seen
    }

    /// Lua: `train(pausing)` trains for 30 steps, with a pause after step 20 if `pausing`; it sets `m` and `h`.
    private static let start = FitTests.data + """
        local function train(pausing, options)
          random.manual_seed(1)
          local m = flow_of(1)
          local paused = not pausing
          local given = {steps = 30, batch_size = 20, lr = 1e-2, average = 0.9, seed = 1, callback = function(k)
            if k == 20 and not paused then paused = true assert(host.pause()) end
          end}
          for key, value in pairs(options or {}) do given[key] = value end
          return m:fit(x, given), m
        end
        local plain, calm = train(false)

        """

    private static let same = """
        for k = 1, 30 do assert(h.loss[k] == plain.loss[k] and h.lr[k] == plain.lr[k], k) end
        assert(difference(m, calm) == 0 and #h.loss == 30)
        """

    @Test func continuingChangesNothing() throws {
        let seen = try run("local h, m = train(true)\n" + PauseTests.same, answers: [{ _ in .resume }])
        #expect(seen.count == 1 && seen[0].hasPrefix("step 20 of 30, value "), "\(seen)")
    }

    /// Weights, moments, averages, generators and the place in the epoch are restored: the same numbers follow,
    /// whatever step the rewind goes to.
    @Test(arguments: [0, 7, 8, 19, 20]) func rewindingRepeatsTheSameNumbers(step: Int) throws {
        let seen = try run(
            "local h, m = train(true)\n" + PauseTests.same,
            answers: [
                { _ in .rewind("\(step)") },
                { point in
                    #expect(point.step == step)
                    guard case .table(let trace) = try point.state.value(for: "trace") else {
                        throw ScriptError("", "no trace")
                    }
                    #expect(try trace.count == step)
                    return .resume
                },
            ])
        #expect(seen.count == 2 && seen[1].hasPrefix("step \(step) of 30"), "\(seen)")
    }

    @Test(arguments: ["21", "x", "", "-1"]) func wrongRewindsAreExplained(text: String) throws {
        let seen = try run(
            "local h, m = train(true)\n" + PauseTests.same, answers: [{ _ in .rewind(text) }, { _ in .resume }])
        #expect(seen.count == 2 && seen[1].contains("rewind takes a step from 0 to 20"), "\(seen)")
    }

    /// Sets a field of the table that the prompt shows.
    private static func write(_ point: PausePoint, _ name: String, _ value: Value, _ host: LuaFlow.Host) throws {
        guard case .function(let write) = try host.interpreter.run(
            code: "return function(t, k, v) t[k] = v end", name: "write").first
        else { return }
        _ = try write.call([.table(point.state), .string(name), value])
    }

    private func runWriting(_ code: String, _ name: String, _ values: [Value], _ after: [PauseDecision]) throws -> (
        [String], [String]
    ) {
        let host = try host()
        var seen: [String] = []
        var waiting = values[...]
        var decisions = after[...]
        host.context.service(PausePrompt.self).ask = { point in
            seen.append(point.note.isEmpty ? point.summary : "\(point.summary) (\(point.note))")
            if let value = waiting.popFirst() { try PauseTests.write(point, name, value, host) }
            return decisions.popFirst() ?? .resume
        }
        try host.run(code: PauseTests.start + code)
        return (seen, try host.liveChanges())
    }

    @Test func theStepSizeCanBeChanged() throws {
        let (seen, changes) = try runWriting(
            """
            local h, m = train(true)
            for k = 1, 30 do assert(h.lr[k] == (k <= 20 and 1e-2 or 5e-3), k) end
            for k = 1, 21 do assert(h.loss[k] == plain.loss[k], k) end
            assert(h.loss[22] ~= plain.loss[22])
            """, "lr", [.number(5e-3)], [.resume])
        #expect(seen.count == 1)
        #expect(changes == ["the run was paused and changed at step 20"])
    }

    /// A changed learning rate scales the schedule, which keeps its form.
    @Test func aScheduleIsScaled() throws {
        _ = try runWriting(
            """
            local plain = train(false, {schedule = "cosine"})
            local h = train(true, {schedule = "cosine"})
            for k = 21, 30 do assert(math.abs(h.lr[k] / plain.lr[k] - h.lr[21] / plain.lr[21]) < 1e-9, k) end
            assert(math.abs(h.lr[21] - 1e-4) < 1e-12)
            local h = train(true, {schedule = function(k) return 1 / k end})
            assert(h.lr[20] == 1 / 20 and math.abs(h.lr[30] - 1e-4 * 21 / 30) < 1e-12)
            """, "lr", [.number(1e-4), .number(1e-4)], [.resume, .resume])
    }

    @Test func whatIsNoStepSizeIsAskedForAgain() throws {
        let (seen, changes) = try runWriting(
            "local h, m = train(true)\n" + PauseTests.same, "lr", [.number(-1), .string("x")],
            [.resume, .resume, .resume])
        #expect(seen.count == 3 && seen[1].contains("lr is -1") && seen[2].contains("lr is \"x\""), "\(seen)")
        #expect(changes.isEmpty)
    }

    /// A rewind to a step before a change undoes the change.
    @Test func rewindingTakesAChangeBack() throws {
        let (seen, _) = try runWriting(
            """
            local again = 0
            local h, m = train(true, {callback = function(k)
              if (k == 20 and again == 0) or (k == 25 and again == 1) then again = again + 1 assert(host.pause()) end
            end})
            \(PauseTests.same)
            """, "lr", [.number(0.5)], [.resume, .rewind("3"), .resume])
        #expect(seen.count == 3 && seen[2].hasPrefix("step 3 of 30"), "\(seen)")
    }

    @Test func stoppingPutsTheBestBack() throws {
        try run(
            """
            local h, m = train(true, {validation = x + 1, validate_every = 1})
            assert(h.ended == "stop" and #h.loss == 20 and h.best_step <= 20)
            assert(math.abs(loss_of(m, x + 1) - h.best) < 1e-5)
            """, answers: [{ _ in .stop }])
    }

    @Test func abortingInterrupts() throws {
        #expect(throws: (any Error).self) { try run("train(true)", answers: [{ _ in .abort }]) }
    }
}
