import LawChecks
import Scripting
import Tensors
import Testing

/// `random.choice` with weights: its distribution, and that its work is not quadratic in n.
@Suite struct WeightedChoiceTests {
    private func draw(_ n: Int, _ count: Int, _ weights: [Double], replace: Bool, seed: UInt64) throws -> [Int] {
        let choice = try #require(RandomModule().functions.first { $0.shortName == "choice" })
        let options: [(key: String, value: Value)] = [
            (key: "weights", value: .tensor(try Tensor(weights, shape: [weights.count], .float64))),
            (key: "replace", value: .boolean(replace)),
            (key: "generator", value: .object(Generator(seed: seed))),
        ]
        let results = try choice.call([.integer(n), .integer(count), .table(SwiftTable(named: options))])
        guard case .object(let drawn as Variable)? = results.first else { throw ScriptError("test", "no tensor") }
        return try drawn.value.toArray().map { Int($0) }
    }

    @Test func frequenciesAreTheWeights() throws {
        let weights = [0.0, 1, 2, 0, 4, 8, 0.5, 0]
        let (total, count) = (weights.reduce(0, +), 40_000)
        var seen = [Int](repeating: 0, count: weights.count)
        for index in try draw(8, count, weights, replace: true, seed: 3) { seen[index - 1] += 1 }
        for (frequency, weight) in zip(seen, weights) {
            let p = weight / total
            let deviation = (Double(count) * p * (1 - p)).squareRoot()
            #expect(abs(Double(frequency) - Double(count) * p) <= 4.5 * deviation, "\(seen)")
        }
    }

    /// Without replacement an ordered pair (i, j) has the probability p_i p_j / (1 - p_i).
    @Test func withoutReplacementTheRestShareTheWeight() throws {
        let weights = [1.0, 2, 0, 5]
        let (total, count) = (8.0, 20_000)
        var seen: [[Int]: Int] = [:]
        for round in 0..<count { seen[try draw(4, 2, weights, replace: false, seed: UInt64(round)), default: 0] += 1 }
        for i in [1, 2, 4] {
            for j in [1, 2, 4] where j != i {
                let first = weights[i - 1] / total
                let p = first * weights[j - 1] / (total - weights[i - 1])
                let deviation = (Double(count) * p * (1 - p)).squareRoot()
                #expect(
                    abs(Double(seen[[i, j]] ?? 0) - Double(count) * p) <= 4.5 * deviation,
                    "(\(i), \(j)): \(seen[[i, j]] ?? 0)")
            }
        }
        #expect(seen.keys.allSatisfy { !$0.contains(3) && $0[0] != $0[1] })
    }

    @Test func weightsOfEverySize() throws {
        // Relative to the largest weight some underflow to 0, and their reciprocals are infinite.
        let weights = [.leastNonzeroMagnitude, 1e300, 1e-300, 0, .leastNormalMagnitude / 8]
        #expect(try Set(draw(5, 4, weights, replace: false, seed: 1)) == [1, 2, 3, 5])
        #expect(try draw(5, 4, weights, replace: false, seed: 1).first == 2)
        #expect(try draw(5, 100, weights, replace: true, seed: 1).allSatisfy { $0 == 2 })
        #expect(try draw(1, 1, [.leastNonzeroMagnitude], replace: false, seed: 1) == [1])
        #expect(throws: ScriptError.self) { try draw(5, 5, weights, replace: false, seed: 1) }
        #expect(
            try draw(3, 0, [1, 1, 1], replace: false, seed: 1).isEmpty
                && draw(3, 0, [1, 1, 1], replace: true, seed: 1).isEmpty)
    }

    @Test func sameSeedSameNumbers() throws {
        let weights = (1...50).map(Double.init)
        for replace in [true, false] {
            #expect(
                try draw(50, 20, weights, replace: replace, seed: 9) == draw(50, 20, weights, replace: replace, seed: 9)
            )
            #expect(
                try draw(50, 20, weights, replace: replace, seed: 9)
                    != draw(50, 20, weights, replace: replace, seed: 10))
        }
    }

    /// A hundred thousand draws of a hundred thousand: if each draw went through all weights, this would take minutes.
    @Test func manyOfMany() throws {
        let n = 100_000
        let weights = (0..<n).map { 1 + Double($0 % 7) }
        #expect(try Set(draw(n, n, weights, replace: false, seed: 2)).count == n)
        #expect(try draw(n, n, weights, replace: true, seed: 2).allSatisfy { (1...n).contains($0) })
    }
}
