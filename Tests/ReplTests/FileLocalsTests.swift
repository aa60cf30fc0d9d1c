import Foundation
import LuaFlow
import Testing

@testable import Repl
@testable import Sessions

/// A file's top-level variables at the prompt.
@Suite struct FileLocalsTests {
    private func loaded(_ text: String, name: String = "main.lua") throws -> (Conversation, Home, String) {
        let (home, talk) = (try Home(), try Conversation())
        let file = try home.write(name, text)
        let said = talk.answer(":load '\(file)'")
        return (talk, home, said)
    }

    /// Every way to declare a variable: the value that the prompt shows, and the message when it is assigned to.
    @Test(arguments: [
        ("local x = 41", "x", "41"), ("local x", "x", "nil"), ("local a, x <const>, b = 1, 2, 3", "x", "2"),
        ("local a, b = (function() return 1, 2 end)()", "b", "2"), ("local function x() return 7 end", "x()", "7"),
        ("local x = 1; local x = x + 1", "x", "2"), ("local x = 1\nlocal x = 'two'", "x", "\"two\""),
        ("local x <close> = setmetatable({5}, {__close = function() end})", "x[1]", "5"),
        ("#!/usr/bin/lua\nlocal x = 3", "x", "3"), ("\u{FEFF}local x = 4", "x", "4"),
        ("local i, s, v = 1, 2, 3", "i + s + v", "6"), ("local i_, s, v, i = 1, 2, 3, 4", "i_ * 1000 + i", "1004"),
        ("local x = 1 return x + 1", "x", "1"), ("local x = 1 if x then return end", "x", "1"),
        ("local x = 1 do local x = 2 end", "x", "1"), ("local x = 1 goto done local y ::done::", "x", "1"),
        ("local t = {} ;(function() t.a = 5 end)()", "t.a", "5"),
        ("local f = tostring;\n(f)(1)\nlocal y = f", "y(1)", "\"1\""),
        ("local _ENV = setmetatable({}, {__index = _ENV})\nlocal x = 8", "x", "8"),
        ("setmetatable(_G, {__index = function(_, k) error('strict ' .. k) end})\nlocal x = 9", "x", "9"),
        ("string = nil local x = 10", "x", "10"), ("local x = 1 -- the end", "x", "1"),
        ("local x = [[\n1\n2]]\nlocal y = 2", "y", "2"),
        ("local function f() return g end function g() end", "f() ~= nil", "true"),
    ])
    func theyAreVisible(_ text: String, _ expression: String, _ value: String) throws {
        let (talk, _, _) = try loaded(text)
        #expect(talk.answer(expression) == value + "\n", "\(text)")
    }

    /// A variable of a block, loop or function no longer exists at the prompt; the message says so instead of just
    /// "unknown".
    @Test(arguments: ["inner", "i", "hidden", "z"]) func whatIsOverIsSaid(_ name: String) throws {
        let (talk, home, _) = try loaded(
            """
            local a = 1
            for i = 1, 3 do local inner = i end
            do local hidden = 5 end
            local function f(z) return z end

            """
        )
        #expect(talk.words(name).contains("unknown name \(name) (a local of main.lua:"), "\(talk.words(name))")
        #expect(talk.words("nosuch").contains("unknown name nosuch") && !talk.words("nosuch").contains("main.lua"))
        withExtendedLifetime(home) {}
    }

    @Test func theyAreTheFilesOwn() throws {
        let (talk, _, _) = try loaded("""
            local count, limit <const> = 0, 10
            function step() count = count + 1 return count end
            local function hidden() return count * 100 end
            """)
        #expect(talk.answer("step()", "count") == "1\n")
        #expect(talk.answer("count = 40", "step()") == "41\n")
        #expect(talk.answer("hidden()") == "4100\n")
        #expect(talk.answer("limit = 3").contains("attempt to assign to const variable 'limit'"))
        #expect(talk.answer("limit, rawget(_G, 'count')") == "10\nnil\n")
        // The file's variables take precedence over globals of the same name; a new name is a global.
        #expect(talk.answer("_G.count = 'global'", "count") == "41\n")
        #expect(talk.answer("fresh = count", "_G.fresh") == "41\n")
        talk.answer("function count() end")
        #expect(talk.words("step()").contains("attempt to perform arithmetic"))
    }

