import Autodiff
import Distributions
import Scripting
import Tensors

/// The distribution of x when z = to_latent(x) has the base distribution: a flow of one transform that is a complete
/// distribution, with tails and quantiles from its base where draws are single numbers.
public struct Transformed: CataloguedDistribution {
    /// The name in the module `distribution`.
    public static let name = "Transformed"
    let base: any Distribution
    let transform: any FlowTransform
    /// The base's batch shape, without the last dimension where the transform takes vectors along it.
    public let batchShape: [Int]
    /// The shape of one draw: () where base and transform are over single numbers.
    public let eventShape: [Int]
    /// The event shape that the transform takes: (1) for single numbers.
    private let event: [Int]
    /// The script values in the base and the transform.
    public var heldValues: [Value] { base.heldValues + transform.heldValues }

    /// - Throws: ``Fault`` when the transform does not take the base's draws.
    public init(_ base: any Distribution, _ transform: any FlowTransform) throws {
        if let size = transform.contextSize {
            throw Fault("the transform is conditional (\(size) numbers of context), which a distribution is not")
        }
        (self.base, self.transform) = (base, transform)
        func takes(_ x: Variable) throws -> Bool {
            try GradMode.$isEnabled.withValue(false) { try unlessRefused { try transform.toLatent(x) } != nil }
        }
        if !base.eventShape.isEmpty {
            (batchShape, eventShape, event) = (
                base.batchShape, try transform.dataShape(of: base.eventShape), base.eventShape
            )
            return
        }
        // Over single numbers; where the transform takes only vectors, over vectors along the last batch dimension.
        let one = try Variable(Tensor.full([1, 1], 0.5, base.dtype))
        let isElementwise = try base.batchShape.isEmpty || takes(one)
        if isElementwise {
            (batchShape, eventShape, event) = (base.batchShape, [], [1])
        } else {
            let vector = Array(base.batchShape.suffix(1))
            (batchShape, eventShape, event) = (
                Array(base.batchShape.dropLast()), try transform.dataShape(of: vector), vector
            )
        }
    }

    /// Empty: parameters belong to the base and the transform.
    public var parameters: [DistributionParameter] { [] }
    /// The dtype of draws: the wider of the base's and the transform's.
    public var dtype: DType { base.dtype.promoted(with: transform.drawingType) }
    /// True if the base's draws are differentiable; transforms always are.
    public var isReparameterised: Bool { base.isReparameterised }
    /// The constructor call as a script would write it.
    public var description: String { "distribution.Transformed(\(base.description), flow.\(type(of: transform)))" }
    /// Nil: computed in the dtypes of base and transform.
    public func widened() throws -> (any Distribution)? { nil }

    /// Maps points of any leading shape in one direction: the image in the same layout, and log |det| in the leading
    /// shape.
    private func map(
        _ x: Variable, from: [Int], to: [Int],
        _ direction: (Variable) throws -> (Variable, Variable)
    ) throws -> (value: Variable, logDeterminant: Variable) {
        let isScalar = eventShape.isEmpty
        let lead = isScalar ? x.shape : Array(x.shape.dropLast(from.count))
        let rows = try Shape.count(lead, for: Transformed.label)
        let (value, logDeterminant) = try direction(x.reshape([rows] + from))
        return (
            try value.reshape(isScalar ? lead : lead + to), try logDeterminant.expand([rows]).reshape(lead)
        )
    }

    private static let label = "distribution.Transformed"

    private func latent(_ x: Variable) throws -> (value: Variable, logDeterminant: Variable) {
        try map(x, from: eventShape.isEmpty ? [1] : eventShape, to: event) {
            let (z, log) = try transform.toLatent($0)
            return (z, log)
        }
    }
    private func data(_ z: Variable) throws -> Variable {
        try map(z, from: event, to: eventShape.isEmpty ? [1] : eventShape) {
            let (x, log) = try transform.toData($0)
            return (x, log)
        }.value
    }

    /// log p(x) = log p_base(z) + log |det dz/dx|, in nats.
    public func logDensity(_ x: Variable) throws -> Variable {
        let (z, logDeterminant) = try latent(x)
        let logs = try base.logProbability(z)
        // A base over single numbers under a transform of vectors: log-densities are summed.
        return base.eventShape.isEmpty && !eventShape.isEmpty
            ? try logs.sum([logs.shape.count - 1]) + logDeterminant : try logs + logDeterminant
    }

    /// The images of the base's draws.
    public func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable {
        try data(base.draw(shape, from: generator, for: operation))
    }

