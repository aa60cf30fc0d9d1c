import Scripting
import Tensors
import Testing

@testable import Projections

/// Values from closed forms, exhaustive search and SciPy.
@Suite struct ValueTests {
    private func fixtureSet(_ name: String) throws -> any ProjectableSet {
        let normal = try float64([1, -2, 0.5])
        switch name {
        case "simplex": return try Simplex()
        case "l1ball": return try L1Ball(center: Tensor(0), radius: 1)
        case "ball": return try Ball(center: Tensor(1), radius: 0.5)
        case "halfspace": return try Halfspace(normal, 0.7)
        case "hyperplane": return try Hyperplane(normal, 0.7)
        case "affine": return try Affine(float64([1, 2, 0, -1, 0, 1, 1, 3], [2, 4]), float64([1, -2]))
        case "cone": return SecondOrderCone()
        case "psd": return PSD()
        case "ball and halfspace":
            return try Intersection([Ball(center: Tensor(0), radius: 1), Halfspace(float64([1, 1, 0]), 0.5)])
        case "box and hyperplane": return try Intersection([Box(0, 1), Hyperplane(float64([1, 1, 2, 1]), 2)])
        case "two balls":
            return try Intersection([Ball(center: Tensor(0), radius: 1), Ball(center: float64([1, 1, 1]), radius: 1.2)])
        default: throw ScriptError("test", "no set \(name)")
        }
    }

    @Test(arguments: Fixture.all.indices) func nearestPointsOfScipy(_ index: Int) throws {
        let fixture = Fixture.all[index]
        let result = try fixtureSet(fixture.set).project(float64(fixture.x, fixture.shape)).toArray()
        try #require(result.count == fixture.nearest.count)
        for (a, b) in zip(result, fixture.nearest) {
            #expect(abs(a - b) < 1e-5, "\(fixture.set) at \(fixture.x): \(result), SciPy \(fixture.nearest)")
        }
    }

    /// Homework 10, problem 2: the projection onto {x1 = a, 0 <= x2 <= 1} is (a, min(max(y2, 0), 1)).
    @Test func problem2() throws {
        for a in [-1.5, 0, 0.1, 3] {
            for y2 in [-7, -0.1, 0, 0.1, 0.5, 1, 1.001, 40] {
                let y = try float32([9.25, y2])
                let expected = try float32([a, min(max(y2, 0), 1)]).toArray()
                let box = try Box(float64([a, 0]), float64([a, 1]))
                let parts = try Product([Box(a, a), Box(0, 1)])
                let observed = try Intersection([
                    Observed(mask: float64([1, 0]), values: float64([a, 0])),
                    Box(float64([-.infinity, 0]), float64([.infinity, 1])),
                ])
                let affine = try Intersection([
                    Hyperplane(float64([1, 0]), a), Box(float64([-.infinity, 0]), float64([.infinity, 1])),
                ])
                for set in [box, parts, observed] as [any ProjectableSet] {
                    #expect(try set.project(y).toArray() == expected, "\(set) at \(shown(y))")
                    #expect(try set.violation(set.project(y)) == 0)
                }
                let result = try affine.project(y).toArray()
                #expect(zip(result, expected).allSatisfy { abs($0 - $1) < 1e-6 }, "\(affine) at \(shown(y))")
            }
        }
    }

    /// Problem 3's set in three ways: as stated, by clamping and copying as in the homework's solution, and as the
    /// product over pixels of problem 2's sets. Equal to the bit in both dtypes.
    @Test func problem3() throws {
        var points = Points(seed: 9)
        for dtype in [DType.float32, .float64] {
            let image = try Tensor((0..<784).map { _ in abs(points.number()) }, shape: [28, 28], dtype)
            let mask = try Tensor((0..<784).map { $0 / 28 < 14 ? 1 : 0 }, shape: [28, 28], dtype)
            let x = try Tensor(points.vector(784, scale: 3), shape: [28, 28], dtype)
            let (box, observed) = (try Box(0, 1), try Observed(mask: mask, values: image))
            let set = try Intersection([box, observed])
            let y = try set.project(x)
            #expect(y.dtype == dtype)
            #expect(try set.violation(y) == 0)
            #expect(try box.violation(y) == 0)
            #expect(try observed.violation(y) == 0)
            #expect(try set.contains(y, tolerance: 0))

            let (xs, ms, known, ys) = (try x.toArray(), try mask.toArray(), try image.toArray(), try y.toArray())
            let expected = xs.indices.map { ms[$0] == 1 ? known[$0] : min(max(xs[$0], 0), 1) }
            #expect(ys == expected)

            let pixels = try Product(xs.indices.map { ms[$0] == 1 ? try Box(known[$0], known[$0]) : try Box(0, 1) })
            #expect(try pixels.project(x.reshape([784])).toArray() == expected)
            // An observed and a missing pixel form problem 2's set C; two rows of the image have 28 of them.
            let pairs = try Product((0..<392).map { try Box(float64([known[$0], 0]), float64([known[$0], 1])) })
            #expect(try pairs.project(x.reshape([2, 392]).transpose(0, 1)).transpose(0, 1).toArray() == expected)
        }
    }

