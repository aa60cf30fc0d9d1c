import RealModule

/// Functions that lose their digits when computed as written, such as log(1 + x) - x, and remainders of Stirling's
/// series.
extension Special {
    /// log(1 + x) - x. With r = x / (2 + x), log(1 + x) = 2 (r + r³/3 + r⁵/5 + ...) and 2 r - x = -r x.
    package static func log1pmx(_ x: Double) -> Double {
        guard abs(x) < 0.5 else { return Double.log(onePlus: x) - x }
        let r = x / (2 + x)
        let square = r * r
        var (sum, power, k) = (1.0 / 3, square, 5.0)
        while power > 1e-18 {
            sum += power / k
            power *= square
            k += 2
        }
        return r * (2 * square * sum - x)
    }

    /// e^x - 1 - x.
    package static func expm1mx(_ x: Double) -> Double {
        guard abs(x) < 0.5 else { return Double.expMinusOne(x) - x }
        var (sum, term, k) = (0.0, x * x / 2, 3.0)
        while abs(term) > 1e-18 * abs(sum) {
            sum += term
            term *= x / k
            k += 1
        }
        return sum
    }

    /// The m-th derivative of Σ c z^-p, for ascending p, by Horner's scheme.
    private static func inverseSeries(_ terms: [(power: Int, coefficient: Double)], _ z: Double, _ m: Int) -> Double {
        let sign: Double = m % 2 == 0 ? 1 : -1
        let inverse = 1 / z
        var (sum, last) = (0.0, terms[terms.count - 1].power)
        for (power, coefficient) in terms.reversed() {
            for _ in power..<last { sum *= inverse }
            var factor = sign * coefficient
            for k in 0..<m { factor *= Double(power + k) }
            sum += factor
            last = power
        }
        for _ in 0..<(last + m) { sum *= inverse }
        return sum
    }

    /// The m-th derivative of log z: (-1)^(m-1) (m - 1)! z^-m.
    private static func logDerivative(_ z: Double, _ m: Int) -> Double {
        if m == 0 { return Double.log(z) }
        var factor: Double = m % 2 == 1 ? 1 : -1
        for k in 1..<m { factor *= Double(k) }
        return factor * Double.pow(z, -m)
    }

    /// Whether the series below are accurate at z for the m-th derivative.
    private static func isLarge(_ z: Double, _ m: Int) -> Bool { z >= 16 + 4 * Double(m) }

    /// The m-th derivative of log Γ(z) - (z - 1/2) log z + z - log(2π)/2, z > 0: 1/(12 z) - ... (A&S 6.1.41).
    package static func stirlingError(_ z: Double, _ m: Int = 0) -> Double {
        if isLarge(z, m) { return inverseSeries(stirlingTerms, z, m) }
        if m == 0 { return lgamma(z) - (z - 0.5) * Double.log(z) + z - 0.5 * Double.log(2 * .pi) }
        return 0.5 * logDerivative(z, m) - digammaGap(z, m - 1)
    }
    private static let stirlingTerms: [(power: Int, coefficient: Double)] = [
        (1, 1.0 / 12), (3, -1.0 / 360), (5, 1.0 / 1260), (7, -1.0 / 1680), (9, 1.0 / 1188), (11, -691.0 / 360_360),
        (13, 1.0 / 156),
    ]

    /// The m-th derivative of log z - ψ(z), z > 0: 1/(2 z) + 1/(12 z²) - ... (A&S 6.3.18).
    package static func digammaGap(_ z: Double, _ m: Int = 0) -> Double {
        isLarge(z, m) ? inverseSeries(digammaTerms, z, m) : logDerivative(z, m) - polygamma(m, z)
    }
    private static let digammaTerms: [(power: Int, coefficient: Double)] = [
        (1, 0.5), (2, 1.0 / 12), (4, -1.0 / 120), (6, 1.0 / 252), (8, -1.0 / 240), (10, 1.0 / 132),
        (12, -691.0 / 32760), (14, 1.0 / 12),
    ]

