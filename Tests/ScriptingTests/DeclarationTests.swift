@testable import Scripting
import Testing

/// A declared function: how calls are decoded, what is refused, and what its signature says.
@Suite struct DeclarationTests {
    private struct Settings: Sendable { var rate = 0.1, isFast = false }
    private static let settings = OptionTable<Settings>(
        { Settings() }, .option("rate", \.rate, .number(above: 0)), .option("fast", \.isFast, .flag))

    private static let text = Results<String>.string

    private static let places = Declaration(
        "m.places", "Arguments with and without defaults.",
        takes: .argument("a", .number(from: 0)), .argument("b", .integer, default: 7), .argument("c", .optional(.flag)),
        .option("how", .choice(["sum", "mean"]), default: "sum"), returns: text
    ) { a, b, c, how in "\(a) \(b) \(c.map { "\($0)" } ?? "nil") \(how)" }

    private static let named = Declaration(
        "m.named", "", by: .placesOrNames, takes: .argument("low", .number), .argument("high", .number, default: 1),
        returns: text
    ) { low, high in "\(low) \(high)" }

    private static let table = Declaration(
        "m.table", "", by: .table, takes: .argument("x", .number, default: 0), settings.parameter, returns: text
    ) { x, settings in "\(x) \(settings.rate) \(settings.isFast)" }

    private static let rest = Declaration(
        "m.rest", "", takes: .argument("f", .text), .rest("d", .integer(from: 0)), .option("k", .number, default: 1),
        returns: text
    ) { f, rest, k in "\(f) \(rest) \(k)" }

    private static let method = Declaration(
        "thing.twice", "", called: .both, takes: .argument("t", .object(ObjectType("thing")) as Domain<Thing>),
        returns: text
    ) { _ in "twice" }

    private static let either = Declaration(
        "m.either", "",
        forms: Form(takes: .argument("n", .integer), returns: text) { "integer \($0)" },
        Form(takes: .argument("s", .text), .argument("n", .integer, default: 2), returns: text) { "text \($0) \($1)" })

    private static func answer(_ declaration: Declaration, _ values: [Value]) -> String {
        do {
            return try declaration.call(values, in: Context(), as: declaration.name).first?.asText ?? "no text"
        } catch { return "\(error)" }
    }

    private static func options(_ pairs: (String, Value)...) -> Value {
        .table(FakeTable(pairs.map { (key: .string($0.0), value: $0.1) }))
    }

