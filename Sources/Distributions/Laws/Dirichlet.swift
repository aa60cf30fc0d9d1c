import Autodiff
import Scripting
import Tensors

/// The Dirichlet law on vectors x >= 0 that sum to 1: log p(x) = Σ (α_i - 1) log x_i - Σ log Γ(α_i) + log Γ(Σ α_i).
public struct Dirichlet: WideLaw {
    public static let name = "Dirichlet"
    /// The exponents and one, α, of shape (..., k).
    public let concentration: Variable
    public var batchShape: [Int] { Array(concentration.shape.dropLast()) }
    public var eventShape: [Int] { Array(concentration.shape.suffix(1)) }

    /// - Throws: unless concentration has a dimension, and every element is positive.
    public init(_ concentration: Variable) throws {
        self.concentration = try promoted([concentration])[0]
        guard let k = concentration.shape.last, k > 0 else {
            throw ScriptError(Dirichlet.operation, "concentration of shape \(Shape.describe(concentration.shape)): a vector expected, or a batch of them")
        }
        try Constraint.positive.check(concentration, "concentration", for: Dirichlet.operation)
    }

    public var parameters: [Parameter] { [Parameter("concentration", concentration)] }
    public var isReparameterised: Bool { true }

    private func sum(_ x: Variable) throws -> Variable { try x.sumOfLast(1) }
    private var logNormaliser: Variable { get throws { try sum(concentration.lgamma()) - sum(concentration).lgamma() } }

    /// The same law in float64.
    public func widened() throws -> Dirichlet { try Dirichlet(concentration.wide) }

    public func wideLogDensity(_ x: Variable) throws -> Variable {
        let x = try x + concentration.constant { _ in 0 }
        // Rows on the simplex, to rounding; a row with NaN counts, and stays NaN.
        let negative = try sum(x.indicator { $0 < 0 })
        let inside = try negative.indicator(sum(x.detached())) { negative, total in negative == 0 && !(abs(total - 1) > 1e-5) }
        let column = try inside.reshape(inside.shape + [1])
        let safe = try x.choose(column, x.constant(1 / Double(concentration.shape.last ?? 1)))
        let density = try sum((concentration - 1).xlogy(safe)) - logNormaliser
        return try density.choose(inside, density.constant(-Double.infinity))
    }

    /// log B(α) + (α_0 - k) ψ(α_0) - Σ (α_i - 1) ψ(α_i), with α_0 the sum.
    public func wideEntropy() throws -> Variable {
        let total = try sum(concentration)
        let k = Double(concentration.shape.last ?? 1)
        return try logNormaliser + (total - k) * total.digamma() - sum((concentration - 1) * concentration.digamma())
    }

    /// α / α_0, with α_0 the sum.
    public func mean() throws -> Variable { try concentration / concentration.sum([concentration.shape.count - 1], keepingDimensions: true) }
    /// α (α_0 - α) / (α_0² (α_0 + 1)).
    public func variance() throws -> Variable {
        let total = try concentration.sum([concentration.shape.count - 1], keepingDimensions: true)
        let mean = try mean()
        return try mean * (1 - mean) / (total + 1)
    }

    /// Gamma variables over their sum, in logarithms: a softmax, kept inside (0, 1).
    public func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable {
        let logarithms = try Variable.logGammaDraws(concentration, shape, from: generator, for: operation)
        return try logarithms.softmax(logarithms.shape.count - 1).converted(to: dtype).clamp(dtype.smallest, 1)
    }

    public static let constructor = makeConstructor(
        Documentation(
            "distribution.Dirichlet(concentration, {dtype = \"float32\" or \"float64\"}) -> distribution", "The Dirichlet law on vectors that sum to 1; the last dimension of concentration is the vector.",
            errors: "a single number; an element that is not positive", source: "torch.distributions.Dirichlet",
            example: "local d = distribution.Dirichlet({1, 1, 2})\nassert(d.mean:tolist()[3] == 0.5 and d.event_shape[1] == 3)")
    ) { arguments in try Dirichlet(arguments.law(["concentration"]).required(0)) }

    public static let examples = [
        LawExample("Dirichlet", [.init([0.5, 2, 3, 1, 1, 4], [2, 3])], points: .init([0.2, 0.5, 0.3, 0.1, 0.1, 0.8], [2, 3])) { try Dirichlet($0[0]) }
    ]
}
