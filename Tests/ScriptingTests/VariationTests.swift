@testable import Scripting
import Testing

/// Functions derived from declared ones, and arguments that stand one by one or in a table.
@Suite struct VariationTests {
    /// A table with elements, named fields, or both.
    private final class Table: ScriptTable {
        let sequence: [Value]
        let named: [(key: String, value: Value)]

        init(sequence: [Value] = [], named: [(key: String, value: Value)] = []) {
            (self.sequence, self.named) = (sequence, named)
        }

        var count: Int { sequence.count }
        func value(at index: Int) throws -> Value { sequence.indices.contains(index - 1) ? sequence[index - 1] : .none }
        func value(for key: ByteString) throws -> Value {
            named.first { ByteString($0.key) == key }?.value ?? .none
        }
        func entries() throws -> [(key: Value, value: Value)] {
            sequence.enumerated().map { (.integer($0.offset + 1), $0.element) }
                + named.map { (.string(ByteString($0.key)), $0.value) }
        }
        func numbers() throws -> [Double]? { nil }
    }

    private static func list(_ values: Value...) -> Value { .table(Table(sequence: values)) }
    private static func options(_ named: (key: String, value: Value)...) -> Value { .table(Table(named: named)) }

    private static func answer(_ function: NativeFunction, _ values: Value...) -> String {
        do {
            let results = try function.body(Arguments(function: function.name, values: values, context: Context()))
            return results.map(\.shown).joined(separator: " ")
        } catch { return "\(error)" }
    }

    private static let sizes = NativeFunction(
        Declaration(
            "m.sizes", "", takes: .restOrTable("d", .integer(from: 0)), .option("k", .number, default: 1),
            returns: .integer
        ) { sizes, k -> Int in
            let digits = sizes.reduce(0) { sum, size in 10 * sum + size }
            return k == 1 ? digits : digits + 100_000
        })

    @Test func argumentsStandOneByOneOrInATable() {
        #expect(Self.answer(Self.sizes, .integer(2), .integer(3)) == "23")
        #expect(Self.answer(Self.sizes, Self.list(.integer(2), .integer(3))) == "23")
        #expect(Self.answer(Self.sizes) == "0" && Self.answer(Self.sizes, Self.list()) == "0")
        #expect(Self.answer(Self.sizes, Self.options((key: "k", value: .integer(2)))) == "100000")
        #expect(Self.answer(Self.sizes, .integer(4), Self.options((key: "k", value: .integer(2)))) == "100004")
        #expect(
            Self.answer(Self.sizes, Self.list(.integer(4)), Self.options((key: "k", value: .integer(2)))) == "100004")
        #expect(Self.sizes.documentation.signature == "m.sizes(d1, d2, ..., {k = 1}) -> integer")
    }

    @Test func wrongOnesAreNamed() {
        #expect(
            Self.answer(Self.sizes, .integer(2), .number(0.5))
                == "m.sizes: argument 2 (d): a whole number from 0 expected, got 0.5")
        #expect(
            Self.answer(Self.sizes, Self.list(.integer(2), .integer(-1)))
                == "m.sizes: argument 1 (d): element 2: a whole number from 0 expected, got -1")
        #expect(
            Self.answer(Self.sizes, Self.list(.integer(2)), .integer(3)).hasSuffix(
                "one table or several values expected, not both"))
        let mixed = Value.table(Table(sequence: [.integer(2)], named: [(key: "foo", value: .integer(1))]))
        #expect(Self.answer(Self.sizes, mixed).contains("unknown option foo"))
    }

    private static let scaled = Declaration(
        "thing.scaled", "", called: .both, by: .placesOrNames,
        takes: .argument("t", .number), .argument("factor", .number), .argument("shift", .number, default: 0),
        returns: .number
    ) { t, factor, shift in
        guard factor != 0 else { throw Fault("factor", "another number than 0 expected, got 0") }
        return t * factor + shift
    }

    @Test func aReceiverHasNoName() {
        let function = NativeFunction(Self.scaled)
        #expect(Self.answer(function, .number(2), Self.options((key: "factor", value: .number(3)))) == "6.0")
        #expect(
            Self.answer(function, .number(2), Self.options((key: "t", value: .number(3))))
                == "thing.scaled: unknown option t; the options are factor, shift")
        #expect(Self.scaled.forms[0].names == ["factor", "shift"] && Self.scaled.forms[0].counts.lowerBound == 1)
    }

    /// A variation takes what its original takes, and its error messages have its own name.
    @Test func variationsTakeTheSame() {
        let negated = NativeFunction(
            Self.scaled.variation(
                "thing:negated", "", called: .method, returns: [ResultSpec(nil, .number)]
            ) { call, run in
                call.arguments[0] = .number(-(call.arguments[0].asNumber ?? 0))
                return try run(&call)
            })
        #expect(Self.answer(negated, .number(2), .number(3)) == "-6.0")
        let named = Self.options((key: "shift", value: .number(1)), (key: "factor", value: .number(3)))
        #expect(Self.answer(negated, .number(2), named) == "-5.0")
        #expect(
            Self.answer(negated, .number(2), Self.options((key: "factor", value: .integer(0))))
                == "thing:negated: option factor: another number than 0 expected, got 0")
        #expect(
            Self.answer(negated, .number(2)) == "thing:negated: argument 2 (factor): a number expected, got nothing")
        #expect(negated.documentation.signature == "t:negated(factor, shift = 0) -> number")
    }

    @Test func anotherWayIsTriedFirst() {
        let function = NativeFunction(Self.scaled).named("thing:scaled").trying { arguments in
            arguments.count == 1 ? [.string("short")] : nil
        }
        #expect(Self.answer(function, .number(2)) == "\"short\"")
        #expect(Self.answer(function, .number(2), .number(2)) == "4.0")
        #expect(function.declaration != nil && function.name == "thing:scaled")
    }
}
