import LawChecks
import Scripting
import Testing

import Samplers

/// Baselines on vectors of losses.
@Suite struct BaselineTests {
    @Test func byHand() throws {
        #expect(Baseline.means([1, 2, 6]) == [3, 3, 3])
        #expect(try Baseline.meansOfOthers([1, 2, 6], for: "test") == [4, 3.5, 1.5])
        let average = MovingAverage(decay: 0.5)
        // The weights are 1; 1, 1/2; 1, 1/2, 1/4, divided by their sums.
        for (got, wanted) in zip(average.follow([2, 4, 8]), [0, 2, (4 + 1) / 1.5]) {
            #expect(abs(got - wanted) < 1e-12)
        }
        #expect(abs(average.value - (8 + 2 + 0.5) / 1.75) < 1e-12)
    }

    /// The moving average for a draw contains neither its own loss nor a later one.
    @Test func movingAveragesLookBack() throws {
        let losses = (0..<20).map { Double(($0 * 7) % 11) }
        let plain = MovingAverage(decay: 0.9).follow(losses)
        for place in losses.indices {
            var changed = losses
            changed[place] = 1000
            let other = MovingAverage(decay: 0.9).follow(changed)
            #expect(Array(other[...place]) == Array(plain[...place]), "loss \(place + 1)")
            if place + 1 < losses.count { #expect(other[place + 1] != plain[place + 1], "loss \(place + 1)") }
        }
    }

    /// A moving average continues from call to call.
    @Test func memory() throws {
        try Scripts().run(
            """
            local b = montecarlo.baselines.moving_average(1)
            for k = 1, 3 do
              montecarlo.score_function{distribution = function(m) return distribution.Normal(m, 1) end, loss = function(x) return x * 0 + k end,
                params = tensor(0), samples = 5, baseline = b, generator = random.generator(k)}
            end
            assert(math.abs(b.value - 2) < 1e-12 and b.decay == 1)
            """)
    }
}
