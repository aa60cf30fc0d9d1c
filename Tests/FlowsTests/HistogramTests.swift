import Autodiff
import Flows
import LawChecks
import Networks
import Scripting
import Tensors
import Testing

/// Properties of the histogram transforms besides the laws of all transforms.
@Suite struct HistogramTests {
    private static let counts = [40.0, 3, 7, 25, 1]

    private func numbers(_ values: [Double], _ shape: [Int]? = nil) throws -> Variable {
        Variable(try Tensor(values, shape: shape ?? [values.count], .float64))
    }

    /// A network of one linear layer, with random or zero weights.
    private func net(_ inputs: Int, _ outputs: Int, zeros: Bool) throws -> Module {
        let weight = try zeros ? Tensor.zeros([outputs, inputs], .float64) : normals([outputs, inputs], seed: 4).value
        return Module(Linear(weight: Variable(weight), bias: try numbers([Double](repeating: 0, count: outputs))))
    }

    /// The density of level k is n times the level's share, and F at the levels' edges is the sum of the shares below.
    @Test func densitiesAreTheLevelsShares() throws {
        let histogram = Histogram(try LevelHistogram(counts: Self.counts))
        let total = Self.counts.reduce(0, +)
        var below = 0.0
        for (level, count) in Self.counts.enumerated() {
            for u in [0, 0.3, 0.999] {
                let x = try numbers([(Double(level) + u) / 5], [1, 1])
                let (z, logSlope) = try histogram.toLatent(x)
                let (value, slope) = (try z.value.toArray()[0], try logSlope.value.toArray()[0])
                #expect(abs(value - (below + u * count) / total) < 1e-12, "level \(level), u \(u): \(value)")
                #expect(abs(slope - .log(5 * count / total)) < 1e-12, "level \(level), u \(u): \(slope)")
            }
            below += count
        }
    }

    /// The slopes on both sides of every edge, for the histogram and for bins with other shares.
    @Test func smoothOnesHaveNoJumpsInTheirSlope() throws {
        let histogram = try LevelHistogram(counts: Self.counts, smooth: true)
        let map = try HistogramMap(histogram, edges: [0, 1, 3, 5])
        let coupling = try UnivariateCoupling(
            mask: [true, false], context: 0, map: map, hyper: net(1, map.parameterCount, zeros: false))
        for edge in [0.2, 0.4, 0.6, 0.8] {
            let x = try numbers([0.5, edge - 1e-9, 0.5, edge + 1e-9], [2, 2])
            for (what, logDeterminant) in [
                ("Histogram", try Histogram(histogram).toLatent(x.slice(1, 1, 1)).logDeterminant),
                ("coupling", try coupling.toLatent(x).logDeterminant),
            ] {
                let slopes = try logDeterminant.value.toArray()
                #expect(abs(slopes[0] - slopes[1]) < 1e-5, "\(what) at \(edge): \(slopes)")
            }
        }
    }

    /// A network may make a bin rarer than float32 can say. z, its slope and their gradients are numbers all the same, at
    /// the ends of [0, 1], too.
    @Test(arguments: [false, true], [DType.float32, .float64])
    func binsThatAreNextToImpossibleHaveNumbers(_ smooth: Bool, _ dtype: DType) throws {
        let map = try HistogramMap(LevelHistogram(counts: Self.counts, smooth: smooth), edges: [0, 1, 3, 5])
        let points = [0, 0.1, 0.3, 0.5, 0.9, 1]
        for size in [50.0, 120, 1e4] {
            for signs in 0..<8 {
                let logits = (0..<map.parameterCount).map { $0 < 3 && signs >> $0 & 1 == 1 ? -size : size }
                let row = try Tensor(logits, shape: [1, map.parameterCount], dtype)
                let numbers = Variable(try row.expand([points.count, map.parameterCount]).copy())
                let x = Variable(try Tensor(points, shape: [points.count], dtype))
                let (all, slopes) = try Transform.valueAndGradient(
                    of: { inner in
                        let (z, logSlope) = try map.toLatent(inner[0], inner[1])
                        return [try (z + logSlope).sum()]
                    }, at: [x, numbers], for: "test")
                let found = try all[0].value.toArray() + slopes.flatMap { try $0.value.toArray() }
                let areNumbers = found.allSatisfy(\.isFinite)
                #expect(areNumbers, "smooth \(smooth), \(dtype), logits \(logits): \(found)")
            }
        }
    }

