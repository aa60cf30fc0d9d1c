import Distributions
import Foundation
import LawChecks
import Tensors
import Testing

/// The tails by series and continued fractions, which are used for moderate shapes, against the quadrature that is used
/// for all others.
@Suite struct TailSeriesTests {
    /// Random shapes on both sides of the border between the two ways, at points in the middle and far out in both
    /// tails.
    @Test(arguments: ["gamma", "beta", "student"]) func bothWaysAgree(_ distribution: String) {
        let generator = Generator(seed: 11)
        func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * generator.uniform() }
        func logUniform(_ low: Double, _ high: Double) -> Double { pow(10, uniform(low, high)) }
        for trial in 0..<300 {
            let isFar = trial % 2 == 0
            switch distribution {
            case "gamma":
                let a = logUniform(-4.5, 4.5)
                let x = isFar ? a * logUniform(-3, 1.5) : abs(a + a.squareRoot() * uniform(-6, 6))
                let plain = Special.gammaTails(a, x, plain: true)
                expectAgreement(Special.gammaTails(a, x), plain, "gamma(\(a)) at \(x)")
            case "beta":
                let (a, b) = (logUniform(-4.5, 4.5), logUniform(-4.5, 4.5))
                let mean = a / (a + b)
                let spread = (mean * (1 - mean) / (a + b + 1)).squareRoot()
                let far = trial % 4 == 0 ? uniform(0, 1) : mean * logUniform(-6, 1)
                let x = min(0.999999, max(1e-7, isFar ? far : mean + spread * uniform(-6, 6)))
                let plain = Special.betaTails(a, b, x, plain: true)
                expectAgreement(Special.betaTails(a, b, x), plain, "beta(\(a), \(b)) at \(x)")
            default:
                let (df, t) = (logUniform(-3, 3), logUniform(trial % 4 == 1 ? -300 : -3, 3))
                let plain = Special.studentTails(df, t, plain: true)
                expectAgreement(Special.studentTails(df, t), plain, "student(\(df)) at \(t)")
            }
        }
    }

    /// Expects logarithms to agree to 1e-11 (relatively where they are near 0), and derivatives by the shapes to 1e-8.
    private func expectAgreement(_ fast: Tails, _ plain: Tails, _ label: String) {
        for (side, x, y) in [("lower", fast.lower, plain.lower), ("upper", fast.upper, plain.upper)] {
            if x.log == y.log, x.log.isInfinite || x.log == 0 { continue }
            let unit = abs(y.log) < 0.1 ? abs(y.log) : max(1, abs(y.log))
            #expect(abs(x.log - y.log) <= 1e-11 * unit, "\(label): log \(side) \(x.log), plain \(y.log)")
            let seconds = [("aa", x.aa, y.aa), ("ab", x.ab, y.ab), ("bb", x.bb, y.bb)]
            for (name, p, q) in [("a", x.a, y.a), ("b", x.b, y.b)] + seconds {
                #expect(abs(p - q) <= 1e-8 * abs(q), "\(label): \(side) by \(name) \(p), plain \(q)")
            }
        }
    }
}
