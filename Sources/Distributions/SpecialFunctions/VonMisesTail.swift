import Autodiff
import RealModule
import Tensors

/// The von Mises distribution around 0 on the circle: f(θ) = exp(κ cos θ) / (2π I₀(κ)), with v = 1 - cos θ.
extension Special {
    /// log(I₀(κ) e^-κ), and mean, variance and third central moment of v, by quadrature of e^(-κ v), which is positive.
    static func vonMisesMoments(_ kappa: Double) -> (log: Double, mean: Double, variance: Double, third: Double) {
        guard kappa >= 0, kappa.isFinite else { return (.nan, .nan, .nan, .nan) }
        // The angle at which e^(-κ v) is e^-40.
        let half = (kappa > 20 ? Double.asin((20 / kappa).squareRoot()) * 2 : .pi) / 2
        let points = GaussLegendre.nodes.map { node in
            let sine = Double.sin(0.5 * half * (1 + node.x))
            let v = 2 * sine * sine
            return (v: v, weight: node.weight * half * Double.exp(-kappa * v))
        }
        let total = points.reduce(0) { $0 + $1.weight }
        func mean(_ function: (Double) -> Double) -> Double {
            points.reduce(0) { $0 + $1.weight * function($1.v) } / total
        }
        let centre = mean { $0 }
        let variance = mean { ($0 - centre) * ($0 - centre) }
        return (Double.log(total / .pi), centre, variance, mean { ($0 - centre) * ($0 - centre) * ($0 - centre) })
    }

    /// 1 - cos θ.
    static func versine(_ theta: Double) -> Double {
        let sine = Double.sin(theta / 2)
        return 2 * sine * sine
    }

    static func vonMisesLogDensity(_ kappa: Double, _ theta: Double) -> Double {
        -kappa * versine(theta) - Double.log(2 * .pi) - vonMisesMoments(kappa).log
    }

    /// Both tails of θ within [-π, π], with derivatives by κ (as a).
    package static func vonMisesTails(_ kappa: Double, _ theta: Double) -> Tails {
        guard kappa > 0, kappa.isFinite, !theta.isNaN else { return .undefined }
        if theta <= -.pi { return .start }
        if theta >= .pi { return .end }
        let upper = vonMisesUpper(kappa, abs(theta))
        return theta < 0 ? Tails(lower: upper) : Tails(upper: upper)
    }

    /// ∫ f(θ + u) du over f(θ), θ >= 0: the exponent is -2 κ sin(θ + u/2) sin(u/2).
    private static func vonMisesUpper(_ kappa: Double, _ theta: Double) -> Tail {
        func fall(_ u: Double) -> Double { -2 * Double.sin(theta + u / 2) * Double.sin(u / 2) }
        let whole = Double.pi - theta
        var end = min(1 / (kappa * Double.sin(theta) + kappa.squareRoot() + 1), whole)
        while end < whole, kappa * fall(end) > -40 { end = min(2 * end, whole) }
        let integral = TailIntegral(from: 0, to: end, top: 0) { u in
            let fall = fall(u)
            return (kappa * fall, fall, 0, 0, 2 * kappa * Double.cos(theta + u / 2) * Double.sin(u / 2))
        }
        let moments = vonMisesMoments(kappa)
        let score = moments.mean - versine(theta)
        var tail = Tail(log: vonMisesLogDensity(kappa, theta) + integral.log)
        tail.a = score + integral.a
        tail.aa = score * score + 2 * score * integral.a + integral.aa - moments.variance
        tail.lean = (-integral.a, 0)
        tail.curvature = (integral.aa - integral.a * integral.a - moments.variance, 0, 0)
        tail.logIntegral = integral.log
        let cosine = Double.cos(theta / 2)
        tail.bend = integral.change.map { $0 + Double.exp(-2 * kappa * cosine * cosine - integral.log) }
        return tail
    }
}

extension Variable {
    /// log(I₀(κ) e^-κ).
    func vonMisesNormaliser() throws -> Variable {
        try pointwise("von_mises_normaliser", slope: { try -$0.vonMisesSpread() }) { Special.vonMisesMoments($0).log }
    }

    /// 1 - I₁(κ)/I₀(κ), the mean of 1 - cos θ.
    func vonMisesSpread() throws -> Variable {
        try pointwise("von_mises_spread", slope: { try -$0.vonMisesBend() }) { Special.vonMisesMoments($0).mean }
    }

    /// The variance of cos θ.
    private func vonMisesBend() throws -> Variable {
        try pointwise(
            "von_mises_bend",
            slope: { kappa in
                try -kappa.pointwise("von_mises_third", slope: nil) { Special.vonMisesMoments($0).third }
            }
        ) { Special.vonMisesMoments($0).variance }
    }

    /// κ (cos θ - 1) - log 2π - log(I₀(κ) e^-κ).
    static func vonMisesLogDensity(_ kappa: Variable, _ theta: Variable) throws -> Variable {
        try -(kappa * theta.versine()) - Double.log(2 * .pi) - kappa.vonMisesNormaliser()
    }

    /// ∂ log f / ∂κ.
    static func vonMisesScore(_ kappa: Variable, _ theta: Variable) throws -> Variable {
        try kappa.vonMisesSpread() - theta.versine()
    }

    /// 1 - cos self.
    private func versine() throws -> Variable {
        try pointwise("versine", slope: { try $0.sin() }) { Special.versine($0) }
    }
}

extension Generator {
    /// A von Mises draw in [-π, π] (Best and Fisher, "Efficient simulation of the von Mises distribution", Applied
    /// Statistics 28, 1979), drawn as v = 1 - cos θ, which stays accurate for large κ.
    func vonMises(_ kappa: Double) -> Double {
        let s = 0.5 / kappa
        let root = s > 1e100 ? s : (1 + s * s).squareRoot()
        // r - 1 for r = s + √(1 + s²).
        let excess = s + (s > 1e100 ? s : s * s / (1 + root))
        while true {
            let half = 0.5 * Double.pi * openUniform()
            let (sine, cosine) = (Double.sin(half), Double.cos(half))
            let v = excess * 2 * sine * sine / (excess + 2 * cosine * cosine)
            let c = kappa * (excess + v)
            let u = openUniform()
            if c * (2 - c) > u || Double.log(c / u) + 1 >= c {
                let theta = 2 * Double.asin(min(v / 2, 1).squareRoot())
                return uniform() < 0.5 ? -theta : theta
            }
        }
    }
}
