import Autodiff
import Scripting
import Tensors
import Testing

@testable import Distributions

/// Quantiles of many probabilities at once, which are found from those of some of them.
@Suite struct QuantileTests {
    private static let probabilities = (0..<300).map { (Double($0) + 0.5) / 300 } + [1e-30, 1e-8, 0.5, 0.5, 1 - 1e-9]

    /// Each is that of its probability alone, in any order.
    @Test func manyAreAsEachAlone() throws {
        for example in examples where !example.isDiscrete {
            let distribution = try example.distribution()
            guard distribution.eventShape.isEmpty, distribution.batchShape.allSatisfy({ $0 == 1 }) else { continue }
            let many = Self.probabilities.indices.map { Self.probabilities[$0 * 7 % Self.probabilities.count] }
            let found = try distribution.quantile(vector(many)).value.toArray()
            for (q, x) in zip(many, found).prefix(60) {
                let alone = try distribution.quantile(scalar(q)).value.toArray()[0]
                #expect(abs(x - alone) <= 1e-11 * (abs(alone) + 1e-3), "\(example.label): icdf(\(q)) = \(x), alone \(alone)")
            }
        }
    }

    /// The median of a symmetric distribution around 0 is 0, not a rounding error.
    @Test func mediansAreExact() throws {
        for many in [[0.5], Self.probabilities] {
            let x = try make("StudentT", [scalar(3)]).quantile(vector(many)).value.toArray()
            for (q, x) in zip(many, x) where q == 0.5 { #expect(x == 0, "of \(many.count)") }
        }
    }

    /// How often the density is asked for, for each number that is found.
    @Test(arguments: [("Gamma", [2.5, 1.0]), ("Gamma", [0.1, 1e6]), ("Beta", [2, 3]), ("StudentT", [3, 0, 1])])
    func evaluationsAreFew(_ name: String, _ parameters: [Double]) throws {
        let counting = Counting(inner: try make(name, parameters.map { try scalar($0) }), count: .init())
        let many = (0..<2000).map { (Double($0) + 0.5) / 2000 }
        let x = try counting.quantile(vector(many))
        let away = try (counting.inner.cumulativeProbability(x) - vector(many)).value.toArray().map { abs($0) }.max() ?? 0
        #expect(away < 1e-13, "\(name): \(away)")
        let each = Double(counting.count.points) / Double(many.count)
        #expect(each < 10, "\(name)(\(parameters)): \(each) evaluations for each")
    }
}

private final class Count { var points = 0 }

/// A distribution that counts the points at which its density is asked for.
private struct Counting: Distribution {
    static let name = "Counting"
    let inner: any Distribution
    let count: Count

    var parameters: [DistributionParameter] { inner.parameters }
    var batchShape: [Int] { inner.batchShape }
    var support: Support { get throws { try inner.support } }
    func logDensity(_ x: Variable) throws -> Variable {
        count.points += x.value.count
        return try inner.logDensity(x)
    }
    func tail(_ x: Variable, _ side: TailSide, _ form: TailForm) throws -> Variable { try inner.tail(x, side, form) }
    func wideMean() throws -> Variable { try inner.wideMean() }
    func wideVariance() throws -> Variable { try inner.wideVariance() }
    func widened() throws -> (any Distribution)? { nil }
    func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable {
        try inner.draw(shape, from: generator, for: operation)
    }
}
