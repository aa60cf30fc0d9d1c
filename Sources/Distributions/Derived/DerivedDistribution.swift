import Autodiff
import RealModule
import Scripting
import Tensors

/// A distribution whose draws are a monotonic function of another one's: densities, both tails, quantiles and
/// differentiable draws follow from the function. Moments and entropy do not.
protocol DerivedDistribution: CataloguedDistribution {
    /// The distribution of z: unbatched or with this distribution's batch shape. If it has no parameters, its draws
    /// come in ``dtype``.
    var base: any Distribution { get throws }
    /// Whether z(x) decreases.
    static var isFalling: Bool { get }
    /// Whether z(x) is defined for x > 0 only.
    static var isPositive: Bool { get }
    /// A z at which all functions here are finite.
    static var middle: Double { get }
    /// z(x), the base's variable.
    func toBase(_ x: Variable) throws -> Variable
    /// x(z), the inverse of ``toBase(_:)``.
    func fromBase(_ z: Variable) throws -> Variable
    /// log |dz/dx| at x.
    func logSlope(_ x: Variable) throws -> Variable
}

extension DerivedDistribution {
    static var isFalling: Bool { false }
    static var isPositive: Bool { false }
    static var middle: Double { 1 }
    public var isReparameterised: Bool { true }

    /// x where z(x) is defined and finite, and elsewhere a point where everything is finite; and 1 or 0 for which it
    /// was.
    private func guarded(_ x: Variable) throws -> (x: Variable, inside: Variable) {
        let safe = try fromBase(Variable(Tensor(Self.middle, .float64))).detached()
        let isPositive = Self.isPositive
        let inside = try (x + safe.constant { _ in 0 }).indicator {
            isPositive ? !($0 <= 0 || $0 == .infinity) : !$0.isInfinite
        }
        return (try x.choose(inside, safe), inside)
    }

    public func logDensity(_ x: Variable) throws -> Variable { try derivedLogDensity(x) }

    /// The base's log-density at z(x) plus ``logSlope(_:)``.
    func derivedLogDensity(_ x: Variable) throws -> Variable {
        let (safe, inside) = try guarded(x)
        let (base, z) = (try base, try toBase(safe))
        let value = try base.logDensity(z) + logSlope(safe)
        // Below the base's support the log-density is the constant -inf, without a gradient.
        let low = (base as? StandardDistribution)?.low ?? -.infinity
        return try value.choose(inside * z.indicator { !($0 < low) }, value.constant(-Double.infinity))
    }

    public func tail(_ x: Variable, _ side: TailSide, _ form: TailForm) throws -> Variable {
        let (safe, inside) = try guarded(x)
        let value = try base.tail(toBase(safe), Self.isFalling ? side.other : side, form)
        let (below, above) = side == .lower ? (form.never, form.always) : (form.always, form.never)
        return try value.choose(inside, x.constant { $0 < .infinity ? below : above })
    }

    public func inverseTail(_ q: Variable, _ side: TailSide) throws -> Variable {
        try fromBase(base.inverseTail(q, Self.isFalling ? side.other : side))
    }

    /// Drawn in float64 and clamped to the finite numbers of the dtype, above 0 for positive distributions.
    public func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable {
        let base = try base
        let z = try base.draw(base.batchShape.isEmpty ? shape + batchShape : shape, from: generator, for: operation)
        let wide = try (dtype == .float64 ? self : widened() as? Self ?? self)
        let low = Self.isPositive ? dtype.smallest : -dtype.largest
        return try wide.fromBase(z.wide).clamp(low, dtype.largest).converted(to: dtype)
    }

    /// The entropy of x: that of the base plus the mean of log |dx/dz|.
    func entropy(ofBase entropy: Double, _ stretch: Variable) throws -> Variable {
        try (stretch + entropy).spread(batchShape)
    }
}

extension Distribution {
    /// Parameters converted to one dtype and checked, and the shape to which they broadcast.
    static func checked(
        _ parameters: (name: String, value: Variable, constraint: Constraint)...
    ) throws -> (values: [Variable], batch: [Int]) {
        for parameter in parameters { try parameter.constraint.check(parameter.value, parameter.name, for: operation) }
        let named = parameters.map { DistributionParameter($0.name, $0.value) }
        return (try promoted(parameters.map(\.value)), try broadcast(named, for: operation))
    }
}
