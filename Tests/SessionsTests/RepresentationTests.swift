import LuaFlow
import Testing

@testable import Sessions

@Suite struct RepresentationTests {
    private static let png: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

    @Test(arguments: [
        ("tensor.eye(8)", ["image/png", "text/plain"]), ("tensor.zeros(8, 8)", ["text/html", "text/plain"]),
        ("random.uniform({3, 10, 12})", ["image/png", "text/plain"]), ("random.uniform({2, 1, 9, 9})", ["image/png", "text/plain"]),
        ("{tensor.eye(8), tensor.eye(9)}", ["image/png", "text/plain"]), ("tensor{1, 2, 3}", ["text/html", "text/plain"]),
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
        for part in ["<th>1</th><td>1.0</td><td>2.5</td>", "<th>2</th><td>nan</td><td>inf</td>", "tensor (2, 2) float32"] {
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

    @Test func whatIsShownOnTheWayComesInItsPlace() throws {
        let talk = try Conversation()
        talk.cell("print('a')\nimage.show(tensor.eye(8), {captions = {'one'}})\nplot.line{{1, 2}}:show()\nimage.show(tensor.eye(8), {protocol = 'ascii'})")
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
        #expect(talk.cell("setmetatable({}, {__tostring = function() error('no') end})").plain?.contains("__tostring fails") == true)
        #expect(talk.cell("1").plain == "1")
    }
}
