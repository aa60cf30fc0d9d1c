import Foundation
import LuaHost
import Scripting
import Synchronization
import Testing
import TimeLimits

/// Ctrl-C is a signal to the whole process, so these tests run one after the other.
@Suite(.serialized, .ownTime(minutes: 10)) struct TerminalTests {
    @Test func controlCEndsTheRun() throws {
        let host = try Host()
        try host.interpreter.withInterruptsFromTerminal { () throws in
            for script in ["while true do end", "coroutine.wrap(function() while true do pcall(probe.wait) end end)()"]
            {
                #expect(try host.error("probe.press() " + script).kind == .interrupted)
            }
            #expect(try host.text("return 1") == "1")
        }
    }

    @Test func theHandlerBeforeComesBack() throws {
        let host = try Host()
        var before = sigaction(), after = sigaction()
        sigaction(SIGINT, nil, &before)
        host.interpreter.withInterruptsFromTerminal {}
        sigaction(SIGINT, nil, &after)
        func address(_ action: sigaction) -> Int { unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) }
        #expect(address(before) == address(after))
    }

    /// Sends Ctrl-C to this thread, which handles it before it goes on; a signal to the process would be handled by any
    /// thread, later.
    private func press() { raise(SIGINT) }

    /// A press between two runs arms no deadline in the next one.
    @Test func pressesBetweenRunsArmNothingForTheNext() throws {
        let host = try Host()
        try host.interpreter.withInterruptsFromTerminal { () throws in
            press()
            alarm(100)
            #expect(try host.text("return 1") == "1")
            #expect(alarm(0) == 0)
        }
    }

    /// A prompt inside a run has its own deadlines; those of the outer run are armed again after it.
    @Test func theBackstopOfAPausedRunComesBack() throws {
        let host = try Host()
        let interpreter = host.interpreter
        let inside = Mutex<UInt32>(99), after = Mutex<UInt32>(99)
        try interpreter.setGlobal("pause", .closure(
            NativeFunction("pause", Documentation("pause()", "")) { [unowned interpreter] _ -> [Value] in
                kill(getpid(), SIGINT)
                while Cancellation.current?.isRequested() != true { usleep(1000) }
                try interpreter.evaluation { inside.withLock { $0 = alarm(0) } }
                after.withLock { $0 = alarm(0) }
                return []
            }, bound: []))
        try interpreter.withInterruptsFromTerminal { () throws in
            #expect(try host.error("pause()").kind == .interrupted)
        }
        #expect(inside.withLock { $0 } == 0 && after.withLock { $0 } > 0)
    }

    /// A press between runs must not end the next one.
    @Test func pressesBetweenRunsAreForgotten() throws {
        let host = try Host()
        try host.interpreter.withInterruptsFromTerminal { () throws in
            press()
            #expect(try host.text("for i = 1, 1000 do end return 1") == "1")
        }
    }
}
