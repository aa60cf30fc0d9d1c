import RealModule

/// The logarithm of a tail probability, and the derivatives of the probability by one or two shape parameters a and b
/// *divided by* the probability, so that they are accurate where it underflows.
package struct Tail: Sendable {
    package var log: Double
    package var a = 0.0, b = 0.0
    package var aa = 0.0, ab = 0.0, bb = 0.0
    /// log of probability / factor, for tails computed as a factor times an integral. The factor is the density of log
    /// x for a Gamma distribution, of log t for Student's t, of log x - log(1 - x) for a Beta distribution.
    package var logIntegral: Double?
    /// The derivative of log(density / probability) by the argument of that factor (log x and so on), known from the
    /// quadrature and the gamma fraction; else it is a difference of two numbers that may be huge. The density is that
    /// of x or t.
    package var bend: Double?
    /// The derivatives of log(density / probability) by a and b, for tails computed as a factor times an integral; far
    /// out those of the two logarithms agree in all digits.
    package var lean: (a: Double, b: Double)?
    /// The second derivatives of the logarithm of the probability; nil where `aa` - `a`² and so on are accurate.
    package var curvature: (aa: Double, ab: Double, bb: Double)?

    package init(log: Double) { self.log = log }

    static let nothing = Tail(log: -.infinity)
    static let everything = Tail(log: 0)
    static var undefined: Tail {
        var tail = Tail(log: .nan)
        (tail.a, tail.b, tail.aa, tail.ab, tail.bb, tail.logIntegral) = (.nan, .nan, .nan, .nan, .nan, .nan)
        return tail
    }

    package var probability: Double { log > 0 ? 1 : Double.exp(log) }

    /// 1 minus this probability; accurate for probabilities up to about 1/2.
    var complement: Tail {
        if log == -.infinity { return .everything }
        let p = probability
        if p >= 1 { return .nothing }
        let ratio = -p / (1 - p)
        var rest = Tail(log: Double.log(onePlus: -p))
        (rest.a, rest.b, rest.aa, rest.ab, rest.bb) = (ratio * a, ratio * b, ratio * aa, ratio * ab, ratio * bb)
        return rest
    }

    /// The tail with a and b exchanged.
    var mirrored: Tail {
        var tail = self
        (tail.a, tail.b, tail.aa, tail.bb) = (b, a, bb, aa)
        tail.bend = bend.map { -$0 }
        tail.lean = lean.map { ($0.b, $0.a) }
        tail.curvature = curvature.map { ($0.bb, $0.ab, $0.aa) }
        return tail
    }
}

/// Both tails of a distribution at a point.
package struct Tails: Sendable {
    package let lower: Tail
    package let upper: Tail

    init(lower: Tail) { (self.lower, upper) = (lower, lower.complement) }
    init(upper: Tail) { (lower, self.upper) = (upper.complement, upper) }
    init(_ lower: Tail, _ upper: Tail) { (self.lower, self.upper) = (lower, upper) }
    static let undefined = Tails(.undefined, .undefined)
    /// At and below the lower end of the support; and below, at and above the upper end.
    static let start = Tails(.nothing, .everything)
    static let end = Tails(.everything, .nothing)

    var mirrored: Tails { Tails(upper.mirrored, lower.mirrored) }
}

/// ∫ e^E(u) du from 0, and the means under e^E of E's derivatives by shape parameters: a tail over the density at its
/// edge.
///
/// The integrand is positive and E concave, so that nothing cancels however extreme the parameters are; the range of
/// integration shrinks with the distance in which E falls. Gauss-Legendre rules of 64 points on panels of up to 5
/// units.
struct TailIntegral {
    /// E, its first derivatives by a and b, its second by a (0 where E is linear in a), and E'(0) - E'(u).
    typealias Exponent = (e: Double, a: Double, b: Double, aa: Double, change: Double)

    private(set) var log = 0.0
    private(set) var a = 0.0, b = 0.0
    private(set) var aa = 0.0, ab = 0.0, bb = 0.0
    /// The mean of E'(0) - E'(u), which is 1 / integral + E'(0); known from quadratures only.
    private(set) var change: Double?

    init(log: Double, a: Double, b: Double = 0, aa: Double, ab: Double = 0, bb: Double = 0) {
        (self.log, self.a, self.b, self.aa, self.ab, self.bb) = (log, a, b, aa, ab, bb)
    }

    /// - Parameters:
    ///   - peak: the u at which E is largest; 0 if E only falls.
    ///   - width: a first guess of the distance in which E falls by about 1.
    init(peak: Double = 0, width: Double, _ exponent: (Double) -> Exponent) {
        let top = exponent(peak).e
        var end = peak + width
        for _ in 0..<1100 where exponent(end).e > top - 40 { end = peak + 2 * (end - peak) }
        self.init(from: 0, to: end, top: top, exponent)
    }

    /// The integral over a given range; `top` is the largest E.
    init(from start: Double, to end: Double, top: Double, _ exponent: (Double) -> Exponent) {
        let panels = max(1, min(1000, ((end - start) / 5).rounded(.up)))
        let half = (end - start) / panels / 2
        var (total, changes) = (0.0, 0.0)
        let nodes = GaussLegendre.nodes
        for panel in 0..<Int(panels) {
            let centre = start + (2 * Double(panel) + 1) * half
            for node in nodes {
                let value = exponent(centre + half * node.x)
                let weight = node.weight * Double.exp(value.e - top)
                if weight == 0 { continue }
                total += weight
                changes += weight * value.change
                a += weight * value.a
                b += weight * value.b
                aa += weight * (value.a * value.a + value.aa)
                ab += weight * value.a * value.b
                bb += weight * value.b * value.b
            }
        }
        log = top + Double.log(total * half)
        change = changes / total
        (a, b, aa, ab, bb) = (a / total, b / total, aa / total, ab / total, bb / total)
    }
}

/// The Gauss-Legendre rule of 64 points on [-1, 1].
enum GaussLegendre {
    static let nodes: [(x: Double, weight: Double)] = {
        let n = 64
        return (1...n).map { i in
            // Newton's method on P_n from Tricomi's guess.
            var x = Double.cos(.pi * (Double(i) - 0.25) / (Double(n) + 0.5))
            var slope = 0.0
            for _ in 0..<50 {
                var (before, now) = (1.0, x)
                for k in 2...n {
                    (before, now) = (now, (Double(2 * k - 1) * x * now - Double(k - 1) * before) / Double(k))
                }
                slope = Double(n) * (x * now - before) / (x * x - 1)
                let step = now / slope
                x -= step
                if abs(step) < 1e-16 { break }
            }
            return (x, 2 / ((1 - x * x) * slope * slope))
        }
    }()
}
