import Autodiff
import RealModule
import Scripting
import Tensors

/// A distribution without parameters, of which a family is a shifted, scaled or otherwise transformed copy; written
/// once in the family's file.
struct StandardDistribution: Distribution {
    static let name = "standard"
    /// The dtype of draws.
    var dtype = DType.float64
    /// The lower end of the support; the upper end is infinite.
    let low: Double
    let constants: (mean: Double, variance: Double, entropy: Double)
    private let density: @Sendable (Variable) throws -> Variable
    private let tails: @Sendable (Variable, TailSide, TailForm) throws -> Variable
    private let quantile: @Sendable (Variable, TailSide) throws -> Variable
    private let noise: @Sendable (Generator, [Int], DType, String) throws -> Variable

    /// - Parameters:
    ///   - density: the log-density, at points of the support.
    ///   - tails: P(X <= x) or P(X > x), or their logarithm, at finite points of the support.
    ///   - quantile: the point with that probability below or above it.
    init(
        from low: Double = -.infinity, mean: Double, variance: Double, entropy: Double,
        density: @escaping @Sendable (Variable) throws -> Variable,
        tails: @escaping @Sendable (Variable, TailSide, TailForm) throws -> Variable,
        quantile: @escaping @Sendable (Variable, TailSide) throws -> Variable,
        noise: @escaping @Sendable (Generator, [Int], DType, String) throws -> Variable
    ) {
        (self.low, constants) = (low, (mean, variance, entropy))
        (self.density, self.tails, self.quantile, self.noise) = (density, tails, quantile, noise)
    }

    func of(_ dtype: DType) -> StandardDistribution {
        var distribution = self
        distribution.dtype = dtype
        return distribution
    }

    /// Draws by inversion of uniform numbers of (0, 1).
    static func inverting(
        _ quantile: @escaping @Sendable (Double) -> Double
    ) -> @Sendable (Generator, [Int], DType, String) throws -> Variable {
        { generator, shape, dtype, operation in
            Variable(try generator.fill(shape, dtype, for: operation) { quantile($0.openUniform()) })
        }
    }

    var parameters: [DistributionParameter] { [] }
    var batchShape: [Int] { [] }
    var isReparameterised: Bool { true }
    /// A point well inside of the support.
    var middle: Double { low + 1 > low ? low + 1 : 0 }
    var support: Support { get throws { try low == 0 ? .positive : .real } }

    func logDensity(_ z: Variable) throws -> Variable {
        guard low.isFinite else { return try density(z) }
        let (low, middle) = (low, middle)
        return try z.guarded(z.indicator { !($0 < low || $0 == .infinity) }, safe: middle, outside: -.infinity) {
            try density($0)
        }
    }

    func tail(_ z: Variable, _ side: TailSide, _ form: TailForm) throws -> Variable {
        try z.tail(side, form, from: low, to: .infinity, safe: middle) { try tails($0, side, form) }
    }

    func inverseTail(_ q: Variable, _ side: TailSide) throws -> Variable { try quantile(q, side) }
    func wideEntropy() throws -> Variable { Variable(try Tensor(constants.entropy, .float64)) }
    func wideMean() throws -> Variable { Variable(try Tensor(constants.mean, .float64)) }
    func wideVariance() throws -> Variable { Variable(try Tensor(constants.variance, .float64)) }
    func widened() throws -> (any Distribution)? { of(.float64) }

    func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable {
        try noise(generator, shape, dtype, operation)
    }
}
