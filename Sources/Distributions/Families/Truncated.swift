import Autodiff
import RealModule
import Scripting
import Tensors

/// A distribution of single numbers, conditioned on low <= x <= high: density p(x) / P(low < X <= high) there, 0
/// elsewhere.
public struct Truncated: CataloguedDistribution {
    public static let name = "Truncated"
    /// The whole one, of single numbers and continuous.
    public let distribution: any Distribution
    /// The ends, which may be infinite. Broadcast to ``batchShape``.
    public let low, high: Variable
    public let batchShape: [Int]
    public var heldValues: [Value] { distribution.heldValues }
    /// The distribution's median, and a point of the interval with probability on both sides: float64, without
    /// gradients.
    private let median, inner: Variable

    /// - Throws: for a distribution of vectors or whole numbers, ends that are not in order, or an interval without
    ///   probability.
    public init(_ distribution: any Distribution, _ low: Variable, _ high: Variable) throws {
        let operation = Truncated.operation
        guard distribution.eventShape.isEmpty else {
            throw ScriptError(
                operation, "d draws vectors: \(distribution.description); a distribution of single numbers expected")
        }
        if let support = try? distribution.support, support.kind == .integers {
            throw ScriptError(
                operation, "d draws whole numbers: \(distribution.description); a continuous distribution expected")
        }
        for (name, end) in [("low", low), ("high", high)] {
            if let bad = try end.value.toArray().firstIndex(where: \.isNaN) {
                throw ScriptError(operation, "\(name)\(place(bad, in: end.shape)) = nan: a number expected")
            }
        }
        let ends = try broadcast(
            [DistributionParameter("low", low), DistributionParameter("high", high)], for: operation)
        guard let batch = try? Shape.broadcast(distribution.batchShape, ends, for: operation) else {
            throw ScriptError(
                operation,
                "the distribution's batch \(Shape.describe(distribution.batchShape)) and the ends' "
                    + "\(Shape.describe(ends)) do not broadcast"
            )
        }
        let (lows, highs) = (try low.value.expand(ends).toArray(), try high.value.expand(ends).toArray())
        for i in lows.indices where !(lows[i] < highs[i]) {
            throw ScriptError(
                operation,
                "high\(place(i, in: ends)) = \(shown(highs[i])): a number above low (\(shown(lows[i]))) expected")
        }
        // Of what is truncated already the ends are narrowed: each level of its own would ask the one below many times.
        let narrower = distribution as? Truncated
        let whole = narrower?.distribution ?? distribution
        let bottom = try narrower.map { try low.maximum($0.low) } ?? low
        let top = try narrower.map { try high.minimum($0.high) } ?? high
        let wide = whole.dtype == .float32 ? try whole.widened() ?? whole : whole
        (median, inner) = try GradMode.$isEnabled.withValue(false) {
            let median = try wide.inverseTail(Variable(Tensor(0.5, .float64)), .lower).wide
            let mass = try wide.logProbability(from: bottom.wide, to: top.wide, median: median)
            if let empty = try mass.value.expand(batch).toArray().firstIndex(where: { !($0 > -.infinity) }) {
                throw ScriptError(
                    operation,
                    "\(distribution.description) has no probability from low to high\(place(empty, in: batch))")
            }
            let half = Variable(try Tensor(0.5, .float64))
            return (
                median,
                try wide.quantile(half, rest: half, from: bottom.wide, to: top.wide, median: median, mass: mass).expand(
                    batch)
            )
        }
        (self.distribution, self.low, self.high, batchShape) = (whole, bottom, top, batch)
    }

    private init(_ distribution: any Distribution, _ low: Variable, _ high: Variable, of narrow: Truncated) {
        (self.distribution, self.low, self.high) = (distribution, low, high)
        (median, inner, batchShape) = (narrow.median, narrow.inner, narrow.batchShape)
    }

    public var parameters: [DistributionParameter] {
        [DistributionParameter("low", low), DistributionParameter("high", high)]
    }
    public var dtype: DType { distribution.dtype.promoted(with: low.dtype).promoted(with: high.dtype) }
    public var isReparameterised: Bool { true }

