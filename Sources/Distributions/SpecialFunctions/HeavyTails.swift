import Autodiff
import RealModule
import Tensors

/// Tails of the standard Cauchy, Gumbel and half-normal distributions whose derivatives are accurate however far out.
extension Variable {
    // MARK: Cauchy

    /// -log π - log(1 + z²).
    func cauchyLogDensity() throws -> Variable {
        try pointwise("cauchy_log_density", slope: { try -$0.cauchyPull() * 2 }) { z in
            let size = Swift.abs(z)
            let log = size < 1e100 ? Double.log(onePlus: z * z) : 2 * Double.log(size)
            return -Double.log(.pi) - log
        }
    }

    /// z / (1 + z²).
    private func cauchyPull() throws -> Variable {
        try pointwise(
            "cauchy_pull",
            slope: { z in
                let pull = try z.cauchyPull()
                return try 1 / (z * z + 1) - pull * pull * 2
            }
        ) { z in z == 0 ? 0 : 1 / (1 / z + z) }
    }

    /// P(Z > z).
    func cauchyUpper() throws -> Variable {
        try pointwise("cauchy_upper", slope: { try -$0.cauchyLogDensity().exp() }) { Special.cauchyUpper($0) }
    }

    /// log P(Z > z).
    func cauchyLogUpper() throws -> Variable {
        try pointwise("cauchy_log_upper", slope: { try -$0.cauchyHazard() }) { z in
            z < 0 ? Double.log(onePlus: -Special.cauchyUpper(-z)) : Double.log(Special.cauchyUpper(z))
        }
    }

    /// The density over P(Z > z), of the Cauchy distribution.
    private func cauchyHazard() throws -> Variable {
        try pointwise(
            "cauchy_hazard",
            slope: { z in
                let hazard = try z.cauchyHazard()
                return try hazard * (hazard - z.cauchyPull() * 2)
            }
        ) { z in
            // For large z, z atan(1/z) is 1, while z² would overflow.
            if z > 1 { return 1 / ((1 / z + z) * (z * Double.atan(1 / z))) }
            return 1 / (Double.pi * (1 + z * z)) / Special.cauchyUpper(z)
        }
    }

    /// The z with P(Z <= z) = q: tan(π (q - 1/2)).
    func cauchyQuantile() throws -> Variable {
        try .recorded(
            "distribution.cauchy_quantile", [self], value.slowMap { Special.cauchyQuantile($0) }, keeps: .outputs
        ) { call in
            let z = call.outputs[0]
            return [try call.cotangent * (z * z + 1) * Double.pi]
        }
    }

    // MARK: Gumbel

    /// -e^-z - z.
    func gumbelLogDensity() throws -> Variable {
        try pointwise("gumbel_log_density", slope: { try (-$0).expm1() }) { -Double.exp(-$0) - $0 }
    }

    /// P(Z <= z) = exp(-e^-z).
    func gumbelLower() throws -> Variable {
        try pointwise("gumbel_lower", slope: { try $0.gumbelLogDensity().exp() }) { Double.exp(-Double.exp(-$0)) }
    }

    /// P(Z > z) = 1 - exp(-e^-z).
    func gumbelUpper() throws -> Variable {
        try pointwise("gumbel_upper", slope: { try -($0.gumbelLogDensity().exp()) }) {
            -Double.expMinusOne(-Double.exp(-$0))
        }
    }

    /// log P(Z > z).
    func gumbelLogUpper() throws -> Variable {
        try pointwise("gumbel_log_upper", slope: { try -$0.gumbelHazard() }) { z in
            let t = Double.exp(-z)
            if t < 1e-8 { return -z - t / 2 }
            return t < 0.7 ? Double.log(-Double.expMinusOne(-t)) : Double.log(onePlus: -Double.exp(-t))
        }
    }

    /// The density over P(Z > z): t / (e^t - 1) with t = e^-z.
    private func gumbelHazard() throws -> Variable {
        try pointwise("gumbel_hazard", slope: { try $0.gumbelHazard() * $0.gumbelHazardExcess() }) { z in
            let t = Double.exp(-z)
            return t == 0 ? 1 : t > 700 ? Double.exp(-z - t) : t / Double.expMinusOne(t)
        }
    }

    /// t / (e^t - 1) + t - 1.
    private func gumbelHazardExcess() throws -> Variable {
        try pointwise(
            "gumbel_hazard_excess",
            slope: { z in
                try z.gumbelHazard() * z.gumbelHazardExcess() - (-z).exp()
            }
        ) { z in
            let t = Double.exp(-z)
            return t > 700 ? t - 1 : t == 0 ? 0 : t - Special.expm1mx(t) / Double.expMinusOne(t)
        }
    }

    // MARK: Half normal

    /// log P(|Z| > z) of a standard normal Z, z >= 0.
    func halfNormalLogUpper() throws -> Variable {
        try pointwise("half_normal_log_upper", slope: { try -((-$0).normalHazard()) }) { z in
            z < 0.5 ? Double.log(onePlus: -Double.erf(z * 0.5.squareRoot())) : Double.log(2) + Special.logNormalCDF(-z)
        }
    }

    /// log P(|Z| <= z).
    func halfNormalLogLower() throws -> Variable {
        try pointwise("half_normal_log_lower", slope: { try $0.halfNormalPull() }) { z in
            z < 0.7 ? Double.log(.erf(z * 0.5.squareRoot())) : Double.log(onePlus: -2 * Special.normalCDF(-z))
        }
    }

    /// The density over P(|Z| <= z).
    private func halfNormalPull() throws -> Variable {
        try pointwise(
            "half_normal_pull",
            slope: { z in
                let pull = try z.halfNormalPull()
                return try -(pull * (z + pull))
            }
        ) { z in (2 / Double.pi).squareRoot() * Double.exp(-0.5 * z * z) / .erf(z * 0.5.squareRoot()) }
    }

    /// The z with P(|Z| <= z) = q.
    func halfNormalQuantile() throws -> Variable {
        let roots = try value.slowMap { Special.erfInverse($0) * 2.0.squareRoot() }
        return try .recorded("distribution.half_normal_quantile", [self], roots, keeps: .outputs) { call in
            let z = call.outputs[0]
            return [try call.cotangent * (z * z * 0.5).exp() * (Double.pi / 2).squareRoot()]
        }
    }
}

extension Special {
    /// P(Z > z) of the standard Cauchy distribution.
    static func cauchyUpper(_ z: Double) -> Double {
        if z > 0 { return z < 1 ? 0.5 - Double.atan(z) / .pi : Double.atan(1 / z) / .pi }
        return 0.5 + Double.atan(-z) / .pi
    }

    static func cauchyQuantile(_ q: Double) -> Double {
        if q == 0 { return -.infinity }
        if q == 1 { return .infinity }
        if Swift.abs(q - 0.5) < 0.25 { return Double.tan(.pi * (q - 0.5)) }
        return q < 0.5 ? -1 / Double.tan(.pi * q) : 1 / Double.tan(.pi * (1 - q))
    }
}
