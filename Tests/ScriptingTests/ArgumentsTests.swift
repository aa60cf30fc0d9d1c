import Scripting
import Testing

/// A table that is not an interpreter's.
final class FakeTable: ScriptTable {
    let pairs: [(key: Value, value: Value)]
    init(_ pairs: [(key: Value, value: Value)]) { self.pairs = pairs }
    var count: Int { 0 }
    func value(at index: Int) throws -> Value { .none }
    func value(for key: ByteString) throws -> Value {
        pairs.first { if case .string(key) = $0.key { true } else { false } }?.value ?? .none
    }
    func entries() throws -> [(key: Value, value: Value)] { pairs }
    func numbers() throws -> [Double]? { nil }
}

final class Thing: ScriptObject {
    let scriptType = ObjectType("thing")
}

@Suite struct ArgumentsTests {
    private func arguments(_ values: Value...) -> Arguments {
        Arguments(function: "f.g", values: values, context: Context())
    }

    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "no error"
        } catch { return String(describing: error) }
    }

    @Test func messagesNameFunctionArgumentAndValue() {
        let all = arguments(.number(0.5), .string("x"), .none, .foreign("FILE*"), .object(Thing()))
        #expect(message { _ = try all.integer(1, "n", in: 0...Int.max) } == "f.g: argument 1 (n): a whole number from 0 expected, got 0.5")
        #expect(message { _ = try all.integer(1, "n", in: 1...3) } == "f.g: argument 1 (n): a whole number from 1 to 3 expected, got 0.5")
        #expect(message { _ = try all.integer(1, "n", in: Int.min...3) } == "f.g: argument 1 (n): a whole number up to 3 expected, got 0.5")
        #expect(message { _ = try all.number(2, "x") } == "f.g: argument 2 (x): a number expected, got \"x\"")
        #expect(message { _ = try all.string(3, "s") } == "f.g: argument 3 (s): a string expected, got nil")
        #expect(message { _ = try all.table(4, "t") } == "f.g: argument 4 (t): a table expected, got FILE*")
        #expect(message { _ = try all.function(5, "h") } == "f.g: argument 5 (h): a function expected, got thing")
        #expect(message { _ = try all.boolean(6, "b") } == "f.g: argument 6 (b): true or false expected, got nothing")
        #expect(message { _ = try all.object(4, "self", as: Thing.self, "thing") } == "f.g: argument 4 (self): a thing expected, got FILE*")
        #expect(message { try all.atMost(1) } == "f.g: takes at most 1 argument, got 5")
    }

    @Test func whatIsRead() throws {
        let all = arguments(.integer(2), .number(3), .boolean(true), .string("sum"))
        #expect(try all.integer(2, "n") == 3)
        #expect(try all.number(1, "x") == 2)
        #expect(try all.boolean(3, "b"))
        #expect(try all.choice(4, "how", ["sum", "mean"]) == "sum")
        #expect(try all.integer(9, "n", default: 7) == 7)
        #expect(try all.number(9, "n", default: 0.5) == 0.5)
        #expect(try all.boolean(9, "b", default: true))
        #expect(all.isNil(9) && !all.isNil(1) && all.count == 4)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity, 1e300, 0.5, 9_223_372_036_854_775_808])
    func numbersThatAreNotWhole(_ number: Double) {
        #expect(throws: ScriptError.self) { try arguments(.number(number)).integer(1, "n") }
    }

    @Test func choicesSuggest() {
        #expect(message { _ = try arguments(.string("maen")).choice(1, "how", ["sum", "mean"]) }
            == "f.g: argument 1 (how): one of sum, mean expected, got \"maen\" (did you mean \"mean\"?)")
    }

    @Test func options() throws {
        let table = FakeTable([(.string("lr"), .number(0.1)), (.string("steps"), .integer(3))])
        let options = try arguments(.table(table)).options(1, ["lr", "steps", "noise"])
        #expect(try options.number("lr", default: 1) == 0.1)
        #expect(try options.integer("steps", in: 0...10, default: 1) == 3)
        #expect(try options.number("noise", default: 2) == 2)
        #expect(options.has("lr") && !options.has("noise"))
        #expect(try arguments().options(1, ["lr"]).number("lr", default: 5) == 5)
        #expect(message { _ = try options.boolean("lr", default: true) } == "f.g: option lr: true or false expected, got 0.1")
        #expect(message { _ = try options.integer("steps", in: 5...6, default: 5) } == "f.g: option steps: a whole number from 5 to 6 expected, got 3")
    }

    @Test func unknownOptionsNameTheNearest() {
        let table = FakeTable([(.string("steeps"), .integer(3))])
        #expect(message { _ = try arguments(.table(table)).options(1, ["lr", "steps"]) }
            == "f.g: unknown option steeps (did you mean \"steps\"?); the options are lr, steps")
        #expect(message { _ = try arguments(.table(FakeTable([(.integer(1), .integer(3))]))).options(1, ["lr"]) }
            == "f.g: unknown option 1; the options are lr")
        #expect(message { _ = try arguments(.integer(3)).options(1, ["lr"]) }
            == "f.g: argument 1 (options): a table of options expected, got 3")
    }

    @Test func longStringsAreShortened() {
        #expect(Value.string(String(repeating: "a", count: 100)).shown.count == 62)
    }
}

