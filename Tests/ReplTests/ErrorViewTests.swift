import LuaFlow
import Testing

@testable import Repl
@testable import Sessions

@Suite struct ErrorViewTests {
    @Test(arguments: [
        ("x = = 3", "input 1:1: unexpected symbol near '='\n  x = = 3\n      ^\n"),
        (
            "foo bar",
            """
            input 1:1: syntax error near 'bar' (one name behind another is no Lua:
              functions are function f(x) ... end, modules local m = require \"m\")
              foo bar
                  ^

            """
        ),
        ("1 + * 2", "input 1:1: unexpected symbol near '*' (to the power of is ^)\n  1 + * 2\n      ^\n"),
        ("f(1) f(1) )", "input 1:1: unexpected symbol near ')'\n  f(1) f(1) )\n            ^\n"),
        ("local t = {}\nt.a.b = 1", "input 1:2: attempt to index a nil value (field 'a')\n  t.a.b = 1\n    ^\n"),
        ("nothing()", "input 1:1: attempt to call a nil value (global 'nothing')\n  nothing()\n  ^^^^^^^\n"),
        ("  error('plain')", "input 1:1: plain\n    error('plain')\n    ^^^^^\n"),
        ("x = 1 + {}", "input 1:1: attempt to perform arithmetic on a table value\n  x = 1 + {}\n        ^\n"),
        ("x = 1 + nil + x", "input 1:1: attempt to perform arithmetic on a nil value\n  x = 1 + nil + x\n"),
        ("x = \"unclosed", "input 1:1: unfinished string near '\"unclosed'\n  x = \"unclosed\n      ^\n"),
        (
            "t = {}; t +* 1",
            "input 1:1: unexpected symbol near '*' (to the power of is ^)\n  t = {}; t +* 1\n             ^\n"
        ),
        ("x = 1 break", "input 1:1: break outside loop at line 1\n  x = 1 break\n        ^\n"),
        (
            "x = 1; goto nowhere",
            "input 1:1: no visible label 'nowhere' for <goto> at line 1\n  x = 1; goto nowhere\n              ^\n"
        ),
        ("héllo = 3", "near 'é': names are made of a-z, A-Z, 0-9 and _\n  héllo = 3\n   ^\n"),
        ("error('two', 2)", "two\n"),
        ("tensor.zeros({2}):nosuch()", "  tensor.zeros({2}):nosuch()\n                    ^^^^^^\n"),
        ("co = coroutine.wrap(function()\n  local n\n  n.x = 1\nend)\nco()", "    n.x = 1\n    ^\n"),
        ("tensor.zeros(2) + tensor.zeros(3)", "  tensor.zeros(2) + tensor.zeros(3)\n"),
        ("local y = tensor.matmul(tensor.zeros(2, 5), tensor.zeros(3, 5))", "\n                   ^^^^^^\n"),
        ("error({code = 1})", "error {code = 1}\n"), ("error()", "error nil\n"), ("error(12)", "12\n"),
        ("error(setmetatable({}, {__tostring = function() return 'own words' end}))", "error own words\n"),
    ])
    func theLineAndTheCaret(_ input: String, _ expected: String) throws {
        let answer = try Conversation().answer(input)
        if expected.hasPrefix("input") {
            #expect(answer == expected)
        } else {
            #expect(answer.contains(expected), "\(answer)")
        }
    }

    @Test func functionsOfEarlierInputsAndFilesShowTheirOwnLines() throws {
        let talk = try Conversation()
        let home = try Home()
        let file = try home.write(
            "lib.lua", "function outer(x)\n  return (inner(x))\nend\nfunction inner(x)\n  return x.field + 1\nend\n")
        talk.answer("function broken(x)\n  return x .. {}\nend", "nothing = 1", ":load \(file)")
        #expect(
            talk.answer("broken(1)").hasPrefix("input 1:2: attempt to concatenate a table value\n    return x .. {}\n"))
        let answer = talk.answer("print(outer({}))")
        #expect(answer.contains("    return x.field + 1\n             ^^^^^\n"))
        #expect(answer.contains("in function 'inner'"))
        #expect(answer.contains("in function 'outer'"))
        #expect(!answer.contains("[C]") && !answer.contains("luaflow:"))
    }

    @Test func aModuleThatIsNoLuaShowsItsOwnLine() throws {
        let talk = try Conversation()
        let home = try Home()
        let file = try home.write("main.lua", "return require 'broken'")
        try home.write("broken.lua", "#!shebang\nlocal a = 1\nlocal b = = 2\n")
        let answer = talk.answer(":load \(file)")
        #expect(answer.contains("  local b = = 2\n            ^\n"), "\(answer)")
    }

    @Test func coloursAreThereOnlyWhenWanted() throws {
        #expect(try Conversation(coloured: true).answer("x = = 3").contains("\u{1B}[31m"))
        #expect(try !Conversation().answer("x = = 3").contains("\u{1B}"))
        #expect(!Style.detect(["TERM": "xterm", "NO_COLOR": "1"], isTerminal: true).isColoured)
        #expect(!Style.detect(["TERM": "dumb"], isTerminal: true).isColoured)
        #expect(!Style.detect(["TERM": "xterm"], isTerminal: false).isColoured)
        #expect(Style.detect(["TERM": "xterm", "NO_COLOR": ""], isTerminal: true).isColoured)
    }

    @Test func hostileMessagesDoNotReachTheTerminal() throws {
        let answer = try Conversation().answer("error('\\27]0;title\\7 \\u{202E}')")
        #expect(!answer.contains("\u{1B}") && !answer.contains("\u{7}") && !answer.contains("\u{202E}"))
    }

    /// Whatever is typed is answered, and the next input works.
    @Test func oddInputsAreSurvived() throws {
        let talk = try Conversation()
        var generator = RepeatableNumbers(state: 5)
        let pieces = [
            "local", "x", "=", "(", ")", "{", "}", "'", "\"", "[[", "--", "\n", "end", "function", "::", ":", "?", "%",
            "\u{0}", "日", "..", "1e", "0x", "<const>", "<", ",", "\\", "return", ";",
        ]
        for _ in 0..<400 {
            let input = (0..<Int.random(in: 1...8, using: &generator)).map { _ in
                pieces.randomElement(using: &generator) ?? ""
            }.joined(separator: " ")
            // The pieces may define anything, but contain no endless loop.
            talk.answer(input)
            _ = talk.session.complete(input)
            #expect(talk.answer("21 * 2") == "42\n", "after \(input)")
        }
    }
}

/// Pseudo-random numbers, the same in every run: a linear congruential generator with Knuth's multiplier, whose upper
/// bits are used.
private struct RepeatableNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        func half() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 32
        }
        return half() << 32 | half()
    }
}
