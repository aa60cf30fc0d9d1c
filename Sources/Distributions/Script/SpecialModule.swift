import Autodiff
import RealModule
import Scripting
import Tensors

/// `require "special"`: functions of statistics and physics, element by element, in the conventions of torch.special
/// and scipy.special.
public struct SpecialModule: ScriptModule {
    public init() {}

    public let name = "special"
    public let summary = """
        Special functions of numbers, tensors and tables, element by element and differentiable: computed in float64 \
        and rounded once, right in their tails. Names and arguments are those of scipy.special and torch.special.
        """
    public let types: [TypeBinding] = []

    public var functions: [NativeFunction] { SpecialModule.declarations.map { NativeFunction($0) } }

    static let declarations = [
        one(
            "lgamma", "log |Gamma(x)|; infinite at 0, -1, -2, ...", source: "torch.special.gammaln",
            example: "assert(math.abs(special.lgamma(5):item() - math.log(24)) < 1e-6)"
        ) { try $0.lgamma() },
        one(
            "digamma", "The derivative of log Gamma(x); -inf at 0, NaN at -1, -2, ...", source: "torch.special.digamma",
            example: "assert(math.abs(special.digamma(1):item() + 0.5772157) < 1e-6)"
        ) { try $0.digamma() },
        one(
            "erfc", "1 - erf(x), with all its digits where that is next to 0.", source: "torch.special.erfc",
            example: "assert(math.abs(special.erfc(5):item() / 1.5374598e-12 - 1) < 1e-6)"
        ) { try $0.erfc() },
        one(
            "erfinv", "The y with erf(y) = x; infinite at -1 and 1, NaN beyond.", source: "torch.special.erfinv",
            example: "assert(math.abs(special.erfinv(0.5):item() - 0.4769363) < 1e-6)"
        ) { try $0.erfinv() },
        one(
            "log_ndtr",
            "The logarithm of the standard normal distribution function, right where the probability is 0 for a float.",
            source: "torch.special.log_ndtr",
            example: "assert(math.abs(special.log_ndtr(-1e10):item() / -5e19 - 1) < 1e-6)"
        ) { try $0.normalLogCDF() },
        gamma("gammainc", .lower, "The lower", "1 - exp(-x) for a = 1", "1 - math.exp(-2)"),
        gamma("gammaincc", .upper, "The upper", "exp(-x) for a = 1", "math.exp(-2)"),
        Declaration(
            "special.betainc",
            """
            The regularised incomplete beta function of a > 0, b > 0 and 0 <= x <= 1, which broadcast; NaN elsewhere. \
            Differentiable by all three.
            """,
            takes: .argument("a", .numbers, "above 0"), .argument("b", .numbers, "above 0"),
            .argument("x", .numbers, "from 0 to 1"), returns: .tensor, errors: "shapes that do not broadcast",
            source: "scipy.special.betainc",
            example: "assert(math.abs(special.betainc(1, 2, 0.25):item() - 0.4375) < 1e-6)"
        ) { a, b, x in
            try computed([a, b, x]) { inputs in
                let inside =
                    try inputs[2].indicator { $0 >= 0 && $0 <= 1 }
                    * inputs[0].indicator(inputs[1]) { $0 > 0 && $1 > 0 && ($0 + $1).isFinite }
                let safe = try zip(inputs, [1, 1, 0.5]).map { try $0.choose(inside, $0.constant($1)) }
                let value = try Variable.tail(.beta, .lower, .probability, safe)
                return try value.choose(inside, value.constant(.nan))
            }
        },
    ]

    private static func one(
        _ name: String, _ summary: String, source: String, example: String,
        _ function: @escaping @Sendable (Variable) throws -> Variable
    ) -> Declaration {
        Declaration(
            "special.\(name)", summary, takes: .argument("x", .numbers), returns: .tensor, source: source,
            example: example
        ) { x in try computed([x]) { try function($0[0]) } }
    }

    private static func gamma(_ name: String, _ side: TailSide, _ which: String, _ case: String, _ value: String)
        -> Declaration
    {
        Declaration(
            "special.\(name)",
            """
            \(which) regularised incomplete gamma function of a and x >= 0, which broadcast: \(`case`). NaN for \
            numbers below 0. Differentiable by both.
            """,
            takes: .argument("a", .numbers, "from 0"), .argument("x", .numbers, "from 0"), returns: .tensor,
            errors: "shapes that do not broadcast", source: "scipy.special.\(name) and torch.special.\(name)",
            example: "assert(math.abs(special.\(name)(1, 2):item() - (\(value))) < 1e-6)"
        ) { a, x in
            try computed([a, x]) { inputs in
                let (a, x) = (inputs[0], inputs[1])
                let inside = try a.indicator(x) { $0 > 0 && $0.isFinite && $1 >= 0 && $1 < .infinity }
                let (shape, point) = (try a.choose(inside, a.constant(1)), try x.choose(inside, x.constant(1)))
                let value = try Variable.tail(.gamma, side, .probability, [shape, point.constant(1), point])
                // The limits: a gamma distribution of shape 0 lies entirely at 0, one of infinite shape has moved to
                // infinity.
                let edges = try a.pairwise("incomplete_gamma_edge", x, slopes: nil) { a, x in
                    guard a >= 0, x >= 0, !(a == 0 && x == 0), !(a == .infinity && x == .infinity) else { return .nan }
                    let isAll = a == 0 || x == .infinity
                    return isAll == (side == .lower) ? 1 : 0
                }
                return try value.choose(inside, edges.detached())
            }
        }
    }

    /// Computes in float64 and rounds once: to float64 if an input is a float64 tensor, else to float32.
    private static func computed(_ given: [Numbers], _ function: ([Variable]) throws -> Variable) throws -> Variable {
        let dtype: DType = given.contains { $0.dtype == .float64 } ? .float64 : .float32
        // Plain numbers stay exact in float64.
        let inputs = try given.map { try $0.variable(.float64).wide }
        do {
            _ = try inputs.reduce([]) { try Shape.broadcast($0, $1.shape, for: "special") }
        } catch let error as ScriptError {
            throw Fault(error.message)
        }
        return try function(inputs).converted(to: dtype)
    }
}

extension Variable {
    /// 1 - erf(x).
    func erfc() throws -> Variable {
        try pointwise("erfc", slope: { try -((-($0 * $0)).exp() * (2 / Double.pi.squareRoot())) }) { Special.erfc($0) }
    }

    /// The y with erf(y) = x.
    func erfinv() throws -> Variable {
        try .recorded("special.erfinv", [self], value.slowMap { Special.erfInverse($0) }, keeps: .outputs) { call in
            let y = call.outputs[0]
            return [try call.cotangent * (y * y).exp() * (Double.pi.squareRoot() / 2)]
        }
    }
}
