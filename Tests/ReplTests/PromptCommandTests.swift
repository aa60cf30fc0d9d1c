import Foundation
import LuaFlow
import Testing

@testable import Repl
@testable import Sessions

@Suite struct PromptCommandTests {
    @Test func helpNamesEveryCommand() throws {
        let text = try Conversation().answer(":help")
        for command in Commands.builtIn where command.name != "save!" { #expect(text.contains(":" + command.name)) }
    }

    @Test func unknownCommandsNameTheNearest() throws {
        let talk = try Conversation()
        #expect(talk.answer(":tiem 1") == "there is no command :tiem; did you mean :time?\n")
        // A prefix that only one command has stands for the command.
        #expect(talk.answer(":re") == ":reload: nothing was loaded yet; :load FILE loads a file\n")
        #expect(talk.answer(":l") == ":load: a file's name expected: :load script.lua\n")
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
            "arg = {}", "number = 5", "list = {1, 2, a = 3}", "x = tensor.zeros(2, 2)", "function f(a) end",
            "word = 'hi'", "1 + 1")
        #expect(
            talk.answer(":who") == """
                f       function(a) from input 5:1
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
        #expect(talk.words(":save \(path)") == "\(path): 10 inputs")
        let script = try home.read("session.lua")
        #expect(script.contains("\ntensor = require \"tensor\"") && !script.contains("nothing.fails"))
        let run = try Program.run(["run", path], input: "", home: home)
        #expect(run.errors == "" && run.status == 0)
        #expect(run.output == "2\n20\n2.0\n")
        #expect(talk.words(":save \(path)").contains("is there already"))
        #expect(talk.answer(":save! \(path)").contains("inputs"))
        #expect(talk.answer(":save").contains("file's name"))
    }

    /// Whatever was entered, the saved script runs and computes the same.
    @Test(arguments: [
        (["5", "print(1)", "_ + 1", "_, __"], "5\n1\n6\n6\n5\n"), (["1, 2", "nil", "_"], "1\n2\nnil\n1\n"),
        (["10", "20", "30;", "_ + __ + ___"], "10\n20\n60\n"), (["return 7", "_ * 2"], "7\n14\n"),
        (["if true then return 8 end", "function f() return 1 end", "return f();", "_"], "8\n1\n"),
        (["::top::", "::top::", "5 -- five", "(6) -- six", "7; -- seven"], "5\n6\n"),
        (["local a = 1; a, a + 1", "do local b = 2 end", "local c <close> = nil; d = 3", "d"], "1\n2\n3\n"),
        ([":time z = 7", ":time z * 3", "_", "z"], "21\n21\n7\n"), (["n = 0", ":time 5 n = n + 1", "n"], "5\n"),
        (["keep, show = 1, 2", "keep + show"], "3\n"),
        (
            ["host.register{commands = {twice = function(s) kept = s return s .. s end}}", ":twice ab", "kept"],
            "abab\nab\n"
        ),
        (["print(tensor.ones(2):sum():item())", "load('made = random.normal ~= nil')()", "made"], "2.0\ntrue\n"),
        (["error('not this')", "for i = 1, 2 do goto next ::next:: end", "'text'"], "text\n"),
        (["setmetatable(_G, {__newindex = function(t, k) error(k) end})", "'strict'", "_"], "strict\nstrict\n"),
    ])
    func theSavedScriptComputesTheSame(_ inputs: [String], _ expected: String) throws {
        let home = try Home()
        let talk = try Conversation()
        for input in inputs { talk.answer(input) }
        talk.answer(":save \(home.path("saved.lua"))")
        let script = try home.read("saved.lua")
        let run = try Program.run(["run", home.path("saved.lua")], input: "", home: home)
        #expect(run.errors == "" && run.status == 0, "\(run.errors)\(script)")
        // The table that setmetatable returns is printed by its address, which differs.
        #expect(
            run.output.split(separator: "\n").filter { !$0.hasPrefix("table: ") }.joined(separator: "\n") + "\n"
                == expected)
    }

    @Test func loadedFilesAreSaved() throws {
        let home = try Home()
        let talk = try Conversation()
        let file = try home.write(
            "scripts/main.lua",
            "part = require 'part'\nloads = (loads or 0) + 1\nreturn part.value + #arg, tensor.ones(1):item()")
        try home.write("scripts/part.lua", "return {value = 40}")
        talk.answer(":load '\(file)' a \"b c\"", ":reload", "loads, arg[2]", ":reload part")
        #expect(talk.answer(":save \(home.path("saved.lua"))").contains("left out: :reload part"))
        let run = try Program.run(["run", home.path("saved.lua")], input: "", home: home)
        #expect(run.errors == "" && run.output == "42\n1.0\n42\n1.0\n2\nb c\n", "\(run)")
    }

    @Test func reloadingChangesOnlyWhatIsTheModule() throws {
        let home = try Home()
        let talk = try Conversation()
        try home.write("plain.lua", "return 5")
        try home.write("full.lua", "return setmetatable({1}, {__eq = function() equal = true return true end})")
        talk.answer(
            "package.path = '\(home.url.path)/?.lua;' .. package.path", "steps = 5", "plain = require 'plain'",
            "full = require 'full'", "other = setmetatable({2}, getmetatable(full))")
        try home.write("plain.lua", "return 6")
        try home.write("full.lua", "return {3}")
        talk.answer(":reload plain", ":reload full")
        #expect(talk.answer("steps, full[1], other[1], equal") == "5\n3\n2\nnil\n")
    }

    @Test func documentationOfWhatIsNotOurs() throws {
        let talk = try Conversation()
        talk.answer("x = tensor.zeros(2)", "host.register{projections = {Diamond = function() end}}")
        #expect(talk.answer("?x:exp").hasPrefix("tensor.exp(x)"))
        #expect(talk.answer("?x.exp") == talk.answer("?tensor:exp"))
        #expect(talk.answer("?optim.SGD(") == talk.answer("?optim.SGD"))
        #expect(
            talk.words("?string.rep")
                == "string.rep is Lua's own: https://www.lua.org/manual/5.4/manual.html#pdf-string.rep")
        #expect(talk.words("?for").contains("for is a word of Lua's own: https"))
        #expect(talk.answer("?pairs").contains("pdf-pairs"))
        #expect(talk.answer("?projection.Diamond").hasPrefix("projection.Diamond: registered by input 2:1"))
        #expect(talk.answer("?nosuch.thing").contains("nothing is named"))
    }

    @Test func aNumberAheadOfTimeMayBePartOfTheExpression() throws {
        let talk = try Conversation()
        #expect(talk.answer(":time 100 + 1").hasPrefix("101\n"))
        #expect(talk.answer("_") == "101\n")
        #expect(talk.answer(":time 3 (function() return 1 end)()").hasPrefix("3 runs"))
    }
}
