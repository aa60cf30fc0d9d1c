import Autodiff
import Scripting
import Tensors

@testable import Flows

// A made-up transform, added as CONTRIBUTING describes: this file, and its name in `catalogue`.

/// z = x + a x^3 for every element, with a > 0: log |det| is the sum of log(1 + 3 a x^2).
struct Bend: CataloguedTransform {
    static let name = "Bend"
    let a: Variable

    var parameters: [(name: String, value: Variable)] { [("a", a)] }

    func toLatent(_ x: Variable, context: Variable?) throws -> (z: Variable, logDeterminant: Variable) {
        let a = try a.converted(to: x.dtype.computing)
        return (try x + a * x * x * x, try (a * x * x * 3 + 1).log().sum([1]))
    }

    /// By Newton's method, whose last step carries the gradient.
    func toData(_ z: Variable, context: Variable?) throws -> (x: Variable, logDeterminant: Variable) {
        let a = try a.converted(to: z.dtype.computing)
        var x = z
        for _ in 0..<30 { x = try x - (x + a * x * x * x - z) / (a * x * x * 3 + 1) }
        return (x, try -(a * x * x * 3 + 1).log().sum([1]))
    }

    static let declaration = Declaration(
        "flow.Bend", "z = x + a x^3, of every element.", takes: .argument("a", .number(from: 0, finite: true)),
        returns: .transform,
        example: """
            local z, log_det = flow.Bend(1):to_latent(tensor({2}))
            assert(z[{1}] == 10 and math.abs(log_det:item() - math.log(13)) < 1e-6)
            """
    ) { a in TransformObject(Bend(a: Variable(try Tensor(a, .float64))), description: "flow.Bend(\(shown(a)))") }

    static let examples = [TransformExample("Bend", [.init([], 0.1...1)], points: .init([3, 2])) { Bend(a: $0[0]) }]
}
