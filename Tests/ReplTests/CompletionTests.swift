import Foundation
import LuaFlow
import Testing

@testable import Repl
@testable import Sessions

@Suite struct CompletionTests {
    private func candidates(_ text: String, after inputs: [String] = []) throws -> [String] {
        let talk = try Conversation()
        for input in inputs { talk.answer(input) }
        return talk.session.complete(text).candidates
    }

    @Test(arguments: [
        ("tenso", "tensor"), ("whi", "while"), ("x = math.flo", "floor"), ("tensor.linsp", "linspace"),
        ("print(string.rep", "rep"), ("deep.inner[1].na", "name"), ("deep['inner'][1].na", "name"),
        ("s:upp", "upper"), ("('abc'):upp", "upper"), ("t:toli", "tolist"), ("t.requires_gr", "requires_grad"),
        ("made_her", "made_here"), ("_ENV.made_her", ""), ("obj:meth", "method"), ("io.stdout:setv", "setvbuf"),
        ("require 'tens", "tensor"),
        ("require(\"autod", "autodiff"), ("optim.SGD(t, {dampe", "dampening"),
        ("optim.SGD(t, {lr = 1, nest", "nesterov"),
        ("t:backward(t, {retain", "retain_graph"), ("data.batches(t, 2, {shu", "shuffle"),
        (":hel", "help"), (":doc tensor.linsp", "tensor.linspace"), ("?tensor.linsp", "tensor.linspace"),
        ("?autod", "autodiff"),
        (":pictures of", "off"), (":time 10 tensor.linsp", "linspace"), ("-- tenso", ""), ("x = 12", ""), ("f().", ""),
        ("require'tensor'.linsp", "linspace"), ("require(\"tensor\").linsp", "linspace"), ("(t):toli", "tolist"),
        ("random.normal({2}):toli", "tolist"), ("t:exp():toli", "tolist"), ("t[1]:toli", "tolist"),
        ("(t:exp()):toli", "tolist"),
        ("optim.SGD({t}, {lr = 1}):ste", "step"), ("t.grad:toli", "tolist"), ("(t + 1):toli", ""),
        ("deep[\"inn", "inner"), ("deep['", "inner"), ("?t:toli", "tolist"), (":doc t.requires_gr", "requires_grad"),
    ])
    func namesAreFound(_ text: String, _ expected: String) throws {
        let found = try candidates(
            text,
            after: [
                "made_here = 1", "deep = {inner = {{name = 1}}}", "s = 'text'", "t = tensor.zeros(2)",
                "class = {method = function() end} obj = setmetatable({}, {__index = class})",
            ])
        #expect(found == (expected.isEmpty ? [] : [expected]))
    }

    @Test(arguments: [
        ("x = 'open", ["x", "=", "'open"]), ("'a\\q' .. 3x y", ["'a\\q'", "..", "3x", "y"]), ("[==x", ["[==", "x"]),
        ("f([=[long\n", ["f", "(", "[=[long\n"]), ("a --[[ open", ["a", "--[[ open"]),
        ("a -- b\nc -- d", ["a", "c", "-- d"]),
        ("'cut\nnext'", ["'cut", "next", "'"]), ("1..2", ["1..2"]), ("1 ..x", ["1", "..", "x"]), ("", []),
        ("\u{0}", ["\u{0}"]),
    ])
    func wordsAreThoseOfLuaFinishedOrNot(_ text: String, _ words: [String]) {
        let tokens = Lua.tokens(text)
        #expect(tokens.map(\.text) == words)
        #expect(tokens.allSatisfy { $0.text == String(decoding: Array(text.utf8)[$0.range], as: UTF8.self) })
    }

    @Test func nothingOfTheUsersRuns() throws {
        let talk = try Conversation()
        talk.answer(
            "calls = 0",
            """
            trap = setmetatable({}, {__index = function() calls = calls + 1 \
            return {} end, __pairs = function() calls = 100 end})
            """
        )
        for text in ["trap.", "trap.a.b", "trap.a:", "trap['x'].", "trap"] { _ = talk.session.complete(text) }
        #expect(talk.answer("calls") == "0\n")
    }

    @Test func objectsAndPluginsCompleteThemselves() throws {
        let found = try candidates(
            "box.wi",
            after: [
                "box = setmetatable({}, {__complete = function(object, prefix) return {'width', 'wide', 'tall', 5} end})"
            ])
        #expect(found == ["wide", "width"])
        // A name with a line break is not offered.
        #expect(
            try candidates(
                "box.", after: ["box = setmetatable({}, {__complete = function() return {'fine', 'two\\nlines'} end})"])
                == ["fine"])
        // A __complete that fails, or returns no list, completes nothing, and that is said once.
        let talk = try Conversation()
        talk.answer(
            """
            box = setmetatable({}, {__complete = function() error('no') end}) odd = setmetatable({}, \
            {__complete = function() return 5 end})
            """
        )
        #expect(talk.session.complete("box.wi").note.contains("no"))
        #expect(talk.session.complete("box.wi") == Completion())
        #expect(talk.session.complete("odd.wi").note.contains("a list of names expected, got 5"))
        #expect(
            try candidates("box.wi", after: ["box = setmetatable({}, {__complete = function() error('no') end})"]) == []
        )
        let command = try candidates(
            ":paint re",
            after: [
                """
                host.register{commands = {paint = {run = print, complete = function() \
                return {'red', 'rose', 'green'} end}}}
                """
            ])
        #expect(command == ["red"])
    }

    @Test func fileNamesComplete() throws {
        let home = try Home()
        for name in ["alpha.lua", "alpine.txt", "sub folder/x", ".hidden"] { try home.write(name, "") }
        let path = home.url.path
        #expect(try candidates("io.open('\(path)/al") == ["alpha.lua", "alpine.txt"])
        #expect(try candidates(":load \(path)/alph") == ["alpha.lua"])
        try "require('host').arguments{{'steps', 3}, {'quiet', false}}".write(
            toFile: path + "/taking.lua", atomically: true, encoding: .utf8)
        #expect(try candidates(":load \(path)/taking.lua --st") == ["--steps"])
        #expect(try candidates(":load '\(path)/taking.lua' --steps 3 --n") == ["--no-quiet"])
        #expect(try candidates(":load \(path)/alpha.lua --st") == [])
        #expect(try candidates("io.open(\"\(path)/su") == ["sub folder/"])
        #expect(try !candidates("io.open('\(path)/").contains(".hidden"))
        let talk = try Conversation()
        #expect(talk.session.complete("io.open('\(path)/alph").insertion == "a.lua'")
    }

    @Test func theHomeFolderIsOneToCommandsOnly() throws {
        #expect(try candidates("io.open('~/") == [])
        #expect(Words.path("~/a b") != "~/a b" && Words.path("a/~/b") == "a/~/b")
    }

    @Test func manyGlobalsAreLookedThroughByLua() throws {
        let talk = try Conversation()
        talk.answer("for i = 1, 300000 do _G['many' .. i] = i end made_here = 1")
        #expect(talk.session.complete("made_h").candidates == ["made_here"])
    }

    @Test func commonBeginningsAreInsertedAndListsFit() {
        var completion = Completion(["needle", "neck", "nest"], typed: "n")
        #expect(completion.insertion == "e")
        #expect(completion.candidates == ["neck", "needle", "nest"])
        completion = Completion((1...500).map { "name_number_\($0)" }, typed: "name")
        let list = completion.list(columns: 80)
        #expect(list.split(separator: "\n").allSatisfy { $0.count <= 80 })
        #expect(list.hasSuffix("... and 380 more\n"))
    }
}
