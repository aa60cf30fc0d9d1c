import Autodiff
import Scripting
import Tensors

/// A differentiable bijection from unconstrained space onto the support of a density.
protocol Bijection {
    /// The support in words, for messages: `above 0`.
    var description: String { get }
    /// How many unconstrained numbers a point of this shape has.
    /// - Throws: ``Fault`` when a point of this shape cannot lie in the support.
    func width(_ shape: [Int]) throws -> Int
    /// (chains, width) -> (chains, shape...), and log |det| of the map per chain; nil for the identity.
    func constrain(_ u: Variable, _ shape: [Int]) throws -> (x: Variable, logDeterminant: Variable?)
    /// x moved off the ends of the support, onto which rounding to the script's dtype may have put it.
    func inside(_ x: Variable) throws -> Variable
    /// The unconstrained numbers of one point; nil where it is not inside the support.
    func unconstrain(_ x: [Double], _ shape: [Int]) -> [Double]?
}

extension Bijection {
    func inside(_ x: Variable) throws -> Variable { x }

    /// All chains' points in unconstrained space.
    /// - Throws: ``Fault`` that names a chain whose point is outside.
    func unconstrain(_ x: Tensor, _ name: String) throws -> Rows {
        let shape = Array(x.shape.dropFirst())
        let (count, width) = (x.shape[0], try width(shape))
        let (all, size) = (try x.toArray(), shape.reduce(1, *))
        var result = Rows(count, width)
        for chain in 0..<count {
            let point = Array(all[chain * size..<(chain + 1) * size])
            if let bad = point.firstIndex(where: { !$0.isFinite }) {
                throw Fault(
                    name, "element \(bad + 1) of chain \(chain + 1) is \(shown(point[bad])); a finite number expected")
            }
            guard let u = unconstrain(point, shape), u.allSatisfy(\.isFinite) else {
                let numbers = point.prefix(8).map { shown($0) }.joined(separator: ", ") + (size > 8 ? ", ..." : "")
                throw Fault(name, "chain \(chain + 1) starts at {\(numbers)}, outside the support (\(description))")
            }
            result.set(chain, u)
        }
        return result
    }
}

/// The whole space; the bijection is the identity.
struct Unbounded: Bijection {
    let description = "real"
    func width(_ shape: [Int]) -> Int { shape.reduce(1, *) }
    func constrain(_ u: Variable, _ shape: [Int]) throws -> (x: Variable, logDeterminant: Variable?) {
        (try u.reshape([u.shape[0]] + shape), nil)
    }
    func unconstrain(_ x: [Double], _ shape: [Int]) -> [Double]? { x }
}
