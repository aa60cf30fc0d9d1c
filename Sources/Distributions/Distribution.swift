import Autodiff
import RealModule
import Scripting
import Tensors

/// A probability distribution, or a batch of independent ones: the names and behaviour of PyTorch's
/// `torch.distributions`.
///
/// Parameters are tensors that broadcast to the ``batchShape``; one draw has the ``eventShape`` (empty for
/// distributions on the real line). Log-densities and entropies are in nats. Everything but the draws of a discrete
/// distribution is differentiable in the parameters.
///
///     let distribution = try Normal(Variable(Tensor(0)), Variable(Tensor(1)))
///     let density = try distribution.logProbability(Variable(Tensor([0, 1], shape: [2])))
public protocol Distribution: HoldsScriptValues {
    /// The constructor's name in the module `distribution`.
    static var name: String { get }
    /// The constructor's name; a distribution that a script defines has a name of its own.
    var name: String { get }
    /// The parameters by name, as they were given.
    var parameters: [DistributionParameter] { get }
    var batchShape: [Int] { get }
    var eventShape: [Int] { get }
    /// The dtype of results: float64 if a parameter is float64, else float32.
    var dtype: DType { get }
    /// Whether draws are differentiable functions of the parameters.
    var isReparameterised: Bool { get }

    /// The log-density (for discrete distributions, log-probability) at x, whose shape broadcasts with batch and event:
    /// -inf outside the support, NaN at NaN. Call ``logProbability(_:for:)``, which checks the shape.
    func logDensity(_ x: Variable) throws -> Variable
    /// P(X <= x) or P(X > x), or its logarithm; small values are not computed as 1 minus a number near 1, and neither
    /// are their gradients. Call ``cumulativeProbability(_:for:)``, ``survival(_:for:)`` and their logarithms.
    func tail(_ x: Variable, _ side: TailSide, _ form: TailForm) throws -> Variable
    /// The quantile of q in [0, 1]. Call ``quantile(_:for:)``.
    func inverseCumulative(_ q: Variable) throws -> Variable
    /// The x with P(X <= x) = q, or P(X > x) = q, for q in [0, 1]; solved from the tails where there is no closed form.
    func inverseTail(_ q: Variable, _ side: TailSide) throws -> Variable
    /// The set in which draws lie.
    var support: Support { get throws }
    /// The differential entropy (for discrete distributions, entropy) in nats, of the batch shape. Call ``entropy()``.
    func wideEntropy() throws -> Variable
    /// The mean, of batch and event shape; NaN or infinite where it does not exist. Call ``mean()``.
    func wideMean() throws -> Variable
    /// The variance of each component, of batch and event shape. Call ``variance()``.
    func wideVariance() throws -> Variable
    /// The standard deviation, not as the root of the variance, which over- and underflows sooner. Call
    /// ``standardDeviation()``.
    func wideStandardDeviation() throws -> Variable
    /// The same distribution with float64 parameters: everything but draws is computed in it and rounded once at the
    /// end; nil for a distribution that computes in its own dtype.
    func widened() throws -> (any Distribution)?
    /// Draws of shape `shape` + batch + event, recorded where ``isReparameterised``.
    func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable
    /// The constructor call as a script would write it.
    var description: String { get }
}

/// A named parameter of a distribution.
public struct DistributionParameter {
    /// As the constructor and the property are called: `scale`.
    public let name: String
    /// Of the batch's shape, or broadcasting to it; recorded where it was given so.
    public let value: Variable

    init(_ name: String, _ value: Variable) {
        self.name = name
        self.value = value
    }
}

extension Distribution {
    public var name: String { Self.name }
    static var operation: String { "distribution.\(name)" }
    /// The constructor's name, for messages.
    var operation: String { "distribution.\(name)" }

    public var eventShape: [Int] { [] }
    public var isReparameterised: Bool { false }

    /// float32 unless a parameter is float64.
    public var dtype: DType { parameters.contains { $0.value.dtype == .float64 } ? .float64 : .float32 }

    /// The log-density in nats, one number per element (per event) of x broadcast with the batch.
    public func logProbability(_ x: Variable, for operation: String = "distribution:log_prob") throws -> Variable {
        try check(x, "x", event: eventShape, operation)
        return try inFloat64(x) { try $0.logDensity($1) }
    }

    /// P(X <= x), element by element.
    public func cumulativeProbability(_ x: Variable, for operation: String = "distribution:cdf") throws -> Variable {
        try checkedTail(x, .lower, .probability, operation)
    }

    /// log P(X <= x) in nats, accurate where the probability underflows.
    public func logCumulativeProbability(_ x: Variable, for operation: String = "distribution:log_cdf") throws
        -> Variable
    {
        try checkedTail(x, .lower, .logarithm, operation)
    }

    /// P(X > x), not computed as 1 - P(X <= x).
    public func survival(_ x: Variable, for operation: String = "distribution:survival") throws -> Variable {
        try checkedTail(x, .upper, .probability, operation)
    }

    /// log P(X > x) in nats, accurate where the probability underflows.
    public func logSurvival(_ x: Variable, for operation: String = "distribution:log_survival") throws -> Variable {
        try checkedTail(x, .upper, .logarithm, operation)
    }