    /// Where draws lie, as far as base and transforms say.
    /// - Throws: ``ScriptError`` where that is unknown.
    public var support: Support {
        get throws {
            try NumberRange.support(
                NumberRange.ends(of: [transform]), base: base.support,
                ScriptError(
                    "distribution:support",
                    "it is not known what transforms of a script make, nor parts that do not take all that others make")
            )
        }
    }

    /// Whether the transform increases. A bijection of the line is monotonic, so that two points with different images
    /// decide.
    /// - Throws: ``ScriptError`` where all images are equal within rounding.
    private func increases() throws -> Bool {
        try GradMode.$isEnabled.withValue(false) {
            func images(_ ends: [Double], ofQuantiles: Bool) throws -> [Double]? {
                // Points without a quantile of the base, or outside the transform's domain, are skipped.
                try unlessRefused {
                    try ends.map { end in
                        let q = try Variable(Tensor.full(base.batchShape, end, .float64))
                        return try data(ofQuantiles ? base.quantile(q) : q).value.toArray().first ?? .nan
                    }
                }
            }
            let pairs = try [
                images([0.25, 0.75], ofQuantiles: true), images([-1, 1], ofQuantiles: false),
                images([0.25, 0.75], ofQuantiles: false),
            ]
            for case let pair? in pairs where pair.allSatisfy(\.isFinite) && pair[0] != pair[1] {
                return pair[0] < pair[1]
            }
            throw ScriptError(
                Transformed.label, "no two points of the transform differ after rounding: its direction is not known")
        }
    }

    /// The base's tail at z; the opposite tail where the transform decreases.
    public func tail(_ x: Variable, _ side: TailSide, _ form: TailForm) throws -> Variable {
        let isLower = try (side == .lower) == increases()
        let z = try latent(x).value
        switch (isLower, form) {
        case (true, .probability): return try base.cumulativeProbability(z)
        case (true, .logarithm): return try base.logCumulativeProbability(z)
        case (false, .probability): return try base.survival(z)
        case (false, .logarithm): return try base.logSurvival(z)
        }
    }

    /// The image of the base's quantile.
    public func inverseCumulative(_ q: Variable) throws -> Variable {
        try data(base.quantile(increases() ? q : 1 - q))
    }

    /// - Throws: always: there is no closed form.
    public func wideMean() throws -> Variable { throw missing("mean") }
    /// - Throws: always: there is no closed form.
    public func wideVariance() throws -> Variable { throw missing("variance") }

    private func missing(_ what: String) -> ScriptError {
        ScriptError("distribution:\(what)", "\(Transformed.label) has no \(what) in closed form; take that of draws")
    }
}

extension Transformed {
    /// `distribution.Transformed`.
    public static let declaration = Declaration(
        label,
        """
        The distribution of x when z = t:to_latent(x) has the distribution base: draws are t:to_data(z) of its draws. \
        A base over single numbers takes transforms of every number by itself, and has cdf and icdf then; over \
        vectors, or with a batch of numbers, those of vectors.
        """,
        takes: .argument("base", .distribution), .argument("transform", .transform), returns: .distribution,
        errors:
            "a conditional transform, or one that does not take the base's draws; x where the transform has no inverse",
        source: "torch.distributions.TransformedDistribution",
        example: """
            -- z = 2 x is standard normal: x has the standard deviation 1/2.
            local d = distribution.Transformed(distribution.Normal(0, 1), flow.Scaling{math.log(2)})
            assert(math.abs(d:log_prob(0.5):item() - distribution.Normal(0, 0.5):log_prob(0.5):item()) < 1e-6)
            assert(math.abs(d:icdf(0.975):item() - 0.979982) < 1e-5 and d:sample({3}).shape[1] == 3)
            """,
        see: ["flow.Flow", "flow.Transform"]
    ) { base, transform in try Transformed(base, transform.transform) }

    /// Examples over single numbers and over vectors.
    public static let examples = [
        DistributionExample(
            "Transformed Normal", [.init([0.5, -1]), .init([1, 2]), .init([0.3], [1, 1])], points: .init([0.2, -1.4])
        ) {
            try Transformed(Normal($0[0], $0[1]), Scaling(logScale: $0[2]))
        },
        DistributionExample(
            "Transformed Normal of vectors", [.init([0.5, -1]), .init([1, 2]), .init([0.3, 1], [1, 2])],
            points: .init([0.2, -1.4])
        ) {
            try Transformed(Normal($0[0], $0[1]), Scaling(logScale: $0[2]))
        },
    ]
}
