import Autodiff
import RealModule
import Scripting
import Tensors

/// The normal distribution on vectors with mean loc and covariance Σ = L Lᵀ, L = scale_tril lower triangular:
/// log p(x) = -|L⁻¹ (x - loc)|² / 2 - Σ log L_ii - d log(2π) / 2.
public struct MultivariateNormal: CataloguedDistribution {
    public static let name = "MultivariateNormal"
    /// The mean, (batch..., d).
    public let loc: Variable
    /// (batch..., d, d), symmetric and positive definite; L Lᵀ where the factor was given.
    public let covariance: Variable
    /// The lower triangular factor L.
    public let scale: Variable
    public let batchShape: [Int]
    public var eventShape: [Int] { Array(loc.shape.suffix(1)) }
    private let isByScale: Bool
    /// L in float64, factorised once.
    private let wideScale: Variable

    /// - Throws: unless loc is finite and the covariance symmetric positive definite of its size.
    public init(_ loc: Variable, covariance: Variable) throws {
        let both = try MultivariateNormal.checked(loc, covariance, "covariance")
        let (values, n) = (try both[1].value.toArray(), covariance.shape[covariance.shape.count - 1])
        for i in values.indices {
            let (row, column) = (i / n % n, i % n)
            let mirror = values[i - (row * n + column) + column * n + row]
            // Asymmetry is measured relative to the standard deviations of both components, so that units do not
            // matter.
            let (own, other) = (i - row * n - column + row * (n + 1), i - row * n - column + column * (n + 1))
            let unit = abs(values[own]).squareRoot() * abs(values[other]).squareRoot()
            guard abs(values[i] - mirror) <= 1e-5 * max(abs(values[i]), abs(mirror)) + 1e-8 * unit else {
                throw ScriptError(
                    MultivariateNormal.operation,
                    "covariance\(place(i, in: covariance.shape)) = \(shown(values[i])): a symmetric matrix expected, "
                        + "its mirror is \(shown(mirror))"
                )
            }
        }
        let factor: Variable
        do { factor = try both[1].wide.cholesky() } catch let error as ScriptError {
            throw ScriptError(MultivariateNormal.operation, "covariance: \(error.message)")
        }
        try self.init(both[0], both[1], factor, false)
    }

    /// - Throws: unless loc is finite and L lower triangular of its size with a positive diagonal.
    public init(_ loc: Variable, scale: Variable) throws {
        let both = try MultivariateNormal.checked(loc, scale, "scale_tril")
        let (values, n) = (try both[1].value.toArray(), scale.shape[scale.shape.count - 1])
        for i in values.indices {
            let (row, column) = (i / n % n, i % n)
            if row == column ? !(values[i] > 0) : row < column && values[i] != 0 {
                throw ScriptError(
                    MultivariateNormal.operation,
                    "scale_tril\(place(i, in: scale.shape)) = \(shown(values[i])): "
                        + "\(row == column ? "a positive number" : "0, above the diagonal,") expected"
                )
            }
        }
        // Elements above the diagonal are no parameters and get no gradient.
        let lower = try both[1].lowerTriangle(diagonal: 1)
        try self.init(both[0], lower.matmul(lower.transposed()), lower.wide, true)
    }

    private init(_ loc: Variable, _ covariance: Variable, _ wideScale: Variable, _ isByScale: Bool) throws {
        (self.loc, self.covariance, self.wideScale, self.isByScale) = (loc, covariance, wideScale, isByScale)
        scale = loc.dtype == .float64 ? wideScale : try wideScale.converted(to: loc.dtype)
        batchShape = try Shape.broadcast(
            Array(loc.shape.dropLast()), Array(scale.shape.dropLast(2)), for: MultivariateNormal.operation)
    }

    private static func checked(_ loc: Variable, _ matrix: Variable, _ name: String) throws -> [Variable] {
        let n = loc.shape.last ?? 0
        guard n > 0, matrix.shape.count >= 2, Array(matrix.shape.suffix(2)) == [n, n] else {
            throw ScriptError(
                operation,
                "loc \(Shape.describe(loc.shape)) and \(name) \(Shape.describe(matrix.shape)) do not fit: (..., d) "
                    + "and (..., d, d) expected"
            )
        }
        try Constraint.finite.check(loc, "loc", for: operation)
        try Constraint.finite.check(matrix, name, for: operation)
        return try promoted([loc, matrix])
    }

