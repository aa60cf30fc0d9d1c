import Autodiff
import RealModule
import Tensors

extension Special {
    /// E[Δⁿ log X!] for X ~ Poisson(rate), where Δ f(k) = f(k + 1) - f(k): so Δ⁰ is log X!, Δ¹ log(X + 1), ...
    ///
    /// The sum runs over 14 standard deviations on both sides; the rest is below 1e-20.
    static func poissonMeanLogFactorial(_ rate: Double, order n: Int) -> Double {
        guard rate >= 0, rate.isFinite else { return .nan }
        if rate > 1000 { return asymptotic(rate, order: n) }
        let reach = 14 * rate.squareRoot() + 40
        let (first, last) = (max(0, (rate - reach).rounded(.down)), (rate + reach).rounded(.up))
        var sum = 0.0
        var k = first
        while k <= last {
            let weight =
                rate == 0
                ? (k == 0 ? 1 : 0) : Double.exp(logPrefactor(k + 1, Double.log(rate), rate) - Double.log(rate))
            if weight > 0 { sum += weight * difference(k, n) }
            k += 1
        }
        return sum
    }

    /// From the expansion of the entropy, log(2πe λ)/2 - 1/(12 λ) - 1/(24 λ²) - 19/(360 λ³) (Evans and Boersma, "The
    /// entropy of a Poisson distribution", SIAM Review 30, 1988), and its derivatives; beyond the third to leading
    /// order.
    private static func asymptotic(_ rate: Double, order n: Int) -> Double {
        let r = 1 / rate
        switch n {
        case 0:
            let entropy = 0.5 * Double.log(2 * .pi * Double.exp(1) * rate) - r * (1 / 12 + r * (1 / 24 + r * 19 / 360))
            return entropy - rate + rate * Double.log(rate)
        case 1: return Double.log(rate) + r * (1 / 2 + r * (1 / 12 + r * (1 / 12 + r * 19 / 120)))
        case 2: return r * (1 - r * (1 / 2 + r * (1 / 6 + r / 4)))
        case 3: return -r * r * (1 - r * (1 + r / 2))
        default: return (n % 2 == 0 ? 1 : -1) * Double.exp(lgamma(Double(n - 1)) + Double(n - 1) * Double.log(r))
        }
    }

    private static func difference(_ k: Double, _ n: Int) -> Double {
        switch n {
        case 0: lgamma(k + 1)
        case 1: Double.log(k + 1)
        default: difference(k + 1, n - 1) - difference(k, n - 1)
        }
    }
}

extension Special {
    /// The m-th derivative of the entropy of the Poisson distribution by its rate.
    package static func poissonEntropy(_ rate: Double, _ m: Int = 0) -> Double {
        if rate > 1000, m < 4 {
            let r = 1 / rate
            switch m {
            case 0:
                return 0.5 * (1 + Double.log(2 * .pi * rate)) - r
                    * (1 / 12 + r * (1 / 24 + r * (19 / 360 + r * 9 / 80)))
            case 1: return r * (0.5 + r * (1 / 12 + r * (1 / 12 + r * (19 / 120 + r * 9 / 20))))
            case 2: return -r * r * (0.5 + r * (1 / 6 + r * (1 / 4 + r * 19 / 30)))
            default: return r * r * r * (1 + r * (1 / 2 + r * (1 + r * 19 / 6)))
            }
        }
        let mean = poissonMeanLogFactorial(rate, order: m)
        switch m {
        case 0: return rate - (rate == 0 ? 0 : rate * Double.log(rate)) + mean
        case 1: return mean - Double.log(rate)
        default:
            // The (m - 1)-th derivative of -log λ.
            var factor: Double = m % 2 == 0 ? -1 : 1
            for k in 1..<(m - 1) { factor *= Double(k) }
            return mean + factor * Double.pow(rate, -(m - 1))
        }
    }
}

extension Variable {
    /// The m-th derivative of the entropy of the Poisson distribution with this rate: +inf at 0 for m = 1.
    func poissonEntropy(_ m: Int = 0) throws -> Variable {
        try pointwise("poisson_entropy", slope: { try $0.poissonEntropy(m + 1) }) { Special.poissonEntropy($0, m) }
    }
}
