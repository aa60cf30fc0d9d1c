import Autodiff
import Scripting
import Tensors

/// The tensors with at most k elements other than 0. **Not convex.**
///
/// Projection keeps the k largest magnitudes (hard thresholding, Blumensath and Davies 2009); of equal magnitudes,
/// those that come first.
public struct Sparse: CataloguedSet, VectorSet {
    public static let name = "Sparse"
    private let kept: Int

    /// - Throws: when k is negative.
    public init(_ kept: Int) throws {
        guard kept >= 0 else { throw ScriptError(Sparse.operation, "k is \(kept); a whole number from 0 expected") }
        self.kept = kept
    }

    public var isConvex: Bool { false }

    func nearest(to x: [Double], shape: [Int]) throws -> [Double] {
        var result = x
        for i in try ranking(x).dropFirst(kept) { result[i] = 0 }
        return result
    }

    func vectorFormula(_ x: Variable) throws -> Variable {
        let values = try x.value.toArray()
        var flags = [Bool](repeating: false, count: values.count)
        for i in try ranking(values).prefix(kept) { flags[i] = true }
        return try x.kept(flags)
    }

    func violation(of x: [Double], shape: [Int]) throws -> Double {
        // The (k + 1)-th largest magnitude: 0 when at most k elements differ from 0.
        let sizes = try x.map(\.magnitude).interruptiblySorted(by: >)
        return kept < sizes.count ? sizes[kept] : 0
    }

    /// Positions by decreasing magnitude; equal ones by index.
    private func ranking(_ x: [Double]) throws -> [Int] {
        try x.indices.interruptiblySorted {
            x[$0].magnitude != x[$1].magnitude ? x[$0].magnitude > x[$1].magnitude : $0 < $1
        }
    }

    public var description: String { "projection.Sparse(\(kept))" }

    public static let declaration = Declaration(
        "projection.Sparse",
        """
        The tensors with at most k elements other than 0. Not convex. The projection keeps the k largest magnitudes; \
        of equal ones, those that come first (row-major). Its derivative is 1 for what is kept and 0 for the rest.
        """,
        takes: .argument("k", .integer(from: 0)), returns: .projection,
        source: "Blumensath and Davies 2009 (iterative hard thresholding).",
        example: """
            local y = projection.Sparse(1)(tensor({2, -3, 3}))
            assert(y[1]:item() == 0 and y[2]:item() == -3 and y[3]:item() == 0)
            """
    ) { k in try Sparse(k) }

    public static func examples() throws -> [SetExample] {
        [
            SetExample(try Sparse(2), shape: [5]),
            SetExample(try Sparse(0), shape: [2]),
            SetExample(try Sparse(9), shape: [2, 2]),
        ]
    }
}