    @Test func boundsRoundToTheTypeOfX() throws {
        let box = try Box(0.1, 0.3)
        let y = try box.project(float32([0, 1]))
        #expect(try y.toArray() == [Double(Float(0.1)), Double(Float(0.3))])
        #expect(try box.violation(y) == 0)
        #expect(try box.project(float64([0, 1])).toArray() == [0.1, 0.3])
        // Bounds that differ only beyond float32's digits must not cross when rounded.
        let thin = try Box(1 + 1e-12, 1 + 2e-12)
        #expect(try thin.violation(thin.project(float32([5]))) == 0)
        let moved = try Translate(Box(0, 0.1), float64([0.2]))
        #expect(try moved.violation(moved.project(float32([5]))) == 0)
    }

    @Test func infinitiesAreClamped() throws {
        #expect(try Box(0, 1).project(float32([.infinity, -.infinity])).toArray() == [1, 0])
        #expect(try Nonnegative().project(float32([.infinity])).toArray() == [.infinity])
        #expect(try Nonnegative().distance(float32([.infinity])) == 0)
    }

    @Test func halfPrecisionIsComputedInFloat32() throws {
        let x = try float32([-1, 0.25]).copy(.float16)
        let y = try Box(0, 1).project(x)
        #expect(y.dtype == .float32)
        #expect(try y.toArray() == [0, 0.25])
    }

