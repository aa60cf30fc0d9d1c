import Autodiff
import Scripting
import Tensors

/// {x : sum |x_(i+1) - x_i| <= r}: the signals whose total variation is at most r.
///
/// Outside, the projection is least squares with a penalty on total variation, at the level where the total variation
/// is r. It falls with the level, piecewise linearly and convexly, so that Newton steps from level 0 approach that
/// level from one side.
public struct TVBall: CataloguedSet, VectorSet {
    public static let name = "TVBall"
    private let radius: SetParameter

    /// - Throws: when r is negative or not finite.
    public init(_ radius: Variable) throws { self.radius = try checkedRadius(radius, for: TVBall.operation) }
    public init(_ radius: Double) throws { try self.init(Variable(Tensor(radius, .float64))) }

    public var parameters: [SetParameter] { [radius] }

    /// The runs of equal elements in the projection, and the gradient of the total variation there; nil for x in the
    /// set.
    private func runs(_ x: [Double]) throws -> (counts: [Int], direction: [Double])? {
        guard totalVariation(x) > radius.number else { return nil }
        guard radius.number > 0 else { return ([x.count], x.map { _ in 0 }) }
        var runs = EqualRuns(of: x, level: 0)
        var level = 0.0
        for _ in 0..<(x.count + 100) {
            try Cancellation.check()
            let w = runs.direction
            let size = dot(w, w)
            guard size > 0 else { break }
            let next = (dot(w, x) - radius.number) / size
            guard next > level, next.isFinite else { break }
            level = next
            let before = runs.counts
            runs = EqualRuns(of: x, level: level)
            if runs.counts == before { break }
        }
        return (runs.counts, runs.direction)
    }

    /// With B the means over runs and w the gradient of the total variation: B x - w (w . x - r) / |w|^2.
    func nearest(to x: [Double], shape: [Int]) throws -> [Double] {
        guard let (counts, w) = try runs(x) else { return x }
        let (means, size) = (try EqualRuns.means(counts)(x), dot(w, w))
        guard size > 0 else { return means }
        let excess = (dot(w, means) - radius.number) / size
        return zip(means, w).map { $0 - excess * $1 }
    }

    func vectorFormula(_ x: Variable) throws -> Variable {
        guard let (counts, w) = try runs(x.value.toArray()) else { return x }
        let (means, size) = (try x.mapped(by: EqualRuns.means(counts), operation), dot(w, w))
        guard size > 0 else { return means }
        let direction = try Variable(w, shape: x.shape)
        return try means - direction * ((direction.dot(x) - radius.variable()) / size)
    }

    func violation(of x: [Double], shape: [Int]) -> Double { max(0, totalVariation(x) - radius.number) }

    public var description: String { "projection.TVBall(\(format(radius.number)))" }

    public static let declaration = Declaration(
        "projection.TVBall",
        """
        The set {x : |x_2 - x_1| + |x_3 - x_2| + ... <= r} over all elements (row-major): signals of total variation \
        up to r. The result has runs of equal elements. For one per row: Product{P}.
        """,
        takes: .argument("r", .scalar, "from 0"), returns: .projection,
        errors: "r is negative or not finite.",
        source: "Condat 2013 (the penalised problem); Hoefling 2010 (how it moves with the level).",
        example: """
            local y = projection.TVBall(1)(tensor({0, 0, 3, 3}))
            assert(math.abs(y[{1}] - 1) < 1e-6 and math.abs(y[{4}] - 2) < 1e-6)
            """,
        see: ["prox.TV"]
    ) { r in try TVBall(r) }

    public static func families() throws -> [SetFamily] {
        [try SetFamily([0.4], shape: [5]) { try TVBall($0[0]) }]
    }

    public static func examples() throws -> [SetExample] {
        [
            SetExample(try TVBall(0.7), shape: [6]),
            SetExample(try TVBall(2), shape: [2, 2]),
            SetExample(try TVBall(0), shape: [3]),
            SetExample(try TVBall(1), shape: [1]),
        ]
    }
}
