import CKernels
import Scripting
import Testing

@testable import Tensors

/// The fast path against plain loops in double precision, for every instruction set of this machine.
@Suite("SparseLinear")
struct SparseLinearTests {
    static let levels = [ck_level_portable, ck_level_avx2, ck_level_avx512].filter {
        $0.rawValue <= ck_best_level().rawValue
    }
    static let sizes = [
        (0, 0), (0, 5), (5, 0), (1, 1), (1, 7), (7, 1), (8, 9), (9, 8), (31, 33), (33, 31), (64, 64), (97, 16),
        (15, 101), (127, 131), (392, 1000), (1000, 392), (211, 1009),
    ]

    /// A layer of which about a fifth of the inputs is positive, a fifth negative, and the rest zero of either sign.
    struct Layer {
        let weight: Tensor
        let bias: Tensor
        let input: Tensor
        let cotangent: Tensor
        // The same numbers as arrays: w[o][j], x, b, g.
        let w: [[Double]]
        let b: [Double]
        let x: [Double]
        let g: [Double]

        init(_ outputs: Int, _ inputs: Int, _ dtype: DType, active: ClosedRange<Int> = 0...4, seed: UInt64 = 1) throws {
            var generator = Generator(state: seed &* 7919 &+ UInt64(outputs &* 1013 &+ inputs))
            let plain = try Tensor(
                (0..<(outputs * inputs)).map { _ in
                    // Some weights are subnormal in float16.
                    generator.below(10) == 0 ? generator.number() * 0x1p-15 : generator.number()
                }, shape: [outputs, inputs], dtype)
            weight = try plain.storedByInputUnit()
            bias = try Tensor((0..<outputs).map { _ in generator.number() }, shape: [outputs])
            input = try Tensor(
                (0..<inputs).map { _ in
                    switch Int.random(in: active, using: &generator) {
                    case 0: abs(generator.number())
                    case 1: -abs(generator.number())
                    case 2: -0.0
                    default: 0
                    }
                }, shape: [inputs])
            cotangent = try Tensor((0..<outputs).map { _ in generator.number() }, shape: [outputs])
            let flat = try plain.toArray()
            w = (0..<outputs).map { o in (0..<inputs).map { flat[o * inputs + $0] } }
            (b, x, g) = (try bias.toArray(), try input.toArray(), try cotangent.toArray())
        }

        /// The sums term by term, with the sum of sizes that bounds the rounding error.
        func forward(rectified: Bool) -> [(value: Double, scale: Double)] {
            w.indices.map { o in
                var (value, scale) = (b[o], abs(b[o]))
                for j in x.indices {
                    let term = w[o][j] * (rectified ? max(x[j], 0) : x[j])
                    value += term
                    scale += abs(term)
                }
                return (value, scale)
            }
        }

        func backward(rectified: Bool) -> [(value: Double, scale: Double)] {
            x.indices.map { j in
                if rectified, !(x[j] > 0) { return (0, 0) }
                return w.indices.reduce(into: (value: 0.0, scale: 0.0)) {
                    $0.value += w[$1][j] * g[$1]
                    $0.scale += abs(w[$1][j] * g[$1])
                }
            }
        }
    }

    struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {  // SplitMix64
            state &+= 0x9e37_79b9_7f4a_7c15
            var z = state
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            return z ^ (z >> 31)
        }
        mutating func number() -> Double { Double.random(in: -1...1, using: &self) }
        mutating func below(_ n: Int) -> Int { Int.random(in: 0..<n, using: &self) }
    }

    private func expect(
        _ tensor: Tensor, _ shape: [Int], near reference: [(value: Double, scale: Double)], _ comment: Comment,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        #expect(tensor.shape == shape && tensor.dtype == .float32, comment, sourceLocation: sourceLocation)
        let values = try tensor.toArray()
        try #require(values.count == reference.count, comment, sourceLocation: sourceLocation)
        for (i, (value, near)) in zip(values, reference).enumerated() {
            // A float32 sum of n terms is off by less than n roundings of the sum of sizes, in practice by far less.
            let allowed = near.scale * 1e-5
            if !(abs(value - near.value) <= allowed) {
                Issue.record(
                    "\(comment): element \(i) is \(value), expected \(near.value)", sourceLocation: sourceLocation)
                return
            }
        }
    }

    @Test(
        "every size, type, direction and instruction set against loops in double precision",
        arguments: [DType.float16, .float32])
    func sizes(dtype: DType) throws {
        for (outputs, inputs) in Self.sizes {
            // Inputs that are mixed, all zero, all negative, all positive; large layers, whose reference is slow, only
            // with mixed inputs.
            for active in outputs * inputs > 20_000 ? [0...4] : [0...4, 3...3, 1...1, 0...0] {
                let layer = try Layer(outputs, inputs, dtype, active: active)
                #expect(SparseLinear.applies(weight: layer.weight, bias: layer.bias, input: layer.input))
                for rectified in [false, true] {
                    let forward = layer.forward(rectified: rectified)
                    let backward = layer.backward(rectified: rectified)
                    for level in Self.levels {
                        let what: Comment =
                            "(\(outputs), \(inputs)) \(dtype) level \(level.rawValue), \(active), relu \(rectified)"
                        try expect(
                            try SparseLinear.forward(
                                weight: layer.weight, bias: layer.bias, input: layer.input, rectified: rectified,
                                level: level),
                            [outputs], near: forward, what)
                        try expect(
                            try SparseLinear.backward(
                                weight: layer.weight, cotangent: layer.cotangent, input: layer.input,
                                rectified: rectified, level: level),
                            [inputs], near: backward, what)
                    }
                }
            }
        }
    }

    @Test("a row of one, strided vectors and a slice of a wider weight", arguments: [DType.float16, .float32])
    func views(dtype: DType) throws {
        let layer = try Layer(40, 24, dtype)
        let row = try layer.input.reshape([1, 24])
        let forward = try SparseLinear.forward(weight: layer.weight, bias: nil, input: row, rectified: false)
        #expect(forward.shape == [1, 40])
        let spread = try Tensor.zeros([24, 3])
        try spread.select(1, 2).write(layer.input)
        let again = try SparseLinear.forward(
            weight: layer.weight, bias: nil, input: try spread.select(1, 2), rectified: false)
        #expect(try again.toArray() == forward.toArray())

        // Output units 5 ..< 30 of the layer, with strides (1, 40).
        let part = try layer.weight.slice(0, from: 5, count: 25)
        #expect(SparseLinear.applies(weight: part, input: layer.input))
        let some = try SparseLinear.forward(weight: part, bias: nil, input: layer.input, rectified: false)
        #expect(try some.toArray() == Array(forward.toArray()[5..<30]))
        let g = try Tensor.zeros([25, 2])
        try g.select(1, 1).write(try layer.cotangent.slice(0, from: 5, count: 25))
        let whole = try Tensor.zeros([40])
        try whole.slice(0, from: 5, count: 25).write(try g.select(1, 1))
        let a = try SparseLinear.backward(
            weight: part, cotangent: try g.select(1, 1), input: layer.input, rectified: true)
        let b = try SparseLinear.backward(weight: layer.weight, cotangent: whole, input: layer.input, rectified: true)
        for (x, y) in zip(try a.toArray(), try b.toArray()) { #expect(abs(x - y) < 1e-5) }
    }

    @Test("a half bias", arguments: levels)
    func halfBias(level: ck_level) throws {
        let layer = try Layer(9, 4, .float16)
        let half = try layer.bias.copy(.float16)
        let a = try SparseLinear.forward(
            weight: layer.weight, bias: half, input: layer.input, rectified: true, level: level)
        let b = try SparseLinear.forward(
            weight: layer.weight, bias: try half.copy(.float32), input: layer.input, rectified: true, level: level)
        #expect(try a.toArray() == b.toArray())
    }

    @Test(
        "NaN and infinite inputs take part; zeros of either sign do not, whatever their weight",
        arguments: levels, [DType.float16, .float32])
    func nonFinite(level: ck_level, dtype: DType) throws {
        // Twenty units of which one is special, at every position in a group of four and in a vector of sixteen.
        for place in 0..<20 {
            var weights = [[Double]](repeating: [Double](repeating: 0.5, count: 19), count: 20)
            var x = (0..<20).map { $0 % 3 == 0 ? 1.0 : 0 }
            func forward(_ rectified: Bool) throws -> [Double] {
                let stored = try Tensor(weights.flatMap { $0 }, shape: [20, 19], dtype).transpose(0, 1)
                return try SparseLinear.forward(
                    weight: stored, bias: nil, input: try Tensor(x, shape: [20]), rectified: rectified, level: level
                ).toArray()
            }
            x[place] = .nan
            #expect(try forward(false).allSatisfy(\.isNaN))
            #expect(try forward(true).allSatisfy(\.isNaN))
            x[place] = .infinity
            #expect(try forward(false).allSatisfy { $0 == .infinity })
            #expect(try forward(true).allSatisfy { $0 == .infinity })
            x[place] = -.infinity
            #expect(try forward(false).allSatisfy { $0 == -.infinity })
            #expect(try forward(true).allSatisfy(\.isFinite))
            x[place] = 1
            weights[place][7] = .infinity
            weights[place][18] = .nan
            let loud = try forward(true)
            #expect(loud[7] == .infinity && loud[18].isNaN && loud[17].isFinite)
            for zero in [0.0, -0.0] {
                x[place] = zero
                #expect(try forward(false).allSatisfy(\.isFinite))
                #expect(try forward(true).allSatisfy(\.isFinite))
            }
        }
    }

    @Test(
        "the rectified gradient is zero at zero and below it, not at NaN, and a NaN cotangent reaches the active units",
        arguments: levels)
    func rectifiedGradient(level: ck_level) throws {
        let weight = try Tensor.full([3, 6], 0.5, .float16).storedByInputUnit()
        let input = try Tensor([1, -1, 0, -0.0, .nan, .infinity], shape: [6])
        let ones = try Tensor.full([3], 1)
        #expect(
            try SparseLinear.backward(weight: weight, cotangent: ones, input: input, rectified: true, level: level)
                .toArray() == [1.5, 0, 0, 0, 1.5, 1.5])
        #expect(
            try SparseLinear.backward(weight: weight, cotangent: ones, input: input, rectified: false, level: level)
                .toArray() == [1.5, 1.5, 1.5, 1.5, 1.5, 1.5])
        let broken = try Tensor([1, .nan, 1], shape: [3])
        let gradient = try SparseLinear.backward(
            weight: weight, cotangent: broken, input: input, rectified: true, level: level
        ).toArray()
        #expect(gradient.map(\.isNaN) == [true, false, false, false, true, true])
    }

    @Test(
        "a unit at NaN, an infinity or a zero of either sign has the cotangent of its weights or 0", arguments: levels)
    func edgesOfTheRectifier(level: ck_level) throws {
        for dtype in [DType.float16, .float32] {
            let weight = try Tensor([1, 2, 3, 4, 5, 6, 7], shape: [1, 7], dtype).storedByInputUnit()
            let input = try Tensor([.nan, .infinity, -.infinity, 0, -0.0, 2, -2], shape: [7])
            let gradient = try SparseLinear.backward(
                weight: weight, cotangent: Tensor([10], shape: [1]), input: input, rectified: true, level: level)
            // As PyTorch's relu: the gradient is 0 where x <= 0, which a NaN is not.
            #expect(try gradient.toArray() == [10, 20, 0, 0, 0, 60, 0], "\(dtype)")
        }
    }

    @Test("active units, every length, against a filter", arguments: levels)
    func activeUnits(level: ck_level) {
        var generator = Generator(state: 3)
        for count in 0...70 {
            let kinds: [Float] = [1.5, -2, 0, -0.0, .nan, .infinity, -.infinity]
            let x = (0..<count).map { _ in kinds[generator.below(kinds.count)] }
            for (activity, chosen) in [
                (ck_activity_nonzero, { $0 != 0 } as (Float) -> Bool), (ck_activity_rectified, { !($0 <= 0) }),
            ] {
                var (units, values) = ([UInt32](repeating: 0, count: count), [Float](repeating: 0, count: count))
                let active = ck_active_units(level, activity, x, count, &units, &values)
                let expected = x.indices.filter { chosen(x[$0]) }
                #expect(units.prefix(active).map(Int.init) == expected)
                #expect(values.prefix(active).map(\.bitPattern) == expected.map { x[$0].bitPattern })
            }
        }
    }

    @Test("cutting the units into pieces changes no bit, and no fused multiply-add changes with the vector length")
    func sameBits() throws {
        for dtype in [DType.float16, .float32] {
            let layer = try Layer(203, 149, dtype, active: 0...1)
            var forward: [ck_level: [Double]] = [:]
            for level in Self.levels {
                let units = (0..<149).map(UInt32.init)
                let x = try layer.input.toArray().map(Float.init)
                let g = try layer.cotangent.toArray().map(Float.init)
                func run(_ cuts: [Int]) -> ([Float], [Float]) {
                    var (y, to) = ([Float](repeating: 0, count: 203), [Float](repeating: 0, count: 149))
                    units.withUnsafeBufferPointer { units in
                        x.withUnsafeBufferPointer { x in
                            for (first, end) in zip([0] + cuts, cuts + [149]) {
                                guard let unit = units.baseAddress, let value = x.baseAddress else { return }
                                let (units, x, n) = (unit + first, value + first, end - first)
                                if dtype == .float16 {
                                    let w = layer.weight.base(UInt16.self)
                                    ck_accumulate_units_half(level, w, 203, 203, units, x, n, &y)
                                    ck_dot_units_half(level, w, 203, 203, units, n, g, &to)
                                } else {
                                    let w = layer.weight.base(Float.self)
                                    ck_accumulate_units_float(level, w, 203, 203, units, x, n, &y)
                                    ck_dot_units_float(level, w, 203, 203, units, n, g, &to)
                                }
                            }
                        }
                    }
                    return (y, to)
                }
                let whole = run([])
                for cuts in [[1], [2, 3], [74], [5, 50, 51, 148]] {
                    let cut = run(cuts)
                    #expect(cut.0 == whole.0 && cut.1 == whole.1)
                }
                forward[level] = whole.0.map(Double.init)
            }
            if let a = forward[ck_level_avx2], let b = forward[ck_level_avx512] { #expect(a == b) }
        }
    }

    @Test("transposition: sizes around a block and a tile, from whole, sliced and strided matrices")
    func transposition() throws {
        let extents = [0, 1, 7, 8, 9, 63, 64, 65, 130]
        for dtype in DType.allCases where dtype != .bool {
            for rows in extents {
                for columns in extents {
                    // Numbers that float16 represents exactly, and that differ from their neighbours.
                    let values = (0..<(rows * columns)).map { Double($0 % 2039) }
                    let plain = try Tensor(values, shape: [rows, columns], dtype)
                    let stored = try plain.storedByInputUnit()
                    #expect(stored.shape == [rows, columns] && stored.strides == [1, rows] && stored.dtype == dtype)
                    #expect(try stored.toArray() == values)
                    #expect(try stored.storedByInputUnit().storage === stored.storage)
                }
            }
            let wide = try Tensor((0..<(70 * 90)).map { Double($0 % 2039) }, shape: [70, 90], dtype)
            for view in [
                try wide.slice(1, from: 3, count: 66), try wide.slice(0, from: 1, count: 35, step: 2),
                try wide.slice(1, from: 0, count: 45, step: 2), try Tensor([4], shape: [1, 1], dtype).expand([20, 30]),
            ] {
                #expect(try view.storedByInputUnit().toArray() == view.toArray())
            }
        }
        #expect(throws: ScriptError.self) { try Tensor.zeros([3]).storedByInputUnit() }
    }

    @Test("what does not apply is refused by name, not computed")
    func refusals() throws {
        let weight = try Tensor.zeros([3, 4]).storedByInputUnit()
        let input = try Tensor.zeros([4])
        #expect(SparseLinear.applies(weight: weight, input: input))
        #expect(!SparseLinear.applies(weight: try Tensor.zeros([3, 4]), input: input))
        #expect(!SparseLinear.applies(weight: try Tensor.zeros([3, 4], .float64).storedByInputUnit(), input: input))
        #expect(!SparseLinear.applies(weight: weight, input: try Tensor.zeros([2, 4])))
        #expect(!SparseLinear.applies(weight: weight, input: try Tensor.zeros([5])))
        #expect(!SparseLinear.applies(weight: weight, input: try Tensor.zeros([4], .float64)))
        #expect(!SparseLinear.applies(weight: weight, bias: try Tensor.zeros([4]), input: input))
        #expect(!SparseLinear.applies(weight: weight, bias: try Tensor.zeros([3], .float64), input: input))
        #expect(!SparseLinear.applies(weight: input, input: input))
        #expect(throws: ScriptError("linear", "the input is one float32 vector of 4, not float32 of (5)")) {
            try SparseLinear.forward(weight: weight, bias: nil, input: try Tensor.zeros([5]), rectified: false)
        }
        #expect(throws: ScriptError("linear", "the cotangent is float32 of shape (3), not float32 of (4)")) {
            try SparseLinear.backward(weight: weight, cotangent: try Tensor.zeros([4]), input: input, rectified: false)
        }
    }

    @Test("a cancelled host stops it")
    func cancellation() throws {
        let layer = try Layer(3, 4, .float32, active: 0...0)
        Cancellation.$current.withValue(Cancellation { true }) {
            #expect(throws: Interrupted.self) {
                try SparseLinear.forward(weight: layer.weight, bias: nil, input: layer.input, rectified: false)
            }
            #expect(throws: Interrupted.self) {
                try SparseLinear.backward(
                    weight: layer.weight, cotangent: layer.cotangent, input: layer.input, rectified: false)
            }
            #expect(throws: Interrupted.self) { try Tensor.zeros([3, 4]).storedByInputUnit() }
        }
    }
}
