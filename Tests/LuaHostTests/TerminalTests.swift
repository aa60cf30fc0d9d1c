import Dispatch
import Foundation
import LuaHost
import Testing

/// Ctrl-C is one thing of the whole process, so these run one after the other.
@Suite(.serialized, .timeLimit(.minutes(1))) struct TerminalTests {
    private func pressSoon() {
        DispatchQueue.global().asyncAfter(deadline: .now() + 0.05) { kill(getpid(), SIGINT) }
    }

    @Test func controlCEndsTheRun() throws {
        let host = try Host()
        try host.interpreter.withInterruptsFromTerminal { () throws in
            for script in ["while true do end", "coroutine.wrap(function() while true do pcall(probe.wait) end end)()"] {
                pressSoon()
                #expect(try host.error(script).kind == .interrupted)
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
        #expect(before.__sigaction_handler.sa_handler == nil)
        #expect(after.__sigaction_handler.sa_handler == nil)
    }

    /// A press between runs must not end the next one.
    @Test func pressesBetweenRunsAreForgotten() throws {
        let host = try Host()
        try host.interpreter.withInterruptsFromTerminal { () throws in
            kill(getpid(), SIGINT)
            usleep(20_000)
            #expect(try host.text("for i = 1, 1000 do end return 1") == "1")
        }
    }
}
