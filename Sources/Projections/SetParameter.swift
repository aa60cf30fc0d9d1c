import Autodiff
import Scripting
import Tensors

/// A number or tensor that defines a set: its own copy of the values, in float64 and float32, and the variable that it
/// came from, for gradients.
///
/// Rounding is monotone, so bounds in order stay in order in float32.
public struct SetParameter: CustomStringConvertible {
    /// Empty for a plain number, which serves every element of a point.
    public let shape: [Int]
    let double: Tensor
    let single: Tensor
    /// The elements in row-major order.
    let values: [Double]
    /// The parameter as it was given, when it requires a gradient.
    let source: Variable?

    /// - Parameter scalar: it has one element, and counts as a plain number whatever its shape.
    /// - Throws: when an element is NaN, or infinite unless `infinite`; the message calls it `name`.
    init(
        _ given: Variable, _ name: String, for operation: String, infinite: Bool = false, unchecked: Bool = false,
        scalar: Bool = false
    ) throws {
        let copy = try given.value.copy(.float64)
        double = scalar ? try copy.reshape([]) : copy
        single = try double.copy(.float32)
        values = try double.toArray()
        shape = double.shape
        source = GradMode.isEnabled && given.requiresGrad ? try given.snapshot(for: operation) : nil
        if unchecked { return }
        if let bad = values.firstIndex(where: { infinite ? $0.isNaN : !$0.isFinite }) {
            throw ScriptError(operation, "\(name) is \(format(values[bad]))\(place(bad, in: shape))")
        }
    }

    init(_ tensor: Tensor, _ name: String, for operation: String, infinite: Bool = false) throws {
        try self.init(Variable(tensor), name, for: operation, infinite: infinite)
    }

    var requiresGrad: Bool { source != nil }

    /// In float64, recorded.
    func variable() throws -> Variable {
        guard let joined = try source?.double() else { return Variable(double) }
        return joined.shape == shape ? joined : try joined.reshape(shape)
    }

    /// In float64, recorded, expanded to points of this shape.
    func variable(for points: [Int]) throws -> Variable { try variable().expand(points) }

    /// The number of a parameter of one element.
    var number: Double { values[0] }

    /// The largest finite magnitude; 0 for no elements.
    var size: Double { values.reduce(0) { $1.isFinite ? max($0, $1.magnitude) : $0 } }

    /// The element for row-major position `i` of a point; a single number serves all positions.
    subscript(_ i: Int) -> Double { values.count == 1 ? values[0] : values[i] }

    /// A number as it is, a tensor by its shape.
    public var description: String { shape.isEmpty ? format(values[0]) : Shape.describe(shape) }
}

/// A number as a script would write it: `1`, `0.5`, `-inf`.
func format(_ value: Double) -> String { shown(value) }

/// ` at index 3`, ` at index (2, 1)`, or nothing for a single number; counted from 1.
func place(_ flat: Int, in shape: [Int]) -> String {
    if shape.isEmpty { return "" }
    var rest = flat
    let index = Shape.strides(shape).map { stride in
        defer { rest %= stride }
        return rest / stride + 1
    }
    return " at index " + (index.count == 1 ? String(index[0]) : Shape.describe(index))
}

/// Numbers as messages show them: `{1, 0.5, ...}`.
func format(_ values: [Double]) -> String {
    "{" + values.prefix(16).map { format($0) }.joined(separator: ", ") + (values.count > 16 ? ", ..." : "") + "}"
}

/// The Euclidean norm, scaled so that squares neither overflow nor vanish.
package func norm(_ x: [Double]) -> Double {
    let largest = x.reduce(0) { max($0, $1.magnitude) }
    guard largest > 0, largest.isFinite else { return largest }
    return largest * x.reduce(0) { $0 + ($1 / largest) * ($1 / largest) }.squareRoot()
}

package func dot(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
}

extension [Double] {
    /// The largest magnitude; 0 for no elements.
    var largestMagnitude: Double { reduce(0) { Swift.max($0, $1.magnitude) } }
}
