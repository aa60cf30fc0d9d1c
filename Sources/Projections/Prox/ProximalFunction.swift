import Autodiff
import Scripting
import Tensors

/// A convex function with a proximal map: prox(x, step) is the y that minimises f(y) + |y - x|^2 / (2 step). For the
/// indicator function of a set this is the projection.
///
///     let f = try L1(2)
///     let y = try f.prox(Tensor([3, -0.5], shape: [2]), step: 0.5)   // 2, 0
public protocol ProximalFunction: CustomStringConvertible {
    /// The name under which scripts know it: `L1`.
    var name: String { get }
    /// f(x); infinite where x is outside the domain of f by more than rounding.
    func value(_ x: Tensor) throws -> Double
    /// The proximal map, as a fresh tensor of the shape and dtype of `x` (float16 is computed and returned as float32).
    func prox(_ x: Tensor, step: Double) throws -> Tensor
    /// f*(y), the supremum over x of <x, y> - f(x).
    func conjugateValue(_ y: Tensor) throws -> Double
    /// The conjugate f*, whose conjugate is f.
    func conjugate() -> any ProximalFunction
    /// f near `x` in differentiable operations.
    func valueFormula(at x: Variable) throws -> Variable
    /// The proximal map near `x` in differentiable operations; at a kink, the derivative is that of the side on which
    /// less elements move.
    func proxFormula(at x: Variable, step: Double) throws -> Variable
}

extension ProximalFunction {
    /// The operation's name in messages: `prox.L1`.
    var operation: String { "prox.\(name)" }

    public func conjugate() -> any ProximalFunction { Conjugate(self) }

    /// The minimum over y of f(y) + |y - x|^2 / (2 step): a smooth function below f with the same minima (Moreau
    /// envelope).
    public func envelope(_ x: Tensor, step: Double) throws -> Double {
        let point = try prox(x.copy(.float64), step: step)
        let distance = norm(zip(try x.toArray(), try point.toArray()).map { $0 - $1 })
        return try value(point) + distance / step * distance / 2
    }

    /// f of a value that may be recorded: of shape (), in x's dtype.
    public func value(_ x: Variable) throws -> Variable {
        let value = try Tensor(self.value(x.value), x.dtype.computing)
        guard GradMode.isEnabled, x.requiresGrad else {
            return try .recorded(operation, [x], value, keeps: .nothing, rule: nil)
        }
        try x.checkCurrent(operation)
        return try .numbers(value, derivativesOf: valueFormula(at: x.double()), alsoFrom: [x], operation)
    }

    /// The proximal map of a value that may be recorded; its derivatives, of every order, are
    /// ``proxFormula(at:step:)``'s.
    public func prox(_ x: Variable, step: Double) throws -> Variable {
        let point = try prox(x.value, step: step)
        guard GradMode.isEnabled, x.requiresGrad else {
            return try .recorded(operation, [x], point, keeps: .nothing, rule: nil)
        }
        try x.checkCurrent(operation)
        return try .numbers(point, derivativesOf: proxFormula(at: x.double(), step: step), alsoFrom: [x], operation)
    }

    /// The envelope of a value that may be recorded: its gradient is (x - prox(x)) / step.
    public func envelope(_ x: Variable, step: Double) throws -> Variable {
        let value = try Tensor(envelope(x.value, step: step), x.dtype.computing)
        return try .recorded("\(operation):envelope", [x], value) { call in
            let start = call.inputs[0]
            return [try call.cotangent * ((start - prox(start, step: step)) / step)]
        }
    }
}

/// f*, by Moreau's decomposition: prox of f* with a step is x - step prox_f(x / step, 1 / step).
struct Conjugate: ProximalFunction {
    let inner: any ProximalFunction

    init(_ inner: any ProximalFunction) { self.inner = inner }

    var name: String { inner.name }
    var operation: String { "\(inner.operation):conjugate" }
    var description: String { "\(inner):conjugate()" }

    func conjugate() -> any ProximalFunction { inner }
    func value(_ x: Tensor) throws -> Double { try inner.conjugateValue(x) }
    func conjugateValue(_ y: Tensor) throws -> Double { try inner.value(y) }

    func prox(_ x: Tensor, step: Double) throws -> Tensor {
        let values = try x.toArray()
        let scaled = try Tensor(values.map { $0 / step }, shape: x.shape, .float64)
        let other = try inner.prox(scaled, step: inverse(step)).toArray()
        // Exactly 0, without rounding, where f does not move x.
        let result = try zip(values, zip(scaled.toArray(), other)).map { $1.0 == $1.1 ? 0 : $0 - step * $1.1 }
        return try Tensor(result, shape: x.shape, x.dtype.computing)
    }

    private func inverse(_ step: Double) throws -> Double {
        guard (1 / step).isFinite else { throw ScriptError(operation, "step is \(format(step)): 1 / step overflows") }
        return 1 / step
    }

    /// For conjugates of norms: 0 in the domain.
    func valueFormula(at x: Variable) throws -> Variable { try inner.conjugateFormula(at: x) }

    func proxFormula(at x: Variable, step: Double) throws -> Variable {
        try x - inner.proxFormula(at: x / step, step: inverse(step)) * step
    }
}

extension ProximalFunction {
    /// f* near a point of its domain; 0 when f is a norm.
    func conjugateFormula(at y: Variable) throws -> Variable {
        if let own = self as? any HasConjugateFormula { return try own.conjugateFormulaOfItsOwn(at: y) }
        return try Variable([0], shape: [])
    }
}

/// A function whose conjugate is not the indicator of a set.
protocol HasConjugateFormula {
    func conjugateFormulaOfItsOwn(at y: Variable) throws -> Variable
}

/// A function in the catalogue: ``declaration`` is what scripts see, ``examples()`` are what the law tests run on.
public protocol CataloguedFunction: ProximalFunction {
    /// The constructor's short name, `L1`.
    static var name: String { get }
    /// The constructor as scripts see it: `prox.L1(weight)`.
    static var declaration: Declaration { get }
    /// Small instances on which the law tests run, with the shape of their points.
    static func examples() throws -> [FunctionExample]
}

extension CataloguedFunction {
    public var name: String { Self.name }
    static var operation: String { "prox.\(name)" }
}

/// A function, and the shape of points for the law tests.
public struct FunctionExample {
    /// Whose proximal map the law tests compute.
    public let function: any ProximalFunction
    /// That of the points.
    public let shape: [Int]

    /// The shape must be one that the function takes.
    public init(_ function: any ProximalFunction, shape: [Int]) { (self.function, self.shape) = (function, shape) }
}
