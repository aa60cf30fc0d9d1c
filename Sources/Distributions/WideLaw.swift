import Autodiff
import Tensors

/// A law whose log-density, entropy and divergences are small differences of large terms such as log Γ: computed in float64
/// and rounded once, whatever the law's type.
public protocol WideLaw: CataloguedLaw {
    /// The same law with its parameters in float64.
    func widened() throws -> Self
    /// ``Distribution/logDensity(_:)``, of a law in float64.
    func wideLogDensity(_ x: Variable) throws -> Variable
    /// ``Distribution/entropy()``, of a law in float64.
    func wideEntropy() throws -> Variable
}

extension WideLaw {
    public func logDensity(_ x: Variable) throws -> Variable {
        if dtype == .float64 { return try wideLogDensity(x) }
        return try widened().wideLogDensity(x.converted(to: .float64)).converted(to: dtype.promoted(with: x.dtype))
    }

    public func entropy() throws -> Variable {
        dtype == .float64 ? try wideEntropy() : try widened().wideEntropy().converted(to: dtype)
    }
}

extension Variable {
    /// In float64.
    var wide: Variable { get throws { try dtype == .float64 ? self : converted(to: .float64) } }
}