    @Test func whatWasMadeBeforeAnErrorIsThere() throws {
        let (talk, home, said) = try loaded(
            "local a = 1\nlocal function f() return a end\nlocal b = nothing.x\nlocal c = 2\n")
        #expect(said.split(whereSeparator: \.isWhitespace).joined().contains("main.lua:3:attempttoindexanilvalue"))
        #expect(talk.answer("a = 7", "f()") == "7\n")
        #expect(talk.answer("c").hasPrefix("unknown name c"))
        // After a reload the new version's variables are shown.
        try home.write("main.lua", "local b = 5\n")
        talk.answer(":reload")
        #expect(talk.answer("b") == "5\n")
        #expect(talk.answer("a").hasPrefix("unknown name a"))
    }

    /// The file runs as it would by itself: as the main chunk, with its own line numbers and arguments.
    @Test func theFileDoesNotNotice() throws {
        let (home, talk) = (try Home(), try Conversation())
        let file = try home.write("main.lua", """
            local first, second = ...
            local info = debug.getinfo(1, "Sl")
            made = {info.what, info.currentline, select("#", ...), first, second, arg[1], rawget(string, "\\0") ~= nil}
            local names = {}
            for i = 1, 10 do names[i] = debug.getlocal(1, i) end
            made.names = table.concat(names, " ", 1, 3)
            return #arg
            """)
        #expect(talk.answer(":load '\(file)' a b") == "2\n")
        #expect(talk.answer("table.unpack(made, 1, 6)") == "\"main\"\n2\n2\n\"a\"\n\"b\"\n\"a\"\n")
        #expect(talk.answer("made.names") == "\"first second info\"\n")
        // Nothing of the mechanism is left in the libraries.
        #expect(talk.answer("rawget(string, '\\0')") == "nil\n")
    }

    /// Two hundred local variables, as many as Lua allows.
    @Test func twoHundredAreThere() throws {
        let names = (1...200).map { "v\($0)" }
        let apart = names.map { "local \($0) = \($0.dropFirst())" }.joined(separator: "\n")
        let together = "local " + names.joined(separator: ", ") + " = 1\nv200 = 200"
        for text in [apart, together] {
            let (talk, _, _) = try loaded(text)
            #expect(talk.answer("v200") == "200\n")
        }
    }

    @Test func theyAreCompletedAndListed() throws {
        let (talk, _, _) = try loaded("local learning_rate = 0.5\nlocal picture = tensor.zeros(2, 2)\nlocal empty\n")
        #expect(talk.session.complete("learn").insertion == "ing_rate")
        #expect(talk.session.complete("picture:tol").insertion.hasPrefix("ist"))
        #expect(talk.answer(":who") == """
            empty          nil
            learning_rate  number 0.5
            picture        tensor (2, 2) float32

            """)
    }

    @Test func aSavedSessionHasThem() throws {
        let home = try Home()
        let talk = try Conversation()
        let file = try home.write("main.lua", "local base = 20\nlocal function double(x) return 2 * x end\nreturn base")
        talk.answer(":load '\(file)'", "double(base) + 2")
        talk.answer(":save \(home.path("saved.lua"))")
        let run = try Program.run(["run", home.path("saved.lua")], input: "", home: home)
        #expect(run.output == "20\n42\n" && run.errors == "", "\(run.output)\(run.errors)")
    }

    @Test func aFileThatIsNoLuaIsReportedAsItIs() throws {
        let (_, _, said) = try loaded("local x = 1\nlocal y = = 2\n")
        #expect(
            said.split(whereSeparator: \.isWhitespace).joined(separator: " ").contains(
                "main.lua:2: unexpected symbol near '='"))
    }
}
