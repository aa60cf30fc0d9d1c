import RealModule
import Scripting
import Tensors

/// A tensor as the prompt and `print` show it.
package enum TensorDescription {
    /// Tensors with more elements are shown by their edges.
    package static let limit = 1000
    package static let edge = 3

    /// Only the numbers that are shown are read, so that large tensors are described as fast as small ones.
    /// - Parameters:
    ///   - limit: up to so many elements, all are shown.
    ///   - edge: beyond it, so many first and last entries of each dimension.
    package static func describe(_ x: Variable, limit: Int = limit, edge: Int = edge) throws -> String {
        let (tensor, shape) = (x.value, x.shape)
        var facts = "shape \(Shape.describe(shape)), \(x.dtype.rawValue)"
        if x.requiresGrad { facts += x.isLeaf ? ", requires_grad" : ", recorded" }
        let places = shape.map { shown($0, edge: tensor.count > limit ? edge : nil) }
        // With very many dimensions even the edges are too many.
        let count = places.reduce(1.0) { $0 * Double($1.count) }
        guard count <= 20_000 else { return "tensor({...}) \(facts)" }

        var positions: [Int] = []
        func collect(_ axis: Int, _ position: Int) {
            guard axis < shape.count else { return positions.append(position) }
            for place in places[axis] { collect(axis + 1, position + place * tensor.strides[axis]) }
        }
        if tensor.count > 0 { collect(0, tensor.offset) }
        let words = words(tensor, at: positions)
        var next = 0
        func rows(_ axis: Int) -> String {
            guard axis < shape.count else {
                defer { next += 1 }
                return words[next]
            }
            guard tensor.count > 0 else { return "{}" }
            var parts = places[axis].map { _ in rows(axis + 1) }
            if places[axis].count < shape[axis] { parts.insert("...", at: edge) }
            let last = axis == shape.count - 1
            let separator =
                last
                ? ", "
                : ",\n" + String(repeating: "\n", count: shape.count - axis - 2)
                    + String(repeating: " ", count: 8 + axis)
            return "{" + parts.joined(separator: separator) + "}"
        }
        return "tensor(\(rows(0))) \(facts)"
    }

    /// The elements at given offsets as text, padded to one width.
    private static func words(_ tensor: Tensor, at positions: [Int]) -> [String] {
        if tensor.dtype.isFloating {
            let values = positions.map { tensor.element(at: $0) }
            let text = Formatter(values: values)
            return values.map(text.string)
        }
        let words = positions.map { position -> String in
            let shown = tensor.scalar(at: position).shown
            return tensor.dtype == .bool ? (shown == "1" ? "true" : "false") : shown
        }
        let width = words.map(\.utf8.count).max() ?? 0
        return words.map { String(repeating: " ", count: width - $0.utf8.count) + $0 }
    }

    /// The indices of one dimension that are shown.
    private static func shown(_ extent: Int, edge: Int?) -> [Int] {
        guard let edge, extent > 2 * edge + 1 else { return Array(0..<Swift.min(extent, limit)) }
        return Array(0..<edge) + Array((extent - edge)..<extent)
    }

    /// One number format for all elements of a tensor, so that columns align.
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
            } else if largest > 1e8 || smallest < 1e-4 || largest / Swift.max(smallest, .leastNonzeroMagnitude) > 1000 {
                // PyTorch's rule: fixed notation unless it would cut off significant digits.
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
            // In two steps, as 10^exponent alone may underflow.
            var mantissa =
                exponent < -300
                ? value * 1e300 / libmPower(10, Double(exponent + 300)) : value / libmPower(10, Double(exponent))
            if abs((mantissa * 1e4).rounded()) >= 1e5 {
                mantissa /= 10
                exponent += 1
            }
            let digits = String(abs(exponent))
            return fixed(mantissa, 4) + "e" + (exponent < 0 ? "-" : "+") + (digits.count < 2 ? "0" : "") + digits
        }
    }

    /// A number rounded to `digits` decimals.
    static func fixed(_ value: Double, _ digits: Int) -> String {
        let scale = libmPower(10, Double(digits))
        let units = Int64((abs(value) * scale).rounded())
        let whole = units / Int64(scale)
        let fraction = String(units % Int64(scale))
        return (value < 0 && units != 0 ? "-" : "") + "\(whole)."
            + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}
