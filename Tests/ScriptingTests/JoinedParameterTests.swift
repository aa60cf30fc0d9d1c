@testable import Scripting
import Testing

/// Parameters composed of several, defaults that depend on other options, and options as text.
@Suite struct JoinedParameterTests {
    private struct Limits: Sendable {
        var rounds = 20
        var calls: Int?
    }

    private static let limits = OptionTable({ Limits() },
        .option("rounds", \.rounds, .integer(from: 1)),
        .option("calls", \.calls, .optional(.integer(from: 1), shown: "2 * rounds")))

    private static let range = Parameter<ClosedRange<Double>>.joined(
        .option("lo", .number, default: 0), .option("hi", .number)
    ) { lo, hi in
        guard lo <= hi else { throw Fault("hi", "a number from \(shown(lo)) expected, got \(shown(hi))") }
        return lo...hi
    }

    private static let ranged = Declaration(
        "m.ranged", "", by: .table, takes: range, limits.parameter, returns: .string
    ) { range, limits in "\(range) \(limits.rounds) \(limits.calls ?? 2 * limits.rounds)"
    }

    private static let sum = Declaration(
        "m.sum", "", takes: .list(["a", "b"].map { .argument($0, .number) }), .argument("c", .number, default: 0),
        returns: .number
    ) { numbers, c in numbers.reduce(c, +) }

    private func answer(_ declaration: Declaration, _ values: [Value]) -> String {
        do {
            let results = try declaration.call(values, in: Context(), as: declaration.name)
            return results.map { $0.asText ?? $0.shown }.joined(separator: ", ")
        } catch { return "\(error)" }
    }

    private func table(_ pairs: (String, Value)...) -> Value {
        .table(FakeTable(pairs.map { (key: .string($0.0), value: $0.1) }))
    }

    @Test func whatIsJoinedIsReadInOrder() {
        #expect(answer(Self.ranged, [table(("hi", .integer(3)))]) == "0.0...3.0 20 40")
        #expect(answer(Self.ranged, [table(("hi", .integer(3)), ("rounds", .integer(5)))]) == "0.0...3.0 5 10")
        #expect(answer(Self.ranged, [table(("hi", .integer(3)), ("calls", .integer(1)))]) == "0.0...3.0 20 1")
        let low = answer(Self.ranged, [table(("hi", .integer(-1)))])
        #expect(low == "m.ranged: option hi: a number from 0 expected, got -1")
        #expect(answer(Self.ranged, [table()]) == "m.ranged: option hi: a number expected, got nil")
        #expect(answer(Self.sum, [.integer(1), .integer(2)]) == "3.0")
        #expect(answer(Self.sum, [.integer(1), .integer(2), .integer(4)]) == "7.0")
        #expect(answer(Self.sum, [.integer(1), .string("x")]) == "m.sum: argument 2 (b): a number expected, got \"x\"")
    }

    @Test func signaturesShowEachOfThem() {
        #expect(Self.ranged.signature == "m.ranged{lo = 0, hi, rounds = 20, calls = 2 * rounds} -> string")
        #expect(Self.sum.signature == "m.sum(a, b, c = 0) -> number")
    }

    @Test func optionsAreWrittenWithTheirValues() {
        #expect(Self.limits.text(of: Limits()) == "rounds = 20, calls = 2 * rounds")
        #expect(Self.limits.text(of: Limits(rounds: 3, calls: 4)) == "rounds = 3, calls = 4")
    }

    @Test func faultsInsideAPartSayWhich() {
        let named = Fault("lr", "a number expected").inside("params", "group 2")
        #expect(named.message == "group 2: option lr: a number expected" && named.parameter == "params")
        #expect(Fault("a table expected").inside("params", "group 2").message == "group 2: a table expected")
    }
}
