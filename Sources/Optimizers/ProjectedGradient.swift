import Autodiff
import Projections
import Scripting
import Tensors

/// The projected gradient method, optionally with noise: minimises f over a set.
///
///     x <- P(x - lr(k) grad f(x) + noise(k) xi),   xi standard normal,   k = 1, 2, ...
///
/// Goldstein 1964; Levitin and Polyak 1966. With noise sqrt(2 lr) it is projected Langevin dynamics (Bubeck, Eldan and
/// Lehec, 2018).
public struct ProjectedGradient {
    /// The noise term of a step.
    public enum Noise {
        /// Independent normal numbers of this standard deviation; 0 draws none.
        case normal(Double)
        /// These numbers, in the shape of x.
        case given(Tensor)
    }

    /// The number of steps; only ``callback`` ends earlier.
    public var steps: Int
    public var lr: (Int) throws -> Double
    /// What is added before the projection of step k, counted from 1.
    public var noise: (Int) throws -> Noise
    /// Gets k, x and f(x) before step k; returns false to end with that x.
    public var callback: (Int, Tensor, Double) throws -> Bool

    /// By default 100 steps of 0.01 without noise.
    public init(
        steps: Int = 100, lr: @escaping (Int) throws -> Double = { _ in 1e-2 },
        noise: @escaping (Int) throws -> Noise = { _ in .normal(0) },
        callback: @escaping (Int, Tensor, Double) throws -> Bool = { _, _, _ in true }
    ) {
        (self.steps, self.lr, self.noise, self.callback) = (steps, lr, noise, callback)
    }

    /// - Returns: the last x, in memory of its own, and f(x) before every step.
    /// - Throws: naming k, when f, its gradient, a step size or noise is invalid.
    public func minimize(
        _ f: @escaping (Variable) throws -> Variable, over set: any ProjectableSet, from start: Tensor,
        generator: Generator,
        for operation: String = "optim.projected_gradient"
    ) throws -> (x: Tensor, values: [Double]) {
        var x = try start.copy(start.dtype.computing)
        let f = SmoothFunction(body: f, operation: operation)
        var values: [Double] = []
        for k in 1...max(steps, 1) where k <= steps {
            try Cancellation.check()
            let (value, gradient) = try f.slope(at: x, k)
            values.append(value)
            guard try callback(k, x, value) else { break }
            let y = try x.copy()
            try y.add(inPlace: gradient, scale: -checked(lr(k), "lr(\(k))", operation))
            x = try set.project(shifted(y, k, generator, operation))
        }
        return (x, values)
    }

    private func shifted(_ y: Tensor, _ k: Int, _ generator: Generator, _ operation: String) throws -> Tensor {
        switch try noise(k) {
        case .normal(let deviation):
            guard try checked(deviation, "noise(\(k))", operation) > 0 else { return y }
            let xi = try generator.normals(y.shape, y.dtype, for: operation)
            try y.add(inPlace: xi, scale: deviation)
        case .given(let xi):
            guard xi.shape == y.shape else {
                throw ScriptError(
                    operation, "noise(\(k)) has shape \(Shape.describe(xi.shape)), x \(Shape.describe(y.shape))")
            }
            try y.add(inPlace: xi)
        }
        return y
    }

    private func checked(_ number: Double, _ name: String, _ operation: String) throws -> Double {
        guard number >= 0, number.isFinite else {
            throw ScriptError(operation, "\(name) is \(shown(number)); a finite number from 0 expected")
        }
        return number
    }
}
