import Autodiff
import RealModule
import Scripting
import Tensors

/// The distribution of the sum of df squares of standard normal numbers: Gamma(df/2, 1/2).
public struct ChiSquared: DerivedDistribution {
    public static let name = "ChiSquared"
    /// The degrees of freedom, above 0; they need not be whole.
    public let df: Variable
    public let batchShape: [Int]

    /// - Throws: unless df is positive.
    public init(_ df: Variable) throws {
        let (values, batch) = try ChiSquared.checked(("df", df, .positive))
        (self.df, batchShape) = (values[0], batch)
    }

    public var parameters: [DistributionParameter] {
        [DistributionParameter("df", df)]
    }
    public func widened() throws -> (any Distribution)? { try ChiSquared(df.wide) }

    static var middle: Double { 1 }
    /// The Gamma distribution that it is.
    var gamma: Gamma { get throws { try Gamma(df * 0.5, df.constant(0.5)) } }
    var base: any Distribution { get throws { try gamma } }
    public var support: Support { get throws { try .positive } }
    func toBase(_ x: Variable) throws -> Variable { x }
    func fromBase(_ z: Variable) throws -> Variable { z }
    func logSlope(_ x: Variable) throws -> Variable { try x.constant(0) }

    public func wideEntropy() throws -> Variable { try gamma.wideEntropy() }
    public func wideMean() throws -> Variable { try df.spread(batchShape) }
    public func wideVariance() throws -> Variable { try (df * 2).spread(batchShape) }
    public func wideStandardDeviation() throws -> Variable { try (df * 2).sqrt().spread(batchShape) }

    public static let declaration = declare(
        "The distribution of the sum of df squares of standard normal numbers: Gamma(df / 2, 1 / 2).",
        takes: .numbers("df", "degrees of freedom, above 0"),
        source: "torch.distributions.Chi2",
        example: """
            local d = distribution.ChiSquared(3)
            assert(d.mean:item() == 3 and d.variance:item() == 6)
            """
    ) { try ChiSquared($0[0]) }

    public static let examples = [
        DistributionExample("ChiSquared", [.init([0.6, 3, 40])], points: .init([0.2, 2.4, 60])) {
            try ChiSquared($0[0])
        }
    ]
}
