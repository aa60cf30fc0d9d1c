import Autodiff
import Foundation
import Scripting
import Tensors
import Testing

@testable import Projections

/// Intersections of every kind, near and far, thin and touching, at every scale.
@Suite struct IntersectionTests {
    /// A set of a random kind that contains `u`, in one case of three on its edge.
    private func member(_ points: inout Points, around u: [Double], _ scale: Double) throws -> any ProjectableSet {
        let n = u.count
        let size = scale * [0.03, 0.3, 1, 10][Int(abs(points.number()) * 3.999)]
        let margin = points.number() > 0.3 ? 0 : abs(points.number())
        let away = points.vector(n, scale: size)
        let center = zip(u, away).map { $0 - $1 }
        switch Int(abs(points.number()) * 9.999) {
        case 0: return try Ball(center: float64(center), radius: norm(away) * (1 + margin))
        case 1: return try L1Ball(center: float64(center), radius: away.reduce(0) { $0 + $1.magnitude } * (1 + margin))
        case 2:
            let a = points.vector(n, scale: 1)
            return try Halfspace(float64(a), dot(a, u) + norm(a) * size * margin)
        case 3:
            let a = points.vector(n, scale: 1)
            return try Hyperplane(float64(a), dot(a, u))
        case 4 where n > 2:
            let rows = [points.vector(n, scale: 1), points.vector(n, scale: 1)]
            return try Affine(float64(rows.flatMap { $0 }, [2, n]), float64(rows.map { dot($0, u) }))
        case 5:
            let mask = (0..<n).map { _ in points.number() > 0.3 ? 1.0 : 0 }
            return try Observed(mask: float64(mask), values: float64(u))
        case 6:
            // A cone whose apex is u less a point of the cone.
            var v = points.vector(n, scale: size)
            v[0] = norm(Array(v.dropFirst())) * (1 + margin)
            return try Translate(SecondOrderCone(), float64(zip(u, v).map { $0 - $1 }))
        // Not on the edge, where rounding could exclude u.
        case 7:
            return try Scale(
                LinfBall(
                    center: float64(center.map { $0 / 2 }), radius: away.largestMagnitude / 2 * (1 + max(margin, 1e-12))
                ), 2)
        default:
            let (low, high) = (points.vector(n, scale: size), points.vector(n, scale: size))
            return try Box(
                float64(zip(u, low).map { $0 - max(0, $1) }), float64(zip(u, high).map { $0 + max(0, $1) }))
        }
    }

