import Autodiff
import RealModule
import Scripting
import Tensors

/// x = z + u tanh(w . z + b) on the way to data. Rezende and Mohamed, "Variational inference with normalizing flows",
/// ICML 2015, equations 10 to 12.
public struct Planar: CataloguedTransform {
    public static let name = "Planar"
    /// Both of shape (n).
    public let u: Variable
    public let w: Variable
    /// Of shape (1).
    public let b: Variable

    /// u and w of shape (n), b of shape (1).
    public init(u: Variable, w: Variable, b: Variable) { (self.u, self.w, self.b) = (u, w, b) }

    public var recipe: Recipe { .call("flow.Planar", [.integer(u.shape[0])]) }
    public var parameters: [(name: String, value: Variable)] { [("u", u), ("w", w), ("b", b)] }

    /// The parameters in x's type, and u . w.
    private func checked(
        _ x: Variable
    ) throws -> (x: Variable, u: Variable, w: Variable, b: Variable, product: Variable) {
        let operation = "flow.Planar"
        try Demand.vectors(x, u.shape[0], operation)
        try Demand.finite(parameters, operation)
        let (u, w) = (try u.together(with: x), try w.together(with: x))
        let product = try (u * w).sum()
        let number = try product.value.item()
        guard number > -1, number.isFinite else {
            throw ScriptError(
                operation,
                "u . w is \(shown(number)); a finite number above -1 expected: below, the map has no inverse")
        }
        return (try x.together(with: u), u, w, try b.together(with: x), product)
    }

    /// log(1 + u . w / cosh(a)^2): the log-determinant of `toData` at a = w . z + b.
    private static func logSlope(_ a: Variable, _ product: Variable) throws -> Variable {
        try (product * a.logTanhSlope().exp()).log1p()
    }

    public func latentShape(of event: [Int]) throws -> [Int] { try Demand.vector(event, u.shape[0], "flow.Planar") }
    public func dataShape(of event: [Int]) throws -> [Int] { try latentShape(of: event) }

    public func toData(_ z: Variable, context: Variable?) throws -> (x: Variable, logDeterminant: Variable) {
        let (z, u, w, b, product) = try checked(z)
        let a = try (z * w).sum([1]) + b
        let x = try z + a.tanh().reshape([z.shape[0], 1]) * u
        return (x, try Self.logSlope(a, product))
    }

    /// a = w . z + b solves a + u . w tanh(a) = w . x + b, whose left side increases in a.
    public func toLatent(_ x: Variable, context: Variable?) throws -> (z: Variable, logDeterminant: Variable) {
        let (x, u, w, b, product) = try checked(x)
        let a = try Self.root((x * w).sum([1]) + b, product)
        let z = try x - a.tanh().reshape([x.shape[0], 1]) * u
        return (z, try -Self.logSlope(a, product))
    }

    /// The a with a + product tanh(a) = right; gradients by the implicit function theorem.
    private static func root(_ right: Variable, _ product: Variable) throws -> Variable {
        let (wideRight, wideProduct) = (
            Variable(try right.value.cast(.float64)), Variable(try product.value.cast(.float64))
        )
        let reach = try wideProduct.abs()
        let found = try MonotoneRoot.find(between: wideRight - reach, and: wideRight + reach) { a in
            let bent = try wideProduct * a.tanh()
            let noise = try (a.abs() + bent.abs() + wideRight.abs()) * 0x1p-53
            return (try a + bent - wideRight, try wideProduct * a.logTanhSlope().exp() + 1, noise)
        }
        let output = try found.value.cast(right.dtype)
        return try .recorded("flow.Planar", [right, product], output, keeps: [.inputs, .outputs]) { call in
            let (product, a) = (call.inputs[1], call.outputs[0])
            let share = try call.cotangent / (product * a.logTanhSlope().exp() + 1)
            return [
                call.wanted[0] ? share : nil,
                call.wanted[1] ? try -(share * a.tanh()).sum().reshape(product.shape) : nil,
            ]
        }
    }
}

extension Planar {
    public static let declaration = Declaration(
        "flow.Planar",
        """
        x = z + u tanh(w . z + b) on the way to data, as in the paper, where a simple density of z becomes one of x; \
        log |det dx/dz| = log(1 + u . w / cosh(w . z + b)^2). The way to noise is the root of an equation of one \
        number, found to working precision; t:inverse() has the formula on that side. Parameters: u and w (n), which \
        start uniform within 1 / sqrt(n), and b (1), 0. Where training moves u . w to -1 or below there is no inverse, \
        and calls say so.
        """,
        takes: .argument("n", .size(from: 1), "features"), .generator, .operation, returns: .transform,
        errors: "when called, u . w not above -1; a parameter that is not finite; another number of features",
        source: "Rezende, Mohamed, ICML 2015, equations 10 to 12",
        example: """
            local t = flow.Planar(2)
            local z = tensor({{1, -2}, {0, 3}})
            local x, log_det = t:to_data(z)
            local back, other = t:to_latent(x)
            assert((back - z):abs():max():item() < 1e-5 and (log_det + other):abs():max():item() < 1e-5)
            """,
        see: ["flow.Radial"]
    ) { n, generator, operation in
        let bound = 1 / Double(n).squareRoot()
        func uniform() throws -> Variable {
            try leaf(generator.fill([n], for: operation) { bound * (2 * $0.openUniform() - 1) })
        }
        let (u, w) = (try uniform(), try uniform())
        return TransformObject(
            Planar(u: u, w: w, b: try leaf(Tensor.zeros([1]))), description: "flow.Planar(\(n))")
    }

    public static let examples = [
        TransformExample(
            "Planar", [.init([3], -0.5...0.9), .init([3], 0.2...1), .init([1])], points: .init([3, 3]), extremes: .both
        ) { Planar(u: $0[0], w: $0[1], b: $0[2]) },
        TransformExample("Planar of one feature", [.init([1], -0.9 ... -0.8), .init([1], 1...1.1), .init([1])],
            points: .init([3, 1])
        ) { Planar(u: $0[0], w: $0[1], b: $0[2]) },
    ]
}
