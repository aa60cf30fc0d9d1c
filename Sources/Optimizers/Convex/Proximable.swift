import Autodiff
import Projections
import Scripting
import Tensors

/// What has a proximal map: a set's projection, one of prox's functions, or a function of a script's own.
public enum Proximable {
    case set(any ProjectableSet)
    case function(any ProximalFunction)
    /// p(v, step) returns the point.
    case map((Tensor, Double) throws -> Tensor)

    /// The point that minimises f(y) + |y - v|^2 / (2 step), in v's shape and dtype.
    func prox(_ v: Tensor, step: Double) throws -> Tensor {
        switch self {
        case .set(let set): try set.project(v)
        case .function(let function): try function.prox(v, step: step)
        case .map(let map): try map(v, step)
        }
    }

    /// f(x); 0 of a set, whose points these are; nil where nobody says.
    func value(_ x: Tensor) throws -> Double? {
        switch self {
        case .set: 0
        case .function(let function): try function.value(x)
        case .map: nil
        }
    }
}

/// What a method went through: one element per step.
struct Trace {
    var objective: [Double] = []
    var residual: [Double] = []
    var dualResidual: [Double] = []
    var converged = false
}

/// Steps, tolerance and who looks on: what every method here takes.
public struct Progress {
    public var steps = 1000
    public var tolerance = 1e-6
    /// Sees k, x, the objective (nil where it is not known) and the residual after step k; false ends the iteration.
    public var callback: (Int, Tensor, Double?, Double) throws -> Bool = { _, _, _, _ in true }

    public init() {}
}

func difference(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0 - $1 } }

/// a + s b
func sum(_ a: [Double], _ s: Double, _ b: [Double]) -> [Double] { zip(a, b).map { $0 + s * $1 } }

extension Tensor {
    /// These numbers in this one's shape and dtype.
    func holding(_ values: [Double]) throws -> Tensor { try Tensor(values, shape: shape, dtype) }
}