    @Test func valuesAreReadByPlaceAndByName() {
        #expect(Self.answer(Self.places, [.number(1)]) == "1.0 7 nil sum")
        #expect(Self.answer(Self.places, [.number(1), .number(2), .boolean(true)]) == "1.0 2 true sum")
        #expect(Self.answer(Self.places, [.integer(1), .none, .boolean(false)]) == "1.0 7 false sum")
        #expect(
            Self.answer(Self.places, [.integer(1), Self.options(("how", .string("mean")), ("b", .integer(3)))])
                == "1.0 3 nil mean")
        #expect(Self.answer(Self.named, [Self.options(("low", .integer(2)))]) == "2.0 1.0")
        #expect(Self.answer(Self.named, [.integer(2), Self.options(("high", .integer(5)))]) == "2.0 5.0")
        #expect(Self.answer(Self.table, []) == "0.0 0.1 false")
        #expect(
            Self.answer(Self.table, [Self.options(("rate", .number(3)), ("fast", .boolean(true)))]) == "0.0 3.0 true")
        #expect(Self.answer(Self.rest, [.string("s")]) == "s [] 1.0")
        #expect(
            Self.answer(Self.rest, [.string("s"), .integer(1), .integer(2), Self.options(("k", .number(4)))])
                == "s [1, 2] 4.0")
        #expect(
            Self.answer(Self.either, [.integer(4)]) == "integer 4"
                && Self.answer(Self.either, [.string("x")]) == "text x 2")
    }

    private static var refused: [(values: [Value], message: String)] {
        [([.string("x")], "m.places: argument 1 (a): a number from 0 expected, got \"x\""),
        ([], "m.places: argument 1 (a): a number from 0 expected, got nothing"),
        ([.number(-1)], "m.places: argument 1 (a): a number from 0 expected, got -1.0"),
        ([.number(1), .number(0.5)], "m.places: argument 2 (b): a whole number expected, got 0.5"),
        // A value that an optional parameter's domain refuses is an error, and not taken as missing.
        ([.number(1), .none, .integer(3)], "m.places: argument 3 (c): true or false expected, got 3"),
        ([.number(1), .none, .none, .integer(3)], "m.places: argument 4 (options): a table of options expected, got 3"),
        ([.number(1), .none, .none, .none, .none], "m.places: takes at most 4 arguments, got 5"),
        ]
    }

    @Test func wrongValuesAreNamed() {
        for (values, message) in Self.refused { #expect(Self.answer(Self.places, values) == message) }
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity, 1e300, 0.5, 9_223_372_036_854_775_808])
    func numbersThatAreNotWhole(_ number: Double) {
        #expect(Self.answer(Self.places, [.integer(1), .number(number)]).contains("a whole number expected, got"))
    }

    @Test func longStringsAreShortened() {
        let told = Self.answer(Self.places, [.string(String(repeating: "a", count: 100_000))])
        #expect(told.count < 10_000 && told.hasPrefix("m.places: argument 1 (a): a number from 0 expected, got"))
    }

    @Test func wrongOptionsAreNamed() {
        func answer(_ pairs: (String, Value)...) -> String {
            Self.answer(Self.places, [.number(1), .table(FakeTable(pairs.map { (key: .string($0.0), value: $0.1) }))])
        }
        #expect(
            answer(("haw", .integer(1)))
                == "m.places: unknown option haw (did you mean \"how\"?); the options are b, c, how")
        #expect(
            answer(("how", .string("summ")))
                == "m.places: option how: one of sum, mean expected, got \"summ\" (did you mean \"sum\"?)")
        #expect(answer(("how", .integer(1))) == "m.places: option how: a string expected, got 1")
        #expect(answer(("b", .boolean(true))) == "m.places: option b: a whole number expected, got true")
        let twice = Self.answer(Self.places, [.number(1), .number(2), Self.options(("b", .integer(3)))])
        #expect(twice == "m.places: b is given twice, as argument 2 and as an option")
        let rate = Self.answer(Self.table, [Self.options(("rate", .integer(0)))])
        #expect(rate == "m.table: option rate: a number above 0 expected, got 0")
        #expect(
            Self.answer(Self.rest, [.string("s"), .integer(-1)])
                == "m.rest: argument 2 (d): a whole number from 0 expected, got -1")
        #expect(Self.answer(Self.method, [.integer(1)]) == "thing.twice: argument 1 (t): a thing expected, got 1")
    }

    /// The message for a domain of two kinds names both, also where the second has its own message.
    @Test func eitherDomainIsAskedFor() {
        let domain = Domain<Int>.integer.map { "\($0)" }.or(.choice(["all"]))
        let either = Declaration("m.or", "", takes: .argument("n", domain), returns: .string) { $0 }
        let asked = "m.or: argument 1 (n): a whole number or one of all expected, got"
        #expect(Self.answer(either, [.boolean(true)]) == asked + " true")
        #expect(Self.answer(either, [.string("al")]) == asked + " \"al\"")
        #expect(Self.answer(either, [.string("all")]) == "all" && Self.answer(either, [.integer(3)]) == "3")
    }

    @Test func faultsOfABodyNameTheirParameter() {
        let late = Declaration(
            "m.late", "", takes: .argument("n", .integer), .argument("k", .integer, default: 0), returns: .integer
        ) { n, k -> Int in
            if n > 1 { throw Fault("k", "at most \(n) expected, got \(k)") }
            throw Fault("nothing there")
        }
        #expect(Self.answer(late, [.integer(2), .integer(5)]) == "m.late: argument 2 (k): at most 2 expected, got 5")
        #expect(
            Self.answer(late, [.integer(2), Self.options(("k", .integer(5)))])
                == "m.late: option k: at most 2 expected, got 5")
        #expect(Self.answer(late, [.integer(1)]) == "m.late: nothing there")
    }

    /// `luaflow check` and the run give the same message for a value.
    @Test func refusalsAreThoseOfTheRun() {
        for value in [Value.string("x"), .number(0.5), .integer(-3), .boolean(true), .none] { judge(value) }
    }

    private func judge(_ value: Value) {
        for (index, spec) in Self.places.forms[0].specs.prefix(3).enumerated() {
            var values: [Value] = [.number(1), .none, .none]
            values[index] = value
            let run = Self.answer(Self.places, values)
            let said = spec.refusal(value).map { "m.places: argument \(index + 1) (\(spec.name)): \($0)" }
            #expect(
                said.map { $0 == run } ?? !run.hasPrefix("m.places: argument \(index + 1)"), "\(run) \(said ?? "nil")")
        }
    }

    @Test func signaturesFollow() {
        #expect(Self.places.signature == "m.places(a, b = 7, c = nil, {how = \"sum\" or \"mean\"}) -> string")
        #expect(Self.table.signature == "m.table{x = 0, rate = 0.1, fast = false} -> string")
        #expect(Self.rest.signature == "m.rest(f, d1, d2, ..., {k = 1}) -> string")
        #expect(Self.method.signature == "thing.twice(t) -> string\nt:twice() -> string")
        #expect(Self.either.signature == "m.either(n) -> string\nm.either(s, n = 2) -> string")
    }

    @Test func countsAndNamesAreThoseOfACall() {
        func counts(_ declaration: Declaration) -> ClosedRange<Int> { declaration.forms[0].counts }
        #expect(counts(Self.places) == 1...4 && counts(Self.named) == 0...2 && counts(Self.table) == 0...1)
        #expect(counts(Self.rest) == 1...Int.max && counts(Self.method) == 1...1)
        #expect(Self.places.forms[0].names == ["b", "c", "how"] && Self.named.forms[0].names == ["low", "high"])
    }
}
