import LuaFlow
import Testing

@testable import Sessions

@Suite struct RepresentationTests {
    private static let png: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

    @Test(arguments: [
        ("tensor.eye(8)", ["image/png", "text/plain"]), ("tensor.zeros(8, 8)", ["text/html", "text/plain"]),
        ("random.uniform({3, 10, 12})", ["image/png", "text/plain"]),
        ("random.uniform({2, 1, 9, 9})", ["image/png", "text/plain"]),
        ("{tensor.eye(8), tensor.eye(9)}", ["image/png", "text/plain"]),
        ("tensor{1, 2, 3}", ["text/html", "text/plain"]),
        ("tensor{{1, 2}, {3, 4}}", ["text/html", "text/plain"]), ("tensor.zeros(2, 2, 2)", ["text/plain"]),
        ("tensor.zeros(0)", ["text/plain"]), ("tensor(3)", ["text/plain"]),
        ("plot.line{{1, 4, 9}}", ["image/png", "image/svg+xml", "text/plain"]),
        ("mcmc.summary(random.normal({4, 50}))", ["text/html", "text/plain"]),
        ("{{a = 1, b = 'x'}, {a = 2, b = 'y'}}", ["text/html", "text/plain"]), ("{{a = 1}, {b = 2}}", ["text/plain"]),
        ("{1, 2, 3}", ["text/plain"]), ("3", ["text/plain"]), ("print", ["text/plain"]), ("'<b>'", ["text/plain"]),
        ("tensor.eye(8) * 0 / 0", ["text/html", "text/plain"]),
    ])
    func valuesHaveTheirMIMETypes(_ cell: String, _ types: [String]) throws {
        let evaluation = try Conversation().cell(cell)
        #expect(evaluation.ways.keys.sorted() == types, "\(evaluation.failure?.text ?? "")")
        for (mime, content) in evaluation.ways {
            switch (mime, content) {
            case ("image/png", .bytes(let bytes)): #expect(Array(bytes.prefix(8)) == Self.png)
            case ("image/svg+xml", .text(let text)): #expect(text.contains("<svg") && text.hasSuffix("</svg>\n"))
            case ("text/html", .text(let text)): #expect(text.hasPrefix("<table>") && text.contains("</table>"))
            case ("text/plain", .text(let text)): #expect(!text.isEmpty)
            default: Issue.record("\(mime) of \(cell) is of another kind")
            }
        }
    }

    @Test func tablesHoldTheNumbersAndTheEdgesOfMany() throws {
        let talk = try Conversation()
        let small = try #require(talk.cell("tensor{{1, 2.5}, {0/0, 1/0}}").html)
        for part in [
            "<th>1</th><td>1.0</td><td>2.5</td>", "<th>2</th><td>nan</td><td>inf</td>", "tensor (2, 2) float32",
        ] {
            #expect(small.contains(part), "\(small)")
        }
        #expect(talk.cell("tensor({1, 2}, {dtype = 'int64'})").html?.contains("<td>2</td>") == true)
        #expect(talk.cell("tensor{1, 2}:gt(1)").html?.contains("<td>false</td><td>true</td>") == true)
        let large = try #require(talk.cell("tensor.zeros(100, 300)").html)
        #expect(large.components(separatedBy: "<tr>").count == 1 + 1 + 17)
        #expect(large.contains("&hellip;") && large.contains("&#8942;") && large.contains("<th>300</th>"))
        // Names that a script chose are escaped in HTML.
        let records = try #require(talk.cell("{{a = '<b>&', c = 1}, {a = 'x', c = 2}}").html)
        #expect(records.contains("<td>&lt;b&gt;&amp;</td>"), "\(records)")
    }

