import Autodiff
import RealModule
import Scripting
import Tensors

/// The exponential law on x >= 0: log p(x) = log rate - rate x.
public struct Exponential: CataloguedLaw {
    public static let name = "Exponential"
    public let rate: Variable
    public var batchShape: [Int] { rate.shape }

    /// - Throws: unless rate is positive.
    public init(_ rate: Variable) throws {
        self.rate = try promoted([rate])[0]
        try Constraint.positive.check(rate, "rate", for: Exponential.operation)
    }

    public var parameters: [DistributionParameter] { [DistributionParameter("rate", rate)] }
    public var isReparameterised: Bool { true }

    public func logDensity(_ x: Variable) throws -> Variable {
        let x = try x + rate.constant { _ in 0 }
        return try x.guarded(x.indicator { !($0 < 0) }, safe: 1, outside: -.infinity) { try rate.log() - rate * $0 }
    }

    /// 1 - e^(-rate x) and e^(-rate x).
    public func tail(_ x: Variable, _ side: TailSide, _ form: TailForm) throws -> Variable {
        try x.tail(side, form, from: 0, to: .infinity, safe: 1) { x in
            let y = try -(rate * x)
            if side == .upper { return try form == .probability ? y.exp() : y }
            return try form == .probability
                ? y.pointwise("exponential_cdf", slope: { try -$0.exp() }) { -Double.expMinusOne($0) }
                : y.exponentialLogCDF()
        }
    }
    public func widened() throws -> (any Distribution)? { try Exponential(rate.wide) }

    public func inverseCumulative(_ q: Variable) throws -> Variable { try -((-q).log1p() / rate) }
    public func wideEntropy() throws -> Variable { try (1 - rate.log()).spread(batchShape) }
    public func wideMean() throws -> Variable { try (1 / rate).spread(batchShape) }
    public func wideVariance() throws -> Variable { try (1 / rate / rate).spread(batchShape) }
    public func wideStandardDeviation() throws -> Variable { try wideMean() }

    /// -log u / rate.
    public func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable {
        let noise = try generator.fill(shape + batchShape, dtype, for: operation) { -Double.log($0.openUniform()) }
        return try Variable(noise) / rate
    }

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
        LawExample("Exponential", [.init([0.5, 1, 30])], points: .init([0.2, 3, 0.1])) { try Exponential($0[0]) }
    ]
}

extension Variable {
    /// log(1 - e^self) of negative numbers; the slope is 1 / (1 - e^-self).
    fileprivate func exponentialLogCDF() throws -> Variable {
        try pointwise("exponential_log_cdf", slope: { y in try -1 / (-y).expm1() }) { y in
            y > -0.7 ? Double.log(-Double.expMinusOne(y)) : Double.log(onePlus: -Double.exp(y))
        }
    }
}
