import Autodiff
import Scripting
import Tensors

@testable import Projections

// A made-up set, added as CONTRIBUTING describes: this file, and its name in `catalogue`.

/// {x : |x_1 + ... + x_n| <= w}. The projection of a point outside moves every element by the same amount.
struct Slab: CataloguedSet, VectorSet {
    static let name = "Slab"
    private let width: SetParameter

    init(_ width: Variable) throws { self.width = try checkedRadius(width, for: Slab.operation) }

    var parameters: [SetParameter] { [width] }

    /// How far the sum is beyond the nearer plane, with its sign.
    private func excess(_ x: [Double]) -> Double {
        let sum = x.reduce(0, +)
        return sum - min(max(sum, -width.number), width.number)
    }

    func nearest(to x: [Double], shape: [Int]) -> [Double] { x.map { $0 - excess(x) / Double(x.count) } }

    func vectorFormula(_ x: Variable) throws -> Variable {
        let excess = excess(try x.value.toArray())
        guard excess != 0 else { return x }
        let sum = try x.sum()
        let bound = try excess > 0 ? width.variable() : -width.variable()
        return try x - (sum - bound) / Double(x.value.count)
    }

    func violation(of x: [Double], shape: [Int]) -> Double { excess(x).magnitude }

    var description: String { "projection.Slab(\(format(width.number)))" }

    static let declaration = Declaration(
        "projection.Slab", "The set {x : |sum of x| <= w}.", takes: .argument("w", .scalar), returns: .projection,
        errors: "w is negative or not finite.",
        example: """
            local y = projection.Slab(1)(tensor({2, 1}))
            assert(y[1]:item() == 1 and y[2]:item() == 0)
            """
    ) { w in try Slab(w) }

    static func families() throws -> [SetFamily] { [try SetFamily([0.7], shape: [3]) { try Slab($0[0]) }] }

    static func examples() throws -> [SetExample] {
        [SetExample(try Slab(Variable(Tensor(0.5, .float64))), shape: [4])]
    }
}
