import Foundation
import LuaFlow
import Testing

@testable import Repl

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

    @Test func nothingOfTheUsersRuns() throws {
        let talk = try Conversation()
        talk.answer(
            "calls = 0",
            "trap = setmetatable({}, {__index = function() calls = calls + 1 return {} end, __pairs = function() calls = 100 end})"
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
        // One that fails, or never comes back to a list, completes nothing.
        #expect(
            try candidates("box.wi", after: ["box = setmetatable({}, {__complete = function() error('no') end})"]) == []
        )
        let command = try candidates(
            ":paint re",
            after: [
                "host.register{commands = {paint = {run = print, complete = function() return {'red', 'rose', 'green'} end}}}"
            ])
        #expect(command == ["red"])
    }

    @Test func fileNamesComplete() throws {
        let home = try Home()
        for name in ["alpha.lua", "alpine.txt", "sub folder/x", ".hidden"] { try home.write(name, "") }
        let path = home.url.path
        #expect(try candidates("io.open('\(path)/al") == ["alpha.lua", "alpine.txt"])
        #expect(try candidates(":load \(path)/alph") == ["alpha.lua"])
        #expect(try candidates("io.open(\"\(path)/su") == ["sub folder/"])
        #expect(try !candidates("io.open('\(path)/").contains(".hidden"))
        let talk = try Conversation()
        #expect(talk.session.complete("io.open('\(path)/alph").insertion == "a.lua'")
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

    /// Every option that a signature names is one that the function knows.
    @Test func optionsComeFromSignatures() {
        #expect(
            OptionCompletion.options(in: "optim.SGD(params, {lr = 1e-3, nesterov = false}) -> optimizer") == [
                "lr", "nesterov",
            ])
        #expect(OptionCompletion.options(in: "x:size() -> {n = 1}") == [])
        #expect(
            OptionCompletion.options(in: "data.batches(x, size, {shuffle, generator})") == ["shuffle", "generator"])
    }
}
