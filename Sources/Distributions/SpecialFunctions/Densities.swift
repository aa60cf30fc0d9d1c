import Autodiff
import RealModule
import Scripting
import Tensors

/// Log-densities as primitives: values and derivatives by every parameter subtract large terms before rounding them.
extension Variable {
    // MARK: Gamma

    /// a log rate + (a - 1) log x - rate x - log Γ(a).
    static func gammaLogDensity(_ a: Variable, _ rate: Variable, _ x: Variable) throws -> Variable {
        try elementwise(
            "gamma_log_density", [a, rate, x],
            slopes: [
                { try gammaScore($0[0], $0[1], $0[2]) }, { try gammaGap($0[0], $0[1], $0[2]) / $0[1] },
                { try gammaDensitySlope($0[0], $0[1], $0[2]) },
            ]
        ) { Special.gammaLogDensity($0[0], $0[1], $0[2]) }
    }

    /// a - rate x, with a single rounding.
    static func gammaGap(_ a: Variable, _ rate: Variable, _ x: Variable) throws -> Variable {
        try elementwise(
            "gamma_gap", [a, rate, x], slopes: [{ try $0[0].constant(1) }, { try -$0[2] }, { try -$0[1] }]
        ) {
            let (z, rest) = Special.exactProduct($0[1], $0[2])
            return ($0[0] - z) - rest
        }
    }

    /// (a - 1) / x - rate.
    static func gammaDensitySlope(_ a: Variable, _ rate: Variable, _ x: Variable) throws -> Variable {
        try elementwise(
            "gamma_density_slope", [a, rate, x],
            slopes: [{ try 1 / $0[2] }, { try $0[1].constant(-1) }, { try (1 - $0[0]).share(of: $0[2] * $0[2]) }]
        ) {
            if $0[0] == 1 { return -$0[1] }
            let (z, rest) = Special.exactProduct($0[1], $0[2])
            return ((($0[0] - z) - rest) - 1) / $0[2]
        }
    }

    /// log rate + log x - ψ(a).
    static func gammaScore(_ a: Variable, _ rate: Variable, _ x: Variable) throws -> Variable {
        try elementwise(
            "gamma_score", [a, rate, x], slopes: [{ try -$0[0].polygamma(1) }, { try 1 / $0[1] }, { try 1 / $0[2] }]
        ) { Special.gammaScore($0[0], $0[1], $0[2]) }
    }

    // MARK: Poisson

    /// k log rate - rate - log k!.
    static func poissonLogMass(_ k: Variable, _ rate: Variable) throws -> Variable {
        try k.pairwise(
            "poisson_log_mass", rate,
            slopes: ({ try gammaScore($0 + 1, $1.constant(1), $1) }, { try poissonScore($0, $1) })
        ) { Special.poissonLogMass($0, $1) }
    }

    /// k / rate - 1.
    private static func poissonScore(_ k: Variable, _ rate: Variable) throws -> Variable {
        try k.pairwise("poisson_score", rate, slopes: ({ _, rate in try 1 / rate }, { try -$0.share(of: $1 * $1) })) {
            k, rate in
            k == 0 ? -1 : (k - rate) / rate
        }
    }

    // MARK: Beta

    /// (a - 1) log x + (b - 1) log(1 - x) - log B(a, b).
    static func betaLogDensity(_ a: Variable, _ b: Variable, _ x: Variable) throws -> Variable {
        try elementwise(
            "beta_log_density", [a, b, x],
            slopes: [
                { try betaScore($0[0], $0[1], $0[2]) }, { try betaScoreB($0[0], $0[1], $0[2]) },
                { try betaDensitySlope($0[0], $0[1], $0[2]) },
            ]
        ) { Special.betaLogDensity($0[0], $0[1], $0[2]) }
    }

    /// (a - 1) / x - (b - 1) / (1 - x).
    static func betaDensitySlope(_ a: Variable, _ b: Variable, _ x: Variable) throws -> Variable {
        try elementwise(
            "beta_density_slope", [a, b, x],
            slopes: [
                { try 1 / $0[2] }, { try -1 / (1 - $0[2]) },
                { inputs in
                    let (x, y) = (inputs[2], try 1 - inputs[2])
                    return try (1 - inputs[0]).share(of: x * x) + (1 - inputs[1]).share(of: y * y)
                },
            ]
        ) {
            let (a, b, x) = ($0[0], $0[1], $0[2])
            if a == 1 || b == 1 { return (a == 1 ? 0 : (a - 1) / x) - (b == 1 ? 0 : (b - 1) / (1 - x)) }
            return (Special.betaGap(a, b, x) - (1 - 2 * x)) / (x * (1 - x))
        }
    }

    /// log x - ψ(a) + ψ(a + b).
    static func betaScore(_ a: Variable, _ b: Variable, _ x: Variable) throws -> Variable {
        try elementwise(
            "beta_score", [a, b, x],
            slopes: [
                { try ($0[0] + $0[1]).polygamma(1) - $0[0].polygamma(1) }, { try ($0[0] + $0[1]).polygamma(1) },
                { try 1 / $0[2] },
            ]
        ) { Special.betaScore($0[0], $0[1], Special.BetaPoint($0[0], $0[1], $0[2])) }
    }

    /// log(1 - x) - ψ(b) + ψ(a + b).
    static func betaScoreB(_ a: Variable, _ b: Variable, _ x: Variable) throws -> Variable {
        try elementwise(
            "beta_score", [a, b, x],
            slopes: [
                { try ($0[0] + $0[1]).polygamma(1) }, { try ($0[0] + $0[1]).polygamma(1) - $0[1].polygamma(1) },
                { try -1 / (1 - $0[2]) },
            ]
        ) { Special.betaScore($0[1], $0[0], Special.BetaPoint($0[0], $0[1], $0[2]).mirrored) }
    }

    // MARK: Student's t

    /// log f(t) of Student's t with df degrees of freedom.
    static func studentLogDensity(_ df: Variable, _ t: Variable) throws -> Variable {
        try df.pairwise(
            "student_log_density", t, slopes: ({ try studentScore($0, $1) }, { try studentDensitySlope($0, $1) })
        ) { Special.studentLogDensity($0, $1) }
    }

    /// ∂ log f / ∂ t.
    static func studentDensitySlope(_ df: Variable, _ t: Variable) throws -> Variable {
        try -((df + 1) * studentPull(df, t))
    }

    /// ∂ log f / ∂ df.
    static func studentScore(_ df: Variable, _ t: Variable) throws -> Variable {
        try elementwise(
            "student_score", [df, t],
            slopes: [
                { inputs in
                    try elementwise("student_score_slope", inputs, slopes: [nil, nil]) {
                        Special.studentScore($0[0], $0[1], second: true)
                    }
                },
                { inputs in
                    let (df, t) = (inputs[0], inputs[1])
                    let pull = try studentPull(df, t)
                    return try pull / (df + t * t) - pull * pull * t
                },
            ]
        ) { Special.studentScore($0[0], $0[1]) }
    }

    /// t / (df + t²).
    private static func studentPull(_ df: Variable, _ t: Variable) throws -> Variable {
        try df.pairwise(
            "student_pull", t,
            slopes: (
                { df, t in try -(studentPull(df, t) / (df + t * t)) },
                { df, t in
                    let pull = try studentPull(df, t)
                    return try 1 / (df + t * t) - pull * pull * 2
                }
            )
        ) { df, t in t == 0 ? 0 : 1 / (df / t + t) }
    }
}