    private func wide() throws -> Truncated? {
        guard let wide = distribution.dtype == .float32 ? try distribution.widened() : distribution else { return nil }
        return Truncated(wide, try low.wide, try high.wide, of: self)
    }
    public func widened() throws -> (any Distribution)? { try wide() }

    public var support: Support {
        get throws {
            guard let own = try? distribution.support else { return Support(.interval, low, high) }
            func extreme(_ a: Variable, _ b: Variable, _ choose: @escaping @Sendable (Double, Double) -> Double) throws
                -> Variable
            {
                Variable(try a.wide.value.zip(b.wide.value, Pairwise(choose), for: "distribution:support"))
            }
            let (low, high) = (try extreme(own.low, low) { max($0, $1) }, try extreme(own.high, high) { min($0, $1) })
            let (starts, ends) = (try low.value.toArray(), try high.value.toArray())
            let kind: Support.Kind =
                switch (starts.allSatisfy(\.isFinite), ends.allSatisfy(\.isFinite)) {
                case (true, true): .interval
                case (true, false): starts.allSatisfy { $0 == 0 } ? .positive : .greaterThan
                case (false, true): .lessThan
                case (false, false): .real
                }
            return Support(kind, low, high)
        }
    }

    /// log P(low < X <= high), in nats.
    /// - Throws: ``ScriptError`` so far out that, subtracted from a log-density, it leaves less than three decimal
    ///   places.
    private func logMass() throws -> Variable {
        let mass = try distribution.logProbability(from: low, to: high, median: median)
        if let lost = try mass.value.toArray().first(where: { $0 < -1e12 && $0.isFinite }) {
            throw ScriptError(
                operation, "log P(low < X <= high) is \(shown(lost)): too far in the tail for densities in float64")
        }
        return mass
    }

    public func logDensity(_ x: Variable) throws -> Variable {
        let x = try x + (low.constant { _ in 0 } + high.constant { _ in 0 })
        let inside = try x.indicator(low) { !($0 < $1) } * x.indicator(high) { !($0 > $1) }
        let value = try distribution.logDensity(x.choose(inside, inner)) - logMass()
        return try value.choose(inside, value.constant(-Double.infinity))
    }

    public func tail(_ x: Variable, _ side: TailSide, _ form: TailForm) throws -> Variable {
        let x = try x + (low.constant { _ in 0 } + high.constant { _ in 0 })
        let (isAbove, isBelow) = (try x.indicator(low) { !($0 <= $1) }, try x.indicator(high) { !($0 >= $1) })
        let inside = try isAbove * isBelow
        let safe = try x.choose(inside, inner)
        let mass = try logMass()
        let value = try Variable.tail(
            side, form, lower: { try distribution.logProbability(from: low, to: safe, median: median) - mass },
            upper: { try distribution.logProbability(from: safe, to: high, median: median) - mass }, logarithms: true)
        let (below, above) = side == .lower ? (form.never, form.always) : (form.always, form.never)
        return try value.choose(inside, value.constant(below).choose(isBelow, value.constant(above)))
    }

    public func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable {
        let wide = try wide() ?? self
        let uniforms = try generator.openUniforms(shape + batchShape, .float64, for: operation)
        let x = try wide.distribution.quantile(
            uniforms, rest: 1 - uniforms, from: wide.low, to: wide.high, median: median, mass: wide.logMass()
        )
        .converted(to: dtype)
        let isAbove = try x.indicator(low) { $0 >= $1 }
        let isBelow = try x.indicator(high) { $0 <= $1 }
        return try x.choose(isAbove, low.converted(to: dtype)).choose(isBelow, high.converted(to: dtype))
    }

    // MARK: Moments, as integrals over the probability

    public func wideMean() throws -> Variable { try average { x in try finite(distribution.mean()) ?? x } }
    public func wideVariance() throws -> Variable {
        let mean = try wideMean()
        return try average { x in
            let away = try x - mean
            return try finite(distribution.variance(), isSquare: true) ?? away * away
        }
    }
    public func wideEntropy() throws -> Variable {
        try average { x in
            // Outermost nodes may lie on an end where the density is 0 or infinite; their weight is below rounding.
            let log = try logDensity(x)
            return try -log.choose(log.indicator { $0.isFinite || $0.isNaN }, log.constant(0))
        }
    }

