import LawChecks
import Scripting
import Tensors
import Testing

@Suite("Philox generator")
struct GeneratorTests {
    /// Random123's published known answers for philox4x32 with 10 rounds (kat_vectors).
    @Test func knownAnswers() {
        func hold(
            _ counter: (UInt32, UInt32, UInt32, UInt32), _ key: (UInt32, UInt32),
            _ expected: (UInt32, UInt32, UInt32, UInt32)
        ) {
            let block = Generator.philox(counter: counter, key: key)
            #expect(block == expected, "counter \(counter), key \(key)")
        }
        hold((0, 0, 0, 0), (0, 0), (0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
        let ones = UInt32.max
        hold((ones, ones, ones, ones), (ones, ones), (0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
        hold(
            (0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), (0xa409_3822, 0x299f_31d0),
            (0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
    }

    /// A stream consists of the blocks of counters 0, 1, ... with the seed as key; the stream's number is in the upper
    /// half of the counter.
    @Test func streamsAreBlocksInOrder() {
        let (seed, stream): (UInt64, UInt64) = (0x299f_31d0_a409_3822, 0x0370_7344_1319_8a2e)
        let generator = Generator(seed: seed, stream: stream)
        for index in 0..<3 as Range<UInt32> {
            let block = Generator.philox(counter: (index, 0, 0x1319_8a2e, 0x0370_7344), key: (0xa409_3822, 0x299f_31d0))
            #expect([block.0, block.1, block.2, block.3] == (0..<4).map { _ in generator.next32() })
        }
        // After 2^34 words the counter's second word is not 0.
        generator.restore(.init(seed: seed, stream: stream, drawn: (1 << 34) + 2))
        #expect(
            generator.next32()
                == Generator.philox(counter: (0, 1, 0x1319_8a2e, 0x0370_7344), key: (0xa409_3822, 0x299f_31d0)).2)
    }

    @Test func stateIsSavedAndRestored() throws {
        let generator = Generator(seed: 5, stream: 2)
        for skipped in 0..<9 {
            for _ in 0..<skipped { _ = generator.next32() }
            let state = generator.state
            let first = (0..<7).map { _ in generator.uniform() }
            generator.restore(state)
            #expect((0..<7).map { _ in generator.uniform() } == first, "after \(state.drawn) words")
            let other = Generator(seed: 0)
            other.restore(state)
            #expect((0..<7).map { _ in other.uniform() } == first)
        }
        #expect(Generator(seed: 5).next64() == Generator(seed: 5).next64())
        #expect(Generator(seed: 5).next64() != Generator(seed: 6).next64())
        #expect(Generator(seed: 5).next64() != Generator(seed: 5, stream: 1).next64())
    }

    /// The state as scripts save it comes back, whatever its bits.
    @Test func stateCrossesTheBorder() throws {
        let state = Generator.State(seed: .max, stream: 1 << 63, drawn: 12345)
        let binding = RandomModule().types.first { $0.type == Generator.type }
        let get = try #require(binding?.methods.first { $0.shortName == "get_state" })
        let set = try #require(binding?.methods.first { $0.shortName == "set_state" })
        let (generator, other) = (Generator(seed: 1), Generator(seed: 2))
        generator.restore(state)
        guard case .record(let fields)? = try get(.object(generator)).first else { Issue.record("no record"); return }
        _ = try set(.object(other), .table(SwiftTable(named: fields.map { (key: $0.key.text, value: $0.value) })))
        #expect(other.state == state)
        #expect(throws: ScriptError.self) { try set(.object(other), .table(SwiftTable())) }
        #expect(other.state == state)
    }

    /// Normal numbers that are drawn in bulk are those drawn one by one, from every position within a block.
    @Test func manyNormalsAreThoseDrawnOneByOne() throws {
        for skipped in 0..<5 {
            for count in [0, 1, 7, 256, 1000] {
                let (one, many) = (Generator(seed: 8), Generator(seed: 8))
                for _ in 0..<skipped { #expect(one.next32() == many.next32()) }
                let drawn = (0..<count).map { _ in 2 + 3 * one.normal() }
                #expect(
                    try many.normals([count], .float64, mean: 2, std: 3).toArray() == drawn,
                    "\(count) after \(skipped) words")
                #expect(one.state == many.state)
                #expect(one.next32() == many.next32())
            }
        }
        let (wide, narrow) = (Generator(seed: 8), Generator(seed: 8))
        let rounded = try wide.normals([300], .float64).toArray().map { Double(Float($0)) }
        #expect(try narrow.normals([300]).toArray() == rounded)
    }

    /// The first four moments of 200 000 draws, and the covariances of neighbours, as z-scores.
    @Test func momentsOfUniformAndNormal() {
        let n = 200_000
        func hold(_ name: String, _ values: [Double], _ mean: Double, _ variance: Double) {
            let z = (values.reduce(0, +) / Double(values.count) - mean) / (variance / Double(values.count)).squareRoot()
            #expect(abs(z) < 5, "\(name): z = \(z)")
        }
        let generator = Generator(seed: 2024)
        let u = (0..<n).map { _ in generator.uniform() }
        #expect(u.allSatisfy { $0 >= 0 && $0 < 1 })
        hold("uniform mean", u, 0.5, 1.0 / 12)
        hold("uniform variance", u.map { ($0 - 0.5) * ($0 - 0.5) }, 1.0 / 12, 1.0 / 180)
        hold("uniform neighbours", (0..<n - 1).map { (u[$0] - 0.5) * (u[$0 + 1] - 0.5) }, 0, 1.0 / 144)
        let x = (0..<n).map { _ in generator.normal() }
        hold("normal mean", x, 0, 1)
        hold("normal variance", x.map { $0 * $0 }, 1, 2)
        hold("normal skewness", x.map { $0 * $0 * $0 }, 0, 15)
        hold("normal kurtosis", x.map { $0 * $0 * $0 * $0 }, 3, 96)
        hold("normal neighbours", (0..<n - 1).map { x[$0] * x[$0 + 1] }, 0, 1)
        let open = (0..<n).map { _ in generator.openUniform() }
        #expect(open.allSatisfy { $0 > 0 && $0 < 1 })
        // Two streams of one seed are not correlated.
        let (a, b) = (Generator(seed: 1, stream: 0), Generator(seed: 1, stream: 1))
        hold("streams", (0..<n).map { _ in (a.uniform() - 0.5) * (b.uniform() - 0.5) }, 0, 1.0 / 144)
    }

    /// `below` is uniform: chi-squared with 6 degrees of freedom is above 35 once in 200 000 runs.
    @Test func wholeNumbersAndPermutations() {
        let generator = Generator(seed: 3)
        var counts = [Int](repeating: 0, count: 7)
        for _ in 0..<70_000 { counts[generator.below(7)] += 1 }
        #expect(counts.reduce(0.0) { $0 + Double(($1 - 10_000) * ($1 - 10_000)) / 10_000 } < 35, "\(counts)")
        var orders: [[Int]: Int] = [:]
        for _ in 0..<60_000 { orders[generator.permutation(3), default: 0] += 1 }
        #expect(orders.count == 6)
        #expect(orders.values.reduce(0.0) { $0 + Double(($1 - 10_000) * ($1 - 10_000)) / 10_000 } < 32, "\(orders)")
        #expect(generator.permutation(0).isEmpty && generator.below(1) == 0)
    }
}
