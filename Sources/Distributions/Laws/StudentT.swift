import Autodiff
import RealModule
import Scripting
import Tensors

/// Student's t law with ν = df degrees of freedom, z = (x - loc)/scale:
/// log p(x) = -(ν + 1)/2 log(1 + z²/ν) - log scale - log(ν)/2 - log B(ν/2, 1/2).
public struct StudentT: WideLaw {
    public static let name = "StudentT"
    /// The degrees of freedom ν. Broadcasts to ``batchShape``.
    public let df: Variable
    /// The centre. Broadcasts to ``batchShape``.
    public let loc: Variable
    /// What t is multiplied by. Broadcasts to ``batchShape``.
    public let scale: Variable
    public let batchShape: [Int]

    /// - Throws: unless df and scale are positive, loc finite, and all broadcast.
    public init(_ df: Variable, _ loc: Variable, _ scale: Variable) throws {
        let all = try promoted([df, loc, scale])
        (self.df, self.loc, self.scale) = (all[0], all[1], all[2])
        try Constraint.positive.check(df, "df", for: StudentT.operation)
        try Constraint.finite.check(loc, "loc", for: StudentT.operation)
        try Constraint.positive.check(scale, "scale", for: StudentT.operation)
        batchShape = try broadcast([Parameter("df", df), Parameter("loc", loc), Parameter("scale", scale)], for: StudentT.operation)
    }

    public var parameters: [Parameter] { [Parameter("df", df), Parameter("loc", loc), Parameter("scale", scale)] }
    public var isReparameterised: Bool { true }

    private func standard(_ x: Variable) throws -> Variable { try (x - loc) / scale }
    /// log(ν)/2 + log B(ν/2, 1/2).
    private static func logNormaliser(_ df: Variable) throws -> Variable {
        let half = try df * 0.5
        return try df.log() * 0.5 + half.lgamma() - (half + 0.5).lgamma() + 0.5 * Double.log(.pi)
    }
    private static func standardLogDensity(_ df: Variable, _ z: Variable) throws -> Variable {
        try -((df + 1) * 0.5 * (z * z / df).log1p()) - logNormaliser(df)
    }

    /// The same law in float64.
    public func widened() throws -> StudentT { try StudentT(df.wide, loc.wide, scale.wide) }

    public func wideLogDensity(_ x: Variable) throws -> Variable { try StudentT.standardLogDensity(df, standard(x)) - scale.log() }
    public func cumulative(_ x: Variable) throws -> Variable { try StudentT.standardCumulative(df, standard(x)) }

    /// F(t) = 1/2 + sign(t)/2 I_y(1/2, ν/2) with y = t² / (ν + t²): through y its slopes are 0 inf at t = 0, so they are given:
    /// the density by t, and sign(t)/4 ∂I/∂b - t p(t) / 2ν by ν.
    private static func standardCumulative(_ df: Variable, _ t: Variable) throws -> Variable {
        try df.pairwise(
            "student_cdf", t,
            slopes: (
                { df, t in
                    let away = try t.indicator { abs($0) > 0 && abs($0) < .infinity }
                    let safe = try t.choose(away, t.constant(1))
                    let square = try safe * safe
                    let sign = try safe.constant { $0 < 0 ? -1 : 1 }
                    let half = try df.constant(0.5)
                    let tail = try Variable.betaI(half, df * 0.5, square / (df + square), .b) * sign * 0.25
                    let slope = try tail - safe * standardLogDensity(df, safe).exp() / (df * 2)
                    return try slope.choose(away, slope.constant(0))
                },
                { df, t in try standardLogDensity(df, t).exp() }
            )
        ) { df, t in
            if t.isInfinite { return t < 0 ? 0 : 1 }
            // The tail by x = ν / (ν + t²), so that it does not cancel.
            let ratio = df.squareRoot() / abs(t)
            let x = ratio < 1 ? ratio * ratio / (1 + ratio * ratio) : 1 / (1 + t * t / df)
            let complement = ratio < 1 ? 1 / (1 + ratio * ratio) : t * t / (df + t * t)
            let tail = 0.5 * Special.betaI(df / 2, 0.5, x, complement: complement).value
            return t < 0 ? tail : 1 - tail
        }
    }

    /// log scale + (ν + 1)/2 (ψ((ν + 1)/2) - ψ(ν/2)) + log(ν)/2 + log B(ν/2, 1/2).
    public func wideEntropy() throws -> Variable {
        let spread = try (df + 1) * 0.5 * (((df + 1) * 0.5).digamma() - (df * 0.5).digamma())
        return try (scale.log() + spread + StudentT.logNormaliser(df)).spread(batchShape)
    }

    /// loc for df > 1, else NaN.
    public func mean() throws -> Variable { try (loc + df.constant { $0 > 1 ? 0 : .nan }).spread(batchShape) }

    /// scale² ν / (ν - 2) for df > 2, infinite for 1 < df <= 2, else NaN.
    public func variance() throws -> Variable {
        let exists = try df.indicator { $0 > 2 }
        let safe = try df.choose(exists, df.constant(3))
        let factor = try (safe / (safe - 2)).choose(exists, df.constant { $0 > 1 ? .infinity : .nan })
        return try (scale * scale * factor).spread(batchShape)
    }

    /// loc + scale n sqrt(ν / 2G), with n normal and G ~ Gamma(ν/2, 1), reparameterised implicitly.
    public func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable {
        let normals = try generator.normals(shape + batchShape, .float64, for: operation)
        let half = try df * 0.5
        let logGamma = try Variable.logGammaDraws(half.expand(batchShape), shape, from: generator, for: operation)
        let heavy = try Variable(normals) * ((half.log() - logGamma) * 0.5).exp()
        return try loc + scale * heavy.converted(to: dtype)
    }

    public static let constructor = makeConstructor(
        Documentation(
            "distribution.StudentT(df, loc = 0, scale = 1, {dtype = \"float32\" or \"float64\"}) -> distribution", "Student's t law with df degrees of freedom, moved by loc and stretched by scale.",
            errors: "a df or scale that is not positive; a loc that is not finite", source: "torch.distributions.StudentT",
            example: "local d = distribution.StudentT(4)\nassert(d.variance:item() == 2 and d:cdf(0):item() == 0.5)")
    ) { arguments in
        let given = try arguments.law(["df", "loc", "scale"], defaults: [0, 1])
        return try StudentT(given.required(0), given.required(1), given.required(2))
    }

    public static let examples = [
        LawExample("StudentT", [.init([0.7, 3, 40]), .init([0.5, -1, 3]), .init([1, 0.3, 2])], points: .init([0.2, -1.4, 9])) { try StudentT($0[0], $0[1], $0[2]) }
    ]
}