    /// The m-th derivative of log Γ(h + 1/2) - log Γ(h) - log(h)/2, h > 0: -1/(8 h) + 1/(192 h³) - ...
    package static func halfStep(_ h: Double, _ m: Int = 0) -> Double {
        if isLarge(h, m) { return inverseSeries(halfStepTerms, h, m) }
        if m == 0 { return lgamma(h + 0.5) - lgamma(h) - 0.5 * Double.log(h) }
        return polygamma(m - 1, h + 0.5) - polygamma(m - 1, h) - 0.5 * logDerivative(h, m)
    }
    private static let halfStepTerms: [(power: Int, coefficient: Double)] = [
        (1, -1.0 / 8), (3, 1.0 / 192), (5, -1.0 / 640), (7, 17.0 / 14336), (9, -31.0 / 18432), (11, 691.0 / 180_224),
    ]

    /// The m-th derivative of (h + 1/2) (ψ(h + 1/2) - ψ(h)) - halfStep(h): the entropy of Student's t with 2 h degrees
    /// of freedom, less log(2π)/2. 1/2 + 1/(2 h) + 1/(16 h²) - ...
    package static func studentEntropy(_ h: Double, _ m: Int = 0) -> Double {
        if isLarge(h, m) { return (m == 0 ? 0.5 : 0) + inverseSeries(studentTerms, h, m) }
        // ψ(h + 1/2) - ψ(h) is halfStep' + 1/(2h).
        func step(_ m: Int) -> Double { halfStep(h, m + 1) + 0.5 * logDerivative(h, m + 1) }
        return (h + 0.5) * step(m) + (m > 0 ? Double(m) * step(m - 1) : 0) - halfStep(h, m)
    }
    /// From halfStepTerms: (h + 1/2) (1/(2h) + S') - S for S = Σ c h^-p gives -c (p + 1) h^-p and -c p/2 h^-(p+1).
    private static let studentTerms: [(power: Int, coefficient: Double)] = {
        var terms: [(power: Int, coefficient: Double)] = [(1, 0.25)]
        for (power, coefficient) in halfStepTerms {
            let p = Double(power)
            terms.append((power, -coefficient * (p + 1)))
            terms.append((power + 1, -coefficient * p / 2))
        }
        return terms
    }()

    /// The m-th derivative of log Γ(a) + (1 - a) ψ(a) + a, the entropy of Gamma(a, 1): for large a near log(2πe a)/2.
    package static func gammaEntropy(_ a: Double, _ m: Int = 0) -> Double {
        let gap = (a - 1) * digammaGap(a, m) + (m > 0 ? Double(m) * digammaGap(a, m - 1) : 0)
        return 0.5 * (logDerivative(a, m) + (m == 0 ? Double.log(2 * .pi) : 0)) + stirlingError(a, m) + gap
    }

    /// log B(a, b) without cancelling values of log Γ: with n = a + b, log(2π n / (a b))/2 + a log(a/n) + b log(b/n) +
    /// the remainders of Stirling's series.
    package static func logBeta(_ a: Double, _ b: Double) -> Double {
        let n = a + b
        let logs = a * logShare(a, b) + b * logShare(b, a)
        return 0.5 * (Double.log(2 * .pi) - Double.log(a) - logShare(b, a)) + logs + stirlingError(a) + stirlingError(b)
            - stirlingError(n)
    }

    /// log(a / (a + b)).
    static func logShare(_ a: Double, _ b: Double) -> Double {
        a > b ? -Double.log(onePlus: b / a) : Double.log(a / (a + b))
    }

    /// The sum of two numbers and its rounding error (Knuth's TwoSum).
    static func exactSum(_ x: Double, _ y: Double) -> (sum: Double, rest: Double) {
        let sum = x + y
        let part = sum - x
        return (sum, (x - (sum - part)) + (y - part))
    }

    /// The product of two numbers and its rounding error.
    static func exactProduct(_ x: Double, _ y: Double) -> (product: Double, rest: Double) {
        let product = x * y
        guard product.isFinite else { return (product, 0) }
        return (product, (-product).addingProduct(x, y))
    }
}
