import Autodiff
import Networks
import Scripting
import Tensors

/// A bijection between data and noise: of tensors (rows, event...), where an event may have any shape, (D) or (C, H,
/// W).
///
/// Value and log-determinant come from one call, so that they cannot disagree. The directions are named by where they
/// lead, never "forward": `toLatent` goes data -> noise, `toData` noise -> data.
public protocol FlowTransform: HoldsScriptValues, HoldsModules {
    /// The image of x, and log |det of the Jacobian| of this direction: of shape (rows), or of no dimension when it is
    /// the same for every row. In nats.
    ///
    /// - Parameter context: (rows, C), the condition of a conditional transform; others ignore it.
    func toLatent(_ x: Variable, context: Variable?) throws -> (z: Variable, logDeterminant: Variable)
    /// The inverse of ``toLatent(_:context:)``, with its own log-determinant.
    func toData(_ z: Variable, context: Variable?) throws -> (x: Variable, logDeterminant: Variable)
    /// What training changes, by the names that a state dict has for it.
    var parameters: [(name: String, value: Variable)] { get }
    /// Tensors that a file keeps beside the parameters: masks, orders.
    var buffers: [(name: String, value: Variable)] { get }
    /// The smallest dtype that samples are drawn in: float64 if there are float64 parameters.
    var drawingType: DType { get }
    /// How many numbers the context has; nil for a transform that takes none.
    var contextSize: Int? { get }
    /// The shape of z for data of shape `event`.
    /// - Throws: ``Fault`` with the numbers when the transform takes no such data.
    func latentShape(of event: [Int]) throws -> [Int]
    /// The shape of the data for z of shape `event`.
    func dataShape(of event: [Int]) throws -> [Int]
    /// The one shape of data that it takes; nil for a transform that takes many.
    var fixedDataShape: [Int]? { get }
    /// How deeply transforms are nested in it; 1 when none is.
    var depth: Int { get }
    /// The interval in which all numbers of the data lie; nil where unknown.
    var dataRange: NumberRange? { get }
    /// The interval in which all numbers of z lie, for any data; nil where unknown.
    var latentRange: NumberRange? { get }
    /// How closely the two directions are each other's inverse.
    var accuracy: MapAccuracy { get }
    /// Whether it takes a context of any size, or none, as functions of scripts do.
    var takesAnyContext: Bool { get }
    /// The constructor call by which a file can make it again. Transforms that scripts made remember their call; this
    /// is for those that Swift code puts together.
    var recipe: Recipe { get throws }
}

/// How exactly the two directions of a transform undo each other in float64.
public struct MapAccuracy: Sendable {
    /// The relative error that a round trip may have.
    public var tolerance = 1e-6
    /// Whether log-determinants are random estimates, which equal the Jacobian's only in the mean.
    public var isEstimate = false

    /// The accuracy of several transforms, one after the other.
    static func joint(_ parts: [any FlowTransform]) -> MapAccuracy {
        parts.map(\.accuracy).reduce(MapAccuracy()) {
            MapAccuracy(tolerance: max($0.tolerance, $1.tolerance), isEstimate: $0.isEstimate || $1.isEstimate)
        }
    }
}

extension FlowTransform {
    public var depth: Int { 1 }
    public var accuracy: MapAccuracy { MapAccuracy() }
    public var modules: [Module] { [] }
    public var dataRange: NumberRange? { .real }
    public var latentRange: NumberRange? { .real }
    public var drawingType: DType { parameters.contains { $0.value.dtype == .float64 } ? .float64 : .float32 }
    public var buffers: [(name: String, value: Variable)] { [] }
    public var contextSize: Int? { nil }
    public func latentShape(of event: [Int]) throws -> [Int] { event }
    public func dataShape(of event: [Int]) throws -> [Int] { event }
    public var fixedDataShape: [Int]? { nil }
    public var takesAnyContext: Bool { false }
    public var recipe: Recipe {
        get throws {
            throw Fault("\(Self.self) has no name that a file could hold: make it by a constructor of the module flow")
        }
    }

    public func toLatent(_ x: Variable) throws -> (z: Variable, logDeterminant: Variable) {
        try toLatent(x, context: nil)
    }
    public func toData(_ z: Variable) throws -> (x: Variable, logDeterminant: Variable) {
        try toData(z, context: nil)
    }
}

/// The depth of a transform made of `parts`. Limited, because each level is a level of recursion and a script can nest
/// transforms in a loop.
/// - Throws: ``Fault`` beyond 64.
func nestedDepth(of parts: [any FlowTransform]) throws -> Int {
    let depth = 1 + (parts.map(\.depth).max() ?? 0)
    guard depth <= 64 else { throw Fault("transforms nested deeper than 64") }
    return depth
}
