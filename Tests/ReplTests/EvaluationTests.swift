import LuaFlow
import Testing

@testable import Repl
@testable import Sessions

@Suite struct EvaluationTests {
    @Test(arguments: [
        ("1 + 1", "2\n"), ("1, nil, 'a'", "1\nnil\n\"a\"\n"), ("x = 5", ""), ("nil", "nil\n"),
        ("print", "function (built in)\n"),
        ("10 / 4", "2.5\n"), ("4 / 2", "2.0\n"), ("1e300 * 1e300", "inf\n"), ("2 ^ 53", "9007199254740992.0\n"),
        ("0.1 + 0.2", "0.30000000000000004\n"), ("'tab\\t\\0\\xff\\u{202E}'", "\"tab\\t\\x00\\xff\\u{202E}\"\n"),
        ("return 7", "7\n"), ("(function() end)()", ""), ("5;", ""), ("-- only a comment", ""), ("", ""),
        ("not true", "false\n"), ("'ä日本'", "\"ä日本\"\n"),
    ])
    func valuesArePrinted(_ input: String, _ expected: String) throws {
        #expect(try Conversation().answer(input) == expected)
    }

    /// The session still works when everything that fills the memory is held by a global.
    @Test(arguments: [
        ["t = {} while true do t[#t + 1] = {1, 2, 3} end"],
        ["s = 'x' while true do s = s .. s end", "t = {} while true do t[#t + 1] = tensor.zeros(100) end"],
    ]) func memoryThatRanOutCanBeLetGo(_ inputs: [String]) throws {
        let talk = try Conversation(memoryLimit: 100 << 20)
        for input in inputs + inputs.dropFirst() {
            #expect(talk.answer(input).contains("not enough memory"), "\(input)")
        }
        #expect(talk.answer("1") == "1\n")
        #expect(talk.answer("#t > 0") == "true\n")
        #expect(talk.answer("collectgarbage()") == "0\n")
        #expect(talk.answer("t = nil s = nil") == "")
        #expect(talk.answer("collectgarbage()", "t = tensor.zeros(10000000)", "t:numel()") == "10000000\n")
    }

    @Test func theLastValuesHaveNames() throws {
        let talk = try Conversation()
        #expect(talk.answer("10", "20", "x = 3", "30;", "_ + __ + ___") == "60\n")
    }

    @Test func localsStay() throws {
        let talk = try Conversation()
        #expect(
            talk.answer("local n <const>, m = 1, 2", "local function f() n = n + m return n end", "f()", "n") == "3\n")
        #expect(talk.answer("local z", "z == nil") == "true\n")
        #expect(talk.answer("do local inner = 1 end", "inner").hasPrefix("unknown name inner"))
        #expect(talk.answer("function g() local q = 9 return q end", "g()") == "9\n")
    }

    @Test(arguments: [
        "for i = 1, 3 do", "f(", "x = [[long", "function f()", "if x then", "1 +", "{1,", "x = 'a\\", "x = 'a\\z",
        "--[[ c",
        "t = {}; #", "x = [[a\n",
    ])
    func unfinishedInputsGoOn(_ input: String) throws {
        let talk = try Conversation()
        #expect(talk.answer(input) == "")
        #expect(talk.outcome == .unfinished)
    }

    @Test func theLoopJoinsLinesAndKeepsWholeInputs() throws {
        let talk = try Conversation()
        let lines = TypedLines([
            .text("for i = 1, 2 do"), .text("t = i end"), .text("x = {"), .text(""), .text("y = ("), .interrupted,
            .text(""), .text("z = {"), .end, .text("t"), .text(":quit"), .text("never"),
        ])
        #expect(Prompt(talk.session, lines: lines).run() == .end)
        #expect(lines.remembered == ["for i = 1, 2 do\nt = i end", "x = {\n\ny = (", "z = {", "t", ":quit"])
        #expect(lines.prompts == ["> ", ">> ", "> ", ">> ", ">> ", ">> ", "> ", "> ", ">> ", "> ", "> "])
    }

    @Test func blankLinesBelongToAnUnfinishedInput() throws {
        let talk = try Conversation()
        let typed = "function f()\n\n  local a = [[1\n\n2]]\n   \n  return a\nend\nkept = f()"
        let lines = TypedLines(typed.split(separator: "\n", omittingEmptySubsequences: false).map { .text(String($0)) })
        #expect(Prompt(talk.session, lines: lines).run() == .end)
        #expect(talk.answer("kept") == "\"1\\n\\n2\"\n")
    }

    @Test(arguments: [
        ("t={} ; t.t=t; #t", "0\n"), ("for i = 1, 2 do x = i end x", "2\n"), ("x = 3\nx + 1", "4\n"),
        ("local a = 4; a, a + 1", "4\n5\n"), ("x = 1; x;", ""), ("x = 7; -- seven\n_ ,x", "nil\n7\n"),
    ])
    func statementsMayEndInAnExpression(_ input: String, _ expected: String) throws {
        let talk = try Conversation()
        #expect(talk.answer(input) == expected)
        #expect(talk.outcome == .stay)
    }

    @Test func whatIsNotSetOffIsASlip() throws {
        let talk = try Conversation()
        #expect(talk.answer("x = 1 2").hasPrefix("input 1:1: "))
        #expect(talk.answer("x").hasPrefix("unknown name x"))
    }

    @Test func aHookThatFailsIsTakenOff() throws {
        let talk = try Conversation()
        for mask in ["l", "c", "r"] {
            talk.answer("debug.sethook(function() error('hook') end, '\(mask)')")
            talk.answer("x = 1")
            talk.answer("x = 2")
            #expect(talk.answer("x + 40") == "42\n", "\(mask)")
        }
        // A hook of the script's that only counts remains, and does not count the prompt's own work.
        talk.answer("n = 0 debug.sethook(function() n = n + 1 end, 'l')")
        #expect(talk.answer("n < 10, debug.gethook() ~= nil") == "true\ntrue\n")
    }

    @Test func aLaterInputReplacesWhatAnEarlierOneRegistered() throws {
        let talk = try Conversation()
        for value in 1...2 {
            #expect(talk.answer("host.register{schedules = {mine = function() return \(value) end}}") == "")
        }
        #expect(talk.answer("host.registered('schedules').mine()") == "2\n")
    }

    @Test func exitLeavesWithItsStatus() throws {
        let talk = try Conversation()
        talk.answer("os.exit(7)")
        #expect(talk.outcome == .leave(.exit(status: 7)))
        #expect(talk.answer("1") == "1\n")
    }

    @Test func memoryEndsInAnErrorAndTheSessionGoesOn() throws {
        let talk = try Conversation()
        #expect(talk.answer("keep = 1", "('x'):rep(1 << 60)").contains("too large"))
        #expect(talk.answer("keep") == "1\n")
    }
}
