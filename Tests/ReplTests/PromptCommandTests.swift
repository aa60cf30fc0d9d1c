import Foundation
import LuaFlow
import Testing

@testable import Repl

@Suite struct PromptCommandTests {
    @Test func helpNamesEveryCommand() throws {
        let text = try Conversation().answer(":help")
        for command in Commands.builtIn where command.name != "save!" { #expect(text.contains(":" + command.name)) }
    }

    @Test func unknownCommandsNameTheNearest() throws {
        let talk = try Conversation()
        #expect(talk.answer(":tiem 1") == "there is no command :tiem; did you mean :time?\n")
        #expect(talk.answer(":re") == ":re could be :reload\n" || talk.answer(":l").contains("file's name"))
        #expect(talk.answer(":xyzzy").contains(":help lists them"))
        talk.answer(":q")
        #expect(talk.outcome == .leave(.end))
    }

    @Test func documentationIsThere() throws {
        let talk = try Conversation()
        #expect(talk.answer("?tensor.exp").contains("tensor.exp(x)"))
        #expect(talk.answer(":doc flow.load") == talk.answer("? flow.load"))
        #expect(talk.answer("?tensr.exp").contains("tensor.exp"))
        #expect(talk.answer("function mine(a) end", "?mine") == "function(a) from input 1:1\n")
    }

    @Test func timeRunsOnceOrOften() throws {
        let talk = try Conversation()
        let once = talk.answer("n = 0", ":time (function() n = n + 1 return n end)()")
        #expect(once.hasPrefix("1\n") && once.hasSuffix("s\n"))
        #expect(talk.answer(":time tensor.zeros(1000, 1000);").contains("3.81 MB allocated"))
        let often = talk.answer("n = 0", ":time 50 n = n + 1")
        #expect(often.hasPrefix("50 runs: median "))
        #expect(talk.answer("n") == "50\n")
        #expect(talk.answer(":time").contains("an expression expected"))
        #expect(talk.answer(":time 3 x = = 1").contains("unexpected symbol"))
        #expect(talk.answer(":time 0 n").contains("from 1"))
        #expect(Timing.text(1.5) == "1.50 s" && Timing.text(0.0123) == "12.3 ms" && Timing.text(2e-9) == "2.00 ns")
    }

    @Test func whoListsWhatIsNew() throws {
        let talk = try Conversation()
        #expect(talk.answer(":who") == "no variables yet\n")
        talk.answer(
            "number = 5", "list = {1, 2, a = 3}", "x = tensor.zeros(2, 2)", "function f(a) end", "word = 'hi'", "1 + 1")
        #expect(
            talk.answer(":who") == """
                f       function(a) from input 4:1
                list    table of 2 elements and 1 field
                number  number 5
                word    string "hi"
                x       tensor (2, 2) float32

                """)
    }

    @Test func filesAreLoadedAndReloaded() throws {
        let home = try Home()
        let talk = try Conversation()
        let file = try home.write(
            "main.lua",
            "local part = require 'part'\ntimes = (times or 0) + 1\nanswer = part.value + #arg\nreturn answer")
        try home.write("part.lua", "return {value = 40}")
        #expect(talk.answer(":load '\(file)' a b") == "42\n")
        try home.write("part.lua", "return {value = 50}")
        #expect(talk.answer(":reload") == "52\n")
        #expect(talk.answer("times") == "2\n")
        talk.answer("part = require 'part'")
        try home.write("part.lua", "return {value = 60}")
        #expect(talk.answer(":reload part") == "read again: part\n")
        #expect(talk.answer("part.value") == "60\n")
        try home.write("part.lua", "return }")
        #expect(talk.words(":reload part").contains("unexpected symbol"))
        #expect(talk.answer("part.value, require('part').value") == "60\n60\n")
        #expect(talk.answer(":reload prat").contains("did you mean \"part\""))
        #expect(talk.words(":load \(file).not").contains("No such file"))
        #expect(try Conversation().answer(":reload").contains(":load FILE"))
    }

    @Test func aFileThatRegistersCanBeReloaded() throws {
        let home = try Home()
        let talk = try Conversation()
        let file = try home.write(
            "commands.lua", "host.register{commands = {twice = function(text) return text .. text end}}")
        talk.answer(":load \(file)")
        #expect(talk.answer(":twice ab") == "\"abab\"\n")
        #expect(talk.answer(":help").contains(":twice [TEXT]"))
        #expect(talk.answer(":reload") == "")
        #expect(talk.answer(":twic cd") == "\"cdcd\"\n")
        talk.answer("host.register{commands = {fails = function() error('in the command') end}}")
        #expect(talk.answer(":fails").contains("in the command"))
    }

    @Test func aSessionIsSavedAsAScriptThatRuns() throws {
        let home = try Home()
        let talk = try Conversation()
        let path = home.path("session.lua")
        #expect(talk.answer(":save \(path)").contains("nothing was entered"))
        talk.answer(
            "local n = 1", "function step()\n  n = n + 1\n  return n\nend", "step()", "nothing.fails = 1", "n * 10",
            "silent = 3;", "n;",
            "tensor.ones(2):sum():item()", "(function() made = 5 end)()", "for i = 1, 2 do local inner = i end",
            "-- done")
        #expect(talk.answer(":save \(path)") == "\(path): 10 inputs\n")
        let script = try home.read("session.lua")
        #expect(script.contains("tensor = require \"tensor\"") && !script.contains("nothing.fails"))
        let run = try Program.run(["run", path], input: "", home: home)
        #expect(run.errors == "" && run.status == 0)
        #expect(run.output == "2\n20\n2.0\n")
        #expect(talk.words(":save \(path)").contains("is there already"))
        #expect(talk.answer(":save! \(path)").contains("inputs"))
        #expect(talk.answer(":save").contains("file's name"))
    }
}