    /// A network that returns zeros leaves the histogram as it is, whatever the bins are.
    @Test(arguments: [false, true]) func aNetworkOfZerosIsTheHistogram(_ smooth: Bool) throws {
        let histogram = try LevelHistogram(counts: Self.counts, smooth: smooth)
        let x = try numbers([0.5, 0.05, 0.5, 0.25, 0.5, 0.7, 0.5, 0.97], [4, 2])
        let (expected, slopes) = try Histogram(histogram).toLatent(x.slice(1, 1, 1))
        // A smooth one equals the histogram where neighbouring bins have the same slope, which all have here.
        for edges in [nil, [0, 1, 3, 5]] as [[Int]?] {
            let map = try HistogramMap(histogram, edges: edges)
            let coupling = try UnivariateCoupling(
                mask: [true, false], context: 0, map: map, hyper: net(1, map.parameterCount, zeros: true))
            let (z, logDeterminant) = try coupling.toLatent(x)
            let fault = try difference(z.slice(1, 1, 1).value, expected.value, absolute: 1e-12, relative: 0)
            #expect(fault == nil, "smooth \(smooth), \(edges ?? []): \(fault ?? "")")
            let other = try difference(logDeterminant.value, slopes.value, absolute: 1e-12, relative: 0)
            #expect(other == nil, "smooth \(smooth), \(edges ?? []): \(other ?? "")")
        }
    }

    /// Rounding maps no number below 1 to 1, where a uniform base has density 0; the number 1 itself counts as part of
    /// the last level.
    @Test(arguments: [DType.float32, .float64]) func imagesOfNumbersBelowOneAreBelowOne(_ dtype: DType) throws {
        let largest = dtype == .float32 ? Double(Float(1).nextDown) : 1.0.nextDown
        for smooth in [false, true] {
            let transform = Histogram(try LevelHistogram(counts: [1, 1e6, 3], smooth: smooth))
            let x = Variable(try Tensor([largest, 1, 0], shape: [1, 3], dtype))
            for (what, value) in [("to_latent", try transform.toLatent(x).z), ("to_data", try transform.toData(x).x)] {
                let values = try value.value.toArray()
                let isInside = values.allSatisfy { (0..<1).contains($0) } && values[2] == 0
                #expect(isInside, "\(what), smooth \(smooth): \(values)")
            }
        }
    }

    private func message(_ run: () throws -> Void) -> String {
        do {
            try run()
            return "no error"
        } catch { return "\(error)" }
    }

