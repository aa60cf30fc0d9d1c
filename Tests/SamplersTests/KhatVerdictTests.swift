import Samplers
import Testing

/// The verdict in words agrees with the number k-hat.
@Suite struct KhatVerdictTests {
    @Test func wordsAgreeWithNumbers() throws {
        for step in -400...400 {
            let khat = Double(step) / 200 + 0.0001
            let text = ParetoShape.verdict(khat)
            #expect(text.contains("> 0.7: the estimate is not to be trusted") == (khat > 0.7), "\(khat): \(text)")
            let shown = try #require(
                text.split(separator: " ").dropFirst().first.flatMap { Double($0.filter { $0 != ":" }) })
            #expect(abs(shown - khat) <= 0.0102, "\(khat): \(text)")
            #expect((shown > 0.7) == (khat > 0.7), "\(khat): \(text)")
        }
        #expect(ParetoShape.verdict(1.83) == "k-hat 1.83 > 0.7: the estimate is not to be trusted")
        #expect(ParetoShape.verdict(-0.05).hasPrefix("k-hat -0.05: "))
        for nothing in [Double.infinity, .nan] {
            #expect(ParetoShape.verdict(nothing).contains("too few large weights"))
        }
        #expect(ParetoShape.verdict(-.infinity).contains("nothing against"))
    }
}