@Suite struct NearestTests {
    @Test(arguments: [
        ("Simplx", "Simplex"), ("zeroes", "zeros"), ("ZEROS", "zeros"), ("exq", "exp"), ("ecp", "exp"), ("epx", "exp"),
    ])
    func found(_ wrong: String, _ right: String) {
        #expect(nearestName(to: wrong, among: ["Box", "Simplex", "zeros", "ones", "exp", "tanh"]) == right)
    }

    @Test(arguments: ["", "q", "completely", "xyz"])
    func notFound(_ wrong: String) {
        #expect(nearestName(to: wrong, among: ["Box", "Simplex", "zeros"]) == nil)
    }

    @Test func hostileLengthsCostNothing() {
        let long = String(repeating: "a", count: 1_000_000)
        #expect(nearestName(to: long, among: [long]) == nil)
        #expect(nearestName(to: "a", among: [long]) == nil)
    }
}

@Suite struct AbridgedTests {
    @Test func onlyLongTextsLoseTheirMiddle() {
        let line = String(repeating: "a", count: 4096)
        #expect(abridged(line) == line)
        #expect(abridged("start" + String(repeating: "a", count: 1_000_000) + "end", to: 20) == "startaaaaa... (999988 bytes are left out) ...aaaaaaaend")
        // Characters of several bytes stay whole wherever the cut falls.
        for shift in 0..<5 {
            let text = String(repeating: "x", count: shift) + String(repeating: "é\u{1F600}", count: 1000)
            let short = abridged(text, to: 100)
            #expect(short.utf8.count < 160 && !short.contains("\u{FFFD}"), "\(short)")
        }
        #expect(ScriptError("tensor.sum", "unknown option " + String(repeating: "z", count: 1_000_000)).description.utf8.count < 5000)
    }
}

@Suite struct NativeMemoryTests {
    @Test func limitsAndCounts() throws {
        let memory = NativeMemory(limit: 100)
        try memory.charge(60)
        #expect(throws: ScriptError("memory", "not enough memory: 50 bytes asked, 60 in use, the limit is 100")) {
            try memory.charge(50)
        }
        memory.release(60)
        try memory.charge(100)
        #expect(memory.liveBytes == 100)
        #expect(memory.chargedBytes == 160)
    }

    /// What objects cost counts against the limit, and is no news for the collector's pace.
    @Test func objectsCountBesideBytes() throws {
        let memory = NativeMemory(limit: 1000)
        try memory.charge(100, overhead: 50)
        memory.count(800)
        #expect(memory.liveBytes == 950 && memory.chargedBytes == 100)
        #expect(throws: ScriptError.self) { try memory.charge(10, overhead: 50) }
        #expect(throws: ScriptError.self) { try memory.charge(.max, overhead: 50) }
        // Past the limit by what exists already: nothing more fits.
        memory.count(100)
        #expect(throws: ScriptError.self) { try memory.charge(0) }
        memory.release(900)
        memory.release(150)
        #expect(memory.liveBytes == 0)
    }

    @Test func roomIsMadeBeforeFailing() throws {
        final class Cache: @unchecked Sendable { var memory: NativeMemory? }
        let cache = Cache()
        let memory = NativeMemory(limit: 100) { cache.memory?.release(60) }
        cache.memory = memory
        try memory.charge(60)
        try memory.charge(80)
        #expect(memory.liveBytes == 80)
        cache.memory = nil
        #expect(throws: ScriptError.self) { try memory.charge(80) }
    }

    /// Names are compared as bytes where they are ASCII, and skipped where their lengths tell: the answer is that of comparing all
    /// characters of all.
    @Test func theNearestNameIsTheNearest() {
        var state: UInt64 = 1
        func below(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        func name(_ letters: [Character]) -> String { String((0...below(7)).map { _ in letters[below(letters.count)] }) }
        func distance(_ a: [Character], _ b: [Character]) -> Int {
            var table = [[Int]](repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
            for i in 0...a.count {
                for j in 0...b.count {
                    guard i > 0, j > 0 else {
                        table[i][j] = i + j
                        continue
                    }
                    table[i][j] = min(
                        table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
                    if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                        table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
                    }
                }
            }
            return table[a.count][b.count]
        }
        for letters in [Array("abAB_"), Array("abé\u{c9}")] {
            for _ in 0..<500 {
                let (wanted, candidates) = (name(letters), (0..<6).map { _ in name(letters) })
                let close = candidates.filter { candidate in
                    let (a, b) = (Array(wanted.lowercased()), Array(candidate.lowercased()))
                    let (longer, found) = (max(a.count, b.count), distance(a, b))
                    return found <= max(1, longer / 3) && found < longer
                }
                let best = close.min { a, b in
                    let (x, y) = ([a, b].map { distance(Array(wanted.lowercased()), Array($0.lowercased())) }, [a, b])
                    return x[0] != x[1] ? x[0] < x[1] : y[0] < y[1]
                }
                #expect(nearestName(to: wanted, among: candidates) == best, "\(wanted) among \(candidates)")
            }
        }
    }
}
