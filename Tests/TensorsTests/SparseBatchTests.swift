import CKernels
import Scripting
import Testing
import TimeLimits

@testable import Tensors

/// Layers whose inputs are mostly zero, against plain sums in float64.
@Suite(.ownTime(minutes: 10)) struct SparseBatchTests {
    private struct Layer {
        var x: Tensor, weight: Tensor, bias: Tensor?, cotangent: Tensor

        /// About a sixth of x is above 0. `weight` is a slice of a wider matrix, stored by input unit.
        init(_ rows: Int, _ inputs: Int, _ outputs: Int, _ dtype: DType, seed: UInt64, bias dtypeOfBias: DType?) throws
        {
            let generator = Generator(seed: seed)
            x = try generator.fill([rows, inputs], .float32) { $0.normal() - 1 }
            weight = try generator.fill([inputs, outputs + 3], .float32) { $0.normal() }.copy(dtype)
                .slice(1, from: 2, count: outputs).transpose(0, 1)
            bias = try dtypeOfBias.map { dtype in try generator.fill([outputs], .float32) { $0.normal() }.copy(dtype) }
            cotangent = try generator.fill([rows, outputs], .float32) { $0.normal() }
        }

        var batch: SparseBatch? {
            get throws { try SparseBatch(weight: weight, input: x, rectified: true, densest: 1) }
        }

        func results(_ level: ck_level, threads: Int) throws -> (y: [Double], g: [Double])? {
            try ThreadCount.$current.withValue(try ThreadCount(threads)) {
                try SparseBatch(weight: weight, input: x, rectified: true, densest: 1, level: level).map {
                    (try $0.forward(bias: bias).toArray(), try $0.backward(cotangent).toArray())
                }
            }
        }

        /// The sums, with bounds of their rounding errors.
        func plain() throws -> (y: [(Double, Double)], g: [(Double, Double)]) {
            let (rows, inputs, outputs) = (x.shape[0], x.shape[1], weight.shape[0])
            let (x, w, g) = (try x.toArray(), try weight.toArray(), try cotangent.toArray())
            let start = try bias?.toArray()
            let unit = 0x1p-24 * Double(max(inputs, outputs) + 4)
            func sum(_ start: Double, _ terms: [Double]) -> (Double, Double) {
                let sum = terms.reduce(start, +)
                return (sum, unit * terms.reduce(abs(start)) { $0 + abs($1) })
            }
            let y = (0..<rows * outputs).map { place in
                let (i, o) = (place / outputs, place % outputs)
                return sum(start?[o] ?? 0, (0..<inputs).map { j in
                    let active = !(x[i * inputs + j] <= 0)
                    return active ? x[i * inputs + j] * w[o * inputs + j] : 0
                })
            }
            let back = (0..<rows * inputs).map { place in
                let (i, j) = (place / inputs, place % inputs)
                return x[place] <= 0
                    ? (0, 0) : sum(0, (0..<outputs).map { o in g[i * outputs + o] * w[o * inputs + j] })
            }
            return (y, back)
        }
    }

    private func expect(_ results: [Double], _ expected: [(Double, Double)], _ what: String) {
        #expect(results.count == expected.count)
        for (i, (result, (sum, error))) in zip(results, expected).enumerated() {
            let isRight = sum.isFinite ? abs(result - sum) <= error : "\(result)" == "\(sum)"
            if !isRight {
                Issue.record("\(what): element \(i) is \(result), not \(sum)")
                return
            }
        }
    }

    @Test(arguments: [ck_level_portable, ck_level_avx2, ck_level_avx512])
    func batchesAreTheSums(_ level: ck_level) throws {
        for (round, (rows, inputs, outputs)) in [
            (2, 1, 1), (3, 130, 5), (66, 131, 20), (5, 260, 40), (70, 9, 257), (2, 129, 1),
        ].enumerated() {
            for dtype in [DType.float16, .float32] {
                let bias: DType? = [nil, .float32, .float16][round % 3]
                var layer = try Layer(rows, inputs, outputs, dtype, seed: UInt64(round), bias: bias)
                for special in [nil, Double.nan, .infinity] {
                    if let special {
                        try layer.x.select(0, rows / 2).slice(0, from: inputs / 2, count: 1).fill(special)
                    }
                    // A unit that is inactive in all rows, and a row without active units.
                    try layer.x.select(1, 0).fill(-1)
                    if rows > 2 { try layer.x.select(0, 0).fill(0) }
                    let what = "(\(rows), \(inputs)), \(outputs) outputs, \(dtype), \(level), \(special ?? 0)"
                    let one = try #require(try layer.results(level, threads: 1))
                    let expected = try layer.plain()
                    expect(one.y, expected.y, "forward, \(what)")
                    expect(one.g, expected.g, "backward, \(what)")
                    for threads in [2, 4] {
                        let several = try #require(try layer.results(level, threads: threads))
                        #expect(several.y.map(\.bitPattern) == one.y.map(\.bitPattern), "\(threads) threads: \(what)")
                        #expect(several.g.map(\.bitPattern) == one.g.map(\.bitPattern), "\(threads) threads: \(what)")
                    }
                }
                layer.x = try layer.x.copy()
            }
        }
    }

    @Test func whatIsNotSparseIsLeftToTheProduct() throws {
        let layer = try Layer(20, 300, 100, .float32, seed: 3, bias: nil)
        func applies(_ x: Tensor, _ weight: Tensor) throws -> Bool {
            try SparseBatch(weight: weight, input: x, rectified: true) != nil
        }
        #expect(try applies(layer.x, layer.weight))
        #expect(try !applies(Tensor.full([20, 300], 1), layer.weight))
        #expect(try !applies(layer.x.slice(0, from: 0, count: 1), layer.weight))
        #expect(try !applies(layer.x.copy(.float64), layer.weight))
        // A weight stored by output unit is not taken by this kernel.
        #expect(try !applies(layer.x, layer.weight.contiguous()))
        // Sparse in the first rows, dense later.
        let late = try layer.x.copy()
        try late.slice(0, from: 14, count: 6).fill(1)
        #expect(try !applies(late, layer.weight))
    }

    /// The gradient of a weight is the sum over rows of g max(x, 0), for units that are active in some, all or no rows.
    @Test(arguments: [ck_level_portable, ck_level_avx2, ck_level_avx512])
    func weightGradientsAreTheSums(_ level: ck_level) throws {
        for (round, (rows, inputs, outputs)) in [(1, 3, 4), (2, 130, 5), (66, 21, 20), (70, 9, 257)].enumerated() {
            let layer = try Layer(rows, inputs, outputs, .float32, seed: UInt64(round), bias: nil)
            try layer.x.select(1, 0).fill(-1)
            try layer.x.select(1, inputs - 1).fill(0.5)
            let what = "(\(rows), \(inputs)), \(outputs) outputs, \(level)"
            func gradient(threads: Int) throws -> Tensor {
                try ThreadCount.$current.withValue(try ThreadCount(threads)) {
                    let gradient = try SparseBatch.weightGradient(
                        layer.cotangent, input: layer.x, densest: 1, level: level)
                    return try #require(gradient, "\(what)")
                }
            }
            let result = try gradient(threads: 1)
            #expect(result.shape == [outputs, inputs] && result.strides == [1, outputs], "\(what)")
            let (x, g) = (try layer.x.toArray(), try layer.cotangent.toArray())
            let expected = (0..<outputs * inputs).map { place in
                let (o, j) = (place / inputs, place % inputs)
                let terms = (0..<rows).map { g[$0 * outputs + o] * max(x[$0 * inputs + j], 0) }
                return (terms.reduce(0, +), 0x1p-24 * Double(rows + 4) * terms.reduce(0) { $0 + abs($1) })
            }
            expect(try result.toArray(), expected, what)
            for threads in [2, 4] {
                #expect(
                    try gradient(threads: threads).toArray().map(\.bitPattern)
                        == result.toArray().map(\.bitPattern), "\(threads) threads: \(what)")
            }
        }
    }

    /// A cotangent that is NaN or infinite times 0 is NaN, which skipping would lose.
    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func weightGradientsOfInfiniteCotangentsAreLeftToTheProduct(_ special: Double) throws {
        let layer = try Layer(20, 300, 10, .float32, seed: 5, bias: nil)
        #expect(try SparseBatch.weightGradient(layer.cotangent, input: layer.x) != nil)
        try layer.cotangent.select(0, 7).slice(0, from: 3, count: 1).fill(special)
        #expect(try SparseBatch.weightGradient(layer.cotangent, input: layer.x) == nil)
        // Most units are active.
        #expect(try SparseBatch.weightGradient(layer.cotangent, input: Tensor.full([20, 300], 1)) == nil)
    }
}
