import LuaFlow
import Testing

/// What a Swift program does with a host.
@Suite struct EmbeddingTests {
    @Test func aHostInFiveLines() throws {
        let host = try Host()
        try host.set("scale", 2.5)
        try host.define("area") { (width: Double, height: Double) in width * height }
        let area: Double = try host.evaluate("scale * area(2, 3)")
        #expect(area == 15)
    }

    @Test func valuesGoBothWays() throws {
        let host = try Host()
        func roundTrip<T: ScriptConvertible & Equatable>(_ value: T) throws {
            try host.set("value", value)
            #expect(try host.get("value", as: T.self) == value)
        }
        try roundTrip(7)
        try roundTrip(Int.min)
        try roundTrip(-0.5)
        try roundTrip(Double.infinity)
        try roundTrip(true)
        try roundTrip("zwölf\0")
        try roundTrip([1, 2, 3])
        try roundTrip([[0.5], []])
        try roundTrip(["a": 1, "b": 2])
        try roundTrip(String?.none)
        try roundTrip(Optional([1.5]))
        #expect(try host.get("unset", as: Int?.self) == nil)
    }

    @Test func tensorsGoBothWays() throws {
        let host = try Host()
        try host.set("x", try Tensor([1, 2, 3, 4], shape: [2, 2], .float64))
        let y: Tensor = try host.evaluate("x:t() * 10")
        #expect(y.shape == [2, 2] && y.dtype == .float64)
        #expect(try y.toArray() == [10, 30, 20, 40])
    }

    @Test func anExpressionOrAChunkIsEvaluated() throws {
        let host = try Host()
        #expect(try host.evaluate("1 + 1") == 2)
        #expect(try host.evaluate("local a = 20 return a + 1") == 21)
        #expect(try host.evaluate("x = 1", as: Int?.self) == nil)
        #expect(try host.get("x") == 1)
        #expect(throws: LuaError.self) { try host.evaluate("1 +", as: Int.self) }
    }

    @Test func functionsGoBothWays() throws {
        let host = try Host()
        try host.run(code: "function twice(f, x) return f(f(x)) end function three(a, b, c) return {a, b, c} end")
        try host.define("increment") { (x: Int) in x + 1 }
        #expect(try host.evaluate("twice(increment, 5)") == 7)
        #expect(try host.call("three", 1, 2, 3) == [1, 2, 3])
        guard case .function(let twice) = try host.get("twice", as: Value.self) else { throw Missing() }
        let increment = try host.get("increment", as: Value.self)
        #expect(try host.interpreter.call(twice, [increment, .integer(1)]).first?.asInteger == 3)
    }
    struct Missing: Error {}

    @Test func theWrongTypeSaysWhichValueAndWhatCame() throws {
        let host = try Host()
        try host.define("area") { (width: Double, height: Double) in width * height }
        try host.set("name", "x")
        try host.set("settings", ["depth": 3.5])
        func message(_ body: () throws -> Void) -> String {
            do {
                try body()
                return "no error"
            } catch {
                return String(describing: error)
            }
        }
        #expect(message { _ = try host.evaluate("'x'", as: Double.self) } == "evaluate: the result: a number expected, got \"x\"")
        #expect(message { _ = try host.get("name", as: [Int].self) } == "get: name: a list expected, got \"x\"")
        #expect(message { _ = try host.get("settings", as: [String: Int].self) }
            == "get: settings: a whole number expected, got 3.5")
        #expect(message { _ = try host.get("settings", as: [Double].self) }
            == "get: settings: a list expected, got a table with the key \"depth\"")
        #expect(message { _ = try host.call("nowhere", 1, as: Int.self) }
            == "call: the global nowhere is no function: it is nil")
        #expect(message { _ = try host.evaluate("area('x', 2)", as: Double.self) }
            .hasSuffix("area: argument 1: a number expected, got \"x\""))
        #expect(message { _ = try host.evaluate("area(1)", as: Double.self) }
            .hasSuffix("area: argument 2: a number expected, got nil"))
        #expect(message { _ = try host.evaluate("area(1, 2, 3)", as: Double.self) }
            .hasSuffix("area: takes at most 2 arguments, got 3"))
        #expect(message { try host.run(code: "area(1,") }.contains("(code):1:"))
    }

    @Test func whatSwiftThrowsIsALuaErrorThere() throws {
        let host = try Host()
        try host.define("fail") { () throws -> Int in throw ScriptError("fail", "no such luck") }
        #expect(try host.evaluate("select(2, pcall(fail))") == "fail: no such luck")
    }

    @Test func severalHostsSideBySideShareNothing() async throws {
        let sums = try await withThrowingTaskGroup(of: (Int, Double).self) { group in
            for seed in 1...4 {
                group.addTask {
                    let host = try Host()
                    try host.set("seed", seed)
                    // The same numbers as when it runs alone: the generator is the host's own.
                    let sum = try await host.interpreter.perform {
                        try host.evaluate(
                            """
                            local random = require "random"
                            random.manual_seed(seed)
                            local sum = 0
                            for _ = 1, 200 do sum = sum + random.normal({10}):sum():item() end
                            return sum
                            """, as: Double.self)
                    }
                    return (seed, sum)
                }
            }
            return try await group.reduce(into: [Int: Double]()) { $0[$1.0] = $1.1 }
        }
        for seed in 1...4 {
            let host = try Host()
            try host.set("seed", seed)
            let alone: Double = try host.evaluate(
                """
                local random = require "random"
                random.manual_seed(seed)
                local sum = 0
                for _ = 1, 200 do sum = sum + random.normal({10}):sum():item() end
                return sum
                """)
            #expect(sums[seed] == alone, "seed \(seed)")
        }
        #expect(Set(sums.values).count == 4)
    }
}