    /// The same picture, so the same proportions; one that fits stays as it is.
    @Test(arguments: [(1, false), (2, true), (4, true)]) func wideFiguresFitANotebooksColumn(
        _ panels: Int, _ isFitted: Bool
    ) throws {
        let evaluation = try Conversation().cell(
            "local p = {} for k = 1, \(panels) do p[k] = plot.line{{1, 4, 9}} end\nplot.figure{panels = p}")
        guard case .text(let svg)? = evaluation.ways["image/svg+xml"] else {
            Issue.record("no SVG")
            return
        }
        let head = svg.prefix(400)
        let size = try #require(
            head.firstMatch(of: /width="([0-9.]+)(pt)?" height="([0-9.]+)(pt)?" viewBox="0 0 ([0-9.]+) ([0-9.]+)"/))
        let numbers = [size.1, size.3, size.5, size.6].compactMap { Double($0) }
        #expect((size.2 == nil) == isFitted, "\(head)")
        #expect(numbers[0] * (isFitted ? 1 : 4 / 3) <= 740, "\(head)")
        #expect(abs(numbers[1] * numbers[2] - numbers[0] * numbers[3]) <= numbers[2], "\(head)")
    }

    @Test func errorsOfANotebookAreBoldBecauseTheyStandOnRed() throws {
        // Its host closes with the conversation.
        let talk = try Conversation()
        let evaluation = withExtendedLifetime(talk) {
            talk.session.evaluate("local t\nt.x = 1", isColoured: true)
        }
        let failure = try #require(evaluation.failure)
        #expect(failure.text.hasPrefix("\u{1B}[1mcell 1:2: "), "\(failure.text)")
        #expect(!failure.text.contains("31m"), "\(failure.text)")
    }

    @Test func aFilmstripIsThePicturesOneAfterTheOther() throws {
        let talk = try Conversation()
        let values = talk.cell("tensor.eye(8), tensor.eye(8) * 0.5, tensor.eye(9), tensor.zeros(8, 8), tensor{1}")
            .values
        let tensors = values.compactMap { value -> Tensor? in
            if case .object(let object) = value { (object as? Variable)?.value } else { nil }
        }
        func widths(_ earlier: [Int]) throws -> Int? {
            let ways = try PicturePreview.filmstrip(values[0], 7, earlier: earlier.map { ($0, tensors[$0]) })
            guard case .bytes(let bytes)? = ways?.first?.content else { return nil }
            return bytes[16..<20].reduce(0) { $0 << 8 | Int($1) }
        }
        let two = try #require(try widths([1]))
        let three = try #require(try widths([1, 1]))
        #expect(three > two + 100)
        // What is no picture, or one of another size, is left out.
        #expect(try widths([1, 2, 3]) == two)
        #expect(try widths([2, 3]) == nil && widths([]) == nil)
        #expect(try PicturePreview.filmstrip(values[4], 7, earlier: [(1, tensors[1])]) == nil)
    }

    @Test func whatIsShownOnTheWayComesInItsPlace() throws {
        let talk = try Conversation()
        talk.cell(
            """
            print('a')\nimage.show(tensor.eye(8), {captions = {'one'}})\nplot.line{{1, \
            2}}:show()\nimage.show(tensor.eye(8), {protocol = 'ascii'})
            """
        )
        var kinds: [String] = []
        for piece in talk.written {
            switch piece {
            case .text(let stream, _): kinds.append("\(stream)")
            case .shown(let ways): kinds.append(ways.map(\.mime).joined(separator: " "))
            case .replaced, .cleared: kinds.append("replaced")
            }
        }
        #expect(kinds == ["output", "image/png", "image/png image/svg+xml", "output"])
    }

    @Test func progressTakesThePlaceOfWhatStoodBefore() throws {
        let talk = try Conversation()
        talk.cell("local bar = host.progress(3)\nfor k = 1, 3 do bar:update(k, 'loss') end\nbar:close()")
        var names: Set<String> = []
        var last = ""
        for case .replaced(let id, let ways) in talk.written {
            names.insert(id)
            if case .text(let text)? = ways.first?.content { last = text }
        }
        #expect(names.count == 1)
        #expect(last.hasPrefix("[") && last.contains("3/3") && last.hasSuffix("loss"), "\(last)")
    }

    @Test func aTextThatFailsIsAnErrorOfItsCell() throws {
        let talk = try Conversation()
        #expect(
            talk.cell("setmetatable({}, {__tostring = function() error('no') end})").plain?.contains("__tostring fails")
                == true)
        #expect(talk.cell("1").plain == "1")
    }
}
