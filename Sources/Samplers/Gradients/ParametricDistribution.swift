import Autodiff
import Distributions
import Scripting
import Tensors

/// What gradient estimators need of a distribution: draws, and log-densities in nats, one per draw along the first
/// dimension.
public protocol ParametricDistribution {
    /// Its name in error messages.
    var description: String { get }
    /// `count` independent draws, not recorded on the tape.
    func draw(_ count: Int, from generator: Generator, for operation: String) throws -> Tensor
    /// Draws as differentiable functions of the distribution's parameters.
    func reparameterizedDraw(_ count: Int, from generator: Generator, for operation: String) throws -> Variable
    /// The log-density of each draw, (count); for a batch of distributions, summed over the batch.
    func logProbability(_ x: Variable, for operation: String) throws -> Variable
}

/// A distribution of the library; a batch counts as one distribution of independent components.
struct LibraryDistribution: ParametricDistribution {
    let distribution: any Distribution

    var description: String { distribution.description }

    func draw(_ count: Int, from generator: Generator, for operation: String) throws -> Tensor {
        try distribution.sample([count], from: generator, for: operation)
    }

    func reparameterizedDraw(_ count: Int, from generator: Generator, for operation: String) throws -> Variable {
        try distribution.rsample([count], from: generator, for: operation)
    }

    func logProbability(_ x: Variable, for operation: String) throws -> Variable {
        let logs = try distribution.logProbability(x, for: operation)
        return logs.shape.count > 1 ? try logs.sum(Array(1..<logs.shape.count)) : logs
    }
}

/// A script's own distribution: `{sample = function(n, generator), rsample = function(n, generator), log_prob =
/// function(x)}`. A flow takes part as `{sample = function(n) return m:sample(n) end, log_prob = function(x) return
/// m:log_prob(x) end}`.
struct TableDistribution: ParametricDistribution {
    var functions: [String: any ScriptFunction] = [:]

    static let options = OptionTable(
        { TableDistribution() },
        .option("sample", \.functions["sample"], .optional(.function)),
        .option("rsample", \.functions["rsample"], .optional(.function)),
        .option("log_prob", \.functions["log_prob"], .optional(.function)))

    var description: String { "the distribution {\(functions.keys.sorted().joined(separator: ", "))}" }

    private func call(_ name: String, _ arguments: [Value], _ operation: String) throws -> Variable {
        guard let function = functions[name] else {
            throw ScriptError(
                operation,
                "\(description) has no \(name); \(name) = function\(name == "log_prob" ? "(x)" : "(n, generator)") "
                    + "expected"
            )
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
            throw ScriptError(
                operation,
                "\(name) returned shape \(Shape.describe(draws.shape)); \(count) draws along the first dimension "
                    + "expected"
            )
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
