import Autodiff
import RealModule
import Scripting
import Tensors

/// Glow's invertible 1x1 convolution z = A x at each place of an image, A = P L (U + diag(s)): P a permutation, L lower
/// triangular with ones on its diagonal, U strictly upper triangular. Kingma and Dhariwal, NeurIPS 2018, equations 9
/// and 10; the problem sheet's problem 4.
///
/// s keeps its signs in training: s = sign exp(log_s).
public struct Conv1x1: CataloguedTransform {
    public static let name = "Conv1x1"
    /// (n, n); only the part strictly below (above) the diagonal is read.
    public let lower: Variable
    public let upper: Variable
    /// log |s|, of shape (n).
    public let logS: Variable
    /// The signs of s, 1 or -1, of shape (n).
    public let sign: Variable
    /// Row i of A is row permutation[i] (from 0) of L (U + diag(s)). int64, (n).
    public let permutation: Variable

    /// All of shape (n) or (n, n), n the number of channels; not checked here.
    public init(lower: Variable, upper: Variable, logS: Variable, sign: Variable, permutation: Variable) {
        (self.lower, self.upper, self.logS, self.sign, self.permutation) = (lower, upper, logS, sign, permutation)
    }

    /// The factors of a matrix (n, n).
    /// - Throws: ``Fault`` for a singular one.
    public static func factored(_ matrix: Tensor) throws -> Conv1x1 {
        let (p, l, u) = try GradMode.$isEnabled.withValue(false) { try Variable(matrix.cast(.float64)).lu() }
        let n = matrix.shape[0]
        let s = try u.diagonal().value.toArray()
        if let place = s.firstIndex(where: { $0 == 0 || !$0.isFinite }) {
            throw Fault("matrix", "singular: number \(place + 1) on the diagonal of its U is \(shown(s[place]))")
        }
        let rows = try p.value.toArray()
        // permutation[i] is the column of the 1 in row i of P.
        let order = (0..<n).map { row in (0..<n).first { rows[row * n + $0] == 1 } ?? row }
        let dtype = matrix.dtype.computing
        func stored(_ x: Variable) throws -> Variable { try leaf(x.value.cast(dtype).copy()) }
        return Conv1x1(
            lower: try stored(l.triangle(upper: false, -1, for: "flow.Conv1x1")),
            upper: try stored(u.triangle(upper: true, 1, for: "flow.Conv1x1")),
            logS: try stored(Variable(Tensor(s.map { Double.log(abs($0)) }, shape: [n], .float64))),
            sign: Variable(try Tensor(s.map { $0 < 0 ? -1 : 1 }, shape: [n], dtype)),
            permutation: Variable(try Tensor(integers: order, shape: [n])))
    }

    /// A random rotation, as Glow starts: log |det| = 0.
    public static func random(_ n: Int, from generator: Generator, for operation: String) throws -> Conv1x1 {
        let normals = Variable(try generator.fill([n, n], .float64, for: operation) { $0.normal() })
        let q = try GradMode.$isEnabled.withValue(false) { try normals.qr().q }
        return try factored(q.value.cast(.float32))
    }

    public var recipe: Recipe { .call("flow.Conv1x1", [.integer(logS.shape[0])]) }
    public var parameters: [(name: String, value: Variable)] {
        [("lower", lower), ("upper", upper), ("log_s", logS)]
    }
    public var buffers: [(name: String, value: Variable)] { [("sign", sign), ("permutation", permutation)] }

    /// The factors in x's dtype, and both directions of the permutation, counted from 1.
    private struct Factors {
        let lower, upper, logS: Variable
        let forward, backward: Variable
    }

    private func factors(_ x: Variable) throws -> Factors {
        let operation = "flow.Conv1x1"
        try Demand.channels(x, logS.shape[0], operation)
        try Demand.finite(parameters, operation)
        let n = logS.shape[0]
        // Read at each call: a file may have been loaded into the tensor.
        let order = try permutation.value.toArray().map { Int(exactly: $0) ?? -1 }
        guard Set(order) == Set(0..<n) else {
            throw ScriptError(
                operation, "the permutation \(order.prefix(8)) has not every number from 0 to \(n - 1) once")
        }
        let signs = try sign.value.toArray()
        if let place = signs.firstIndex(where: { abs($0) != 1 }) {
            throw ScriptError(operation, "sign \(place + 1) is \(shown(signs[place])); 1 or -1 expected")
        }
        var back = order
        for (place, source) in order.enumerated() { back[source] = place }
        let logS = try logS.together(with: x)
        let one = Variable(try Tensor.full([n], 1, logS.dtype))
        return Factors(
            lower: try lower.together(with: x).triangle(upper: false, -1, for: operation) + one.diagonal(),
            upper: try upper.together(with: x).triangle(upper: true, 1, for: operation)
                + (sign.together(with: x) * logS.exp()).diagonal(),
            logS: logS, forward: Variable(try Tensor(integers: order.map { $0 + 1 }, shape: [n])),
            backward: Variable(try Tensor(integers: back.map { $0 + 1 }, shape: [n])))
    }

