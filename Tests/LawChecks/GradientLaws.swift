import Autodiff
import Scripting
import Tensors

/// The laws that every differentiable operation obeys. Each function returns nil where its law holds, and otherwise a
/// description of the failing case.
public enum GradientLaw {
    /// First order: the gradient equals central differences of the value.
    public static func first(_ law: LawCase, seed: UInt64 = 1) throws -> String? {
        let points = try law.points(seed: seed)
        return try Transform.gradientCheck(
            of: { [try law.apply($0)] }, at: points, absoluteTolerance: 1e-7, relativeTolerance: 1e-6, for: "law"
        ).map { describe(law, points, "first order", $0) }
    }

    /// Second order: the gradient of the gradient equals central differences of the gradient.
    public static func second(_ law: LawCase, seed: UInt64 = 1) throws -> String? {
        let points = try law.points(seed: seed)
        let gradient: ([Variable]) throws -> [Variable] = { arguments in
            let gradients = try Transform.valueAndGradient(
                of: { [try weighed(law.apply($0))] }, at: arguments, for: "law"
            ).gradients
            return [try Variable.concatenate(gradients.map { try $0.reshape([$0.value.count]) }, 0)]
        }
        return try Transform.gradientCheck(
            of: gradient, at: points, absoluteTolerance: 1e-6, relativeTolerance: 1e-5, for: "law"
        ).map { describe(law, points, "second order", $0) }
    }

    /// The Jacobian-vector product by each input equals central differences of the value along v.
    public static func forward(_ law: LawCase, seed: UInt64 = 1) throws -> String? {
        let points = try law.points(seed: seed)
        for (position, point) in points.enumerated() {
            let function = law.function(of: position, at: points)
            let v = try normals(point.shape, seed: seed + 30)
            let (value, product) = try Transform.jvp(of: function, at: point, v, for: "law")
            let step = 1e-6
            let numeric = try (function([point + v * step])[0] - function([point - v * step])[0]) / (2 * step)
            if let fault = try difference(value.value, function([point])[0].value, absolute: 1e-12, relative: 1e-12)
                ?? difference(product.value, numeric.value, absolute: 1e-6, relative: 1e-6)
            {
                return describe(law, points, "J v of input \(position + 1)", fault)
            }
        }
        return nil
    }

    /// The Hessian-vector product by each input equals central differences of the gradient along v.
    public static func hessian(_ law: LawCase, seed: UInt64 = 1) throws -> String? {
        let points = try law.points(seed: seed)
        for (position, point) in points.enumerated() {
            let function: ([Variable]) throws -> [Variable] = {
                [try weighed(law.function(of: position, at: points)($0)[0])]
            }
            let v = try normals(point.shape, seed: seed + 40)
            let product = try Transform.hvp(of: function, at: point, v, for: "law").product
            func gradient(_ x: Variable) throws -> Variable {
                try Transform.valueAndGradient(of: function, at: [x], for: "law").gradients[0]
            }
            let step = 1e-6
            let numeric = try (gradient(point + v * step) - gradient(point - v * step)) / (2 * step)
            if let fault = try difference(product.value, numeric.value, absolute: 1e-5, relative: 1e-5) {
                return describe(law, points, "H v of input \(position + 1)", fault)
            }
        }
        return nil
    }

    /// uᵀ (J v) by a Jacobian-vector product equals (uᵀ J) v by a vector-Jacobian product, for each input.
    public static func transposition(_ law: LawCase, seed: UInt64 = 1) throws -> String? {
        let points = try law.points(seed: seed)
        for (position, point) in points.enumerated() {
            let function = law.function(of: position, at: points)
            let v = try normals(point.shape, seed: seed + 10)
            let (value, forward) = try Transform.jvp(of: function, at: point, v, for: "law")
            let u = try normals(value.shape, seed: seed + 20)
            let (_, backward) = try Transform.vjp(of: function, at: point, u, for: "law")
            let (left, right) = (try (u * forward).sum().value, try (backward * v).sum().value)
            if let fault = try difference(left, right, absolute: 1e-9, relative: 1e-9) {
                return describe(law, points, "u(Jv) against (uJ)v of input \(position + 1)", fault)
            }
        }
        return nil
    }

    /// The sum of the elements, each with a different weight, so that errors of two elements cannot cancel.
    public static func weighed(_ value: Variable) throws -> Variable {
        let weights = (0..<value.value.count).map { 1 + Double($0 % 5) / 4 }
        return try (value * Variable(Tensor(weights, shape: value.shape, .float64))).sum()
    }

    private static func describe(_ law: LawCase, _ points: [Variable], _ what: String, _ fault: String) -> String {
        let inputs = points.map { "\(Shape.describe($0.shape)) \((try? $0.value.toArray().description) ?? "?")" }
        return "\(law.label), \(what): \(fault); inputs \(inputs.joined(separator: "; "))"
    }
}
