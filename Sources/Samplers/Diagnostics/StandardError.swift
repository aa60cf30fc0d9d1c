import Scripting

/// The standard error of a mean.
public enum StandardError {
    /// Mean and standard error s/√n of independent numbers; the error is NaN for fewer than two.
    public static func ofMean(_ x: [Double]) -> (mean: Double, error: Double) {
        let n = Double(x.count)
        // Divided by a power of two near the largest number, which is exact, so that squares neither overflow nor
        // vanish.
        let largest = x.reduce(0) { max($0, abs($1)) }
        guard largest > 0 else { return (0, x.count < 2 ? .nan : 0) }
        let scale = Double(sign: .plus, exponent: largest.exponent, significand: 1)
        let mean = x.reduce(0) { $0 + $1 / scale } / n
        let squares = x.reduce(0) { $0 + ($1 / scale - mean) * ($1 / scale - mean) }
        return (mean * scale, (squares / (n - 1) / n).squareRoot() * scale)
    }

    /// The standard error of the mean from the means of `batches` consecutive batches of equal size; a remainder at the
    /// start is left out.
    public static func ofBatches(_ x: [Double], _ batches: Int) -> Double {
        let size = x.count / batches
        let start = x.count - size * batches
        return ofMean(
            (0..<batches).map { batch in
                x[(start + batch * size)..<(start + (batch + 1) * size)].reduce(0, +) / Double(size)
            }
        ).error
    }

    static let declaration = Declaration(
        "montecarlo.standard_error",
        """
        The standard error of the mean of a vector: s / sqrt(n), with s^2 = sum (x - mean)^2 / (n - 1), in the units \
        of x. For correlated numbers (a Markov chain), batches = m takes it from the means of m consecutive batches, \
        which should be longer than the correlation; 20 to 50 are usual. A remainder of fewer than m numbers is left \
        out at the start.
        """,
        takes: .argument("x", .vector(atLeast: 2, finite: true)),
        .option("batches", .optional(.integer(from: 2)), "at most as many as there are numbers"),
        returns: .number,
        source: "batch means: Flegal and Jones, Annals of Statistics 38 (2010)",
        example: """
            assert(montecarlo.standard_error({1, 2, 3, 4, 5}) == math.sqrt(0.5))
            assert(montecarlo.standard_error({1, 1, 3, 3}, {batches = 2}) == 1)
            """
    ) { x, batches in
        guard let batches else { return ofMean(x).error }
        guard batches <= x.count else {
            throw Fault("batches", "a whole number from 2 to \(x.count) expected, got \(batches)")
        }
        return ofBatches(x, batches)
    }
}
