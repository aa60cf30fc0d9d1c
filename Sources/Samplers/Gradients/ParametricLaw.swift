import Autodiff
import Distributions
import Scripting
import Tensors

/// What the estimators ask of a law: draws, and log-densities in nats, one per draw along the first dimension.
public protocol ParametricLaw {
    /// As an error message names it.
    var description: String { get }
    /// `count` independent draws without history.
    func draw(_ count: Int, from generator: Generator, for operation: String) throws -> Tensor
    /// The same, as differentiable functions of the law's parameters.
    func reparameterizedDraw(_ count: Int, from generator: Generator, for operation: String) throws -> Variable
    /// One number per draw: of a batch of laws, the sum over the batch.
    func logProbability(_ x: Variable, for operation: String) throws -> Variable
}

/// A law of the library; a batch of laws counts as one law of independent components.
struct LibraryLaw: ParametricLaw {
    let law: any Distribution

    var description: String { law.description }

    func draw(_ count: Int, from generator: Generator, for operation: String) throws -> Tensor {
        try law.sample([count], from: generator, for: operation)
    }

    func reparameterizedDraw(_ count: Int, from generator: Generator, for operation: String) throws -> Variable {
        try law.rsample([count], from: generator, for: operation)
    }

    func logProbability(_ x: Variable, for operation: String) throws -> Variable {
        let logs = try law.logProbability(x, for: operation)
        return logs.shape.count > 1 ? try logs.sum(Array(1..<logs.shape.count)) : logs
    }
}

/// A script's own law: `{sample = function(n, generator), rsample = function(n, generator), log_prob = function(x)}`. A flow
/// takes part as `{sample = function(n) return m:sample(n) end, log_prob = function(x) return m:log_prob(x) end}`.
struct ScriptLaw: ParametricLaw {
    var functions: [String: any ScriptFunction] = [:]

    static let options = OptionTable({ ScriptLaw() },
        .option("sample", \.functions["sample"], .optional(.function)),
        .option("rsample", \.functions["rsample"], .optional(.function)),
        .option("log_prob", \.functions["log_prob"], .optional(.function)))

    var description: String { "the law {\(functions.keys.sorted().joined(separator: ", "))}" }

    private func call(_ name: String, _ arguments: [Value], _ operation: String) throws -> Variable {
        guard let function = functions[name] else {
            throw ScriptError(operation, "\(description) has no \(name); \(name) = function\(name == "log_prob" ? "(x)" : "(n, generator)") expected")
        }
        let result = try function.call(arguments).first ?? .none
        guard case .object(let object as Variable) = result else {
            throw ScriptError(operation, "\(name) returned \(result.shown); a tensor expected")
        }
        return object
    }

    private func draws(_ name: String, _ count: Int, _ generator: Generator, _ operation: String) throws -> Variable {
        let draws = try call(name, [.integer(count), .object(generator)], operation)
        guard draws.shape.first == count else {
            throw ScriptError(operation, "\(name) returned shape \(Shape.describe(draws.shape)); \(count) draws along the first dimension expected")
        }
        return draws
    }

    func draw(_ count: Int, from generator: Generator, for operation: String) throws -> Tensor {
        try withoutRecording { try draws("sample", count, generator, operation).value }
    }

    func reparameterizedDraw(_ count: Int, from generator: Generator, for operation: String) throws -> Variable {
        try draws("rsample", count, generator, operation)
    }

    func logProbability(_ x: Variable, for operation: String) throws -> Variable {
        try Vectors.rows(call("log_prob", [.object(x)], operation), x.shape.first ?? 0, "log_prob", for: operation)
    }
}
