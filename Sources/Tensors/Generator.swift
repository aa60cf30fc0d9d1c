import CKernels
import RealModule
import Scripting

/// The counter-based generator Philox 4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as
/// 1, 2, 3", SC 2011).
///
/// Number k of a stream is a pure function of (seed, stream, k), so the same seed gives the same numbers whatever the
/// number of threads, and the whole state is three integers.
///
///     let g = Generator(seed: 0)
///     let u = g.uniform()       // in [0, 1)
public final class Generator: ScriptObject {
    /// What scripts see as its type: `generator`.
    public static let type = ObjectType("generator")
    public var scriptType: ObjectType { Generator.type }

    /// The complete state of a generator.
    public struct State: Equatable, Sendable {
        /// Any number; similar seeds give unrelated numbers.
        public var seed: UInt64
        /// Streams of one seed are independent.
        public var stream: UInt64
        /// How many 32-bit words were drawn.
        public var drawn: UInt64

        /// By default the first word of the first stream.
        public init(seed: UInt64, stream: UInt64 = 0, drawn: UInt64 = 0) {
            self.seed = seed
            self.stream = stream
            self.drawn = drawn
        }
    }

    /// The state, and words computed ahead for speed.
    private var words: PhiloxWords
    /// From which ``restore(_:)`` continues with the same numbers.
    public var state: State { words.state }

    /// Equal seeds and streams give equal words.
    public init(seed: UInt64, stream: UInt64 = 0) {
        words = PhiloxWords(State(seed: seed, stream: stream, drawn: 0))
    }

    /// Restarts from a saved state.
    public func restore(_ state: State) { words = PhiloxWords(state) }

    /// The next 32 random bits.
    public func next32() -> UInt32 { words.next() }

    /// The next 64 random bits.
    public func next64() -> UInt64 { words.nextPair() }

    /// Uniform in [0, 1), with 53 random bits.
    public func uniform() -> Double { Generator.uniform(next64()) }
    private static func uniform(_ bits: UInt64) -> Double { Double(bits >> 11) * 0x1p-53 }

    /// Uniform in (0, 1): for logarithms and inverse distribution functions.
    public func openUniform() -> Double { Generator.openUniform(next64()) }
    private static func openUniform(_ bits: UInt64) -> Double { (Double(bits >> 12) + 0.5) * 0x1p-52 }

    /// A whole number in 0..<bound, without bias (Lemire 2019). `bound` must be positive.
    public func below(_ bound: Int) -> Int {
        let range = UInt64(max(bound, 1))
        let threshold = (0 &- range) % range
        while true {
            let product = next64().multipliedFullWidth(by: range)
            if product.low >= threshold { return Int(product.high) }
        }
    }

    /// Standard normal (Box & Muller 1958); every draw uses two uniforms, so that streams stay aligned.
    public func normal() -> Double {
        var number = 0.0
        withUnsafeMutablePointer(to: &number) { normals($0, count: 1) }
        return number
    }