    public func latentShape(of event: [Int]) throws -> [Int] {
        try Demand.channels(of: event, logS.shape[0], "flow.Conv1x1")
    }
    public func dataShape(of event: [Int]) throws -> [Int] { try latentShape(of: event) }

    public func toLatent(_ x: Variable, context: Variable?) throws -> (z: Variable, logDeterminant: Variable) {
        let factors = try factors(x)
        let x = try x.together(with: logS)
        let matrix = try factors.lower.matmul(factors.upper).indexSelect(0, factors.forward)
        return (
            try Channels.mapped(x) { try matrix.matmul($0) }, try factors.logS.sum() * Double(Channels.places(x))
        )
    }

    public func toData(_ z: Variable, context: Variable?) throws -> (x: Variable, logDeterminant: Variable) {
        let factors = try factors(z)
        let z = try z.together(with: logS)
        let x = try Channels.mapped(z) {
            try factors.upper.solve(
                factors.lower.solve($0.indexSelect(0, factors.backward), for: "flow.Conv1x1"), for: "flow.Conv1x1")
        }
        return (x, try -factors.logS.sum() * Double(Channels.places(z)))
    }
}

extension Conv1x1 {
    public static let declaration = Declaration(
        "flow.Conv1x1",
        """
        The invertible 1x1 convolution z = A x at each place of (C, H, W) images, or z = A x of vectors. A = P L (U + \
        diag(s)), P a fixed permutation, so that log |det| is the sum of log |s|, times H W for images. It starts as a \
        random rotation, or as a matrix that is given, factored. Parameters: lower, upper (C, C), of which the part \
        below (above) the diagonal is read, and log_s; the signs of s stay.
        """,
        takes: .argument("channels", .size(from: 1)),
        .option("matrix", .optional(.plainTensor), default: nil, "(C, C), not singular: A to start with"), .generator,
        .operation, returns: .transform,
        errors: "a matrix of another shape, or a singular one; when called, another number of channels",
        source: "Kingma, Dhariwal, NeurIPS 2018 (Glow), equations 9 and 10",
        example: """
            local A = tensor({{0, 2}, {3, 1}})
            local t = flow.Conv1x1(2, {matrix = A})
            local z, log_det = t:to_latent(tensor{1, 1})
            assert((z - A:mv(tensor{1, 1})):abs():max():item() < 1e-6)
            assert(math.abs(log_det:item() - math.log(6)) < 1e-6)
            """,
        see: ["flow.LULinear", "flow.Householder", "tensor.lu"]
    ) { channels, matrix, generator, operation in
        let description = "flow.Conv1x1(\(channels))"
        guard let matrix else {
            return TransformObject(
                try Conv1x1.random(channels, from: generator, for: operation), description: description)
        }
        guard matrix.shape == [channels, channels] else {
            throw Fault("matrix", "shape \(Shape.describe(matrix.shape)); (\(channels), \(channels)) expected")
        }
        return TransformObject(try Conv1x1.factored(matrix), description: description)
    }

    private static func example(_ label: String, _ points: LawCase.Input) -> TransformExample {
        TransformExample(label, [.init([3, 3]), .init([3, 3]), .init([3], -1...1)], points: points, extremes: .both) {
            Conv1x1(
                lower: $0[0], upper: $0[1], logS: $0[2], sign: Variable(try Tensor([1, -1, 1], shape: [3])),
                permutation: Variable(try Tensor(integers: [2, 0, 1], shape: [3])))
        }
    }
    public static let examples = [
        example("Conv1x1 of vectors", .init([3, 3])), example("Conv1x1 of images", .init([2, 3, 2, 1])),
    ]
}
