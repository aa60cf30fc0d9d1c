import Scripting
import Testing

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
        #expect(
            abridged("start" + String(repeating: "a", count: 1_000_000) + "end", to: 20)
                == "startaaaaa... (999988 bytes are left out) ...aaaaaaaend")
        // A character of several bytes is never cut.
        for shift in 0..<5 {
            let text = String(repeating: "x", count: shift) + String(repeating: "é\u{1F600}", count: 1000)
            let short = abridged(text, to: 100)
            #expect(short.utf8.count < 160 && !short.contains("\u{FFFD}"), "\(short)")
        }
        #expect(
            ScriptError("tensor.sum", "unknown option " + String(repeating: "z", count: 1_000_000)).description.utf8
                .count < 5000)
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

    /// The overhead of objects counts against the limit, but not for the collector's pace.
    @Test func objectsCountBesideBytes() throws {
        let memory = NativeMemory(limit: 1000)
        try memory.charge(100, overhead: 50)
        memory.count(800)
        #expect(memory.liveBytes == 950 && memory.chargedBytes == 100)
        #expect(throws: ScriptError.self) { try memory.charge(10, overhead: 50) }
        #expect(throws: ScriptError.self) { try memory.charge(.max, overhead: 50) }
        // What exists already is beyond the limit: nothing more can be allocated.
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

    /// The search skips names by their lengths and compares ASCII names as bytes; its answer must be that of comparing
    /// all names by characters.
    @Test func theNearestNameIsTheNearest() {
        var state: UInt64 = 1
        func below(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        func name(_ letters: [Character]) -> String {
            String((0...below(7)).map { _ in letters[below(letters.count)] })
        }
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
