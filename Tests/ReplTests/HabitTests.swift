import Foundation
import LuaFlow
import Testing

@testable import Repl
@testable import Sessions

/// Inputs from habit, or by a slip, get a helpful answer.
@Suite struct HabitTests {
    @Test(arguments: [
        ("= 1 + 1", "2\n"), ("=1, 'a'", "1\n\"a\"\n"), ("= 3;", ""), ("nil", "nil\n"),
        ("(function() return nil end)()", "nil\n"),
        ("({}).x", "nil\n"), ("nil, nil", "nil\nnil\n"), ("f = function() end f()", ""),
    ])
    func valuesAreSaid(_ input: String, _ answer: String) throws {
        let talk = try Conversation()
        #expect(talk.answer(input) == answer)
    }

    @Test func anUnknownNameIsSaidToBeOne() throws {
        let talk = try Conversation()
        talk.answer("momentum = 0.9")
        #expect(talk.answer("momentun") == "unknown name momentun (did you mean \"momentum\"?)\n")
        #expect(talk.answer("tensr").contains("did you mean \"tensor\"?"))
        #expect(talk.answer("xyzzyxyzzy") == "unknown name xyzzyxyzzy\n")
        // A variable that was set, and is nil again, gets no hint.
        #expect(talk.answer("momentum = nil", "momentum") == "nil\n")
        #expect(talk.answer("xyzzyxyzzy;") == "")
        #expect(talk.answer("tensor ~= nil") == "true\n")
    }

    @Test func exitQuitAndHelpDoIt() throws {
        for word in ["exit", "quit", "exit()", "quit()"] {
            let talk = try Conversation()
            talk.answer(word)
            #expect(talk.outcome == .leave(.end), "\(word)")
        }
        let talk = try Conversation()
        #expect(talk.answer("help").contains(":load FILE"))
        #expect(talk.answer("help tensor.exp") == talk.answer("?tensor.exp"))
        // A global of the user's with such a name takes precedence.
        #expect(talk.answer("exit = 5", "exit") == "5\n")
        #expect(talk.answer("help = function() return 'mine' end", "help()") == "\"mine\"\n")
        #expect(talk.outcome == .stay)
    }

    @Test(arguments: [
        ("x:dim", "dim is a method; call it: x:dim()\nx:dim() -> integer\n"),
        ("y = x:dim", "dim is a method; call it: x:dim()\nx:dim() -> integer\n"),
        ("x:dmi", "tensor has no method dmi (did you mean \"dim\"?)\n"),
        ("t.list[1]:go", "go is a method; call it: t.list[1]:go()\n"),
    ])
    func aMethodIsCalled(_ input: String, _ answer: String) throws {
        let talk = try Conversation()
        let said = talk.answer("x = tensor.zeros(2) t = {list = {{}}}", input)
        #expect(talk.outcome == .stay)
        #expect(said.hasPrefix(answer.split(separator: "\n")[0]), "\(said)")
    }

    /// Unfinished inputs still continue on the next line.
    @Test(arguments: ["print(x:dim", "if x:dim", "x:dim(", "t = {x:dim", "x:"])
    func unfinishedOnesGoOn(_ input: String) throws {
        let talk = try Conversation()
        #expect(talk.answer(input) == "")
        #expect(talk.outcome == .unfinished)
    }

    /// A local that is declared at the prompt under a library's name hides the library at the prompt only.
    @Test(arguments: [
        "table", "string", "math", "print", "require", "pairs", "tensor", "host", "setmetatable", "tostring",
    ])
    func aLocalHidesALibraryOnlyHere(_ name: String) throws {
        let home = try Home()
        let talk = try Conversation()
        let part = try home.write(
            "part.lua", "return {kind = type(\(name == "tensor" || name == "host" ? "require '\(name)'" : name))}")
        let file = try home.write(
            "main.lua", "local part = require 'part'\nresult = part.kind == type(_G.\(name)) and part.kind ~= 'number'")
        #expect(part.hasSuffix("part.lua"))
        #expect(talk.answer("before = function() return \(name) end", "local \(name) = 5", name) == "5\n")
        #expect(talk.answer("\(name) = \(name) + 1", name) == "6\n")
        talk.answer(":load '\(file)'")
        #expect(talk.answer("result") == "true\n", "\(name)")
        #expect(talk.answer("before() ~= 6") == "true\n")
        // Without `local` the library's global is replaced, as in Lua.
        #expect(try Conversation().answer("\(name) = 7", "_G.\(name)") == "7\n")
    }

    @Test func aLocalOfAFilesNameIsThePromptsOwn() throws {
        let home = try Home()
        let talk = try Conversation()
        let file = try home.write("main.lua", "local n = 1\nfunction get() return n end")
        talk.answer(":load '\(file)'")
        #expect(talk.answer("local n = 5", "n, get()") == "5\n1\n")
        #expect(talk.answer("local table = table", "table.concat({1, 2})") == "\"12\"\n")
        // The saved script does the same.
        talk.answer("local print = tostring", "print(3)")
        talk.answer(":save \(home.path("saved.lua"))")
        let run = try Program.run(["run", home.path("saved.lua")], input: "", home: home)
        #expect(run.status == 0 && run.output.hasSuffix("\"3\"\n") == false && run.output.hasSuffix("3\n"), "\(run)")
    }

    @Test func aFigureShowsItself() throws {
        let talk = try Conversation()
        let shown = talk.answer("plot.line{{1, 4, 9, 16}, title = 'squares'}")
        #expect(
            shown.hasPrefix("figure (1 panel)\n") && shown.contains("squares") && shown.split(separator: "\n").count > 5
        )
        #expect(talk.answer("plot.line{{1, 2}};") == "")
        #expect(talk.answer(":pictures off", "plot.line{{1, 2}}") == "figure (1 panel)\n")
    }
}
