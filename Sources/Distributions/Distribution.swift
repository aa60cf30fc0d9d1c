import Autodiff
import RealModule
import Scripting
import Tensors

/// A probability law, or a batch of independent ones: the names and behaviour of PyTorch's `torch.distributions`.
///
/// Parameters are tensors that broadcast to the ``batchShape``; one draw has the ``eventShape`` (empty for laws on the
/// real line). Log-densities and entropies are in nats. Everything but the draws of a discrete law is differentiable in
/// the parameters.
///
///     let law = try Normal(Variable(Tensor(0)), Variable(Tensor(1)))
///     let density = try law.logProbability(Variable(Tensor([0, 1], shape: [2])))
public protocol Distribution: HoldsScriptValues {
    /// The name scripts give it.
    static var name: String { get }
    /// The same; a law that a script defined has one of its own.
    var name: String { get }
    /// What defines it, as it was given.
    var parameters: [Parameter] { get }
    var batchShape: [Int] { get }
    var eventShape: [Int] { get }
    /// float32 unless a parameter is float64.
    var dtype: DType { get }
    /// Whether draws are differentiable functions of the parameters.
    var isReparameterised: Bool { get }

    /// The log-density (for discrete laws, log-probability) at x, whose shape broadcasts with batch and event: -inf outside
    /// the support, NaN at NaN. Call ``logProbability(_:for:)``, which checks the shape.
    func logDensity(_ x: Variable) throws -> Variable
    /// P(X <= x). Call ``cumulativeProbability(_:for:)``.
    func cumulative(_ x: Variable) throws -> Variable
    /// The inverse of the distribution function for q in (0, 1). Call ``quantile(_:for:)``.
    func inverseCumulative(_ q: Variable) throws -> Variable
    /// The differential entropy (for discrete laws, entropy) in nats, of the batch shape.
    func entropy() throws -> Variable
    /// Of batch and event shape; NaN or infinite where it does not exist.
    func mean() throws -> Variable
    func variance() throws -> Variable
    /// Draws of shape `shape` + batch + event, recorded where ``isReparameterised``.
    func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable
    /// As a script would write it.
    var description: String { get }
}

/// A named parameter of a law.
public struct Parameter {
    public let name: String
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
        return try logDensity(x)
    }

    /// P(X <= x), element by element.
    public func cumulativeProbability(_ x: Variable, for operation: String = "distribution:cdf") throws -> Variable {
        guard eventShape.isEmpty else { throw ScriptError(operation, "\(self.operation) draws vectors and has no cdf") }
        try check(x, "x", event: [], operation)
        return try cumulative(x)
    }

    /// The x with P(X <= x) = q; NaN for q outside [0, 1].
    public func quantile(_ q: Variable, for operation: String = "distribution:icdf") throws -> Variable {
        try check(q, "q", event: [], operation)
        return try q.guarded(q.indicator { !($0 < 0 || $0 > 1) }, safe: 0.5, outside: .nan) { try inverseCumulative($0) }
    }

    public func standardDeviation() throws -> Variable { try variance().sqrt() }

    /// Independent draws of shape `shape` + batch + event, without history.
    public func sample(_ shape: [Int] = [], from generator: Generator, for operation: String = "distribution:sample") throws -> Tensor {
        _ = try Shape.count(shape + batchShape + eventShape, for: operation)
        return try GradMode.$isEnabled.withValue(false) { try draw(shape, from: generator, for: operation).value }
    }

    /// Draws that are differentiable functions of the parameters. The same numbers as ``sample(_:from:for:)``.
    public func rsample(_ shape: [Int] = [], from generator: Generator, for operation: String = "distribution:rsample") throws -> Variable {
        guard isReparameterised else {
            throw ScriptError(
                operation, "\(self.operation) has no reparameterised draws; use sample and the score function, grad log_prob(x) f(x)")
        }
        _ = try Shape.count(shape + batchShape + eventShape, for: operation)
        return try draw(shape, from: generator, for: operation)
    }

    public func cumulative(_ x: Variable) throws -> Variable {
        throw ScriptError("distribution:cdf", "\(self.operation) has no cdf in closed form; average sample():le(x) over draws")
    }

    public func inverseCumulative(_ q: Variable) throws -> Variable {
        throw ScriptError("distribution:icdf", "\(self.operation) has no icdf in closed form")
    }

    public func entropy() throws -> Variable {
        throw ScriptError("distribution:entropy", "\(self.operation) has no entropy in closed form; average -log_prob(x) over draws")
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
                operation, "\(argument) has shape \(Shape.describe(x.shape)); events of \(self.operation) have shape \(Shape.describe(event))")
        }
        let lead = Array(x.shape.dropLast(event.count))
        guard (try? Shape.broadcast(lead, batchShape, for: operation)) != nil else {
            throw ScriptError(
                operation,
                "\(argument) of shape \(Shape.describe(x.shape)) does not broadcast with \(self.operation)'s batch \(Shape.describe(batchShape))")
        }
    }
}
