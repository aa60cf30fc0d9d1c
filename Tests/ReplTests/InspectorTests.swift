import LuaFlow
import Testing

@testable import Repl
@testable import Sessions

@Suite struct InspectorTests {
    @Test(arguments: [
        ("{}", "{}\n"), ("{1, 2, {3}}", "{1, 2, {3}}\n"),
        (
            "{3, z = 1, a = 'b', ['not a name'] = true, [10] = 0, [2.5] = 0}",
            "{3, [2.5] = 0, [10] = 0, a = \"b\", [\"not a name\"] = true, z = 1}\n"
        ),
        ("{[true] = 1, [print] = 2, ['end'] = 3}", "{[\"end\"] = 3, [true] = 1, [function] = 2}\n"),
        ("{nil, 2}", "{nil, 2}\n"), ("{tensor.zeros(2, 3)}", "{tensor (2, 3) float32}\n"),
        ("setmetatable({}, {__tostring = function() return 'my \\27[31mthing' end})", "my \\x1b[31mthing\n"),
        (
            "setmetatable({}, {__tostring = function() error('no') end})",
            "table (its __tostring fails: input 1:1: no)\n"
        ),
        ("setmetatable({}, {__tostring = function() return {} end})", "table (its __tostring fails: "),
        ("setmetatable({1}, {__index = error, __pairs = error, __len = error})", "{1}\n"),
        ("setmetatable({1}, {__metatable = 'locked'})", "{1}\n"),
        ("function(a, b, ...) end", "function(a, b, ...) from input 1:1\n"),
        ("coroutine.create(print)", "thread: 0x"), ("io.stdout", "file (0x"),
    ])
    func valuesHaveTheirShape(_ input: String, _ expected: String) throws {
        let answer = try Conversation().answer(input)
        if expected.hasSuffix("\n") { #expect(answer == expected) } else { #expect(answer.hasPrefix(expected)) }
    }

    @Test func cyclesAreNamed() throws {
        let talk = try Conversation()
        #expect(
            talk.answer("t = {name = 'top'} t.own = t t.deep = {up = t}", "t")
                == "{deep = {up = <cycle>}, name = \"top\", own = <cycle>}\n")
        #expect(talk.answer("t = {a = {}} t.a.b = {back = t.a}", "t") == "{a = {b = {back = <cycle to .a>}}}\n")
        // The same table twice in a table is no cycle.
        #expect(talk.answer("s = {1} t = {s, s}", "t") == "{{1}, {1}}\n")
    }

    @Test func depthAndLengthAreBounded() throws {
        let talk = try Conversation()
        let deep = talk.answer("d = {} for i = 1, 10000 do d = {d} end", "d")
        #expect(deep == "{{{{{{{...}}}}}}}\n")
        let long = talk.answer("l = {} for i = 1, 1e6 do l[i] = i end for i = 1, 500 do l['k' .. i] = i end", "l")
        #expect(long.contains("... 1000300 more\n"))
        // Every table refers to every other: printed in full, the tree would be endless.
        let wide = talk.answer(
            "n = {} for i = 1, 60 do n[i] = {} end for i = 1, 60 do for j = 1, 60 do n[i][j] = n[j] end end", "n")
        #expect(wide.utf8.count < 1_000_000)
    }

    @Test(arguments: [20, 40, 80, 132])
    func everyLineFits(_ columns: Int) throws {
        let talk = try Conversation(columns: columns)
        for input in [
            """
            t = {} for i = 1, 90 do t[i] = ('x'):rep(i % 30) end t.name = ('word '):rep(60) t.deep = \
            {{{('y'):rep(200)}}}
            """,
            "t", "('日本 '):rep(100)", "random.normal({30, 30})", "random.normal({200})",
            "{{random.normal({2})}, f = print}",
            "('z'):rep(100000)", "error(('a b '):rep(100))",
            "local reallyLongNameOfAVariable = nothing.at.all.there.for.anybody.to.find.now",
            ":help", "?tensor.zeros", ":doc optim.Adam", ":doc", "?tensor", ":who", ":nonsense",
        ] {
            for line in talk.answer(input).split(separator: "\n") {
                #expect(Text.width(line) <= columns, "\(input): \(line)")
            }
        }
    }

    @Test func longTablesAreRows() throws {
        let talk = try Conversation(columns: 40)
        #expect(
            talk.answer("t = {} for i = 1, 20 do t[i] = i * i end", "t") == """
                {
                    1,   4,   9,  16,  25,  36,  49,
                   64,  81, 100, 121, 144, 169, 196,
                  225, 256, 289, 324, 361, 400,
                }

                """)
    }

    @Test func picturesFollowTheNumbers() throws {
        let talk = try Conversation()
        let numbers = talk.answer(":pictures off", "tensor.eye(10)")
        #expect(numbers.hasSuffix("shape (10, 10), float32\n") && numbers.split(separator: "\n").count == 10)
        let shown = talk.answer(":pictures on", "tensor.eye(10)")
        let picture = shown.dropFirst(numbers.count).split(separator: "\n")
        // Each row of characters shows two rows of the tensor.
        #expect(shown.hasPrefix(numbers) && picture.count == 5, "\(shown)")
        #expect(picture.allSatisfy { $0.contains("==") }, "\(shown)")
        #expect(talk.answer("tensor.zeros(10, 10)").split(separator: "\n").count <= 10)
        #expect(talk.answer("2 * tensor.eye(10)").split(separator: "\n").count <= 10)
        talk.answer(":pictures off")
        #expect(talk.answer("tensor.eye(10)").split(separator: "\n").count <= 10)
    }

    /// Tensors of the shapes that image.show and image.grid take are shown as pictures.
    @Test func pictureShapesAreThoseOfTheImageModule() throws {
        let talk = try Conversation()
        func drawn(_ shape: String) -> (rows: Int, widest: Int) {
            let plain = talk.answer("t = random.uniform({\(shape)}); t.requires_grad = false", ":pictures off", "t")
            let all = talk.answer(":pictures on", "t")
            let picture = all.dropFirst(plain.count).split(separator: "\n")
            return (picture.count, picture.map(\.count).max() ?? 0)
        }
        #expect(drawn("3, 16, 16") == (8, 16))
        #expect(drawn("1, 16, 16") == (8, 16))
        #expect(drawn("2, 1, 16, 16") == (8, 34))
        #expect(drawn("2, 3, 16, 16") == (8, 34))
        #expect(drawn("4, 16, 16") == (8, 70))
        #expect(drawn("2, 2, 16, 16") == (0, 0))
        #expect(drawn("5000, 8") == (0, 0))
        #expect(drawn("3, 600, 900").widest == 80)
        #expect(drawn("600, 900").rows > 10)
    }

    @Test(arguments: [48, 60, 80])
    func wideNumbersLeaveOutMore(_ columns: Int) throws {
        let talk = try Conversation(columns: columns)
        let answer = talk.answer("random.normal({50, 50}) * 1e9")
        let rows = answer.split(separator: "\n").filter { $0.contains("e+") }
        // Every row of numbers is on a line of its own.
        #expect(rows.allSatisfy { $0.contains("{") && $0.contains("}") }, "\(answer)")
    }

    @Test func widthsOfLettersAreThoseOfTerminals() {
        #expect(Text.width("abc") == 3)
        #expect(Text.width("日本") == 4)
        #expect(Text.width("e\u{301}") == 1)
        #expect(Text.clipped("日本語", to: 5) == "日...")
        #expect(Text.wrapped("one two three four five six", to: 20, indent: 2) == "one two three four\n  five six")
    }
}
