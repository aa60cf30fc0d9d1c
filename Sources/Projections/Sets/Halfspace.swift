import Autodiff
import Scripting
import Tensors

/// {x : a . x <= b}. Outside, x - (a . x - b) a / |a|^2.
public struct Halfspace: CataloguedSet, VectorSet {
    public static let name = "Halfspace"
    private let plane: Plane

    /// - Parameter a: a tensor of the shape of x, not 0.
    public init(_ a: Variable, _ b: Variable) throws { plane = try Plane(a, b, for: Halfspace.operation) }
    public init(_ a: Tensor, _ b: Double) throws { try self.init(Variable(a), Variable(Tensor(b, .float64))) }

    public var parameters: [SetParameter] { [plane.normal, plane.b] }
    public var size: Double { plane.size }
    public var preferredShape: [Int]? { plane.preferredShape }
    func check(shape: [Int]) throws { try check(plane.normal, "a", fits: shape) }

    func nearest(to x: [Double], shape: [Int]) -> [Double] {
        plane.height(of: x) > 0 ? plane.foot(of: x) : x
    }

    func vectorFormula(_ x: Variable) throws -> Variable {
        plane.height(of: try x.value.toArray()) > 0 ? try plane.formula(x) : x
    }

    public func slope(at x: Tensor) throws -> Slope {
        plane.height(of: try x.toArray()) > 0 ? plane.across : { $0 }
    }

    func violation(of x: [Double], shape: [Int]) -> Double { max(0, plane.height(of: x)) }

    public var description: String { "projection.Halfspace(\(plane.normal), \(format(plane.b.number)))" }

    public static let declaration = Declaration(
        "projection.Halfspace",
        "The set {x : a . x <= b}: the sum of the products of all elements.",
        takes: .argument("a", .entries, "of the shape of x; a number is the same for every element"),
        .argument("b", .scalar), returns: .projection,
        errors: "a is 0 or not finite, b is not finite, a has another shape than x.",
        source: "Boyd and Vandenberghe 2004, section 8.1.1.",
        example: """
            local P = projection.Halfspace({1, 1}, 1)
            local y = P(tensor({1, 1}))
            assert(math.abs(y[1]:item() - 0.5) < 1e-6 and math.abs(y[2]:item() - 0.5) < 1e-6)
            assert(P:contains(tensor({-3, 2})))
            """
    ) { a, b in try Halfspace(a, b) }

    public static func families() throws -> [SetFamily] {
        [try SetFamily([1, -2, 0.5], [-2], shape: [3]) { try Halfspace($0[0], $0[1]) }]
    }

    public static func examples() throws -> [SetExample] {
        [
            SetExample(try Halfspace(Tensor([1, -2, 0.5], shape: [3]), 0.7), shape: [3]),
            SetExample(try Halfspace(Tensor(1), -3), shape: [2, 2]),
        ]
    }
}

/// A hyperplane a . x = b, with its unit normal.
struct Plane {
    let normal: SetParameter
    let b: SetParameter
    private let length: Double

    init(_ a: Variable, _ b: Variable, for operation: String) throws {
        normal = try SetParameter(a, "a", for: operation)
        let level = try b.value.item()
        guard level.isFinite else { throw ScriptError(operation, "b is \(format(level)); a finite number expected") }
        guard normal.values.contains(where: { $0 != 0 }) else {
            throw ScriptError(operation, "a is 0 everywhere: a direction expected")
        }
        self.b = try SetParameter(b, "b", for: operation, scalar: true)
        length = norm(normal.values)
    }

    /// The distance of the plane from 0.
    var size: Double { b.number.magnitude / length }

    var preferredShape: [Int]? { normal.shape.isEmpty ? nil : normal.shape }

    /// The signed distance of x: (a . x - b) / |a|.
    func height(of x: [Double]) -> Double {
        let scale = length(of: x)
        return scale == 0 ? 0 : x.indices.reduce(-b.number / scale) { $0 + (normal[$1] / scale) * x[$1] }
    }

    /// The nearest point of the hyperplane.
    func foot(of x: [Double]) -> [Double] {
        let (height, scale) = (height(of: x), length(of: x))
        return x.indices.map { x[$0] - height * (normal[$0] / scale) }
    }

    /// The nearest point of the hyperplane, computed with the normal scaled to about length 1, so that no square
    /// overflows or vanishes.
    func formula(_ x: Variable) throws -> Variable {
        let unit = powerOfTwo(near: normal.size)
        let normal = try normal.variable(for: x.shape) / unit
        let height = try normal.dot(x) - b.variable() / unit
        return try x - normal * (height / normal.dot(normal))
    }

    /// The part of a vector parallel to the plane: v - (a . v) a / |a|^2.
    func across(_ v: [Double]) -> [Double] {
        let scale = length(of: v)
        let along = v.indices.reduce(0) { $0 + normal[$1] / scale * v[$1] }
        return v.indices.map { v[$0] - along * (normal[$0] / scale) }
    }

    /// |a|, where a single number stands for a vector of the length of x.
    private func length(of x: [Double]) -> Double {
        normal.shape.isEmpty ? length * Double(x.count).squareRoot() : length
    }
}
