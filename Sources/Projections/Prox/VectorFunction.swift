import Autodiff
import Scripting
import Tensors

/// A function of whole vectors, computed in float64: a tensor of any shape is read as a vector in row-major order.
protocol VectorFunction: CataloguedFunction {
    /// Throws unless points may have this shape.
    func check(shape: [Int]) throws
    func value(of x: [Double], shape: [Int]) throws -> Double
    /// The proximal map; x is finite, the step a finite number above 0.
    func nearest(to x: [Double], step: Double, shape: [Int]) throws -> [Double]
    /// f*(y). Conditions of its domain hold up to `slack`.
    func conjugate(of y: [Double], shape: [Int], slack: Double) throws -> Double
}

extension VectorFunction {
    func check(shape: [Int]) throws {}

    public func value(_ x: Tensor) throws -> Double { try value(of: finiteValues(x), shape: x.shape) }

    public func conjugateValue(_ y: Tensor) throws -> Double {
        let values = try finiteValues(y)
        return try conjugate(
            of: values, shape: y.shape, slack: (y.dtype == .float64 ? 1e-9 : 1e-5) * values.largestMagnitude)
    }

    public func prox(_ x: Tensor, step: Double) throws -> Tensor {
        guard step > 0, step.isFinite else {
            throw ScriptError(operation, "step is \(format(step)); a finite number above 0 expected")
        }
        let result = try nearest(to: finiteValues(x), step: step, shape: x.shape)
        let dtype = x.dtype.computing
        let largest = dtype == .float64 ? Double.greatestFiniteMagnitude : Double(Float.greatestFiniteMagnitude)
        guard result.allSatisfy({ $0.magnitude <= largest }) else {
            throw ScriptError(operation, "x, step or weight are too large: the result overflows \(dtype.rawValue)")
        }
        return try Tensor(result, shape: x.shape, dtype)
    }

    /// The elements in float64, refused when one is NaN or infinite or the shape does not fit.
    private func finiteValues(_ x: Tensor) throws -> [Double] {
        try check(shape: x.shape)
        let values = try x.toArray()
        if let bad = values.firstIndex(where: { !$0.isFinite }) {
            throw ScriptError(
                operation, "x is \(format(values[bad]))\(place(bad, in: x.shape)); finite numbers expected")
        }
        return values
    }
}

extension Parameter<Double> {
    /// The argument `weight`, by which a function is multiplied.
    static var weight: Parameter { .argument("weight", .number(from: 0, finite: true), default: 1) }
}

/// The weight, checked: finite and >= 0, or > 0 where `positive`.
func checkedWeight(_ weight: Double, for operation: String, _ label: String = "weight", positive: Bool = false) throws
    -> Double
{
    guard weight.isFinite, positive ? weight > 0 : weight >= 0 else {
        throw ScriptError(
            operation, "\(label) is \(format(weight)); a finite number \(positive ? "above" : "from") 0 expected")
    }
    return weight
}
