import LuaFlow
import Testing

@testable import Sessions

@Suite struct SessionEvaluationTests {
    @Test(arguments: [
        ("6 * 7", "42"), ("= 6 * 7", "42"), ("x = 3\nx + 1", "4"), ("local y = 2\ny", "2"), ("return 5", "5"),
        ("local function f(a) return a * 2 end\nf(4)", "8"), ("x = 1; f = math.max\nf(x, 7)", "7"),
        ("for i = 1, 3 do z = i end\n-- the last one\nz", "3"), ("'text'", "\"text\""), ("{1, 2}", "{1, 2}"),
        ("tensor{1, 2}:sum()", "tensor(3) shape (), float32"), ("\"two\\nlines\"", "\"two\\nlines\""),
    ])
    func theLastExpressionIsTheValue(_ cell: String, _ expected: String) throws {
        let evaluation = try Conversation().cell(cell)
        #expect(evaluation.failure == nil, "\(evaluation.failure?.text ?? "")")
        #expect(evaluation.plain == expected)
    }

    @Test(arguments: [
        "x = 1", "6 * 7;", "print('a')", "io.write('a')", "x = 1\nio.write('a')", "", "  \n", "-- words",
        "f = print\nf('a')",
    ])
    func nothingIsShownWhereNothingWasAsked(_ cell: String) throws {
        let evaluation = try Conversation().cell(cell)
        #expect(evaluation.failure == nil, "\(evaluation.failure?.text ?? "")")
        #expect(evaluation.shown.isEmpty)
    }

    @Test func localsOfACellAreVisibleInLaterOnes() throws {
        let talk = try Conversation()
        talk.cell("local a, b = 1, 2\nlocal function double(x) return 2 * x end")
        #expect(talk.cell("double(a) + b").plain == "4")
        #expect(talk.cell("1, nil, 'x'").shown.map { $0.first?.content } == [.text("1"), .text("nil"), .text("\"x\"")])
        #expect(talk.cell("_ + 1").plain == "2")
    }

