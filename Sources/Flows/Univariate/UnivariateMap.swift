import Autodiff
import RealModule
import Scripting
import Tensors

/// An increasing map of single numbers with parameters from a network: what couplings and autoregressive transforms
/// apply to each feature. (zuko and FlowJAX divide flows the same way, into conditioner and univariate map.)
///
/// x has shape (rows, features), the network's numbers (rows, features, `parameterCount`).
public protocol UnivariateMap: Sendable {
    /// The name in messages and files: `affine`.
    static var name: String { get }
    /// How many numbers the network gives for each feature.
    var parameterCount: Int { get }
    /// The image, and the logarithm of the slope at every element.
    func toLatent(_ x: Variable, _ numbers: Variable) throws -> (z: Variable, logSlope: Variable)
    /// The inverse, with the logarithm of its own slope.
    func toData(_ z: Variable, _ numbers: Variable) throws -> (x: Variable, logSlope: Variable)
    /// The interval that it maps onto itself, whatever the parameters; the whole line for most maps.
    var range: NumberRange { get }
}

extension UnivariateMap {
    public var range: NumberRange { .real }
}

/// Bounding of a network's outputs, as zuko does it.
enum Softclip {
    /// a / (1 + |a / bound|), a smooth function within -bound to bound; slopes e^(it) then lie between e^-bound and
    /// e^bound.
    static func apply(_ a: Variable, _ bound: Double) throws -> Variable {
        try a / ((a / bound).abs() + 1)
    }
}

/// z = e^a x + b, with a kept within |a| < -log(slope). As zuko.transforms.MonotonicAffineTransform.
public struct AffineMap: UnivariateMap {
    public static let name = "affine"
    public let parameterCount = 2
    /// The least slope.
    public let slope: Double

    /// By default zuko's.
    public init(slope: Double = 1e-3) { self.slope = slope }

    private func parts(_ numbers: Variable) throws -> (shift: Variable, logScale: Variable) {
        let axis = numbers.shape.count - 1
        let raw = try numbers.select(axis, 1)
        return (try numbers.select(axis, 0), try Softclip.apply(raw, -Double.log(slope)))
    }

    public func toLatent(_ x: Variable, _ numbers: Variable) throws -> (z: Variable, logSlope: Variable) {
        let (shift, logScale) = try parts(numbers)
        return (try x * logScale.exp() + shift, logScale)
    }

    public func toData(_ z: Variable, _ numbers: Variable) throws -> (x: Variable, logSlope: Variable) {
        let (shift, logScale) = try parts(numbers)
        return (try (z - shift) / logScale.exp(), try -logScale)
    }
}