    /// Infinite moments: where the interval is open towards infinity and the untruncated moment is infinite or NaN,
    /// that value; nil where every moment is finite.
    private func finite(_ moment: Variable, isSquare: Bool = false) throws -> Variable? {
        let shape = batchShape
        let (lows, highs) = (try low.value.expand(shape).toArray(), try high.value.expand(shape).toArray())
        let moments = try moment.value.expand(shape).toArray()
        let values = moments.indices.map { i -> Double in
            let (isOpenBelow, isOpenAbove) = (lows[i] == -.infinity, highs[i] == .infinity)
            if moments[i].isFinite || !(isOpenBelow || isOpenAbove) { return 0 }
            if isOpenBelow && isOpenAbove { return moments[i] }
            return isOpenAbove || isSquare ? .infinity : -.infinity
        }
        return values.allSatisfy { $0 == 0 } ? nil : Variable(try Tensor(values, shape: shape, .float64))
    }

    /// The mean of a function of x, by a double exponential rule over its probability (Takahashi and Mori 1974).
    private func average(_ function: (Variable) throws -> Variable) throws -> Variable {
        let step = 1.0 / 12
        let nodes = (-54...54).map { k -> (q: Double, weight: Double) in
            let t = Double(k) * step
            let q = 1 / (1 + Double.exp(.pi * Double.sinh(abs(t))))
            return (q, step * .pi * Double.cosh(t) * q * (1 - q))
        }
        let lead = [nodes.count] + batchShape.map { _ in 1 }
        let own = nodes.enumerated().map { $0 < 55 ? $1.q : 1 - $1.q }
        let rest = nodes.enumerated().map { $0 < 55 ? 1 - $1.q : $1.q }
        let x = try distribution.quantile(
            Variable(Tensor(own, shape: lead, .float64)), rest: Variable(Tensor(rest, shape: lead, .float64)),
            from: low, to: high,
            median: median, mass: logMass())
        let weights = Variable(try Tensor(nodes.map(\.weight), shape: lead, .float64))
        return try (function(x) * weights).sum([0])
    }

    public var description: String {
        let ends = parameters.map { parameter in
            let one = parameter.value.value.count == 1 ? try? parameter.value.value.item() : nil
            return "\(parameter.name) = \(one.map(shown) ?? Shape.describe(parameter.value.shape))"
        }
        return "\(Self.operation)(\(distribution.description), \(ends.joined(separator: ", ")))"
    }

    public static let declaration = Declaration(
        "distribution.Truncated",
        """
        The distribution of X of d, given that low < X <= high. Mean, variance and entropy are integrals, computed \
        numerically.
        """,
        by: .placesOrNames,
        takes: .argument("d", .distribution, "continuous, of single numbers"),
        .argument("low", .numbers, default: .number(-.infinity), "may be -math.huge"),
        .argument("high", .numbers, default: .number(.infinity), "may be math.huge"),
        returns: .distribution,
        errors: "a distribution of vectors or whole numbers; ends out of order; no probability between them",
        source: "scipy.stats.truncate",
        example: """
            local d = distribution.Truncated(distribution.Normal(0, 1), 0, math.huge)
            assert(math.abs(d.mean:item() - math.sqrt(2 / math.pi)) < 1e-6)
            assert(d:log_prob(-1):item() == -math.huge and d:support() == "positive")
            """
    ) { distribution, low, high in
        let dtype = [low.dtype, high.dtype].contains(.float64) ? DType.float64 : distribution.dtype
        return try Truncated(distribution, low.converted(to: dtype), high.converted(to: dtype))
    }

    public static let examples = [
        DistributionExample(
            "Truncated Normal", [.init([0.5, 3]), .init([1, 2]), .init([0, -4]), .init([1, 2.5])],
            points: .init([0.2, 1])
        ) { try Truncated(Normal($0[0], $0[1]), $0[2], $0[3]) },
        DistributionExample("Truncated Gamma", [.init([2.5]), .init([1]), .init([3])], points: .init([4])) {
            try Truncated(Gamma($0[0], $0[1]), $0[2], $0[2].constant(.infinity))
        },
    ]
}
