import Dispatch
import LuaHost
import Scripting
import Testing
import TimeLimits

/// Interrupts again and again until `body` ends, since an interrupt before the run has begun does nothing.
private func interrupting<R>(_ interpreter: Interpreter, _ body: () throws -> R) rethrows -> R {
    let queue = DispatchQueue(label: "interrupting")
    let timer = DispatchSource.makeTimerSource(queue: queue)
    timer.schedule(deadline: .now() + 0.05, repeating: 0.05)
    timer.setEventHandler { interpreter.interrupt() }
    timer.resume()
    defer {
        timer.cancel()
        // Waits until no interrupt is under way.
        queue.sync {}
    }
    return try body()
}

/// Scripts that run for ever unless the interrupt reaches them. The time limit is only for hangs.
@Suite(.ownTime(minutes: 10)) struct InterruptTests {
    static let endless = [
        "while true do end",
        // In coroutines.
        "coroutine.wrap(function() while true do end end)()",
        """
        local co = coroutine.create(function() while true do coroutine.yield() end end) \
        while true do coroutine.resume(co) end
        """,
        "while true do local co = coroutine.create(function() while true do end end) coroutine.resume(co) end",
        "while true do coroutine.wrap(function() for i = 1, 900 do end end)() end",
        "coroutine.wrap(function() coroutine.wrap(function() pcall(function() while true do end end) end)() end)()",
        // With errors that are caught.
        "while true do pcall(function() while true do end end) end",
        "local function f() pcall(f) while true do end end f()",
        "while true do pcall(error) end",
        // In handlers and finalisers.
        "local function loop() while true do end end while true do xpcall(loop, loop) end",
        "while true do xpcall(error, function() while true do end end) end",
        "while true do xpcall(error, function(e) error(e) end) end",
        "setmetatable({}, {__gc = function() while true do end end}) collectgarbage()",
        """
        setmetatable({}, {__gc = function() while true do pcall(function() \
        while true do end end) end end}) collectgarbage()
        """,
        "debug.setmetatable({}, {__gc = function() while true do end end}) collectgarbage()",
        "while true do setmetatable({}, {__gc = function() local x = 1 end}) end",
        // In other places that call Lua code.
        "local x <close> = setmetatable({}, {__close = function() while true do end end}) while true do end",
        """
        coroutine.wrap(function() local x <close> = setmetatable({}, {__close = function() while true do end end}) \
        while true do end end)()
        """,
        """
        local co = coroutine.create(function() local x <close> = setmetatable({}, {__close = function() \
        while true do end end}) coroutine.yield() end) coroutine.resume(co) coroutine.close(co)
        """,
        "while true do (('x'):rep(1000)):gsub('.', function() while true do end end) end",
        "while true do pcall(table.sort, {3, 2, 1, 5, 4}, function(a, b) while true do end end) end",
        "for _ in function() return 1 end do end",
        "load(function() return ' ' end)",
        "tostring(setmetatable({}, {__tostring = function() while true do end end}))",
        "local t = setmetatable({}, {__index = function() while true do end end}) return t.x",
        // In native code.
        "probe.wait()",
        "while true do pcall(probe.wait) end",
        "while true do pcall(probe.map, function() while true do end end) end",
        "probe.swallow(function() while true do end end)",
        "coroutine.wrap(function() probe.map(probe.wait) end)()",
    ]

    @Test(arguments: endless) func interruptFromAnotherThread(_ code: String) throws {
        let host = try Host()
        let interpreter = host.interpreter
        let error = try interrupting(interpreter) { try host.error(code) }
        #expect(error.kind == .interrupted)
        #expect(error.message == "interrupted")
        // The state still works afterwards, coroutines and finalisers included.
        #expect(
            try host.text("return coroutine.wrap(function() for i = 1, 1000 do end return probe.count(1) end)()") == "1"
        )
        try host.expectNoLeak()
    }

    @Test func timeLimit() throws {
        let host = try Host()
        host.interpreter.timeLimit = .milliseconds(50)
        let error = try host.error("\nwhile true do pcall(function()\nwhile true do end end) end")
        #expect(error.kind == .timeLimit)
        #expect([2, 3].contains(host.interpreter.stoppedAt?.line))
        #expect(error.message == "stopped: the time limit of 0.05 s has passed")
        host.interpreter.timeLimit = nil
        #expect(try host.text("for i = 1, 1e6 do end return 1") == "1")
        #expect(host.interpreter.stoppedAt == nil)
    }

    /// C's library ends a wait with the error EINTR when a signal comes: the script sees the stop, and not that error.
    @Test(arguments: [true, false]) func anErrorThatAStopCausedIsTheStop(timed: Bool) throws {
        let host = try Host()
        let interpreter = host.interpreter
        try interpreter.setGlobal("wait", .closure(
            NativeFunction("wait", Documentation("wait()", "For tests.")) { _ -> [Value] in
                while Cancellation.current?.isRequested() != true {}
                throw ScriptError("", "Interrupted system call")
            }, bound: []))
        if timed { interpreter.timeLimit = .milliseconds(50) }
        func run() throws -> LuaError { try host.error("local x = 1 wait()") }
        let error = timed ? try run() : try interrupting(interpreter, run)
        #expect(error.kind == (timed ? .timeLimit : .interrupted))
        #expect(error.place?.line == 1 && error.traceback == nil)
        #expect(error.report == "\(error.place?.description ?? "?"): \(error.message)")
        #expect(try host.text("return 1") == "1")
    }

    /// A call that does not return is reported to the program, which can end the process.
    @Test func aRunThatOverrunsItsLimitIsReported() throws {
        let host = try Host()
        let interpreter = host.interpreter
        let reported = DispatchSemaphore(value: 0)
        interpreter.timeLimit = .milliseconds(20)
        interpreter.onOverrun(after: .milliseconds(100)) { limit in
            #expect(limit == .milliseconds(20))
            reported.signal()
        }
        try interpreter.setGlobal("stay", .closure(
            NativeFunction("stay", Documentation("stay()", "For tests.")) { _ -> [Value] in
                reported.wait()
                return []
            }, bound: []))
        #expect(try host.error("stay()").kind == .timeLimit)
    }

    @Test func interruptBetweenRunsDoesNothing() throws {
        let host = try Host()
        host.interpreter.interrupt()
        #expect(try host.text("for i = 1, 1000 do end return 1") == "1")
    }

    @Test func manyInterpretersAtOnce() throws {
        DispatchQueue.concurrentPerform(iterations: 4) { index in
            do {
                let host = try Host()
                let interpreter = host.interpreter
                let error = try interrupting(interpreter) {
                    try host.error("while true do local p = probe(\(index)) end")
                }
                #expect(error.kind == .interrupted)
                try host.expectNoLeak()
            } catch { Issue.record(error) }
        }
    }
}
