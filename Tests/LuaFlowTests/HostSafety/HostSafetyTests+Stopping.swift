import Dispatch
import LuaFlow
import Testing

extension HostSafetyTests {
    /// Endless loops through the real modules; only an interrupt or a deadline ends them.
    static let endless = [
        // In coroutines.
        ("S1", "coroutine.wrap(function() while true do end end)()"),
        ("S1", "coroutine.wrap(function() while true do tensor.ones(3):sum() end end)()"),
        // With errors that are caught.
        ("S2", "while true do pcall(function() while true do end end) end"),
        ("S2", "while true do pcall(autodiff.grad(function(x) while true do end end), tensor.ones(2)) end"),
        (
            "S2",
            """
            while true do pcall(optim.projected_gradient, function(x) \
            while true do end end, projection.Box(0, 1), tensor.ones(2), {steps = 5}) end
            """
        ),
        // In handlers and finalisers.
        ("S4", "local function loop() while true do end end while true do xpcall(loop, loop) end"),
        ("S4", "setmetatable({}, {__gc = function() while true do tensor.ones(2) end end}) collectgarbage()"),
        ("S4", "local x <close> = setmetatable({}, {__close = function() while true do end end}) error 'x'"),
        // In kernels and loops of the library.
        ("S4", "local x = tensor.eye(1500) while true do x = x:matmul(x) end"),
        (
            "S4",
            """
            optim.projected_gradient(function(x) return (x * x):sum() end, projection.Box(0, 1), tensor.ones(2), \
            {steps = 1 << 40})
            """
        ),
        ("S4", "for x in data.batches(tensor.ones(1000, 2), 1) do while true do pcall(error) end end"),
    ]

    @Test(arguments: endless) func S1_S2_S4_interruptsStop(_ row: String, _ code: String) throws {
        let interpreter = watched.host.interpreter
        // Repeatedly, since an interrupt before the run has begun does nothing.
        let queue = DispatchQueue(label: "interrupts")
        let timer = DispatchSource.makeTimerSource(queue: queue)
        timer.schedule(deadline: .now() + .milliseconds(50), repeating: .milliseconds(50))
        timer.setEventHandler { interpreter.interrupt() }
        timer.resume()
        let error = try watched.error(code)
        timer.cancel()
        // Waits until no interrupt is under way.
        queue.sync {}
        #expect(error?.kind == .interrupted, "\(row): \(error?.message ?? "returned")")
        watched.expectSane("after \(row)")
    }

    @Test(arguments: endless) func S1_S2_S4_deadlinesStop(_ row: String, _ code: String) throws {
        watched.host.interpreter.timeLimit = .milliseconds(100)
        let error = try watched.error(code)
        watched.host.interpreter.timeLimit = nil
        #expect(error?.message == "stopped: the time limit of 0.1 s has passed", "\(row)")
        watched.expectSane("after \(row)")
    }

    /// A finaliser that never returns, which runs when the host closes.
    @Test func S4_finalisersAtTheEndStop() throws {
        let script = try scratch.write("end.lua", """
            local open = io.open
            kept = setmetatable({}, {__gc = function()
              open([[\(scratch.path("ready"))]], "w"):close()
              while true do end
            end})
            """)
        #expect(try Command.interrupted(script, whenThere: scratch.path("ready")) == 130)
    }
}