    @Test func whatIsNoHistogramSaysWhy() throws {
        let two = try LevelHistogram(counts: [1, 2])
        for (text, expected) in [
            (message { _ = try LevelHistogram(counts: [1, 0, 2]) }, "0 at element 2: finite numbers above 0 expected"),
            (message { _ = try LevelHistogram(counts: [1]) }, "2 levels or more expected, got 1"),
            (message { _ = try LevelHistogram(counts: [1, .nan]) }, "nan at element 2"),
            (message { _ = try LevelHistogram(counts: [1e-300, 1]) }, "at element 1 of a sum of 1"),
            (message { _ = try HistogramMap(two, edges: [0, 2]) }, "for 2 bins or more; got [0, 2]"),
            (message { _ = try HistogramMap(two, edges: [1, 0, 2]) }, "rising from 0"),
            (
                message { _ = try Histogram(two).toLatent(self.numbers([0.5, 1.5], [1, 2])) },
                "flow.Histogram: 1.5 at element 2 of (1, 2): numbers from 0 to 1 expected"
            ),
            (message { _ = try Histogram(two).toData(self.numbers([-0.5], [1, 1])) }, "-0.5 at element 1"),
        ] { #expect(text.contains(expected), "\(text)") }
    }

    /// A network that reads elements it must not depend on is detected when samples are drawn.
    @Test func aNetworkThatDoesNotKeepTheOrderIsRefused() throws {
        let weight = try normals([6, 3], seed: 2).value
        let linear = Linear(weight: Variable(weight), bias: try numbers([Double](repeating: 0, count: 6)))
        let transform = try OrderedAutoregressive(
            order: [1, 2, 3], shape: [3], context: 0, map: AffineMap(), hyper: Module(linear))
        let z = try normals([4, 3], seed: 3)
        #expect(message { _ = try transform.toData(z) }.contains("net does not keep the order"))
        // Rows that are not finite do not hide the fault of others.
        let rows = try numbers([.nan, .nan, .nan, 1, 2, 3], [2, 3])
        #expect(message { _ = try transform.toData(rows) }.contains("net does not keep the order"))
        // The last order is checked as well, which for a coupling is the only one.
        let two = try OrderedAutoregressive(
            order: [0, 1], shape: [2], context: 0, map: AffineMap(), hyper: net(2, 2, zeros: false))
        #expect(message { _ = try two.toData(normals([4, 2], seed: 3)) }.contains("net does not keep the order"))
    }

    /// Sampling takes as many passes as there are different orders, however large their numbers are; and `train`
    /// reaches the network's dropout.
    @Test func ordersMayHaveGaps() throws {
        let linear = Linear(
            weight: try numbers([2, 0, -1, 0], [2, 2]), bias: try numbers([0.5, 0.25]))
        func made(_ order: [Int]) throws -> OrderedAutoregressive {
            try OrderedAutoregressive(order: order, shape: [2], context: 0, map: AffineMap(), hyper: Module(linear))
        }
        let (z, gap) = (try normals([4, 2], seed: 3), try made([0, 1 << 24]))
        let fault = try difference(gap.toData(z).x.value, made([0, 1]).toData(z).x.value, absolute: 0, relative: 0)
        #expect(fault == nil, "\(fault ?? "")")
        #expect(gap.modules.count == 1)
    }

    /// In float32 the image of a rare level is rounded by more than the level's width, but stays within its bin.
    @Test func rareLevelsStayInTheirBins() throws {
        let map = try HistogramMap(LevelHistogram(counts: [5e8 + 20, 40, 5e8 - 60]))
        let linear = Linear(
            weight: Variable(try Tensor.zeros([3, 1], .float32)),
            bias: Variable(try Tensor([0, 20, 0], shape: [3], .float32)))
        let coupling = try UnivariateCoupling(mask: [true, false], context: 0, map: map, hyper: Module(linear))
        func image(_ x: Double, _ dtype: DType) throws -> Double {
            try coupling.toLatent(Variable(Tensor([0.5, x], shape: [1, 2], dtype))).z.value.toArray()[1]
        }
        let (z, end) = (try image(1.9 / 3, .float32), try image(2.0 / 3, .float64))
        #expect(z <= end + 1e-6, "\(z), behind the bin's end \(end)")
    }

    @Test func whatIsNoOrderSaysWhy() throws {
        let hyper = try net(2, 2, zeros: true)
        func made(_ order: [Int], _ shape: [Int]) throws {
            _ = try OrderedAutoregressive(order: order, shape: shape, context: 0, map: ShiftMap(), hyper: hyper)
        }
        #expect(message { try made([0, 0], [2]) }.contains("nothing is changed"))
        #expect(message { try made([0, 1, 1, 1], [2, 1, 2]) }.contains("channel 1 has 0 and others"))
    }

    /// A flow that ends in uniform noise has data in [0, 1], also when it has splits.
    @Test func theDataOfUniformNoiseLieInTheUnitInterval() throws {
        let histogram = try LevelHistogram(counts: Self.counts)
        let coupling = try UnivariateCoupling(
            mask: CouplingMask([true, false], shape: [2, 1, 1]), context: 0, map: HistogramMap(histogram),
            hyper: net(1, 5, zeros: true))
        let unit = NumberRange(0, 1)
        let chain = try Chain([coupling, Split(), Histogram(histogram)], event: [2, 1, 1])
        #expect(chain.dataRange == unit && chain.latentRange == unit)
        let other = try Chain([coupling, Split(), Histogram(histogram), Logit()], event: [2, 1, 1])
        #expect(other.latentRange == nil)
    }
}
