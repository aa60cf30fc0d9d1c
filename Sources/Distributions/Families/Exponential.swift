import Autodiff
import RealModule
import Scripting
import Tensors

/// The exponential distribution on x >= 0: log p(x) = log rate - rate x.
public struct Exponential: DerivedDistribution {
    public static let name = "Exponential"
    /// Above 0; the mean is 1 / rate.
    public let rate: Variable
    public var batchShape: [Int] { rate.shape }

    /// - Throws: unless rate is positive.
    public init(_ rate: Variable) throws { self.rate = try Exponential.checked(("rate", rate, .positive)).values[0] }

    public var parameters: [DistributionParameter] { [DistributionParameter("rate", rate)] }
    public func widened() throws -> (any Distribution)? { try Exponential(rate.wide) }

    /// -z, and the tails 1 - e^-z and e^-z.
    static let standard = StandardDistribution(
        from: 0, mean: 1, variance: 1, entropy: 1,
        density: { try -$0 },
        tails: { z, side, form in
            if side == .upper { return try form == .probability ? (-z).exp() : -z }
            return try form == .probability
                ? (-z).pointwise("exponential_cdf", slope: { try -$0.exp() }) { -Double.expMinusOne($0) }
                : (-z).exponentialLogCDF()
        },
        quantile: { try $1 == .lower ? -((-$0).log1p()) : -$0.log() },
        noise: StandardDistribution.inverting { -Double.log($0) })

    var base: any Distribution { get throws { Exponential.standard.of(dtype) } }
    public var support: Support { get throws { try .positive } }
    func toBase(_ x: Variable) throws -> Variable { try rate * x }
    func fromBase(_ z: Variable) throws -> Variable { try z / rate }
    func logSlope(_ x: Variable) throws -> Variable { try rate.log() }

    public func wideEntropy() throws -> Variable { try (1 - rate.log()).spread(batchShape) }
    public func wideMean() throws -> Variable { try (1 / rate).spread(batchShape) }
    public func wideVariance() throws -> Variable { try (1 / rate / rate).spread(batchShape) }
    public func wideStandardDeviation() throws -> Variable { try wideMean() }

    public static let declaration = declare(
        "The exponential distribution with mean 1 / rate, on x >= 0.",
        takes: .numbers("rate", "above 0"),
        source: "torch.distributions.Exponential",
        example: """
            local d = distribution.Exponential(2)
            assert(d.mean:item() == 0.5 and d:log_prob(-1):item() == -math.huge)
            """
    ) { try Exponential($0[0]) }

    public static let examples = [
        DistributionExample("Exponential", [.init([0.5, 1, 30])], points: .init([0.2, 3, 0.1])) {
            try Exponential($0[0])
        }
    ]
}

extension Variable {
    /// log(1 - e^self) of negative numbers; the slope is 1 / (1 - e^-self).
    func exponentialLogCDF() throws -> Variable {
        try pointwise("exponential_log_cdf", slope: { y in try -1 / (-y).expm1() }) { y in
            y > -0.7 ? Double.log(-Double.expMinusOne(y)) : Double.log(onePlus: -Double.exp(y))
        }
    }
}