    private func checkedTail(_ x: Variable, _ side: TailSide, _ form: TailForm, _ operation: String) throws -> Variable
    {
        guard eventShape.isEmpty else { throw ScriptError(operation, "\(self.operation) draws vectors and has no cdf") }
        try check(x, "x", event: [], operation)
        return try inFloat64(x) { try $0.tail($1, side, form) }
    }

    /// The x with P(X <= x) = q; NaN for q outside [0, 1].
    public func quantile(_ q: Variable, for operation: String = "distribution:icdf") throws -> Variable {
        try check(q, "q", event: [], operation)
        return try inFloat64(q) { distribution, q in
            try q.guarded(q.indicator { !($0 < 0 || $0 > 1) }, safe: 0.5, outside: .nan) {
                try distribution.inverseCumulative($0)
            }
        }
    }

    /// The differential entropy (for discrete distributions, entropy) in nats, of the batch shape.
    public func entropy() throws -> Variable { try inFloat64 { try $0.wideEntropy() } }
    /// The mean, of batch and event shape; NaN or infinite where it does not exist.
    public func mean() throws -> Variable { try inFloat64 { try $0.wideMean() } }
    /// The variance of each component, of batch and event shape.
    public func variance() throws -> Variable { try inFloat64 { try $0.wideVariance() } }
    /// The standard deviation, also where the variance over- or underflows.
    public func standardDeviation() throws -> Variable { try inFloat64 { try $0.wideStandardDeviation() } }

    /// Calls `function` with the distribution and x in float64, and rounds the result once to the dtype of both.
    private func inFloat64(_ x: Variable, _ function: (any Distribution, Variable) throws -> Variable) throws
        -> Variable
    {
        guard dtype == .float32, let wide = try widened() else { return try function(self, x) }
        return try function(wide, x.wide).converted(to: dtype.promoted(with: x.dtype))
    }

    private func inFloat64(_ function: (any Distribution) throws -> Variable) throws -> Variable {
        guard dtype == .float32, let wide = try widened() else { return try function(self) }
        return try function(wide).converted(to: dtype)
    }

    /// Independent draws of shape `shape` + batch + event, not recorded.
    public func sample(_ shape: [Int] = [], from generator: Generator, for operation: String = "distribution:sample")
        throws -> Tensor
    {
        _ = try Shape.count(shape + batchShape + eventShape, for: operation)
        return try GradMode.$isEnabled.withValue(false) { try draw(shape, from: generator, for: operation).value }
    }

    /// Draws that are differentiable functions of the parameters. The same numbers as ``sample(_:from:for:)``.
    public func rsample(_ shape: [Int] = [], from generator: Generator, for operation: String = "distribution:rsample")
        throws -> Variable
    {
        guard isReparameterised else {
            throw ScriptError(
                operation,
                "\(self.operation) has no reparameterised draws; use sample and the score function, grad log_prob(x) "
                    + "f(x)"
            )
        }
        _ = try Shape.count(shape + batchShape + eventShape, for: operation)
        return try draw(shape, from: generator, for: operation)
    }

    public func tail(_ x: Variable, _ side: TailSide, _ form: TailForm) throws -> Variable {
        throw ScriptError(
            "distribution:cdf", "\(self.operation) has no cdf in closed form; average sample():le(x) over draws")
    }

    public func inverseCumulative(_ q: Variable) throws -> Variable { try inverseTail(q, .lower) }
    public func inverseTail(_ q: Variable, _ side: TailSide) throws -> Variable { try solvedInverse(q, side) }

    public var support: Support {
        get throws { throw ScriptError("distribution:support", "\(self.operation) does not say where its draws lie") }
    }

    public func wideStandardDeviation() throws -> Variable { try wideVariance().sqrt() }

    public func wideEntropy() throws -> Variable {
        throw ScriptError(
            "distribution:entropy", "\(self.operation) has no entropy in closed form; average -log_prob(x) over draws")
    }

    public var description: String {
        let list = parameters.map { parameter in
            let one = parameter.value.value.count == 1 ? try? parameter.value.value.item() : nil
            return "\(parameter.name) = \(one.map(shown) ?? Shape.describe(parameter.value.shape))"
        }
        return "\(self.operation)(\(list.joined(separator: ", ")))"
    }

    private func check(_ x: Variable, _ argument: String, event: [Int], _ operation: String) throws {
        guard x.shape.count >= event.count, Array(x.shape.suffix(event.count)) == event else {
            throw ScriptError(
                operation,
                "\(argument) has shape \(Shape.describe(x.shape)); events of \(self.operation) have shape "
                    + "\(Shape.describe(event))"
            )
        }
        let lead = Array(x.shape.dropLast(event.count))
        guard (try? Shape.broadcast(lead, batchShape, for: operation)) != nil else {
            throw ScriptError(
                operation,
                "\(argument) of shape \(Shape.describe(x.shape)) does not broadcast with \(self.operation)'s batch "
                    + "\(Shape.describe(batchShape))"
            )
        }
    }
}

extension Variable {
    /// Converted to float64.
    var wide: Variable { get throws { try dtype == .float64 ? self : converted(to: .float64) } }
}
