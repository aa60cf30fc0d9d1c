/// A number with its first two derivatives by one variable: arithmetic on them is exact calculus, so a series or
/// continued fraction evaluated on jets gives its own derivatives (forward mode, as in Moore, "Algorithm AS 187:
/// Derivatives of the incomplete gamma integral", Applied Statistics 31, 1982).
struct Jet {
    var value: Double
    var first: Double
    var second: Double

    init(_ value: Double, _ first: Double = 0, _ second: Double = 0) {
        self.value = value
        self.first = first
        self.second = second
    }

    static func + (x: Jet, y: Jet) -> Jet { Jet(x.value + y.value, x.first + y.first, x.second + y.second) }
    static func - (x: Jet, y: Jet) -> Jet { Jet(x.value - y.value, x.first - y.first, x.second - y.second) }
    static func * (x: Jet, y: Jet) -> Jet {
        Jet(
            x.value * y.value, x.first * y.value + x.value * y.first,
            x.second * y.value + 2 * x.first * y.first + x.value * y.second)
    }
    static func / (x: Jet, y: Jet) -> Jet {
        let value = x.value / y.value
        let first = (x.first - value * y.first) / y.value
        return Jet(value, first, (x.second - 2 * first * y.first - value * y.second) / y.value)
    }
    static func * (x: Double, y: Jet) -> Jet { Jet(x * y.value, x * y.first, x * y.second) }
    static func + (x: Jet, y: Double) -> Jet { Jet(x.value + y, x.first, x.second) }

    /// The largest absolute value of the three, for convergence tests.
    var size: Double { max(abs(value), abs(first), abs(second)) }

    /// True when adding `step` no longer changes this jet noticeably.
    func absorbs(_ step: Jet) -> Bool {
        abs(step.value) <= 1e-17 * abs(value) && abs(step.first) <= 1e-16 * (abs(first) + abs(value) * 1e-3)
            && abs(step.second) <= 1e-16 * (abs(second) + abs(value) * 1e-3)
    }
}
