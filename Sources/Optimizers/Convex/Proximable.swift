import Autodiff
import Projections
import Scripting
import Tensors

/// Something with a proximal map: a set (its projection), a function of `prox`, or a function of a script.
public enum Proximable {
    /// The indicator function of the set: 0 inside, infinite outside.
    case set(any ProjectableSet)
    /// A function of `prox`, with its value.
    case function(any ProximalFunction)
    /// A script's function (v, step) that returns the point.
    case map((Tensor, Double) throws -> Tensor)

    /// The point that minimises f(y) + |y - v|^2 / (2 step), in v's shape and dtype.
    func prox(_ v: Tensor, step: Double) throws -> Tensor {
        switch self {
        case .set(let set): try set.project(v)
        case .function(let function): try function.prox(v, step: step)
        case .map(let map): try map(v, step)
        }
    }

    /// f(x); 0 for a set, to which the points belong; nil for a script's map, whose f is unknown.
    func value(_ x: Tensor) throws -> Double? {
        switch self {
        case .set: 0
        case .function(let function): try function.value(x)
        case .map: nil
        }
    }
}

/// Objective and residual of every step.
struct Trace {
    var objective: [Double] = []
    var residual: [Double] = []
    var dualResidual: [Double] = []
    var converged = false
}

/// Steps, tolerance and callback, which every method here takes.
public struct Progress {
    /// The most steps.
    public var steps = 1000
    /// Above which residual it goes on; each method says what it compares.
    public var tolerance = 1e-6
    /// Gets k, x, the objective (nil where unknown) and the residual after step k; returns false to end.
    public var callback: (Int, Tensor, Double?, Double) throws -> Bool = { _, _, _, _ in true }

    public init() {}
}

func difference(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0 - $1 } }

/// a + s b
func sum(_ a: [Double], _ s: Double, _ b: [Double]) -> [Double] { zip(a, b).map { $0 + s * $1 } }

extension Tensor {
    /// A tensor of these numbers in self's shape and dtype.
    func holding(_ values: [Double]) throws -> Tensor { try Tensor(values, shape: shape, dtype) }
}
