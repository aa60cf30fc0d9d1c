import Foundation
import Pictures
import Testing

@Suite struct TickTests {
    /// Ranges of all sizes, signs and offsets.
    static let ranges: [(Double, Double)] = {
        var noise = Samples.Noise()
        return (0..<400).map { _ in
            let size = pow(10, noise.uniform() * 24 - 12)
            let offset = (noise.uniform() - 0.5) * size * pow(10, noise.uniform() * 6)
            return (offset, offset + size)
        } + [(0, 1), (-1, 1), (0, 1e-300), (-1e150, 1e150), (0.1, 0.3), (1e6, 1e6 + 1)]
    }()

    @Test(arguments: ranges) func linearMarksAreRoundAndInside(_ low: Double, _ high: Double) throws {
        for count in 2...12 {
            let marks = Ticks.linear(low, high, count: count).marks.map(\.value)
            #expect(marks.count <= count + 1)
            #expect(marks.allSatisfy { $0 >= low && $0 <= high })
            guard marks.count >= 2 else { continue }
            // The first and last tick may be moved to the range's end by rounding: the widest gap is the step.
            let step = zip(marks.dropFirst(), marks).map { $0 - $1 }.max() ?? 0
            let power = pow(10, floor(log10(step) + 1e-6))
            let mantissa = (step / power).rounded()
            let exact = mantissa * power
            #expect([1, 2, 5].contains(mantissa) && abs(step / exact - 1) < 1e-3, "step \(step) of \(low)...\(high)")
            for mark in marks {
                let multiple = mark / exact
                #expect(abs(multiple - multiple.rounded()) < 1e-3, "\(mark) is no multiple of \(exact)")
            }
            // There is no room for another tick at either end.
            #expect(marks[0] - low < step * 1.001 && high - marks[marks.count - 1] < step * 1.001)
        }
    }

    /// A label times the axis' power of ten is the tick's value.
    @Test(arguments: ranges) func labelsSayTheValues(_ low: Double, _ high: Double) throws {
        let ticks = Ticks.linear(low, high, count: 6)
        for mark in ticks.marks {
            let text = mark.label.base.replacingOccurrences(of: Ticks.minus, with: "-")
            let value = try #require(Double(text + "e\(ticks.power)"))
            #expect(abs(value - mark.value) <= (high - low) * 1e-6, "\(text)e\(ticks.power) for \(mark.value)")
        }
        #expect(Set(ticks.marks.map(\.label.base)).count == ticks.marks.count)
    }

    private func labels(_ ticks: Ticks) -> [String] {
        ticks.marks.map { $0.label.base + ($0.label.exponent.map { "^" + $0 } ?? "") }
    }

    @Test func familiarRanges() {
        #expect(labels(.linear(0, 1, count: 5)) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"])
        #expect(labels(.linear(-1, 1, count: 4)) == ["\u{2212}1.0", "\u{2212}0.5", "0.0", "0.5", "1.0"])
        #expect(labels(.linear(-1350, -400, count: 5)) == [-1200, -1000, -800, -600, -400].map { "\u{2212}\(-$0)" })
        #expect(labels(.linear(3, 17, count: 3)) == ["5", "10", "15"])
        let large = Ticks.linear(110_000, 200_000, count: 5)
        #expect(large.power == 5 && labels(large) == ["1.2", "1.4", "1.6", "1.8", "2.0"])
        let small = Ticks.linear(0, 0.0005, count: 5)
        #expect(small.power == -4 && labels(small) == ["0", "1", "2", "3", "4", "5"])
        #expect(Ticks.linear(1, 1, count: 5).marks.isEmpty)
        #expect(Ticks.linear(-.greatestFiniteMagnitude, .greatestFiniteMagnitude, count: 5).marks.isEmpty)
        #expect(Ticks.linear(.nan, 1, count: 5).marks.isEmpty)
    }

    @Test func decades() {
        #expect(labels(.logarithmic(1, 1000, count: 6)) == ["1", "10", "100", "1000"])
        #expect(labels(.logarithmic(0.02, 200, count: 6)) == ["10^\u{2212}1", "10^0", "10^1", "10^2"])
        #expect(Ticks.logarithmic(1, 100, count: 6).minor == [2, 3, 4, 5, 6, 7, 8, 9, 20, 30, 40, 50, 60, 70, 80, 90])
        // Many decades: ticks at every n-th power, and no minor ticks.
        let many = Ticks.logarithmic(1e-20, 1e20, count: 5)
        #expect((3...6).contains(many.marks.count) && many.minor.isEmpty)
        // Less than two powers of ten: ticks at round numbers instead.
        #expect(labels(.logarithmic(20, 45, count: 6)).contains("30"))
        #expect(Ticks.logarithmic(0, 10, count: 5).marks.isEmpty)
    }

    @Test func axesMakeRoom() {
        let axis = Axis(showing: [2.0, 4.0], isLogarithmic: false, margin: (0.5, 0.25))
        #expect(axis.low == 1 && axis.high == 4.5 && axis.position(1) == 0 && axis.position(4.5) == 1)
        for value in [0.0, 3, -1e-30, 1e150] {
            let single = Axis(showing: [value], isLogarithmic: false, margin: (0.1, 0.1))
            #expect(single.low < value && value < single.high)
        }
        let logarithmic = Axis(showing: [1.0, 100, -5], isLogarithmic: true, margin: (0, 0))
        #expect(abs(logarithmic.position(10) - 0.5) < 1e-12 && logarithmic.position(0) < -1000)
        #expect(Axis(showing: [5.0], isLogarithmic: true, margin: (0, 0)).low < 5)
    }
}
