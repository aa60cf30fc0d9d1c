import Autodiff
import Scripting
import Tensors

/// The expectation E_{x ~ q(params)}[loss(x, params)] whose gradient is wanted, and how many draws to spend.
public struct GradientProblem {
    /// The distribution at these parameters, which are recorded.
    public let distribution: ([Variable]) throws -> any ParametricDistribution
    /// One number per draw; it may also depend on the parameters directly.
    public let loss: (Variable, [Variable]) throws -> Variable
    public let params: [Variable]
    public let samples: Int
    public let generator: Generator

    /// `distribution` and `loss` get the parameters; gradients are taken by all of them.
    public init(
        distribution: @escaping ([Variable]) throws -> any ParametricDistribution,
        loss: @escaping (Variable, [Variable]) throws -> Variable,
        params: [Variable], samples: Int, generator: Generator
    ) {
        self.distribution = distribution
        self.loss = loss
        self.params = params
        self.samples = samples
        self.generator = generator
    }

    /// The losses of a batch, as a vector of finite numbers.
    func losses(_ x: Variable, _ params: [Variable], for operation: String) throws -> Variable {
        let losses = try Vectors.rows(loss(x, params), samples, "loss", for: operation)
        try Vectors.checkFinite(losses.value.toArray(), "loss", for: operation)
        return losses
    }
}

/// What an estimator makes of a problem: one number per draw, whose value is the loss and whose gradient by the
/// parameters is the draw's contribution to the gradient estimate.
struct Surrogate {
    let terms: Variable
    /// At how many draws the loss was computed.
    let evaluations: Int
}

/// An estimate of an expectation and of its gradient.
public struct GradientEstimate {
    /// The mean of the losses at the draws.
    public let value: Double
    /// The standard error of the value.
    public let valueError: Double
    /// One gradient per parameter, in its shape.
    public let gradients: [Tensor]
    /// For each parameter: variances of single draws' contributions, and standard errors of the gradient; nil unless
    /// asked for.
    public let spread: (variances: [Tensor], standardErrors: [Tensor])?
    /// The losses of the draws.
    public let losses: Tensor
    public let evaluations: Int
    /// The estimate as a recorded value whose `backward` gives the gradients; nil unless asked for.
    public let surrogate: Variable?

    /// The most contributions (draws x numbers in the parameters) that variances may need: 2 GB in float64.
    static let most = 1 << 28

    /// - Parameters:
    ///   - statistics: also variances, at the price of min(samples, numbers in params) reverse passes instead of one.
    ///   - recorded: whether to give the surrogate, too.
    init(
        _ problem: GradientProblem, statistics: Bool, recorded: Bool, for operation: String,
        _ estimator: ([Variable]) throws -> Surrogate
    ) throws {
        let shapes = problem.params.map { (shape: $0.shape, count: $0.value.count, dtype: $0.dtype.computing) }
        let sources = recorded ? problem.params : problem.params.map { $0.detached() }
        let dtype: DType = shapes.contains { $0.dtype == .float64 } ? .float64 : .float32
        let samples = problem.samples
        let numbers = shapes.reduce(0) { $0 + $1.count }
        guard !statistics || samples <= GradientEstimate.most / max(numbers, 1) else {
            throw ScriptError(
                operation,
                "statistics of \(numbers) numbers in params from \(samples) samples are too many "
                    + "(\(GradientEstimate.most) at most); pass statistics = false"
            )
        }
        var terms: Variable?
        var evaluations = 0
        /// The draws' terms as a function of one vector that holds all parameters.
        func contributions(_ flat: Variable) throws -> Variable {
            var start = 0
            let params = try shapes.map { one in
                defer { start += one.count }
                let part = try flat.slice(0, start, one.count).reshape(one.shape)
                return one.dtype == dtype ? part : try part.converted(to: one.dtype)
            }
            let surrogate = try estimator(params)
            evaluations = surrogate.evaluations
            let made = surrogate.terms.dtype == dtype ? surrogate.terms : try surrogate.terms.converted(to: dtype)
            terms = made
            return made
        }

        // The contributions of each draw, (samples, parameters), when variances are asked for; else only their mean.
        let (rows, mean): (Tensor?, Tensor) = try GradMode.$isEnabled.withValue(recorded) {
            let point = try Variable.concatenate(
                sources.map { try $0.converted(to: dtype).reshape([$0.value.count]) }, 0, for: operation)
            let size = point.value.count
            guard statistics else {
                let even = Variable(try Tensor.full([samples], 1 / Double(samples), dtype))
                return (
                    nil,
                    try Transform.vjp(of: { [try contributions($0[0])] }, at: point, even, for: operation).product.value
                )
            }
            let rows: Variable
            if size <= samples {
                // No more parameters than draws: the rows J are the transposed Jacobian of u -> J^T u, which takes one
                // reverse pass for each parameter.
                rows = try Transform.jacobian(
                    of: { u in
                        [try Transform.vjp(of: { [try contributions($0[0])] }, at: point, u[0], for: operation).product]
                    },
                    at: Variable(try Tensor.zeros([samples], dtype)), for: operation
                ).detached().transpose(0, 1)
            } else {
                rows = try Transform.jacobian(of: { [try contributions($0[0])] }, at: point, for: operation).detached()
            }
            return (try rows.value.cast(.float64), try rows.converted(to: .float64).mean([0]).value)
        }
        guard let terms else { throw ScriptError(operation, "no losses were computed") }

        func parts(_ flat: Tensor) throws -> [Tensor] {
            var start = 0
            return try shapes.map { one in
                defer { start += one.count }
                return try Variable(flat).slice(0, start, one.count).reshape(one.shape).value.copy(one.dtype)
            }
        }
        gradients = try parts(mean)
        spread = try rows.map { rows in
            let variance = try Variable(rows).variance([0])
            return (try parts(variance.value), try parts((variance / Double(samples)).sqrt().value))
        }
        losses = terms.value
        self.evaluations = evaluations
        (value, valueError) = StandardError.ofMean(try terms.value.toArray())
        surrogate = recorded ? try terms.mean() : nil
    }
}
