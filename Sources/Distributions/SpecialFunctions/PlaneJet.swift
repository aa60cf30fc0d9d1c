/// A number with its first and second derivatives by two variables a and b: ``Jet`` in the plane.
struct PlaneJet {
    var value: Double
    var a = 0.0, b = 0.0
    var aa = 0.0, ab = 0.0, bb = 0.0

    static func + (x: PlaneJet, y: Double) -> PlaneJet {
        var sum = x
        sum.value += y
        return sum
    }
    static func * (x: PlaneJet, y: PlaneJet) -> PlaneJet {
        PlaneJet(
            value: x.value * y.value, a: x.a * y.value + x.value * y.a, b: x.b * y.value + x.value * y.b,
            aa: x.aa * y.value + 2 * x.a * y.a + x.value * y.aa,
            ab: x.ab * y.value + x.a * y.b + x.b * y.a + x.value * y.ab,
            bb: x.bb * y.value + 2 * x.b * y.b + x.value * y.bb)
    }
    static func / (x: PlaneJet, y: PlaneJet) -> PlaneJet {
        let unit = 1 / y.value
        let value = x.value * unit
        let a = (x.a - value * y.a) * unit
        let b = (x.b - value * y.b) * unit
        return PlaneJet(
            value: value, a: a, b: b, aa: (x.aa - 2 * a * y.a - value * y.aa) * unit,
            ab: (x.ab - a * y.b - b * y.a - value * y.ab) * unit, bb: (x.bb - 2 * b * y.b - value * y.bb) * unit)
    }
    /// 1 / self.
    var inverse: PlaneJet {
        let unit = 1 / value
        let (a, b) = (-unit * self.a * unit, -unit * self.b * unit)
        return PlaneJet(
            value: unit, a: a, b: b, aa: -(2 * a * self.a + unit * aa) * unit,
            ab: -(a * self.b + b * self.a + unit * ab) * unit, bb: -(2 * b * self.b + unit * bb) * unit)
    }
    /// The largest absolute value of the derivatives.
    var slope: Double { max(abs(a), abs(b), max(abs(aa), abs(ab), abs(bb))) }
}
