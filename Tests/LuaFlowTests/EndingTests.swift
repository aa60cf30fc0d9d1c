import Foundation
import Testing

/// The exit status of `luaflow`, and what it prints at the end.
@Suite struct EndingTests {
    @Test func finalisersThatDoNotEndAreStopped() throws {
        let result = try Command.run([
            "--timeout", "0.5", "-e", "setmetatable({}, {__gc = function() while true do end end}) print('done')",
        ])
        #expect(
            result.status == 1 && result.output == "done\n"
                && result.errors.contains("stopped: the time limit of 0.5 s has passed"), "\(result)")
    }

    @Test(arguments: [
        "setmetatable({}, {__gc = LOOP})", "local x <close> = setmetatable({}, {__close = LOOP})",
        "local x <close> = setmetatable({}, {__close = LOOP}) error('x')",
    ])
    func ctrlCEndsWhatRunsAtTheEnd(code: String) throws {
        let scratch = try Scratch()
        let ready = scratch.path("ready")
        let loop = "function() io.open('\(ready)', 'w'):close() while true do end end"
        let script = try scratch.write("a.lua", code.replacingOccurrences(of: "LOOP", with: loop))
        #expect(try Command.interrupted(script, whenThere: ready) == 130)
    }

    /// Whatever value a script raises as an error is shown.
    @Test(arguments: [
        ("error{code = 2}", "{code = 2}"), ("error{code = 2, 'a', nested = {true}}", "nested"),
        ("error(nil)", "(error object is a nil value)"), ("error(true)", "(error object is a boolean value)"),
        ("error(setmetatable({}, {__tostring = function() return 'own words' end}))", "own words"),
        ("error(setmetatable({code = 3}, {__tostring = function() error('x') end}))", "__tostring fails"),
        ("local t = {} t.t = t error(t)", "cycle"), ("local t = {} for i = 1, 1e5 do t[i] = i end error(t)", "..."),
        ("error(io.stdout)", "file (0x"),
    ])
    func errorObjectsAreShown(code: String, words: String) throws {
        let result = try Command.run(["-e", code])
        #expect(result.status == 1 && result.errors.contains(words), "\(result.errors)")
        #expect(result.errors.utf8.count < 30_000)
    }
}
