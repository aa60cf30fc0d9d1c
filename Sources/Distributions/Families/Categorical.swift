import Autodiff
import Scripting
import Tensors

/// The distribution of one of the whole numbers 1 to k (Lua's counting; PyTorch's from 0) with the probabilities in the
/// last dimension of probs, or softmax(logits). It has no mean and variance: they are NaN, as in PyTorch.
public struct Categorical: CataloguedDistribution {
    public static let name = "Categorical"
    /// Of shape (..., k); every row sums to 1.
    public let probs: Variable
    /// log-probabilities: normalised logits, of shape (..., k).
    public let logits: Variable
    private let isByLogits: Bool
    /// The probabilities or logits as they were given.
    let given: Variable
    /// Whether it was given by probabilities: then an outcome may have probability 0 and yet a derivative.
    var isByProbs: Bool { !isByLogits }
    public var batchShape: [Int] { Array(probs.shape.dropLast()) }
    private var count: Int { probs.shape.last ?? 0 }

    /// - Throws: unless all elements are >= 0 and every row has one above 0. Rows are divided by their sums.
    public init(probs: Variable) throws { try self.init(probs: probs, for: Categorical.operation) }

    /// - Parameter operation: the constructor that the weights were given to, for messages.
    init(probs: Variable, for operation: String) throws {
        try Categorical.checkRank(probs, "probs", operation)
        given = try promoted([probs])[0]
        self.probs = try normalised(given, "probs", for: operation)
        // The logarithm of a weight of 0 is a constant here: its infinite derivative would make the others' NaN.
        let some = try given.indicator { $0 > 0 }
        logits = try Variable.logShare(given.choose(some, given.constant(1)), besides: given.sumOfOthers())
            .choose(some, given.constant(-Double.infinity))
        isByLogits = false
    }

    /// - Throws: when a logit is NaN or +inf, or a row has none above -inf.
    public init(logits: Variable) throws { try self.init(logits: logits, for: Categorical.operation) }

    init(logits: Variable, for operation: String) throws {
        try Categorical.checkRank(logits, "logits", operation)
        try Constraint.logit.check(logits, "logits", for: operation)
        given = try promoted([logits])[0]
        let last = logits.shape.count - 1
        let peaks = try given.value.extremum(last, largest: true, for: operation).values
        if let empty = try peaks.toArray().firstIndex(of: -.infinity) {
            throw ScriptError(
                operation, "logits\(place(empty, in: Array(logits.shape.dropLast()))): every logit is -inf")
        }
        self.logits = try given.logShares()
        probs = try given.softmax(last)
        isByLogits = true
    }

    private static func checkRank(_ variable: Variable, _ name: String, _ operation: String) throws {
        guard let k = variable.shape.last, k > 0 else {
            throw ScriptError(
                operation, "\(name) of shape \(Shape.describe(variable.shape)): a vector expected, or a batch of them")
        }
    }

    public var parameters: [DistributionParameter] {
        let both = [DistributionParameter("probs", probs), DistributionParameter("logits", logits)]
        return isByLogits ? both.reversed() : both
    }

    /// The log-probability of outcome x; -inf unless x is a whole number from 1 to k.
    public func logDensity(_ x: Variable) throws -> Variable {
        let k = count
        let target = try Shape.broadcast(x.shape, batchShape, for: "distribution:log_prob")
        let x = try Variable(x.value.expand(target))
        let index = try x.constant { $0 >= 1 && $0 <= Double(k) && $0 == $0.rounded() ? $0 : 1 }.reshape(target + [1])
        func pick(_ row: Variable) throws -> Variable {
            try row.expand(target + [k]).gather(target.count, index, for: "distribution:log_prob").reshape(target)
        }
        // From weights as log w - log Σ w: the derivative by the weight of an impossible outcome is infinite, by others
        // finite.
        let picked = try isByLogits ? pick(logits) : .logShare(pick(given), besides: pick(given.sumOfOthers()))
        let value = try picked + x.constant { $0.isNaN ? $0 : 0 }
        return try value.choose(
            x.indicator { $0.isNaN || ($0 >= 1 && $0 <= Double(k) && $0 == $0.rounded()) },
            value.constant(-Double.infinity))
    }