    @Test func closedForms() throws {
        #expect(try Sphere(center: Tensor(0), radius: 2).project(float64([0, 0, 0])).toArray() == [2, 0, 0])
        #expect(try Sphere(center: float64([1, 1]), radius: 5).project(float64([4, 5])).toArray() == [4, 5])
        #expect(try Sparse(2).project(float64([1, -3, 3, -3])).toArray() == [0, -3, 3, 0])
        #expect(try SecondOrderCone().project(float64([-5, 3, 4])).toArray() == [0, 0, 0])
        #expect(try PSD().project(float64([2, 3, 1, 2], [2, 2])).toArray() == [2, 2, 2, 2])
        #expect(
            try Ball(center: Tensor(0), radius: 1).project(float64([3, 4])).toArray().map { ($0 * 1e12).rounded() } == [
                6e11, 8e11,
            ])
        // Squares of 1e200 overflow; the length does not.
        let far = try Ball(center: Tensor(0), radius: 1).project(float64([3e200, 4e200])).toArray()
        #expect(abs(far[0] - 0.6) < 1e-12 && abs(far[1] - 0.8) < 1e-12)
        // The result's sum is the simplex's also when x is large.
        let large = try Simplex().project(float64([1e15, 1e15 + 0.5])).toArray()
        #expect(large == [0.25, 0.75])
    }

    @Test func fastThresholdIsTheSortedOne() throws {
        var points = Points(seed: 11)
        for count in [1, 2, 3, 7, 50, 1000] {
            for sum in [0.01, 1, 30] {
                for k in 0..<40 {
                    var x = points.vector(count, scale: [0.01, 1, 100][k % 3])
                    // Ties, and points that lie in the set.
                    if k % 4 == 1 { x = x.map { ($0 * 2).rounded() } }
                    if k % 4 == 2 { x = x.map { _ in sum / Double(count) } }
                    if k % 4 == 3 { x.sort(by: k % 8 == 3 ? (<) : (>)) }
                    let (a, b) = (SimplexThreshold.fast(x, sum: sum), SimplexThreshold.sorted(x, sum: sum))
                    #expect(abs(a - b) <= 1e-11 * max(1, abs(b)), "sum \(sum), x = \(format(x)): \(a), sorted \(b)")
                    let total = x.reduce(0) { $0 + max($1 - a, 0) }
                    #expect(abs(total - sum) < 1e-9, "sum \(sum), x = \(format(x))")
                }
            }
        }
    }

    /// A case that random points do not reach: the scan restarts twice, and an element that was set aside at the first
    /// restart is active at the end.
    @Test func fastThresholdKeepsWhatItSetAside() {
        let low = [Double](repeating: -0.99, count: 5)
        let middle = [Double](repeating: -0.69, count: 20)
        let x: [Double] = [0] + low + [0.3] + middle + [0.4]
        #expect(abs(SimplexThreshold.sorted(x, sum: 1) + 0.1) < 1e-12)
        #expect(abs(SimplexThreshold.fast(x, sum: 1) + 0.1) < 1e-12)
    }

    /// Dykstra's algorithm against a search over a fine grid of points on the disc's and the half-plane's edges.
    @Test func dykstraFindsTheNearestPointOfDiscAndHalfplane() throws {
        let set = try Intersection([Ball(center: Tensor(0), radius: 1), Halfspace(float64([0.6, 0.8]), 0.25)])
        for x in [[2.0, 0], [0, 2], [1, 1], [-1, 2], [3, -1], [0.1, 0.1]] {
            var best = Double.infinity
            let cells = 1000
            for i in -cells...cells {
                for j in -cells...cells {
                    let (a, b) = (Double(i) / Double(cells), Double(j) / Double(cells))
                    if a * a + b * b <= 1, 0.6 * a + 0.8 * b <= 0.25 {
                        best = min(best, (a - x[0]) * (a - x[0]) + (b - x[1]) * (b - x[1]))
                    }
                }
            }
            let y = try set.project(float64(x))
            #expect(abs(try set.distance(float64(x)) - best.squareRoot()) < 2e-3, "x = \(x), P(x) = \(shown(y))")
            #expect(try set.contains(y))
        }
    }

    /// Alternating projections stop at a wrong point here; Dykstra's corrections prevent that.
    @Test func dykstraIsNotAlternatingProjections() throws {
        let (ball, half) = (try Ball(center: Tensor(0), radius: 1), try Halfspace(float64([1, 0]), 0))
        let x = try float64([2, 1])
        let alternating = try half.project(ball.project(x)).toArray()
        let right = try Intersection([ball, half]).project(x).toArray()
        #expect(abs(right[0]) < 1e-8 && abs(right[1] - 1) < 1e-8)
        #expect(abs(alternating[1] - right[1]) > 0.1)
    }

    @Test func setsThatDoNotMeetAreNeverSilent() throws {
        let apart = try Intersection([Ball(center: Tensor(0), radius: 1), Halfspace(float64([-1, 0]), -3)])
        let text = message { _ = try apart.project(float64([5, 5])) }
        #expect(text.hasPrefix("projection.Intersection: the sets do not meet: "), "\(text)")
        #expect(
            message { _ = try Intersection([Box(0, 1), Box(float64([0, 2]), float64([1, 3]))]) }
                == "projection.Intersection: the sets do not meet at index 2: at least 2 and at most 1")
        #expect(
            message { _ = try Intersection([Box(0, 1), Observed(mask: Tensor(1), values: float64([0.5, 1.5]))]) }
                == "projection.Intersection: the sets do not meet at index 2: at least 1.5 and at most 1")
    }

    @Test func productNamesThePart() throws {
        let rows = try Product([Ball(center: float64([0, 0, 0]), radius: 1)])
        #expect(
            message { _ = try rows.project(float64([1, 2, 3, 4], [2, 2])) }
                == """
                    projection.Product: x[1]: projection.Ball: center (3) has not the shape of x (2) (for a set per \
                    row: Product{P})
                    """
        )
        #expect(
            message { _ = try Product([Box(0, 1), Box(0, 1)]).project(float64([1, 2, 3])) }
                == "projection.Product: 2 sets want x of first dimension 2, x is (3)")
        #expect(
            message { _ = try Product([Box(0, 1), Simplex()], sizes: [1, 3]).project(float64([1, 2, 3])) }
                == "projection.Product: sizes (1, 3) want x of first dimension 4, x is (3)")
    }

    @Test func parametersAreCopied() throws {
        let bound = try float32([1, 1])
        let box = try Box(Tensor(0), bound)
        try bound.fill(9)
        #expect(try box.project(float32([5, 5])).toArray() == [1, 1])
    }
}