    /// Intersections that contain a point: none is refused, the projection lies in every member, and x - P(x) is a sum
    /// of the members' normals there. With seed 49 the search stops at a corner of a box, which it must leave again.
    @Test(arguments: [31, 32, 49]) func randomOnesThatMeet(_ seed: UInt64) throws {
        var points = Points(seed: seed)
        var (outside, sums) = (0, 0)
        for trial in 0..<120 {
            let n = 2 + trial % 4
            let scale = [1, 1e-10, 1e10, 1e-3][trial % 4]
            let u = points.vector(n, scale: scale)
            var sets: [any ProjectableSet] = []
            for _ in 0..<(2 + trial % 3) { sets.append(try member(&points, around: u, scale)) }
            let distance = scale * [1e-8, 1e-3, 1, 30, 1e3, 1e6][trial % 6]
            let x = zip(u, points.vector(n, scale: distance)).map { $0 + $1 }
            do {
                let set = try Intersection(sets)
                let y = try set.project(float64(x)).toArray()
                let size = max(x.largestMagnitude, set.size)
                for member in sets {
                    let away = try member.distance(float64(y))
                    #expect(
                        away <= 1e-9 * size,
                        "seed \(seed), trial \(trial): \(away) outside \(member) at \(format(x)): \(format(y))")
                }
                // No member lies on x's side of the plane through P(x): the point u, which every member contains, does
                // not.
                let (rest, toU) = (zip(x, y).map { $0 - $1 }, zip(u, y).map { $0 - $1 })
                guard norm(rest) > 1e-12 * size else { continue }
                outside += 1
                #expect(
                    dot(rest, toU) <= 1e-7 * norm(rest) * max(norm(toU), 1e-3 * size),
                    "seed \(seed), trial \(trial): \(set.description) at \(format(x)): \(format(y))")
                let found = try set.common(float64(x))
                // Sets that only touch may have no normals with that sum.
                guard found.multipliers.allSatisfy({ norm($0) <= 100 * norm(rest) }) else { continue }
                sums += 1
                let sum = found.multipliers.reduce(x.map { _ in 0 }) { zip($0, $1).map { $0 + $1 } }
                #expect(
                    norm(zip(rest, sum).map { $0 - $1 }) <= 1e-8 * size,
                    "seed \(seed), trial \(trial): the normals do not add up to x - P(x)")
            } catch {
                Issue.record(
                    """
                    seed \(seed), trial \(trial) of \(sets.map(\.description)) at \(format(x)), u = \(format(u)): \
                    \(error)
                    """
                )
            }
        }
        #expect(outside > 30 && sums > 15, "\(outside) points were outside, of \(sums) the normals were added")
    }

    @Test(arguments: IntersectionFixture.all.indices) func nearestPointsOfCVXPY(_ index: Int) throws {
        let fixture = IntersectionFixture.all[index]
        let set = try fixture.make()
        let y = try set.project(float64(fixture.x, fixture.shape)).toArray()
        for (a, b) in zip(y, fixture.nearest) {
            #expect(
                abs(a - b) <= 1e-6 * max(1, fixture.x.largestMagnitude),
                "\(set) at \(fixture.x): \(y), CVXPY \(fixture.nearest)")
        }
    }

    @Test func accuracyIsRelative() throws {
        let small = try Intersection([Ball(center: Tensor(0), radius: 1e-8), Halfspace(float64([1, 1]), -1e-9)])
        let y = try small.project(float64([3e-7, 4e-7])).toArray()
        // The same at 1e8 times the scale, in closed form: the corner of disc and half-plane that is nearest to (3, 4).
        let (middle, half) = (-0.05, (1 - 2 * 0.05 * 0.05).squareRoot() / 2.0.squareRoot())
        let expected = [(middle - half) * 1e-8, (middle + half) * 1e-8]
        for (a, b) in zip(y, expected) { #expect(abs(a - b) <= 1e-9 * 1e-8, "\(y), right \(expected)") }
    }

    @Test func setsThatOnlyTouch() throws {
        let touching = try Intersection([Ball(center: Tensor(0), radius: 1), Halfspace(float64([-1, 0]), -1)])
        for x in [[0.0, 5], [-3, 0.2], [7, -1e4], [0.5, 0.5]] {
            let y = try touching.project(float64(x)).toArray()
            #expect(abs(y[0] - 1) < 1e-9 && abs(y[1]) < 1e-6, "\(x): \(y)")
        }
        // A lens of half width 1.4e-3.
        let thin = try Intersection([Ball(center: Tensor(0), radius: 1), Halfspace(float64([-1, 0]), -1 + 1e-6)])
        let y = try thin.project(float64([0, 5])).toArray()
        #expect(abs(y[1] - (1 - (1 - 1e-6) * (1 - 1e-6)).squareRoot()) < 1e-9, "\(y)")
    }

    /// A disc cut by a line at `depth` from its edge, from near and far: the projection is a corner, where the normals
    /// add up to x - P(x).
    @Test(arguments: [1e-2, 1e-4, 1e-6, 1e-7]) func thinLenses(_ depth: Double) throws {
        for (scale, angle) in [(1.0, 0.0), (1e-5, 0), (1e7, 0), (1, 0.7), (1e3, 2.5)] {
            let (c, s) = (cos(angle), sin(angle))
            let line = (1 - depth) * scale
            let thin = try Intersection([Ball(center: Tensor(0), radius: scale), Halfspace(float64([-c, -s]), -line)])
            // theta times the radius is the lens' half width; theta is also the angle between its edges.
            let theta = (depth * (2 - depth)).squareRoot()
            for height in [5.0, 300, 1e5] {
                let x = [-s * height * scale, c * height * scale]
                let found = try thin.common(float64(x))
                let y = found.point
                let (along, across) = (c * y[0] + s * y[1], c * y[1] - s * y[0])
                let rounding = 1e-12 * height * scale
                #expect(abs(along - line) <= rounding, "\(thin) at \(x): \(y)")
                // If the edges are off by a rounding error, their corner is off by 1 / theta times that.
                #expect(abs(across - theta * scale) <= rounding / theta, "\(thin) at \(x): \(y)")
                let sum = zip(found.multipliers[0], found.multipliers[1]).map { $0 + $1 }
                let fault = norm(zip(zip(x, y).map { $0 - $1 }, sum).map { $0 - $1 })
                // The normals are 1 / theta times as long as x - P(x), and turn as the point moves along the arc.
                #expect(fault <= max(1e-8, 1e-12 / (theta * theta)) * height * scale, "\(thin) at \(x): \(fault)")
            }
        }
    }

    /// Depths for which rounding leaves fewer digits: a point is found that is as near to both sets as the tolerance
    /// requires.
    @Test(arguments: [1e-8, 1e-9, 1e-11, 1e-13, 1e-15]) func thinnestLenses(_ depth: Double) throws {
        let (ball, half) = (try Ball(center: Tensor(0), radius: 1), try Halfspace(float64([-1, 0]), -(1 - depth)))
        for x in [[0.0, 5], [0, 300], [-7, 1e5], [0.3, -2]] {
            let y = try Intersection([ball, half]).project(float64(x))
            for set: any ProjectableSet in [ball, half] {
                let outside = try set.distance(y)
                #expect(outside <= 1e-9 * x.largestMagnitude, "\(depth): \(outside) outside \(set) at \(x)")
            }
        }
    }

    @Test func setsThatDoNotMeetAreRefused() throws {
        let ball = try Ball(center: Tensor(0), radius: 1)
        let apart: [[any ProjectableSet]] = [
            [ball, try Halfspace(float64([-1, 0]), -1.001)],
            [ball, try Ball(center: float64([2.01, 0]), radius: 1)],
            [try Hyperplane(float64([1, 1]), 0), try Hyperplane(float64([1, 1]), 1e-3)],
            [try Simplex(), try Halfspace(float64([1, 1]), 0.99)],
            [SecondOrderCone(), try Halfspace(float64([1, 0]), -0.01)],
            [try Box(0, 1), try Hyperplane(float64([1, 1]), 3)],
        ]
        for sets in apart {
            for x in [[0.5, 0.25], [300, -4], [-1e-6, 2e-6]] {
                let text = message { _ = try Intersection(sets).project(float64(x)) }
                #expect(text.contains("do not meet"), "\(sets.map(\.description)) at \(x): \(text)")
            }
        }
    }

    /// The numbers in the message are right: the separating plane has each set on its side, and the gap is the sets'
    /// distance.
    @Test func setsThatDoNotMeetAreSeparated() throws {
        let ball = try Ball(center: float64([1, 2]), radius: 1)
        let apart: [(sets: [any ProjectableSet], gap: Double?)] = [
            ([ball, try Ball(center: float64([4, 6]), radius: 2)], 2),
            ([ball, try Halfspace(float64([0.6, 0.8]), -1)], 2.2),
            ([try Simplex(), try Halfspace(float64([1, 1]), 0.5)], 0.5 / 2.0.squareRoot()),
            ([try Box(0, 1), try Hyperplane(float64([3, 4]), 12)], 1),
            ([try L1Ball(center: Tensor(0), radius: 1), try Affine(float64([1, 2], [1, 2]), float64([9]))], nil),
            // Every two of them intersect, all three do not.
            (
                [
                    try Halfspace(float64([1, 0]), 0), try Halfspace(float64([0, 1]), 0.25),
                    try Halfspace(float64([-1, -1]), -1),
                ], nil
            ),
            ([SecondOrderCone(), try Polyhedron(float64([1, 0, 0, 1], [2, 2]), float64([-1, 2]))], nil),
        ]
        var points = Points(seed: 34)
        for (sets, gap) in apart {
            for x in [[0.5, 0.25], [30, -4]] {
                let text = message { _ = try Intersection(sets).project(float64(x)) }
                let pattern =
                    /with d = \{(\S+), (\S+)\}, every point x of (.+) has d . x <= (\S+), every .*d . x >= (\S+): a gap of (\S+)/
                guard text.contains("the sets do not meet"), let found = text.firstMatch(of: pattern),
                    let first = Double(found.1), let second = Double(found.2), let most = Double(found.4),
                    let least = Double(found.5), let stated = Double(found.6)
                else {
                    Issue.record("\(sets.map(\.description)) at \(x): \(text)")
                    continue
                }
                let d = [first, second]
                #expect(abs(norm(d) - 1) < 1e-12 && abs(least - most - stated) < 1e-12 && stated > 0, "\(text)")
                if let gap { #expect(abs(stated - gap) < 1e-6, "\(text)") }
                for set in sets {
                    let isSide =
                        set.description == found.3 || (found.3 == "the elementwise sets" && set.elementwise != nil)
                    // With two sets, each bound belongs to one of them.
                    guard isSide || sets.count == 2 else { continue }
                    for _ in 0..<50 {
                        let height = dot(d, try set.project(float64(points.vector(2, scale: 9))).toArray())
                        #expect(
                            isSide ? height <= most + 1e-6 : height >= least - 1e-6, "\(set) reaches \(height): \(text)"
                        )
                    }
                }
            }
        }
    }

    /// P_{cC}(c x) = c P_C(x) at scales whose squares overflow or underflow, in both dtypes.
    @Test func projectionsScale() throws {
        var points = Points(seed: 33)
        for example in try catalogue.flatMap({ try $0.examples() }) {
            for (dtype, factors) in [(DType.float64, [0x1p-600, 0x1p600]), (.float32, [0x1p-100, 0x1p100])] {
                let x = try Tensor(points.vector(try Shape.count(example.shape), scale: 2), shape: example.shape, dtype)
                let y = try example.set.project(x).toArray()
                for c in factors {
                    let scaled = try Tensor(x.toArray().map { $0 * c }, shape: example.shape, dtype)
                    let set = try Scale(example.set, c)
                    let z = try set.project(scaled)
                    #expect(z.dtype == dtype)
                    let tolerance = dtype == .float64 ? max(example.precision, 1e-12) : 1e-6
                    for (a, b) in zip(try z.toArray(), y) {
                        #expect(
                            abs(a / c - b) <= 10 * tolerance * max(1, abs(b)),
                            "\(example.set) times \(c) at \(shown(x)): \(a / c), \(b)")
                    }
                    #expect(try set.contains(z), "\(example.set) times \(c)")
                }
            }
        }
    }

    /// Every set that involves lengths, with numbers whose squares overflow or underflow.
    @Test func nothingOverflowsThatNeedNot() throws {
        for (dtype, scales) in [(DType.float64, [1e-200, 1e200]), (.float32, [1e-30, 1e30])] {
            for c in scales {
                let x = try Tensor([3 * c, 4 * c], shape: [2], dtype)
                let sets: [(any ProjectableSet, [Double])] = [
                    (try Ball(center: Tensor(0), radius: c), [0.6, 0.8]),
                    (try Sphere(center: Tensor(0), radius: c), [0.6, 0.8]),
                    (try L1Ball(center: Tensor(0), radius: c), [0, 1]),
                    (try Halfspace(float64([c, c]), 0), [-0.5, 0.5]),
                    (try Hyperplane(float64([1, 1]), c), [0, 1]),
                    (try Affine(float64([c, c], [1, 2]), float64([0])), [-0.5, 0.5]),
                    (SecondOrderCone(), [3.5, 3.5]),
                    (try Simplex(c), [0, 1]),
                    (
                        try Intersection([Ball(center: Tensor(0), radius: c), Halfspace(float64([1, 1]), 0)]),
                        [-0.5, 0.5]
                    ),
                ]
                for (set, expected) in sets {
                    let y = try set.project(x).toArray()
                    for (a, b) in zip(y, expected) { #expect(abs(a / c - b) < 1e-6, "\(set) at \(shown(x)): \(y)") }
                    let leaf = Variable(x)
                    try leaf.setRequiresGrad(true)
                    try set.project(leaf).sum().backward()
                    let slopes = try leaf.grad?.value.toArray() ?? []
                    #expect(
                        slopes.count == 2 && slopes.allSatisfy { $0.isFinite && abs($0) < 3 },
                        "\(set) at \(shown(x)): \(slopes)")
                    let distance = try set.distance(x) / c
                    let moved = zip([3.0, 4], expected).map { $0 - $1 }
                    #expect(abs(distance - norm(moved)) < 1e-5, "\(set) at \(shown(x))")
                }
            }
        }
        #expect(try !Ball(center: Tensor(0), radius: 1e-12).contains(float64([5e-12, 0])))
    }
}
