import Foundation
import Testing

/// Ctrl-C during problem 3, in a real terminal.
@Suite(.enabled(if: Pane.isPossible)) struct PausedRunTests {
    private func problem3(_ arguments: String, home: Home) throws -> Pane {
        let script = Program.repository.appendingPathComponent("scripts/problem3_inpainting.lua").path
        return try Pane("luaflow run '\(script)' --out figure.png \(arguments)", home: home)
    }

    /// Waits for the prompt inside the run, alone on the last line.
    private func paused(_ pane: Pane) throws {
        try pane.see("run>") { $0.split(separator: "\n").last.map { $0 == "run>" || $0 == "run> " } ?? false }
    }

    private func pause(_ pane: Pane) throws {
        try pane.see("a bar") { $0.contains("-log p -") }
        try pane.press("C-c")
        try pane.see("Paused after step ")
        try paused(pane)
    }

    private func enter(_ line: String, _ pane: Pane, sees text: String) throws {
        try pane.enter(line)
        try pane.see(text)
        try paused(pane)
    }

    @Test func aRunIsInspectedChangedRewoundAndStopped() throws {
        let home = try Home()
        let pane = try problem3("--steps 100000", home: home)
        try pause(pane)
        try pane.see("of 100000, value -")
        try enter("tensor.zeros(2):size(1) + 40", pane, sees: "\n42")
        try enter("#trace == k", pane, sees: "\ntrue")
        try enter("x.shape[1]", pane, sees: "\n28")
        try enter("lr = 5e-4", pane, sees: "run> lr = 5e-4\nrun>")
        try enter("lr * 2", pane, sees: "\n0.001")
        try enter("x = x:clamp(0, 0.5)", pane, sees: "run> x = x:clamp(0, 0.5)\nrun>")
        try enter("('max %s'):format(x:max():item())", pane, sees: "max 0.5")
        try enter(":rewind 3", pane, sees: "Paused after step 3 of 100000")
        try enter("('at %d %d %g'):format(k, #trace, lr)", pane, sees: "at 3 3 0.001")
        try enter("rewind 2", pane, sees: "Paused after step 2 of 100000")
        try enter("error('here')", pane, sees: "here")
        try pane.press("C-d")
        try pane.see("the bar again") { $0.split(separator: "\n").last?.hasPrefix("[") ?? false }
        try pause(pane)
        try pane.enter("stop")
        let end = try pane.see("LEFT 0")
        #expect(end.contains("figure            figure.png"), "\(end)")
        let picture = try Data(contentsOf: URL(fileURLWithPath: home.path("figure.png")))
        #expect(picture.prefix(4) == Data([0x89, 0x50, 0x4E, 0x47]))
    }

    /// After the prompt the run continues with the locale that it had, also when the user's locale is not installed.
    @Test func anUnknownLocaleIsNoMatter() throws {
        let home = try Home()
        try home.write("loop.lua", """
            local host = require "host"
            local state = {x = 0, trace = {}}
            for k in host.steps(1e9, state) do state.trace[k] = k end
            print(("%5.1f"):format(tonumber("1.5")), ("x"):upper())
            """)
        let pane = try Pane(
            "luaflow run loop.lua", home: home, environment: ["LANG": "xx_XX.UTF-8", "LC_ALL": "xx_XX.UTF-8"])
        try pane.see("/1000000000")
        try pane.press("C-c")
        try paused(pane)
        try pane.enter(":stop")
        try pane.see("  1.5\tX".replacingOccurrences(of: "\t", with: "   "))
        try pane.see("LEFT 0")
    }

    @Test func abortingLeavesWith130() throws {
        let home = try Home()
        let pane = try problem3("--steps 100000", home: home)
        try pause(pane)
        try pane.enter(":abort")
        try pane.see("LEFT 130")
        #expect(!FileManager.default.fileExists(atPath: home.path("figure.png")))
    }

    /// The second Ctrl-C interrupts a step that does not end, instead of waiting for it.
    @Test func theSecondInterruptInterrupts() throws {
        let home = try Home()
        try home.write("stuck.lua", """
            local host = require "host"
            for k in host.steps(3, {}) do print("in step " .. k) while true do end end
            """)
        let pane = try Pane("luaflow run stuck.lua", home: home)
        try pane.see("in step 1")
        try pane.press("C-c")
        try pane.see("pausing after this step; Ctrl-C again interrupts")
        try pane.press("C-c")
        try pane.see("LEFT 130")
    }

    /// Without a terminal to answer at, the first Ctrl-C interrupts.
    @Test func withoutATerminalItInterruptsAtOnce() throws {
        let home = try Home()
        try home.write("loop.lua", """
            local host = require "host"
            io.stderr:write("ready\\n")
            for k in host.steps(1e9, {}) do end
            """)
        let pane = try Pane("luaflow run loop.lua > out.txt", home: home)
        try pane.see("ready")
        try pane.press("C-c")
        try pane.see("LEFT 130")
    }

    private static let loop = """
        local host = require "host"
        local rate, hidden = 1, "kept"
        local function train(state)
          local scale = 2
          for k in host.steps(1e9, state) do state.trace[k] = rate * scale end
          return scale
        end
        local state = {trace = {}}
        print("rate", rate, "scale", train(state), hidden)
        """

    @Test func aPauseShowsAndChangesTheLoopsVariables() throws {
        let home = try Home()
        try home.write("loop.lua", Self.loop)
        let pane = try Pane("luaflow run loop.lua", home: home)
        try pane.see("/1000000000")
        try pane.press("C-c")
        try paused(pane)
        try enter("'is ' .. rate + scale", pane, sees: "is 3")
        try enter("hidden", pane, sees: "\n\"kept\"")
        try enter("nosuchname", pane, sees: "unknown name nosuchname")
        try enter("rate = 20 scale = 30", pane, sees: "scale = 30\nrun>")
        try pane.enter(":continue")
        try pane.see("/1000000000  ") { $0.contains(" s  600") }
        try pane.press("C-c")
        try paused(pane)
        try enter("'now ' .. trace[k]", pane, sees: "now 600")
        try pane.enter(":stop")
        try pane.see("LEFT 0")
        #expect(
            try pane.screen().split(whereSeparator: \.isWhitespace).joined(separator: " ").contains(
                "rate 1 scale 30 kept"))
    }

    /// `:quit` ends a run with status 130, so that no following command takes the run for finished; a session with 0.
    @Test func quittingLeaves() throws {
        let home = try Home()
        try home.write("loop.lua", Self.loop)
        for (command, status) in [("luaflow run loop.lua", 130), ("luaflow repl loop.lua", 0)] {
            let pane = try Pane(command, home: home)
            try pane.see("/1000000000")
            try pane.press("C-c")
            try paused(pane)
            try pane.enter(":quit")
            try pane.see("LEFT \(status)")
            #expect(try !pane.screen().contains("scale"))
        }
    }

    /// The progress bar stays on one line in narrow terminals.
    @Test(arguments: [20, 40, 80]) func theBarStaysOnItsLine(_ columns: Int) throws {
        let home = try Home()
        try home.write("bar.lua", """
            local host = require "host"
            local bar = host.progress(1e6)
            local started = host.clock()
            for k = 1, 1e6 do
              if k % 1000 == 0 then bar:update(k, "a note that is longer than the line may be " .. k) end
            end
            bar:close()
            print("over")
            """)
        let pane = try Pane("stty cols \(columns); luaflow run bar.lua", home: home)
        let screen = try pane.see("over")
        #expect(screen.split(separator: "\n").filter { $0.contains("000") }.count <= 1, "\(screen)")
    }
}
