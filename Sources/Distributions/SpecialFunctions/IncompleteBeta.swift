import RealModule

/// A number with its first and second derivatives by two variables a and b: ``Jet`` in the plane.
package struct PlaneJet {
    package var value: Double
    package var a = 0.0, b = 0.0
    package var aa = 0.0, ab = 0.0, bb = 0.0

    static func + (x: PlaneJet, y: PlaneJet) -> PlaneJet {
        PlaneJet(value: x.value + y.value, a: x.a + y.a, b: x.b + y.b, aa: x.aa + y.aa, ab: x.ab + y.ab, bb: x.bb + y.bb)
    }
    static prefix func - (x: PlaneJet) -> PlaneJet { PlaneJet(value: -x.value, a: -x.a, b: -x.b, aa: -x.aa, ab: -x.ab, bb: -x.bb) }
    static func * (x: PlaneJet, y: PlaneJet) -> PlaneJet {
        PlaneJet(
            value: x.value * y.value, a: x.a * y.value + x.value * y.a, b: x.b * y.value + x.value * y.b,
            aa: x.aa * y.value + 2 * x.a * y.a + x.value * y.aa,
            ab: x.ab * y.value + x.a * y.b + x.b * y.a + x.value * y.ab,
            bb: x.bb * y.value + 2 * x.b * y.b + x.value * y.bb)
    }
    static func / (x: PlaneJet, y: PlaneJet) -> PlaneJet {
        let value = x.value / y.value
        let a = (x.a - value * y.a) / y.value
        let b = (x.b - value * y.b) / y.value
        return PlaneJet(
            value: value, a: a, b: b, aa: (x.aa - 2 * a * y.a - value * y.aa) / y.value,
            ab: (x.ab - a * y.b - b * y.a - value * y.ab) / y.value, bb: (x.bb - 2 * b * y.b - value * y.bb) / y.value)
    }
    /// a and b exchanged.
    var mirrored: PlaneJet { PlaneJet(value: value, a: b, b: a, aa: bb, ab: ab, bb: aa) }
    /// The largest derivative.
    var slope: Double { max(abs(a), abs(b), abs(aa), abs(ab), abs(bb)) }
}

extension Special {
    /// The regularised incomplete beta function I_x(a, b) for a, b > 0, 0 <= x <= 1, with its derivatives by a and b.
    ///
    /// x^a (1-x)^b / (a B(a, b)) times a continued fraction (DLMF 8.17.22) by Lentz's method on jets; beyond
    /// x = (a+1)/(a+b+2) by I_x(a, b) = 1 - I_{1-x}(b, a). `complement` is 1 - x, for x near 1.
    package static func betaI(_ a: Double, _ b: Double, _ x: Double, complement: Double? = nil) -> PlaneJet {
        let y = complement ?? 1 - x
        guard a > 0, b > 0, a.isFinite, b.isFinite, x >= 0, y >= 0 else { return PlaneJet(value: .nan, a: .nan, b: .nan, aa: .nan, ab: .nan, bb: .nan) }
        if x == 0 { return PlaneJet(value: 0) }
        if y == 0 { return PlaneJet(value: 1) }
        if x <= (a + 1) / (a + b + 2) { return betaLeft(a, b, x, y) }
        let mirror = betaLeft(b, a, y, x).mirrored
        return PlaneJet(value: 1) + -mirror
    }

    private static func betaLeft(_ a: Double, _ b: Double, _ x: Double, _ y: Double) -> PlaneJet {
        // log x^a y^b / (a B(a, b)) and its derivatives, exponentiated.
        let logX = x > 0.5 ? Double.log(onePlus: -y) : Double.log(x)
        let logY = y > 0.5 ? Double.log(onePlus: -x) : Double.log(y)
        let both = (digamma(a + b), polygamma(1, a + b))
        let first = (a: logX - 1 / a - digamma(a) + both.0, b: logY - digamma(b) + both.0)
        let value = Double.exp(a * logX + b * logY - Double.log(a) - logBeta(a, b))
        let prefactor = PlaneJet(
            value: value, a: value * first.a, b: value * first.b,
            aa: value * (first.a * first.a + 1 / (a * a) - polygamma(1, a) + both.1),
            ab: value * (first.a * first.b + both.1), bb: value * (first.b * first.b - polygamma(1, b) + both.1))
        return prefactor * betaFraction(a, b, x)
    }

    private static func betaFraction(_ a: Double, _ b: Double, _ x: Double) -> PlaneJet {
        let one = PlaneJet(value: 1)
        let (ja, jb, jx) = (PlaneJet(value: a, a: 1), PlaneJet(value: b, b: 1), PlaneJet(value: x))
        func number(_ n: Double) -> PlaneJet { PlaneJet(value: n) }
        func guarded(_ j: PlaneJet) -> PlaneJet {
            var j = j
            if abs(j.value) < 1e-300 { j.value = 1e-300 }
            return j
        }
        var c = one
        var d = one / guarded(one + -((ja + jb) * jx / (ja + one)))
        var h = d
        for m in 1...(1000 + Int(4 * min(a + b, 1e8).squareRoot())) {
            let k = Double(m)
            let even = number(k) * (jb + number(-k)) * jx / ((ja + number(2 * k - 1)) * (ja + number(2 * k)))
            d = one / guarded(one + even * d)
            c = guarded(one + even / c)
            h = h * d * c
            let odd = -((ja + number(k)) * (ja + jb + number(k)) * jx / ((ja + number(2 * k)) * (ja + number(2 * k + 1))))
            d = one / guarded(one + odd * d)
            c = guarded(one + odd / c)
            let step = d * c
            h = h * step
            if abs(step.value - 1) < 4e-16, step.slope < 1e-14 { break }
        }
        return h
    }
}