    public var parameters: [DistributionParameter] {
        let (covariance, scale) = (
            DistributionParameter("covariance", covariance), DistributionParameter("scale_tril", scale)
        )
        return [DistributionParameter("loc", loc)] + (isByScale ? [scale, covariance] : [covariance, scale])
    }
    public var support: Support { get throws { try .real } }
    public var isReparameterised: Bool { true }

    public func widened() throws -> (any Distribution)? {
        let covariance = try isByScale ? wideScale.matmul(wideScale.transposed()) : covariance.wide
        return try MultivariateNormal(loc.wide, covariance, wideScale, isByScale)
    }

    private var dimension: Double { Double(loc.shape.last ?? 0) }
    /// Σ log L_ii = log det Σ / 2.
    var halfLogDeterminant: Variable { get throws { try scale.diagonalOfLast().log().sumOfLast(1) } }

    public func logDensity(_ x: Variable) throws -> Variable {
        let away = try x - loc
        let z = try scale.solvingTriangular(away.reshape(away.shape + [1]))
        return try (z * z).sumOfLast(2) * -0.5 - halfLogDeterminant - 0.5 * dimension * Double.log(2 * .pi)
    }

    public func wideEntropy() throws -> Variable {
        try (halfLogDeterminant + 0.5 * dimension * (1 + Double.log(2 * .pi))).spread(batchShape)
    }

    public func wideMean() throws -> Variable { try loc.spread(batchShape + eventShape) }
    /// The diagonal of the covariance.
    public func wideVariance() throws -> Variable { try covariance.diagonalOfLast().spread(batchShape + eventShape) }
    /// The norm of each row of L, divided by its largest element first, so that no square over- or underflows.
    public func wideStandardDeviation() throws -> Variable {
        let sizes = try scale.value.map(Pointwise { abs($0) })
        let largest = Variable(try sizes.extremum(scale.shape.count - 1, largest: true, for: operation).values)
        let peaks = try largest.reshape(Array(scale.shape.dropLast()))
        let row = try scale / peaks.reshape(peaks.shape + [1])
        return try ((row * row).sumOfLast(1).sqrt() * peaks).spread(batchShape + eventShape)
    }

    /// loc + L e, with e standard normal.
    public func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable {
        let noise = try StandardNormal().sample(
            shape + batchShape + eventShape + [1], dtype, from: generator, for: operation)
        return try loc + scale.matmul(Variable(noise)).reshape(shape + batchShape + eventShape)
    }

    public var description: String {
        "\(Self.operation)("
            + parameters.prefix(2).map { "\($0.name) = \(Shape.describe($0.value.shape))" }.joined(separator: ", ")
            + ")"
    }

    public static let declaration = declare(
        "The normal distribution on vectors with mean loc and a covariance, or its lower triangular factor.",
        takes: .numbers("loc", "of shape (..., d)"),
        .numbers(
            "covariance", "symmetric and positive definite, of shape (..., d, d)",
            or: .numbers("covariance_matrix", "the same by PyTorch's name"),
            .numbers("scale_tril", "lower triangular with a positive diagonal: covariance = L L^T")),
        errors: "shapes that do not fit", source: "torch.distributions.MultivariateNormal",
        example: """
            local d = distribution.MultivariateNormal({0, 0}, {{2, 1}, {1, 2}})
            assert(d:sample({5}).shape[2] == 2 and d.variance:tolist()[1] == 2)
            """
    ) { given in
        try given["scale_tril"].map { try MultivariateNormal(given[0], scale: $0) }
            ?? MultivariateNormal(given[0], covariance: given[1])
    }

    public static let examples = [
        DistributionExample(
            "MultivariateNormal by scale_tril",
            [.init([0.5, -1, 3]), .init([1, 0, 0, 0.3, 2, 0, -0.4, 0.5, 0.7], [3, 3])],
            points: .init([0.2, -1.4, 2, 1, 1, 1], [2, 3])
        ) { try MultivariateNormal($0[0], scale: $0[1].lowerTriangle(diagonal: 1)) },
        DistributionExample(
            "MultivariateNormal by covariance",
            [.init([0.5, -1], [1, 2]), .init([2, 0.2, 0.2, 1, 1, -0.5, -0.5, 3], [2, 2, 2])],
            points: .init([0.2, -1.4, 2, 1], [2, 2])
        ) { try MultivariateNormal($0[0], covariance: ($0[1] + $0[1].transposed()) * 0.5) },
    ]
}
