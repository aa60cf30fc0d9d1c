import Autodiff
import Scripting
import Tensors

/// A map from unconstrained space onto the support of a density.
protocol Bijection {
    /// `above 0`, for messages.
    var description: String { get }
    /// Numbers in unconstrained space for a point of this shape.
    /// - Throws: ``Fault`` when a point of this shape cannot lie in the support.
    func width(_ shape: [Int]) throws -> Int
    /// (chains, width) -> (chains, shape...), and log |det| of the map per chain; nil for the identity.
    func constrain(_ u: Variable, _ shape: [Int]) throws -> (x: Variable, logDeterminant: Variable?)
    /// The same numbers, kept off the ends of the support after rounding to the script's dtype.
    func inside(_ x: Variable) throws -> Variable
    /// One point's numbers in unconstrained space; nil where it is not inside the support.
    func unconstrain(_ x: [Double], _ shape: [Int]) -> [Double]?
}

extension Bijection {
    func inside(_ x: Variable) throws -> Variable { x }

    /// All chains' points in unconstrained space.
    /// - Throws: ``Fault`` that names the chain outside.
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

/// The whole space.
struct Unbounded: Bijection {
    let description = "real"
    func width(_ shape: [Int]) -> Int { shape.reduce(1, *) }
    func constrain(_ u: Variable, _ shape: [Int]) throws -> (x: Variable, logDeterminant: Variable?) {
        (try u.reshape([u.shape[0]] + shape), nil)
    }
    func unconstrain(_ x: [Double], _ shape: [Int]) -> [Double]? { x }
}
