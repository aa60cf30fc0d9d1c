import Autodiff
import Distributions
import Foundation
import LawChecks
import Scripting
import Tensors
import Testing

/// Values of other libraries, from distributions.json, which make_fixtures.py writes.
struct Fixtures: Decodable {
    struct Number: Decodable {
        let value: Double
        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let word = try? container.decode(String.self) {
                value = word == "inf" ? .infinity : word == "-inf" ? -.infinity : .nan
            } else {
                value = try container.decode(Double.self)
            }
        }
    }
    struct Array: Decodable {
        let shape: [Int]
        let values: [Number]
        func tensor(_ dtype: DType = .float64) throws -> Tensor { try Tensor(values.map(\.value), shape: shape, dtype) }
    }
    struct Values: Decodable {
        let distribution: String
        let parameters: [Array]
        let options: [String: Array]?
        let x: Array
        let log_prob: Array
        let cdf, q, icdf, entropy, mean, variance: Array?
        let log_prob_grad, entropy_grad: [Array]?
    }
    struct Pair: Decodable {
        let p, q: String
        let p_parameters, q_parameters: [Array]
        let kl: Array
    }
    struct Row: Decodable {
        let at: [Double]
        let value: Number
    }
    struct Table: Decodable {
        let function: String
        let tolerance: Double
        let rows: [Row]
    }
    let distributions, gradients: [Values]
    let divergences: [Pair]
    let special: [Table]

    static func load() throws -> Fixtures {
        let url = try #require(
            Bundle.module.url(forResource: "distributions", withExtension: "json", subdirectory: "Fixtures"))
        return try JSONDecoder().decode(Fixtures.self, from: Data(contentsOf: url))
    }
}

/// Calls the constructor `distribution.name(...)` as a script does.
func make(_ name: String, _ arguments: [Value]) throws -> any Distribution {
    let function = try #require(
        DistributionModule().functions.first { $0.shortName == name }, "no distribution.\(name)")
    guard case .object(let object) = try function.call(arguments).first ?? .none,
        let made = object as? DistributionObject
    else {
        throw ScriptError("test", "\(name) returned no distribution")
    }
    return made.distribution
}

func make(_ name: String, _ parameters: [Variable], _ options: [String: Fixtures.Array] = [:]) throws
    -> any Distribution
{
    var arguments = parameters.map { Value.object($0) }
    if !options.isEmpty {
        arguments.append(.table(SwiftTable(named: try options.map { ($0.key, .tensor(try $0.value.tensor())) })))
    }
    return try make(name, arguments)
}

extension DistributionExample.Input {
    func variable(_ dtype: DType = .float64) throws -> Variable { Variable(try Tensor(values, shape: shape, dtype)) }
}

extension DistributionExample {
    func distribution(_ dtype: DType = .float64) throws -> any Distribution {
        try make(parameters.map { try $0.variable(dtype) })
    }
}

extension LawCase {
    /// A test case at exactly these points: what varies is a displacement, drawn from the range 0...0, that is added to
    /// them.
    init(
        _ label: String, moving points: [DistributionExample.Input],
        apply: @escaping @Sendable ([Variable]) throws -> Variable
    ) {
        self.init(label, points.map { .init($0.shape, 0...0) }) { away in
            try apply(zip(points, away).map { try $0.variable() + $1 })
        }
    }
}

/// Every example of the catalogue, and those of the made-up distribution.
var examples: [DistributionExample] { catalogue.flatMap { $0.examples } }

/// The message of the error that `body` throws; otherwise a text that says that none was thrown.
func message(_ body: () throws -> Void) -> String {
    do {
        try body()
        return "no error"
    } catch {
        return "\(error)"
    }
}

func scalar(_ value: Double) throws -> Variable { Variable(try Tensor(value, .float64)) }
func vector(_ values: [Double]) throws -> Variable { Variable(try Tensor(values, shape: [values.count], .float64)) }

/// Calls a method that not every distribution has: nil where a closed form is missing by design.
func closedForm(_ body: () throws -> Variable) throws -> Variable? {
    do { return try body() } catch let error as ScriptError {
        if error.message.contains("closed form") || error.message.contains("draws vectors") { return nil }
        throw error
    }
}
