import Scripting

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Ticks of an axis: positions and labels.
package struct Ticks {
    package struct Mark: Equatable {
        package let value: Double
        package let label: Label
    }

    /// The label of a number, with a raised exponent on logarithmic axes. A minus is U+2212.
    package struct Label: Equatable {
        package let base: String
        package var exponent: String?
        package init(_ base: String, exponent: String? = nil) {
            self.base = base
            self.exponent = exponent
        }
    }

    package var marks: [Mark] = []
    /// Positions of ticks without labels, between the others.
    package var minor: [Double] = []
    /// The power of ten by which all labels are to be multiplied; 0 when they show the whole number.
    package var power = 0

    package static let minus = "\u{2212}"

    /// Ticks of a linear axis, at multiples of 1, 2 or 5 times a power of ten.
    ///
    /// Heckbert's nice numbers (Graphics Gems, 1990), restricted to the range.
    /// - Parameter count: the most ticks; there are at least 2 where possible.
    package static func linear(_ low: Double, _ high: Double, count: Int) -> Ticks {
        var ticks = Ticks()
        guard low < high, (high - low).isFinite, high - low >= Axis.narrowest else { return ticks }
        let rough = (high - low) / Double(min(max(count, 1), 1000))
        var power = Int(floor(log10(rough)))
        let share = rough / pow(10, Double(power))
        var mantissa = 10
        // The tolerance keeps 0.2 / 0.1 at 2 when the quotient is slightly larger.
        for nice in [1, 2, 5] where share <= Double(nice) * (1 + 1e-9) {
            mantissa = nice
            break
        }
        if mantissa == 10 {
            mantissa = 1
            power += 1
        }
        // Multiples are counted as integers, so that neither values nor labels accumulate rounding errors.
        let unit = { (multiple: Int) -> Double in
            let whole = Double(multiple * mantissa)
            return power < 0 ? whole / pow(10, Double(-power)) : whole * pow(10, Double(power))
        }
        let step = unit(1)
        guard step > 0, step.isFinite, abs(low / step) < 1e15, abs(high / step) < 1e15 else { return ticks }
        let slack = (high - low) * 1e-9
        let first = Int(((low - slack) / step).rounded(.up))
        let last = Int(((high + slack) / step).rounded(.down))
        guard first <= last else { return ticks }

        let largest = max(abs(unit(first)), abs(unit(last)))
        let magnitude = largest > 0 ? Int(floor(log10(largest) + 1e-9)) : 0
        ticks.power = magnitude >= 5 || magnitude <= -4 ? magnitude : 0
        for multiple in first...last {
            let label = fixed(multiple * mantissa, power: power - ticks.power)
            ticks.marks.append(Mark(value: min(max(unit(multiple), low), high), label: Label(label)))
        }
        return ticks
    }

    /// Ticks at powers of ten; linear ones when the range contains fewer than two powers.
    package static func logarithmic(_ low: Double, _ high: Double, count: Int) -> Ticks {
        guard low > 0, low < high, high.isFinite else { return Ticks() }
        let first = Int((log10(low) - 1e-9).rounded(.up))
        let last = Int((log10(high) + 1e-9).rounded(.down))
        guard last > first else { return linear(low, high, count: max(count / 2, 3)) }
        var ticks = Ticks()
        let every = max((last - first + max(count, 1)) / max(count, 1), 1)
        let plain = first >= 0 && last <= 3
        for power in first...last where power % every == 0 {
            let value = min(max(pow(10, Double(power)), low), high)
            let label =
                plain
                ? Label(fixed(1, power: power))
                : Label("10", exponent: power < 0 ? minus + String(-power) : String(power))
            ticks.marks.append(Mark(value: value, label: label))
        }
        if every == 1 {
            for power in (first - 1)...last {
                for digit in 2...9 {
                    let value = Double(digit) * pow(10, Double(power))
                    if value > low, value < high { ticks.minor.append(value) }
                }
            }
        }
        return ticks
    }

    /// `whole` times a power of ten in decimal notation: fixed(25, power: -1) is 2.5.
    package static func fixed(_ whole: Int, power: Int) -> String {
        let sign = whole < 0 ? minus : ""
        var digits = String(whole.magnitude)
        if whole == 0 && power >= 0 { return "0" }
        if power >= 0 { return sign + digits + String(repeating: "0", count: power) }
        if digits.count <= -power { digits = String(repeating: "0", count: 1 - power - digits.count) + digits }
        let point = digits.index(digits.endIndex, offsetBy: power)
        return sign + digits[..<point] + "." + digits[point...]
    }
}
