import LuaFlow
import Testing

@testable import Sessions

@Suite struct QuestionTests {
    @Test(arguments: [
        ("tensor.linsp", "tensor.", ["linspace"]), ("x = math.flo", "x = math.", ["floor"]),
        ("t:toli", "t:", ["tolist"]),
        ("é = t:toli", "é = t:", ["tolist"]), ("made_her", "", ["made_here"]),
        ("require 'tens", "require '", ["tensor"]),
        ("optim.SGD(t, {nest", "optim.SGD(t, {", ["nesterov"]), ("?tensor.linsp", "?tensor.", ["linspace"]),
        ("-- tenso", "-- tenso", []),
        ("zzz", "", []), ("a = 1\nlocal b = math.flo", "a = 1\nlocal b = math.", ["floor"]),
    ])
    func whatIsTypedIsThePartThatIsReplaced(_ text: String, _ before: String, _ names: [String]) throws {
        let talk = try Conversation()
        talk.cell("made_here = 1\nt = tensor.zeros(2)")
        let found = talk.session.complete(text)
        #expect(found.candidates == names)
        if !names.isEmpty { #expect(found.range == before.utf8.count..<text.utf8.count) }
    }

    @Test func onlyWhatStandsBeforeThePlaceCounts() throws {
        let talk = try Conversation()
        let session = talk.session
        #expect(session.complete("tensor.linsp(1)", at: 12).candidates == ["linspace"])
        #expect(session.complete("math.floor(1)", at: 6).candidates.contains("floor"))
        // Positions within a letter, and beyond the text's ends.
        #expect(session.complete("é", at: 1).range == 0..<0)
        #expect(session.complete("math.flo", at: 99).candidates == ["floor"])
        #expect(session.complete("math.flo", at: -1).range == 0..<0)
    }

    @Test(arguments: [
        ("tensor.exp", 8, "tensor.exp"), ("tensor.exp(x)", 10, "tensor.exp"), ("y = tensor.exp(", 15, "tensor.exp"),
        ("optim.SGD(t, {lr = 1})", 18, "optim.SGD"), ("t:sum()", 4, "tensor.sum(x, dim"), ("number", 3, "number = 12"),
        ("list.inner", 7, "list.inner = \"deep\""), ("while", 2, "word of Lua's own"), ("print", 3, "Lua's own"),
    ])
    func namesAreExplained(_ text: String, _ place: Int, _ expected: String) throws {
        let talk = try Conversation()
        talk.cell("number = 12\nlist = {inner = 'deep'}\nt = tensor{1}")
        let found = talk.session.inspect(text, at: place)
        guard case .text(let page)? = found.first?.content else {
            Issue.record("nothing of \(text)")
            return
        }
        #expect(page.contains(expected), "\(page)")
    }

    @Test(arguments: [("", 0), ("nonsense", 3), ("1 + 2", 2), ("-- tensor.exp", 8), ("'tensor'", 3)])
    func ofNothingNothingIsKnown(_ text: String, _ place: Int) throws {
        let talk = try Conversation()
        #expect(talk.session.inspect(text, at: place).isEmpty)
    }

    @Test(arguments: [
        ("1 + 1", Completeness.complete), ("x = 3", .complete), ("", .complete), ("-- words", .complete),
        ("?tensor", .complete), ("x = 1\nx", .complete), ("for i = 1, 3 do", .incomplete(indent: "    ")),
        ("function f()\n  if x then", .incomplete(indent: "        ")), ("t = {", .incomplete(indent: "    ")),
        ("if x then y() else", .incomplete(indent: "    ")), ("x = [[open", .incomplete(indent: "")),
        ("x = 1 +", .incomplete(indent: "")), ("x = = 1", .invalid), ("end", .invalid), ("x = 'open", .invalid),
        ("t:sum", .invalid),
    ])
    func itIsKnownWhatIsFinished(_ text: String, _ expected: Completeness) throws {
        let talk = try Conversation()
        talk.cell("t = tensor{1}")
        #expect(talk.session.isComplete(text) == expected)
    }

    /// Asking about a text never runs it, and never traps.
    @Test func questionsRunNothing() throws {
        let talk = try Conversation()
        talk.cell(
            """
            hits = 0
            trap = setmetatable({}, {__index = function() hits = hits + 1 end, __call = function() hits = hits + 1 end})
            """
        )
        for text in [
            "trap.x", "trap().y", "trap:z(", "trap[1].", "\u{0}", "((((", "]]]", "\"\\", "[==[", "é.é", ":", ".", "?",
            "??", "a:b:c:", "{{{", "::x::",
        ] {
            _ = talk.session.complete(text)
            for place in 0...text.utf8.count { _ = talk.session.inspect(text, at: place) }
            _ = talk.session.isComplete(text)
        }
        #expect(talk.cell("hits").plain == "0")
    }
}