    /// As many calls of ``normal()``, computed together.
    private func normals(_ to: UnsafeMutablePointer<Double>, count: Int) {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { angles in
            withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 2 * count) { pairs in
                guard let angles = angles.baseAddress, let pairs = pairs.baseAddress else { return }
                words.fill(pairs, count: 2 * count)
                for i in 0..<count {
                    to[i] = Generator.openUniform(pairs[2 * i])
                    angles[i] = 2 * .pi * Generator.uniform(pairs[2 * i + 1])
                }
                VectorFunction.log.apply(to, to, count: count) { .log($0) }
                VectorFunction.cos.apply(angles, angles, count: count) { .cos($0) }
                for i in 0..<count { to[i] = (-2 * to[i]).squareRoot() * angles[i] }
            }
        }
    }

    /// A uniformly random order of 0..<count (Fisher & Yates).
    public func permutation(_ count: Int) -> [Int] {
        var order = Array(0..<max(count, 0))
        for i in order.indices.dropFirst().reversed() { order.swapAt(i, below(i + 1)) }
        return order
    }

    /// A tensor whose elements are drawn one after the other in row-major order.
    public func fill(
        _ shape: [Int], _ dtype: DType = .float32, for operation: String = "random", _ draw: (Generator) -> Double
    ) throws -> Tensor {
        let result = try Tensor.uninitialized(shape, dtype.computing, for: operation)
        for i in 0..<result.count {
            if i & 0xffff == 0 { try Cancellation.check() }
            let number = draw(self)
            if result.dtype == .float64 {
                result.base(Double.self)[i] = number
            } else {
                result.base(Float.self)[i] = Float(number)
            }
        }
        return result
    }

    /// An int64 tensor whose elements are drawn one after the other in row-major order.
    public func fillIntegers(_ shape: [Int], for operation: String = "random", _ draw: (Generator) -> Int) throws
        -> Tensor
    {
        let result = try Tensor.uninitialized(shape, .int64, for: operation)
        let base = result.base(Int64.self)
        defer { withExtendedLifetime(result) {} }
        for i in 0..<result.count {
            if i & 0xffff == 0 { try Cancellation.check() }
            base[i] = Int64(draw(self))
        }
        return result
    }

    /// A tensor of mean + std * z, z standard normal.
    public func normals(
        _ shape: [Int], _ dtype: DType = .float32, mean: Double = 0, std: Double = 1,
        for operation: String = "random.normal"
    ) throws -> Tensor {
        let result = try Tensor.uninitialized(shape, dtype.computing, for: operation)
        defer { withExtendedLifetime(result) {} }
        guard Vectors.hasElementary else {
            try fill(result) { row, count, _ in
                normals(row, count: count)
                for i in 0..<count { row[i] = mean + std * row[i] }
            }
            return result
        }
        // Element i uses words 4 i to 4 i + 3 from here on, whichever thread computes it.
        let (state, level) = (words.state, Vectors.level)
        try Tensor.forEachPiece(result.count, nanoseconds: 8) {
            let first = state.drawn &+ 4 * UInt64($0.lowerBound)
            _ =
                result.dtype == .float64
                ? ck_normals_doubles(
                    level, state.seed, state.stream, first, mean, std, result.base(Double.self) + $0.lowerBound,
                    $0.count)
                : ck_normals_floats(
                    level, state.seed, state.stream, first, mean, std, result.base(Float.self) + $0.lowerBound, $0.count
                )
        }
        words.skip(4 * result.count)
        return result
    }

    /// A tensor of low + span * u, u uniform in [0, 1); where rounding gives low + span, the largest number below it.
    public func uniforms(
        _ shape: [Int], _ dtype: DType = .float32, low: Double = 0, span: Double = 1,
        for operation: String = "random.uniform"
    ) throws -> Tensor {
        let last = span > 0 ? (low + span).below(in: dtype.computing) : .infinity
        let result = try Tensor.uninitialized(shape, dtype.computing, for: operation)
        let state = words.state
        // Element i uses words 2 i and 2 i + 1 from here on, whichever thread computes it.
        try Tensor.forEachPiece(result.count, nanoseconds: 4) { piece in
            try fill(result, piece) { row, count, start in
                withUnsafeTemporaryAllocation(of: UInt64.self, capacity: count) { pairs in
                    guard let pairs = pairs.baseAddress else { return }
                    PhiloxWords.read(state, skipping: 2 * start, pairs, count: count)
                    for i in 0..<count { row[i] = min(low + span * Generator.uniform(pairs[i]), last) }
                }
            }
        }
        words.skip(2 * result.count)
        return withExtendedLifetime(result) { result }
    }

    /// Fills a part of a tensor (by default all of it) in rows of some hundred elements, of which `draw` gets the first
    /// position.
    private func fill(
        _ result: Tensor, _ part: Range<Int>? = nil, _ draw: (UnsafeMutablePointer<Double>, Int, Int) -> Void
    ) throws {
        let length = 256
        let part = part ?? 0..<result.count
        try withUnsafeTemporaryAllocation(of: Double.self, capacity: length) { row in
            guard let row = row.baseAddress else { return }
            for start in stride(from: part.lowerBound, to: part.upperBound, by: length) {
                if start & 0xffff == 0 { try Cancellation.check() }
                let count = min(length, part.upperBound - start)
                draw(row, count, start)
                if result.dtype == .float64 {
                    (result.base(Double.self) + start).update(from: row, count: count)
                } else {
                    let to = result.base(Float.self) + start
                    for i in 0..<count { to[i] = Float(row[i]) }
                }
            }
        }
    }

    /// Ten rounds of Philox on one block: the reference for `ck_philox`, which computes many at once.
    public static func philox(
        counter: (UInt32, UInt32, UInt32, UInt32), key: (UInt32, UInt32)
    ) -> (UInt32, UInt32, UInt32, UInt32) {
        var (c0, c1, c2, c3) = counter
        var (k0, k1) = key
        for _ in 0..<10 {
            let a = c0.multipliedFullWidth(by: 0xD251_1F53)
            let b = c2.multipliedFullWidth(by: 0xCD9E_8D57)
            (c0, c1, c2, c3) = (b.high ^ c1 ^ k0, b.low, a.high ^ c3 ^ k1, a.low)
            k0 &+= 0x9E37_79B9
            k1 &+= 0xBB67_AE85
        }
        return (c0, c1, c2, c3)
    }
}

extension Double {
    /// The largest number of a dtype below self.
    package func below(in dtype: DType) -> Double {
        guard dtype == .float32 else { return nextDown }
        let rounded = Float(self)
        return Double(Double(rounded) < self ? rounded : rounded.nextDown)
    }
}

/// The host's global generator, seeded by `random.manual_seed` and used wherever no generator is given.
public final class GlobalGenerator: Service {
    /// One object for the host's life: seeding restores it to the start of a stream.
    public var generator: Generator
    /// Unseeded, it starts from the system's randomness.
    public init() { generator = Generator(seed: UInt64.random(in: 0...UInt64.max)) }
}
