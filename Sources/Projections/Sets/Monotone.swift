import Autodiff
import Scripting
import Tensors

/// {x : x_1 <= x_2 <= ... <= x_n}, or with >= for decreasing sequences.
///
/// Projection by pooling adjacent violators: neighbours in the wrong order are replaced by their mean, until none are.
public struct Monotone: CataloguedSet, VectorSet {
    public static let name = "Monotone"
    private let isFalling: Bool

    /// Neighbours may be equal.
    public init(decreasing: Bool = false) { isFalling = decreasing }

    func nearest(to x: [Double], shape: [Int]) -> [Double] {
        pools(x).flatMap { [Double](repeating: $0.mean, count: $0.count) }
    }

    /// The runs of equal elements in the projection, by value and number of elements.
    private func pools(_ x: [Double]) -> [(mean: Double, count: Int)] {
        var pools: [(mean: Double, count: Int)] = []
        for value in x {
            var pool = (mean: value, count: 1)
            while let last = pools.last, isFalling ? last.mean < pool.mean : last.mean > pool.mean {
                // The mean is updated without a sum, which could overflow.
                let count = last.count + pool.count
                pool = (last.mean + (pool.mean - last.mean) * (Double(pool.count) / Double(count)), count)
                pools.removeLast()
            }
            pools.append(pool)
        }
        return pools
    }

    func vectorFormula(_ x: Variable) throws -> Variable {
        try x.mapped(by: EqualRuns.means(pools(x.value.toArray()).map(\.count)), operation)
    }

    public func slope(at x: Tensor) throws -> Slope { EqualRuns.means(pools(try x.toArray()).map(\.count)) }

    func violation(of x: [Double], shape: [Int]) -> Double {
        zip(x, x.dropFirst()).reduce(0) { max($0, isFalling ? $1.1 - $1.0 : $1.0 - $1.1) }
    }

    public var description: String { "projection.Monotone(\(isFalling ? "{decreasing = true}" : ""))" }

    public static let declaration = Declaration(
        "projection.Monotone",
        """
        The set {x : x_1 <= x_2 <= ... <= x_n} over all elements (row-major): isotonic regression, in linear time. \
        Neighbours that are equal in the result share a mean, and so the derivative. For one per row: Product{P}.
        """,
        takes: .option("decreasing", .flag, default: false, "x_1 >= x_2 >= ... instead"), returns: .projection,
        source: "Barlow, Bartholomew, Bremner and Brunk 1972 (pool adjacent violators).",
        example: """
            local y = projection.Monotone()(tensor({1, 3, 2, 5}))
            assert(y[{1}] == 1 and y[{2}] == 2.5 and y[{3}] == 2.5 and y[{4}] == 5)
            """
    ) { isFalling in Monotone(decreasing: isFalling) }

    public static func examples() throws -> [SetExample] {
        [
            SetExample(Monotone(), shape: [6]),
            SetExample(Monotone(decreasing: true), shape: [2, 3]),
            SetExample(Monotone(), shape: [1]),
        ]
    }
}
