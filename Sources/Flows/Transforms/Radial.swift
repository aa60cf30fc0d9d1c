import Autodiff
import RealModule
import Scripting
import Tensors

/// x = z + beta (z - center) / (alpha + r) with r = |z - center|, on the way to data. Rezende and Mohamed, "Variational
/// inference with normalizing flows", ICML 2015, equation 14.
public struct Radial: CataloguedTransform {
    public static let name = "Radial"
    /// Of shape (n).
    public let center: Variable
    /// Both of shape (1).
    public let alpha: Variable
    public let beta: Variable

    /// The centre of shape (n), the numbers of shape (1).
    public init(center: Variable, alpha: Variable, beta: Variable) {
        (self.center, self.alpha, self.beta) = (center, alpha, beta)
    }

    public var recipe: Recipe { .call("flow.Radial", [.integer(center.shape[0])]) }
    public var parameters: [(name: String, value: Variable)] {
        [("center", center), ("alpha", alpha), ("beta", beta)]
    }

    /// z - center (or x - center), and the parameters in its dtype.
    private func checked(
        _ x: Variable
    ) throws -> (away: Variable, center: Variable, alpha: Variable, beta: Variable) {
        let operation = "flow.Radial"
        try Demand.vectors(x, center.shape[0], operation)
        try Demand.finite(parameters, operation)
        let (a, b) = (try alpha.value.item(), try beta.value.item())
        guard a > 0 else { throw ScriptError(operation, "alpha is \(shown(a)); above 0 expected") }
        guard b > -a else {
            throw ScriptError(
                operation, "beta is \(shown(b)); above -alpha = \(shown(-a)) expected: below, the map has no inverse")
        }
        let isWide = x.dtype.promoted(with: alpha.dtype) == .float64
        guard isWide ? (a + b).isFinite && (b / a).isFinite : Float(a + b).isFinite && Float(b / a).isFinite else {
            throw ScriptError(operation, "alpha = \(shown(a)) and beta = \(shown(b)) are too large, or too far apart")
        }
        let center = try center.together(with: x)
        return (try x.together(with: center) - center, center, try alpha.together(with: x), try beta.together(with: x))
    }

    /// beta / (alpha + r) at the distances r (rows), and log |det dx/dz| there.
    private func parts(
        _ r: Variable, _ alpha: Variable, _ beta: Variable
    ) throws -> (share: Variable, logDeterminant: Variable) {
        let reach = try alpha + r
        let share = try beta / reach
        let along = try (share * (alpha / reach)).log1p()
        let across = try share.log1p() * Double(center.shape[0] - 1)
        return (share, try across + along)
    }

    public func latentShape(of event: [Int]) throws -> [Int] {
        try Demand.vector(event, center.shape[0], "flow.Radial")
    }
    public func dataShape(of event: [Int]) throws -> [Int] { try latentShape(of: event) }

    public func toData(_ z: Variable, context: Variable?) throws -> (x: Variable, logDeterminant: Variable) {
        let (away, _, alpha, beta) = try checked(z)
        let (share, logDeterminant) = try parts(away.norm(2, [1]), alpha, beta)
        return (try z + away * share.reshape([z.shape[0], 1]), logDeterminant)
    }

    /// The distance of x is r + beta r / (alpha + r): solved for r, a quadratic equation, without cancellation.
    public func toLatent(_ x: Variable, context: Variable?) throws -> (z: Variable, logDeterminant: Variable) {
        let (away, center, alpha, beta) = try checked(x)
        let r = try Self.distance(away.norm(2, [1]), alpha, beta)
        let (share, logDeterminant) = try parts(r, alpha, beta)
        let z = try center + away / (share + 1).reshape([x.shape[0], 1])
        return (z, try -logDeterminant)
    }

    /// The r >= 0 with r^2 + (alpha + beta - far) r - alpha far = 0.
    private static func distance(_ far: Variable, _ alpha: Variable, _ beta: Variable) throws -> Variable {
        let half = try alpha + beta - far
        // Everything is divided by the largest of the numbers, so that no square overflows or vanishes.
        let size = try half.abs().maximum(alpha).maximum(far).detached()
        let (h, a, f) = (try half / size, try alpha / size, try far / size)
        let root = try (h * h + a * f * 4).sqrt()
        // The root as 2 a f / (root + h) where h > 0, else as (root - h) / 2: neither subtracts nearly equal numbers.
        let isInside = Variable(try Tensor(0, h.dtype).compare(h.value, AtMost(), for: "flow.Radial"))
        let divisor = try (root + h).choose(isInside, root.constant(1))
        return try (a * f * 2 / divisor).choose(isInside, (root - h) * 0.5) * size
    }
}

extension Radial {
    public static let declaration = Declaration(
        "flow.Radial",
        """
        x = z + beta (z - center) / (alpha + r), r = |z - center|, on the way to data, as in the paper: density moves \
        away from the center, or towards it where beta is below 0. log |det dx/dz| = (n - 1) log(1 + beta / (alpha + \
        r)) + log(1 + alpha beta / (alpha + r)^2). The way to noise solves a quadratic equation for r. Parameters: \
        center (n), alpha (1), which starts as 1, and beta (1), above -alpha; center and beta start uniform within 1 / \
        sqrt(n).
        """,
        takes: .argument("n", .size(from: 1), "features"), .generator, .operation, returns: .transform,
        errors: """
            when called, alpha not above 0 or beta not above -alpha; a parameter that is not finite; another number of \
            features
            """,
        source: "Rezende, Mohamed, ICML 2015, equation 14",
        example: """
            local t = flow.Radial(2)
            local z = tensor({{1, -2}, {0, 3}})
            local x, log_det = t:to_data(z)
            local back, other = t:to_latent(x)
            assert((back - z):abs():max():item() < 1e-5 and (log_det + other):abs():max():item() < 1e-5)
            """,
        see: ["flow.Planar"]
    ) { n, generator, operation in
        let bound = 1 / Double(n).squareRoot()
        func uniform(_ count: Int) throws -> Variable {
            try leaf(generator.fill([count], for: operation) { bound * (2 * $0.openUniform() - 1) })
        }
        let (center, beta) = (try uniform(n), try uniform(1))
        return TransformObject(
            Radial(center: center, alpha: try leaf(Tensor.full([1], 1)), beta: beta), description: "flow.Radial(\(n))")
    }

    public static let examples = [
        TransformExample(
            "Radial", [.init([3]), .init([1], 0.5...2), .init([1], -0.4...2)], points: .init([3, 3]), extremes: .both
        ) { Radial(center: $0[0], alpha: $0[1], beta: $0[2]) },
        TransformExample(
            "Radial towards the center", [.init([2]), .init([1], 1...2), .init([1], -0.9 ... -0.7)],
            points: .init([3, 2])
        ) { Radial(center: $0[0], alpha: $0[1], beta: $0[2]) },
    ]
}
