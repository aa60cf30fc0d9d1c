import Autodiff
import Scripting
import Tensors

extension ProjectableSet {
    /// The projection of a value that may be recorded, by a set whose parameters may be.
    ///
    /// The numbers are those of ``project(_:)-(Tensor)``; the derivatives, of every order, those of ``formula(at:)``.
    public func project(_ x: Variable) throws -> Variable {
        let projected = try project(x.value)
        let sources = parameters.compactMap(\.source)
        guard GradMode.isEnabled, x.requiresGrad || !sources.isEmpty else {
            return try .recorded(operation, [x], projected, keeps: .nothing, rule: nil)
        }
        // Checked first, so that a script learns of it before anything is computed.
        try x.checkCurrent(operation)
        return try .numbers(projected, derivativesOf: formula(at: x), alsoFrom: [x] + sources, operation)
    }

    /// The distance to the set, of no dimension and in x's dtype: |x - P(x)|, whose gradient is (x - P(x)) / distance
    /// for a convex set, and 0 on the set.
    public func distance(_ x: Variable) throws -> Variable {
        let dtype = x.dtype.computing
        let distance = try Tensor(self.distance(x.value), dtype)
        let sources = parameters.compactMap(\.source)
        let operation = "\(operation):distance"
        guard GradMode.isEnabled, x.requiresGrad || !sources.isEmpty else {
            return try .recorded(operation, [x], distance, keeps: .nothing, rule: nil)
        }
        let away = try x.double() - project(x).double()
        let isInside = try away.value.toArray().allSatisfy { $0 == 0 }
        let formula = isInside ? Variable(distance) : try away.length()
        return try .numbers(distance, derivativesOf: formula, alsoFrom: [x] + sources, operation)
    }

    /// The derivative of the projection at `x` as a map from a direction to the change of the projection; for a convex
    /// set it is symmetric, so that it also maps cotangents back. In float64, by the formula unless the set has a
    /// faster way.
    func slopeOfFormula(at x: Tensor) throws -> Slope {
        { v in
            let (_, product) = try Transform.vjp(
                of: { [try self.project($0[0])] }, at: Variable(x.copy(.float64)),
                Variable(Tensor(v, shape: x.shape, .float64)), for: self.operation)
            return try product.value.toArray()
        }
    }
}

/// A linear map of vectors, in row-major order of the points' shape.
public typealias Slope = ([Double]) throws -> [Double]