    @Test func outputComesInOrderAndIsTheCellsOwn() throws {
        let talk = try Conversation()
        talk.cell(
            """
            print('one', 2)
            io.write('a', 3)
            io.stderr:write('b')
            io.stdout:write('c')
            print(setmetatable({}, {__tostring = function() return 'd' end}))
            """
        )
        #expect(
            talk.written == [
                .text(.output, Array("one\t2\n".utf8)), .text(.output, Array("a".utf8)),
                .text(.output, Array("3".utf8)),
                .text(.error, Array("b".utf8)), .text(.output, Array("c".utf8)), .text(.output, Array("d\n".utf8)),
            ])
        talk.cell("print('later')")
        #expect(talk.output == "later\n")
        // Bytes that are not UTF-8 pass unchanged.
        talk.cell("io.write('\\xff\\0')")
        #expect(talk.written == [.text(.output, [0xff, 0])])
        #expect(talk.cell("io.stdout:close()").plain == "\"cannot close standard file\"")
        talk.cell("print('still')")
        #expect(talk.output == "still\n")
    }

    @Test func whatWaitsInABufferOfTheCellsOwnIsItsOutput() throws {
        let talk = try Conversation()
        talk.cell("io.stdout:setvbuf('full')\nio.write('a')\nio.stdout:write('b')\nprint('c')\nio.write('d')")
        #expect(talk.output == "abc\nd")
        let failed = talk.cell("io.write('e')\nerror('no')")
        #expect(failed.failure != nil && talk.output == "e")
    }

    @Test func whatIsAskedAsideTakesNobodysPlace() throws {
        let talk = try Conversation()
        talk.cell("local function f()\n    error('deep')\nend\n_ = 7")
        #expect(talk.session.evaluate("x = 1\n'aside'\n", isAside: true).plain == "\"aside\"")
        #expect(talk.cell("_, x").shown.map { $0.first?.content } == [.text("7"), .text("1")])
        // A message that names a cell shows that cell's text.
        let text = talk.cell("f()").failure?.text ?? ""
        #expect(text.contains("cell 1:2: deep") && text.contains("error('deep')"), "\(text)")
        #expect(talk.session.evaluate("error('no')", isAside: true).failure?.message == "cell 0:1: no")
        #expect(talk.cell("error('last')").failure?.message == "cell 4:1: last")
    }

    @Test func inputIsReadAsFromAnyFile() throws {
        let talk = try Conversation(lines: ["first\n", "12 0x10\n", "rest\n"])
        #expect(talk.cell("io.read()").plain == "\"first\"")
        #expect(talk.cell("a, b = io.read('n', 'n')\na + b").plain == "28")
        #expect(talk.cell("io.read()\nio.stdin:read('L')").plain == "\"rest\\n\"")
        #expect(talk.cell("io.read()").plain == "nil")
        #expect(talk.cell("for line in io.lines() do error(line) end").failure == nil)
    }

    @Test(arguments: [
        ("x = = 3", "syntax error", "cell 1:1: unexpected symbol near '='", "    ^"),
        ("local t = {}\nt.a.b = 1", "error", "cell 1:2: attempt to index a nil value (field 'a')", "  t.a.b = 1"),
        ("for i = 1, 3 do", "syntax error", "cell 1:2: 'end' expected (to close 'for' at line 1)", "'end'"),
        ("nowhere", "error", "unknown name nowhere", "nowhere"),
        ("error({code = 1})", "error", "(error object is a table", "code = 1"),
        ("tensor.zeros(2) + tensor.zeros(3)", "error", "cell 1:1: ", "tensor.zeros(2) + tensor.zeros(3)"),
        ("t = tensor{1}\nt:sum", "syntax error", "cell 1: sum is a method; call it: t:sum()", "call it"),
    ])
    func errorsNameTheCellAndShowItsLine(_ cell: String, _ kind: String, _ message: String, _ line: String) throws {
        let failure = try #require(try Conversation().cell(cell).failure)
        #expect(failure.kind == kind)
        #expect(failure.message.hasPrefix(message), "\(failure.message)")
        #expect(failure.text.contains(line), "\(failure.text)")
    }

    @Test func aFailedCellLeavesTheSessionAsItWas() throws {
        let talk = try Conversation()
        talk.cell("local a = 1", "local b = 2\nerror('no')")
        #expect(talk.cell("a + b").plain == "3")
        #expect(talk.cell("os.exit(3)").exit == 3)
        #expect(talk.cell("a").plain == "1")
        // An error in a function of an earlier cell shows that cell's line.
        talk.cell("\nfunction broken(x)\n  return x.y\nend")
        let failure = talk.cell("broken()").failure
        #expect(
            failure?.message.hasPrefix("cell 6:3: attempt to index a nil value (local 'x')") == true,
            "\(failure?.message ?? "")")
        #expect(failure?.text.contains("  return x.y") == true)
    }

    @Test func aCellIsInterruptedAndTheNextOneRuns() throws {
        let talk = try Conversation()
        let interpreter = talk.session.host.interpreter
        for _ in 0..<20 {
            // The interrupt comes from within the cell, so that the cell is certain to run.
            try interpreter.setGlobal(
                "stop",
                .closure(
                    NativeFunction(Declaration("stop", "", returns: .nothing) { interpreter.interrupt() }), bound: []))
            #expect(talk.cell("count = (count or 0) + 1\nstop() while true do end").failure?.kind == "interrupted")
        }
        #expect(talk.cell("count").plain == "20")
    }

    @Test func pagesAreAskedForByAQuestionMark() throws {
        let talk = try Conversation()
        #expect(talk.cell("?tensor.exp").page?.contains("tensor.exp") == true)
        #expect(talk.cell("tensor.exp?").page?.contains("tensor.exp") == true)
        #expect(talk.cell("mine = {1, 2}", "?mine").page == "{1, 2}\n")
        #expect(talk.cell("?nonsense").failure != nil)
        // A comment that ends in a question mark is no request for documentation.
        #expect(talk.cell("-- why?").failure == nil && talk.cell("x = 'why' -- why?").page == nil)
    }
}
