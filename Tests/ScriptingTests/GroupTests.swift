import Scripting
import Testing

/// Parameters that are read together: pairs, tables that are read like argument lists, and which names were given.
@Suite struct GroupTests {
    private final class Table: ScriptTable {
        let list: [Value]
        let named: [(name: String, value: Value)]

        init(_ list: [Value], _ named: [(name: String, value: Value)]) { (self.list, self.named) = (list, named) }

        var count: Int { list.count }
        func value(at index: Int) throws -> Value { list.indices.contains(index - 1) ? list[index - 1] : .none }
        func value(for key: ByteString) throws -> Value { named.first { ByteString($0.name) == key }?.value ?? .none }
        func entries() throws -> [(key: Value, value: Value)] {
            list.enumerated().map { (.integer($0.offset + 1), $0.element) } + named.map { (.string($0.name), $0.value) }
        }
        func numbers() throws -> [Double]? {
            let numbers = list.compactMap(\.asNumber)
            return numbers.count == list.count ? numbers : nil
        }
    }

    private static func table(_ list: [Value] = [], _ named: [(name: String, value: Value)] = []) -> Value {
        .table(Table(list, named))
    }
    private static func numbers(_ numbers: Double...) -> Value { table(numbers.map(Value.number)) }

    private struct Looks {
        var label = "plain"
        var width = 1.5
    }
    private static let looks = OptionTable(
        { Looks() }, .option("label", \.label, .text), .option("width", \.width, .number(above: 0, to: 100)))

    private static let list = Domain<[Double]?>.optional(.list(of: .number))
    private static let points = Parameter<([Double]?, [Double]?)>.pair(
        .argument("y", list), after: .argument("x", list))

    private static let plot = Declaration(
        "plot.f", "For tests.", by: .table, takes: points, looks.parameter.withNames,
        .option("series", .list(of: one, expected: "a list of tables"), default: []), returns: .string
    ) { points, looks, series in
        ([shown(points), looks.value.label] + looks.given + series).joined(separator: " ")
    }
    private static let one = Domain<String>.table(points, looks.parameter) { points, looks in
        "(\(shown(points)) \(looks.label))"
    }
    private static func shown(_ points: ([Double]?, [Double]?)) -> String {
        "x \(points.1.map { "\($0)" } ?? "-") y \(points.0.map { "\($0)" } ?? "-")"
    }

    private static let grid = Declaration(
        "image.f", "For tests.", takes: .argument("x", .integer), .option("columns", .integer, default: 8),
        returns: .integer
    ) { $0 * 100 + $1 }

    private static let entries = Declaration(
        "host.f", "For tests.", by: .table, takes: .rest("entry", one), .option("about", .text, default: ""),
        returns: .string
    ) { entries, about in (entries + [about]).joined(separator: " ") }

    private func answer(_ declaration: Declaration, _ values: Value...) -> String {
        do {
            let results = try declaration.call(values, in: Context(), as: declaration.name)
            return results.map { $0.asText ?? $0.shown }.joined(separator: ", ")
        } catch { return "\(error)" }
    }

    @Test func aPairMayStandAloneOrBehindTheOther() {
        let (a, b) = (Self.numbers(1, 2), Self.numbers(3, 4))
        #expect(answer(Self.plot, Self.table([a])) == "x - y [1.0, 2.0] plain")
        #expect(answer(Self.plot, Self.table([a, b])) == "x [1.0, 2.0] y [3.0, 4.0] plain")
        #expect(answer(Self.plot, Self.table([a], [("x", b)])) == "x [3.0, 4.0] y [1.0, 2.0] plain")
        #expect(answer(Self.plot, Self.table([], [("x", a), ("y", b)])) == "x [1.0, 2.0] y [3.0, 4.0] plain")
        // Messages count positions from 1, as the script does.
        for (given, says) in [
            (Self.table([.string("a")]), "argument 1 (y): a list expected, got \"a\""),
            (Self.table([a, .string("a")]), "argument 2 (y): a list expected, got \"a\""),
            (Self.table([.string("a"), b]), "argument 1 (x): a list expected, got \"a\""),
            (Self.table([a, b, a]), "takes at most 2 arguments, got 3"),
            (Self.table([a], [("y", b)]), "y is given twice, as argument 1 and as an option"),
        ] {
            #expect(answer(Self.plot, given) == "plot.f: \(says)")
        }
        #expect(answer(Self.plot, a, b).contains("as in plot.f{...}; got 2 arguments"))
    }

    @Test func namesThatAreGivenAreKnown() {
        let named: [(name: String, value: Value)] = [("width", .integer(2)), ("label", .string("l"))]
        #expect(answer(Self.plot, Self.table([], named)) == "x - y - l label width")
        #expect(answer(Self.plot, Self.table([], [("label", .none)])) == "x - y - plain")
    }

    @Test func aTableInAListIsReadLikeACall() {
        let a = Self.numbers(1)
        func series(_ tables: Value...) -> String {
            answer(Self.plot, Self.table([], [("series", Self.table(tables))]))
        }
        #expect(series(Self.table([a]), Self.table([a, a], [("label", .string("z"))]))
            == "x - y - plain (x - y [1.0] plain) (x [1.0] y [1.0] z)")
        let refused = "plot.f: option series: element"
        #expect(series(Self.table(), Self.table([], [("lable", .string("z"))]))
            .hasPrefix("\(refused) 2: unknown option lable (did you mean \"label\"?)"))
        #expect(series(.integer(1)) == "\(refused) 1: a table expected, got 1")
        #expect(series(Self.table([.string("a")])) == "\(refused) 1: argument 1 (y): a list expected, got \"a\"")
        #expect(series(Self.table([], [("width", .integer(0))]))
            == "\(refused) 1: option width: a number above 0 to 100 expected, got 0")
        #expect(answer(Self.entries, Self.table([Self.table([a]), .integer(4)]))
            == "host.f: argument 2 (entry): a table expected, got 4")
        #expect(answer(Self.entries, Self.table([Self.table([.string("x")])]))
            == "host.f: argument 1 (entry): argument 1 (y): a list expected, got \"x\"")
    }

    @Test func optionsThatAreHandedOnMayBeNil() {
        #expect(answer(Self.grid, .integer(3), .none) == "308")
        #expect(answer(Self.grid, .integer(3), Self.table([], [("columns", .integer(1))])) == "301")
        #expect(answer(Self.grid, .integer(3), .none, .none) == "image.f: takes at most 2 arguments, got 3")
    }

    @Test func signatures() {
        #expect(Self.plot.signature
            == "plot.f{y = nil, x = nil, label = \"plain\", width = 1.5, series = {}} -> string")
        #expect(Self.entries.signature == "host.f{entry1, entry2, ..., about = \"\"} -> string")
        let loop = Declaration(
            "data.f", "For tests.", takes: .argument("x", .integer),
            returns: .values(ResultSpec(nil, .iterator([.init("k", .integer), .init("v", .number)])))
        ) { _ in [] }
        #expect(loop.signature == "for k, v in data.f(x) do")
    }
}