    public var support: Support { get throws { try .integers(1, Double(count)) } }
    public func widened() throws -> (any Distribution)? {
        isByLogits ? try Categorical(logits: given.wide) : try Categorical(probs: given.wide)
    }

    /// Σ p_i over i <= x, or over i > x.
    public func tail(_ x: Variable, _ side: TailSide, _ form: TailForm) throws -> Variable {
        let numbers = Variable(try Tensor((1...count).map(Double.init), shape: [count], dtype))
        let column = try x.detached().reshape(x.shape + [1])
        let below = try column.indicator(numbers) { $0 >= $1 }
        let above = try below.complement()
        let value =
            try isByLogits && form == .logarithm
            ? Variable.tail(
                side, form, lower: { try below.weighedLogSum(logits) }, upper: { try above.weighedLogSum(logits) },
                logarithms: true)
            : Variable.tail(
                side, form, lower: { try (probs * below).sumOfLast(1) }, upper: { try (probs * above).sumOfLast(1) })
        return try value + x.constant { $0.isNaN ? $0 : 0 }
    }

    /// -Σ p log p, with 0 log 0 = 0; by probabilities the derivative by a probability of 0 is +inf.
    public func wideEntropy() throws -> Variable {
        try isByLogits ? given.entropyOfLogits() : given.entropyOfWeights()
    }

    /// NaN: outcomes are labels.
    public func wideMean() throws -> Variable { Variable(try Tensor.full(batchShape, .nan, dtype)) }
    /// NaN: outcomes are labels.
    public func wideVariance() throws -> Variable { try mean() }

    /// By inversion: the first outcome whose cumulated probability exceeds a uniform number.
    public func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable {
        let k = count
        var sums = try probs.value.toArray()
        for i in sums.indices where i % k != 0 { sums[i] += sums[i - 1] }
        let rows = max(sums.count / k, 1)
        let draws = try generator.fill(shape + batchShape, .float64, for: operation) { [sums] generator, position in
            let start = (position % rows) * k
            // The first outcome whose sum exceeds u times the total: never one of probability 0.
            let u = generator.uniform() * sums[start + k - 1]
            var (low, high) = (0, k - 1)
            while low < high {
                let middle = (low + high) / 2
                if sums[start + middle] > u { high = middle } else { low = middle + 1 }
            }
            return Double(low + 1)
        }
        return Variable(try draws.value.cast(.int64))
    }

    public var description: String { "\(Self.operation)(\(parameters[0].name) = \(Shape.describe(probs.shape)))" }

    public static let declaration = declare(
        """
        The numbers 1 to k with the probabilities in the last dimension of probs, or of softmax(logits). Values \
        count from 1, Lua's way, and draws are int64; mean and variance are NaN.
        """,
        takes: .numbers(
            "probs", "finite, from 0, not all 0; divided by their sum",
            or: .numbers("logits", "their logarithms, up to a constant; not all -inf")),
        source: "torch.distributions.Categorical, counted from 1",
        example: """
            local d = distribution.Categorical({0.25, 0.75})
            assert(math.abs(d:log_prob(2):item() - math.log(0.75)) < 1e-6)
            assert(d:log_prob(3):item() == -math.huge)
            """
    ) { try $0["logits"].map { try Categorical(logits: $0) } ?? Categorical(probs: $0[0]) }

    public static let examples = [
        DistributionExample(
            "Categorical by probs", [.init([0.2, 0.5, 0.3, 0.1, 0.1, 0.8], [2, 3])], points: .init([2, 3]),
            isDiscrete: true
        ) {
            try Categorical(probs: $0[0])
        },
        DistributionExample("Categorical by logits", [.init([-2, 0.3, 4])], points: .init([1, 3]), isDiscrete: true) {
            try Categorical(logits: $0[0])
        },
    ]
}
