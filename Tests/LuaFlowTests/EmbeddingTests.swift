import LuaFlow
import Synchronization
import Testing

/// What a Swift program can do with a host.
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

    @Test func closuresMayReturnNothing() throws {
        let host = try Host()
        let lines = Mutex<[String]>([])
        try host.define("log") { (line: String) in lines.withLock { $0.append(line) } }
        try host.run(
            code:
                """
                log('a') assert(select('#', log('b')) == 0) function train(n) for k = 1, n do log(k .. '') end \
                return n end
                """
        )
        try host.call("train", 2)
        #expect(lines.withLock { $0 } == ["a", "b", "1", "2"])
        #expect(
            try host.evaluate("select(2, pcall(log, 1))", as: String.self).hasSuffix(
                "log: argument 1: a string expected, got 1"))
        #expect { try host.call("nowhere") } throws: { "\($0)" == "call: the global nowhere is no function: it is nil" }
        #expect { try host.call("train", "x") } throws: { ($0 as? LuaError)?.kind == .runtime }
    }

    @Test func functionsAndTablesAreParametersAndResults() throws {
        let host = try Host()
        try host.define("simpson") { (f: FunctionValue, a: Double, b: Double) in
            let (left, middle, right): (Double, Double, Double) = (try f(a), try f((a + b) / 2), try f(b))
            return (b - a) / 6 * (left + 4 * middle + right)
        }
        #expect(try host.evaluate("simpson(function(x) return x ^ 3 end, 0, 2)") == 4.0)
        try host.define("rate") { (settings: TableValue) in try settings.get("rate", as: Float.self) }
        #expect(try host.evaluate("rate{rate = 0.25}") == Float(0.25))
        #expect(
            try host.evaluate("select(2, pcall(rate, {}))", as: String.self).hasSuffix(
                "rate: a number expected, got nil"))
        #expect(
            try host.evaluate("select(2, pcall(simpson, 1))", as: String.self).hasSuffix(
                "simpson: argument 1: a function expected, got 1"))
        try host.run(
            code: "settings = {depth = 3} function count(t) n = t.depth end function twice(x) return 2 * x end")
        let settings: TableValue = try host.get("settings")
        #expect(try settings.get("depth") == 3 && settings.get("width", as: Int?.self) == nil)
        try host.call("count", settings)
        let twice: FunctionValue = try host.get("twice")
        #expect(try host.get("n") == 3 && twice(4) == 8)
        try twice(4)
        #expect { try twice(4, as: String.self) } throws: { "\($0)" == "a string expected, got 8" }
        try host.set("again", twice)
        #expect(try host.evaluate("again == twice"))
    }

    @Test func floatsConvert() throws {
        let host = try Host()
        try host.set("x", Float(0.1))
        #expect(try host.get("x", as: Float.self) == 0.1 && host.get("x", as: Double.self) == Double(Float(0.1)))
        #expect(try host.evaluate("1/0", as: Float.self) == .infinity && host.evaluate("0/0", as: Float.self).isNaN)
        #expect { try host.evaluate("1e39", as: Float.self) } throws: {
            "\($0)" == "evaluate: the result: a number of at most 3.4028235e+38 expected, got 1e+39"
        }
    }

    @Test func aProgramAnswersPauses() throws {
        let host = try Host()
        let interpreter = host.interpreter
        let seen = Mutex<[String]>([])
        try host.define("ask") { [unowned interpreter] in interpreter.askForPause() }
        let loop =
            "state = {x = 0} for k in require('host').steps(9, state) do state.x = k asked = ask() end return state.x"
        // There is nobody to answer a prompt, so none is offered.
        #expect(try host.evaluate(loop) == 9 && host.get("asked", as: Bool.self) == false)
        try host.onPause { point in
            seen.withLock { $0.append(point.summary) }
            return point.step < 3 ? .resume : .stop
        }
        #expect(try host.evaluate(loop) == 3)
        #expect(seen.withLock { $0 } == (1...3).map { "step \($0) of 9" })
        #expect(try host.liveChanges() == ["the run was paused and changed at step 3"])
        try host.onPause(nil)
        #expect(try host.evaluate(loop) == 9)
    }

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
        #expect(
            message { _ = try host.evaluate("'x'", as: Double.self) }
                == "evaluate: the result: a number expected, got \"x\"")
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
        #expect(try host.evaluate("select(2, pcall(fail))") as String == "fail: no such luck")
    }

    @Test func severalHostsSideBySideShareNothing() async throws {
        let sums = try await withThrowingTaskGroup(of: (Int, Double).self) { group in
            for seed in 1...4 {
                group.addTask {
                    let host = try Host()
                    try host.set("seed", seed)
                    // The same numbers as when it runs alone, as every host has its own generator.
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

    /// Lists that are longer than Lua's stack.
    @Test func longListsArrive() throws {
        let host = try LuaFlow.Host()
        try host.run(code: "t = {} for i = 1, 600000 do t[i] = i end holes = {1, nil, 3}")
        let list = try host.get("t", as: [Double].self)
        #expect(list.count == 600_000 && list[599_999] == 600_000)
        #expect(try host.get("holes", as: [Double?].self) == [1, nil, 3])
    }
}
