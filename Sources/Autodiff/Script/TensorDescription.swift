import RealModule
import Scripting
import Tensors

/// A tensor as the REPL and `print` show it.
enum TensorDescription {
    /// More elements than this are summarised by their edges.
    private static let limit = 1000
    private static let edge = 3

    static func describe(_ x: Variable) throws -> String {
        let values = try x.value.toArray()
        let text = Formatter(values: values)
        var facts = "shape \(Shape.describe(x.shape)), \(x.dtype.rawValue)"
        if x.requiresGrad { facts += x.isLeaf ? ", requires_grad" : ", recorded" }
        if x.shape.isEmpty { return "tensor(\(text.string(values[0]))) \(facts)" }
        let summarised = values.count > limit
        func rows(_ axis: Int, _ start: Int, _ stride: Int) -> String {
            guard axis < x.shape.count else { return text.string(values[start]) }
            let extent = x.shape[axis]
            guard extent > 0 else { return "{}" }
            let step = stride / extent
            var shown = Array(0..<extent)
            var gap: Int?
            if summarised, extent > 2 * edge + 1 {
                shown = Array(0..<edge) + Array((extent - edge)..<extent)
                gap = edge
            }
            var parts = shown.map { rows(axis + 1, start + $0 * step, step) }
            if let gap { parts.insert("...", at: gap) }
            let last = axis == x.shape.count - 1
            let separator = last ? ", " : ",\n" + String(repeating: "\n", count: x.shape.count - axis - 2) + String(repeating: " ", count: 8 + axis)
            return "{" + parts.joined(separator: separator) + "}"
        }
        let body = values.isEmpty ? "{}" : rows(0, 0, values.count)
        return "tensor(\(body)) \(facts)"
    }

    /// One way of writing all numbers of a tensor, so that columns align.
    struct Formatter {
        private var width = 0
        private let style: Style

        private enum Style { case whole, fixed, scientific }

        init(values: [Double]) {
            let finite = values.filter(\.isFinite)
            let sizes = finite.map(abs).filter { $0 > 0 }
            let (largest, smallest) = (sizes.max() ?? 0, sizes.min() ?? 0)
            if finite.allSatisfy({ $0 == $0.rounded() }), largest < 1e7 {
                style = .whole
            } else if largest >= 1e5 || (smallest < 1e-4 && largest < 1e-1) || largest / Swift.max(smallest, .leastNonzeroMagnitude) > 1e8 {
                style = .scientific
            } else {
                style = .fixed
            }
            width = values.prefix(2000).map { string($0).count }.max() ?? 0
        }

        func string(_ value: Double) -> String {
            let text: String
            if value.isNaN {
                text = "nan"
            } else if value.isInfinite {
                text = value < 0 ? "-inf" : "inf"
            } else {
                switch style {
                case .whole: text = String(Int(value))
                case .fixed: text = fixed(value, 4)
                case .scientific: text = scientific(value)
                }
            }
            return String(repeating: " ", count: Swift.max(0, width - text.count)) + text
        }

        private func scientific(_ value: Double) -> String {
            guard value != 0 else { return "0.0000e+00" }
            var exponent = Int(Double.log10(abs(value)).rounded(.down))
            // In two steps where 10^exponent alone would be below the smallest double.
            var mantissa = exponent < -300 ? value * 1e300 / libmPower(10, Double(exponent + 300)) : value / libmPower(10, Double(exponent))
            if abs((mantissa * 1e4).rounded()) >= 1e5 {
                mantissa /= 10
                exponent += 1
            }
            let digits = String(abs(exponent))
            return fixed(mantissa, 4) + "e" + (exponent < 0 ? "-" : "+") + (digits.count < 2 ? "0" : "") + digits
        }
    }

    /// `digits` decimals, rounded.
    static func fixed(_ value: Double, _ digits: Int) -> String {
        let scale = libmPower(10, Double(digits))
        let units = Int64((abs(value) * scale).rounded())
        let whole = units / Int64(scale)
        let fraction = String(units % Int64(scale))
        return (value < 0 && units != 0 ? "-" : "") + "\(whole)." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}
