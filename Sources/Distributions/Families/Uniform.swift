import Autodiff
import Scripting
import Tensors

/// The uniform distribution on [low, high): log p(x) = -log(high - low) there, -inf elsewhere.
public struct Uniform: CataloguedDistribution {
    public static let name = "Uniform"
    /// The lower end, which belongs to the interval. Broadcasts to ``batchShape``.
    public let low: Variable
    /// The upper end, which does not. Broadcasts to ``batchShape``.
    public let high: Variable
    public let batchShape: [Int]

    /// - Throws: unless both are finite and broadcast, and low is below high everywhere.
    public init(_ low: Variable, _ high: Variable) throws {
        let both = try promoted([low, high])
        (self.low, self.high) = (both[0], both[1])
        try Constraint.finite.check(low, "low", for: Uniform.operation)
        try Constraint.finite.check(high, "high", for: Uniform.operation)
        batchShape = try broadcast(
            [DistributionParameter("low", low), DistributionParameter("high", high)], for: Uniform.operation)
        let lows = try both[0].value.expand(batchShape).toArray()
        let highs = try both[1].value.expand(batchShape).toArray()
        for i in lows.indices where !(lows[i] < highs[i] && (highs[i] - lows[i]).isFinite) {
            throw ScriptError(
                Uniform.operation,
                "high\(place(i, in: batchShape)) = \(shown(highs[i])): a number above low (\(shown(lows[i]))) expected")
        }
    }

    public var parameters: [DistributionParameter] {
        [DistributionParameter("low", low), DistributionParameter("high", high)]
    }
    public var support: Support { get throws { Support(.interval, low, high) } }
    public var isReparameterised: Bool { true }

    /// -log(high - low) in the interval, -inf outside.
    public func logDensity(_ x: Variable) throws -> Variable {
        let above = try x.indicator(low) { !($0 < $1) }
        let below = try x.indicator(high) { !($0 >= $1) }
        let inside = try above * below
        let density = try -(high - low).log() + x.constant { $0.isNaN ? $0 : 0 }
        return try density.choose(inside, density.constant(-Double.infinity))
    }

    /// (x - low) / (high - low), kept within [0, 1], or (high - x) / (high - low).
    public func tail(_ x: Variable, _ side: TailSide, _ form: TailForm) throws -> Variable {
        let (above, below, width) = (try x - low, try high - x, try high - low)
        let inside = try above.indicator(below) { !($0 < 0 || $1 < 0) }
        let (left, right) = (try above.choose(inside, width * 0.5), try below.choose(inside, width * 0.5))
        let value = try Variable.tail(side, form, lower: { try left / width }, upper: { try right / width })
        let (before, after) = side == .lower ? (form.never, form.always) : (form.always, form.never)
        return try value.choose(inside, above.constant { $0 < 0 ? before : after })
    }
    public func widened() throws -> (any Distribution)? { try Uniform(low.wide, high.wide) }
    /// low + (high - low) q, or high - (high - low) q.
    public func inverseTail(_ q: Variable, _ side: TailSide) throws -> Variable {
        try side == .lower ? low + (high - low) * q : high - (high - low) * q
    }
    /// log(high - low).
    public func wideEntropy() throws -> Variable { try (high - low).log().spread(batchShape) }
    /// (low + high) / 2.
    public func wideMean() throws -> Variable { try ((low + high) * 0.5).spread(batchShape) }
    /// (high - low)² / 12.
    public func wideVariance() throws -> Variable {
        let width = try high - low
        return try (width * width / 12).spread(batchShape)
    }
    /// (high - low) / √12.
    public func wideStandardDeviation() throws -> Variable { try ((high - low) / 12.0.squareRoot()).spread(batchShape) }

    /// low + (high - low) u; where rounding gives high, the largest number below it.
    public func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable {
        let noise = try generator.uniforms(shape + batchShape, dtype, for: operation)
        let (x, dtype) = (try low + (high - low) * Variable(noise), dtype)
        return try x.choose(x.indicator(high) { $0 < $1 }, high.constant { $0.below(in: dtype) })
    }

    public static let declaration = declare(
        "The uniform distribution on [low, high).",
        takes: .numbers("low", "finite"), .numbers("high", "finite, above low"),
        source: "torch.distributions.Uniform",
        example: """
            local d = distribution.Uniform(0, 4)
            assert(d.mean:item() == 2 and d:log_prob(5):item() == -math.huge)
            """
    ) { try Uniform($0[0], $0[1]) }

    public static let examples = [
        DistributionExample("Uniform", [.init([0, -1, 3]), .init([1, 0.5, 7])], points: .init([0.2, -0.4, 6])) {
            try Uniform($0[0], $0[1])
        }
    ]
}
