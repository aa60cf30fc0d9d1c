import Autodiff
import Scripting
import Tensors

@testable import Distributions

// A made-up distribution, added as CONTRIBUTING describes: this file, and its name in `catalogue`.

/// The logistic distribution of scale 1: cdf 1 / (1 + e^-(x - loc)).
struct UnitLogistic: CataloguedDistribution {
    static let name = "UnitLogistic"
    let loc: Variable
    var batchShape: [Int] { loc.shape }

    init(_ loc: Variable) throws {
        self.loc = loc
        try Constraint.finite.check(loc, "loc", for: UnitLogistic.operation)
    }

    var parameters: [DistributionParameter] { [.init("loc", loc)] }
    var isReparameterised: Bool { true }
    var support: Support { get throws { try .real } }

    func logDensity(_ x: Variable) throws -> Variable { try (x - loc).logisticLogDensity() }
    func tail(_ x: Variable, _ side: TailSide, _ form: TailForm) throws -> Variable {
        try (x - loc).tail(side, form, from: -.infinity, to: .infinity, safe: 0) { z in
            let z = try side == .lower ? z : -z
            return try form == .probability ? z.logisticCDF() : z.logisticLogCDF()
        }
    }
    func widened() throws -> (any Distribution)? { try UnitLogistic(loc.wide) }
    func inverseCumulative(_ q: Variable) throws -> Variable { try loc + q.logit() }
    func wideEntropy() throws -> Variable { try (loc * 0 + 2).spread(batchShape) }
    func wideMean() throws -> Variable { try loc.spread(batchShape) }
    func wideVariance() throws -> Variable { try (loc * 0 + Double.pi * Double.pi / 3).spread(batchShape) }
    func wideStandardDeviation() throws -> Variable { try (loc * 0 + Double.pi / 3.0.squareRoot()).spread(batchShape) }

    func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable {
        try loc + Variable(StandardLogistic().sample(shape + batchShape, dtype, from: generator, for: operation))
    }

    static let declaration = declare(
        "The logistic distribution of scale 1 with mean loc.", takes: .numbers("loc", "finite"),
        source: "scipy.stats.logistic", example: "assert(distribution.UnitLogistic(1):cdf(1):item() == 0.5)"
    ) { try UnitLogistic($0[0]) }

    static let examples = [
        DistributionExample("UnitLogistic", [.init([0.5, -1, 3])], points: .init([0.2, -1.4, 30])) {
            try UnitLogistic($0[0])
        }
    ]
}
