import Scripting
import Tensors

/// A set whose points are whole vectors: a tensor of any shape is read as one vector in row-major order.
///
/// Computed in float64 whatever the dtype of x, and rounded once at the end.
protocol VectorSet: ProjectableSet {
    /// Throws unless points may have this shape.
    func check(shape: [Int]) throws
    /// The nearest point of the set. `x` is finite and its shape was checked.
    func nearest(to x: [Double], shape: [Int]) throws -> [Double]
    /// The projection near `x`, a finite float64 tensor whose shape was checked; see ``ProjectableSet/formula(at:)``.
    func vectorFormula(_ x: Variable) throws -> Variable
    /// The largest failure of the set's own conditions.
    func violation(of x: [Double], shape: [Int]) throws -> Double
}

extension VectorSet {
    func check(shape: [Int]) throws {}

    public func project(_ x: Tensor) throws -> Tensor {
        try check(shape: x.shape)
        let values = try finiteValues(x)
        let result = try nearest(to: values, shape: x.shape)
        let dtype = x.dtype.computing
        let largest = dtype == .float64 ? Double.greatestFiniteMagnitude : Double(Float.greatestFiniteMagnitude)
        guard result.allSatisfy({ $0.magnitude <= largest }) else {
            throw ScriptError(
                operation, "x or the parameters are too large: the projection overflows \(dtype.rawValue)")
        }
        return try Tensor(result, shape: x.shape, dtype)
    }

    public func formula(at x: Variable) throws -> Variable {
        try check(shape: x.shape)
        return try vectorFormula(x.double())
    }

    public func violation(_ x: Tensor) throws -> Double {
        try check(shape: x.shape)
        return try violation(of: finiteValues(x), shape: x.shape)
    }

    /// The elements in float64, refused when one is NaN or infinite.
    private func finiteValues(_ x: Tensor) throws -> [Double] {
        let values = try x.toArray()
        if let bad = values.firstIndex(where: { !$0.isFinite }) {
            throw ScriptError(
                operation, "x is \(format(values[bad]))\(place(bad, in: x.shape)): no point of the set is nearest to it"
            )
        }
        return values
    }

    /// Throws unless a parameter has the shape of x or is a single number.
    func check(_ parameter: SetParameter, _ label: String, fits shape: [Int]) throws {
        guard parameter.shape.isEmpty || parameter.shape == shape else {
            throw ScriptError(
                operation,
                "\(label) \(Shape.describe(parameter.shape)) has not the shape of x \(Shape.describe(shape)) (for a "
                    + "set per row: Product{P})"
            )
        }
    }
}
