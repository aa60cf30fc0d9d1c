import Autodiff
import Scripting
import Tensors

/// {(t, v) : |v| <= t}: the first element bounds the norm of the others (t first, as in SCS and ProximalOperators.jl).
///
/// With a = (|v| + t) / 2: x inside stays, x with |v| <= -t goes to 0, any other to (a, a v / |v|).
public struct SecondOrderCone: CataloguedSet, VectorSet {
    public static let name = "SecondOrderCone"

    public init() {}

    func check(shape: [Int]) throws {
        if shape.contains(0) {
            throw ScriptError(operation, "x \(Shape.describe(shape)) has no elements; (t, v) expected")
        }
    }

    func nearest(to x: [Double], shape: [Int]) -> [Double] {
        let (t, length) = (x[0], norm(Array(x.dropFirst())))
        if length <= t { return x }
        if length <= -t { return x.map { _ in 0 } }
        let a = length / 2 + t / 2
        return [a] + x.dropFirst().map { a * ($0 / length) }
    }

    func vectorFormula(_ x: Variable) throws -> Variable {
        let values = try x.value.toArray()
        let (t, length) = (values[0], norm(Array(values.dropFirst())))
        if length <= t { return x }
        if length <= -t { return try Variable(values.map { _ in 0 }, shape: x.shape) }
        let flat = try x.reshape([values.count])
        let (first, others) = (try flat.slice(0, 0, 1), try flat.slice(0, 1, values.count - 1))
        let size = try others.length()
        let a = try (size + first) / 2
        return try Variable.concatenate([a, others / size * a], 0).reshape(x.shape)
    }

    /// For a point projected onto the surface: half the identity, minus the part orthogonal to v, plus the coupling of
    /// v and t.
    public func slope(at x: Tensor) throws -> Slope {
        let values = try x.toArray()
        let (t, length) = (values[0], norm(Array(values.dropFirst())))
        if length <= t { return { $0 } }
        if length <= -t { return { $0.map { _ in 0 } } }
        let (ray, share) = (values.dropFirst().map { $0 / length }, (t / length + 1) / 2)
        return { v in
            let others = Array(v.dropFirst())
            let along = dot(ray, others)
            return [(v[0] + along) / 2] + ray.indices.map {
                share * (others[$0] - along * ray[$0]) + (v[0] + along) / 2 * ray[$0]
            }
        }
    }

    func violation(of x: [Double], shape: [Int]) -> Double { max(0, norm(Array(x.dropFirst())) - x[0]) }

    public var description: String { "projection.SecondOrderCone()" }

    public static let declaration = Declaration(
        "projection.SecondOrderCone",
        "The set {(t, v) : |v| <= t}: the first element of x (row-major) bounds the Euclidean norm of all others.",
        returns: .projection,
        errors: "x has no elements.",
        source: "Boyd and Vandenberghe 2004, section 8.1.1 (with t last); t first as in SCS.",
        example: """
            local y = projection.SecondOrderCone()(tensor({0, 3, 4}))
            assert(math.abs(y[1]:item() - 2.5) < 1e-6 and math.abs(y[2]:item() - 1.5) < 1e-6)
            """
    ) { SecondOrderCone() }

    public static func examples() throws -> [SetExample] {
        [SetExample(SecondOrderCone(), shape: [4]), SetExample(SecondOrderCone(), shape: [1])]
    }
}
