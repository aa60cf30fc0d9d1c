import Scripting
import Tensors
import Testing

@testable import Projections

/// Every set against a slow way to its nearest points and against CVXPY; what sets refuse; points far away.
@Suite struct SlowReferenceTests {
    @Test(arguments: SlowReference.all.indices) func nearestPoints(_ index: Int) throws {
        let reference = SlowReference.all[index]
        let set = try reference.make()
        var points = Points(seed: 41)
        for scale in [0.2, 1, 3, 10] {
            for _ in 0..<6 {
                let x = points.vector(try Shape.count(reference.shape), scale: scale)
                let y = try set.project(float64(x, reference.shape)).toArray()
                let slow = try reference.nearest(x)
                try #require(slow.count == y.count, "\(reference.name) at \(format(x))")
                for (a, b) in zip(y, slow) {
                    #expect(
                        abs(a - b) <= reference.tolerance * max(1, scale),
                        "\(reference.name) at \(format(x)): \(format(y)), the slow way \(format(slow))")
                }
            }
        }
    }

    /// Every set has a slow reference, unless `Fixtures` and `ValueTests` cover it.
    @Test func everySetHasOne() {
        let before: Set = [
            "Box", "Observed", "Halfspace", "Hyperplane", "Affine", "Ball", "L1Ball", "LinfBall", "Simplex",
            "Nonnegative",
            "SecondOrderCone", "PSD", "Sphere", "Sparse", "Intersection", "Product", "Translate", "Scale",
        ]
        for type in Catalogue.sets where !before.contains(type.name) {
            #expect(SlowReference.all.contains { $0.name == type.name }, "\(type.name) has no slow reference")
            #expect(SetFixture.all.contains { $0.set == type.name }, "\(type.name) has no value from elsewhere")
        }
    }

    private func fixtureSet(_ name: String) throws -> any ProjectableSet {
        if name == "TVBall" { return try TVBall(0.7) }
        if let reference = SlowReference.all.first(where: { $0.name == name }) { return try reference.make() }
        throw ScriptError("test", "no set \(name)")
    }

    @Test(arguments: SetFixture.all.indices) func nearestPointsOfCVXPY(_ index: Int) throws {
        let fixture = SetFixture.all[index]
        let y = try fixtureSet(fixture.set).project(float64(fixture.x, fixture.shape)).toArray()
        try #require(y.count == fixture.nearest.count)
        for (a, b) in zip(y, fixture.nearest) {
            #expect(
                abs(a - b) <= 1e-5 * max(1, fixture.x.largestMagnitude),
                "\(fixture.set) at \(fixture.x): \(y), CVXPY \(fixture.nearest)")
        }
    }

    /// Far away and near 0: the result lies in the set to within rounding of x, or an error says that x has too few
    /// digits.
    @Test func extremeScales() throws {
        var points = Points(seed: 42)
        for reference in SlowReference.all {
            let set = try reference.make()
            for scale in [1e-150, 1e-12, 1e6, 1e12, 1e150] {
                let x = points.vector(try Shape.count(reference.shape), scale: scale)
                do {
                    let y = try set.project(float64(x, reference.shape))
                    let outside = try set.violation(y)
                    #expect(outside <= 1e-12 * max(1, scale), "\(reference.name) at \(format(x)): \(outside) outside")
                    let again = try set.project(y).toArray()
                    let moved = norm(zip(again, try y.toArray()).map { $0 - $1 })
                    #expect(moved <= 1e-9 * max(1, scale), "\(reference.name) at \(format(x)): moves by \(moved) again")
                } catch {
                    #expect(
                        "\(error)".contains("beyond what float64 resolves"),
                        "\(reference.name) at \(format(x)): \(error)")
                }
            }
        }
    }

    /// More inequalities than dimensions, most of them nearly parallel: the optimality conditions hold, or the set is
    /// reported to be empty.
    @Test func randomPolyhedra() throws {
        var points = Points(seed: 43)
        for trial in 0..<60 {
            let (m, n) = ([3, 8, 20][trial % 3], [2, 4, 7][trial / 3 % 3])
            let base = points.vector(n, scale: 1)
            let closeness = [1, 0.1, 1e-4][trial / 9 % 3]
            let rows = (0..<m).map { _ in zip(base, points.vector(n, scale: closeness)).map { $0 + $1 } }
            let inside = points.vector(n, scale: 1)
            let levels = rows.map { dot($0, inside) + max(0, points.number()) }
            let set = try Polyhedron(float64(rows.flatMap { $0 }, [m, n]), float64(levels))
            let x = points.vector(n, scale: [1, 30, 1e4][trial % 3])
            let y = try set.project(float64(x)).toArray()
            #expect(try set.violation(float64(y)) <= 1e-11 * max(1, norm(x)), "trial \(trial): outside")
            // x - y is a sum of rows that hold with equality, with weights of at least 0: no direction from y to a
            // point of the set has a positive product with x - y. It is tested with corners of the set.
            for _ in 0..<20 {
                let z = try set.project(float64(points.vector(n, scale: 3))).toArray()
                let side = dot(zip(x, y).map { $0 - $1 }, zip(z, y).map { $0 - $1 })
                #expect(
                    side <= 1e-8 * max(1, norm(x)) * max(1, norm(z)), "trial \(trial): \(side) nearer at \(format(z))")
            }
        }
    }

    @Test func whatIsRefused() throws {
        let rows = try float64([1, 1, -1, 0, 0, -1], [3, 2])
        let cases: [(String, () throws -> Void)] = [
            (
                """
                projection.Polyhedron: no x satisfies all rows: 1 * row 1 of A + 1 * row 2 of A + 1 * row 3 of A add \
                up to 0, their right-hand sides to -1
                """,
                { _ = try Polyhedron(rows, float64([-1, 0, 0])) }
            ),
            (
                "projection.Polyhedron: row 2 of A is 0: leave it out",
                { _ = try Polyhedron(float64([1, 1, 0, 0], [2, 2]), float64([1, 1])) }
            ),
            (
                "projection.Polyhedron: A (2) is not a matrix (m, n)",
                { _ = try Polyhedron(float64([1, 1]), float64([1])) }
            ),
            (
                "projection.Polyhedron: A (3, 2) wants x of 2 elements, x (3) has 3",
                { _ = try Polyhedron(rows, float64([1, 0, 0])).project(float64([1, 2, 3])) }
            ),
            (
                "projection.Ellipsoid: P is not positive definite: its smallest eigenvalue is -1",
                { _ = try Ellipsoid(center: Tensor(0), matrix: float64([1, 0, 0, -1], [2, 2])) }
            ),
            (
                "projection.Ellipsoid: P is not symmetric: 0 at (2, 1), 1 at (1, 2)",
                { _ = try Ellipsoid(center: Tensor(0), matrix: float64([1, 1, 0, 1], [2, 2])) }
            ),
            ("projection.NuclearBall: r is -1; a finite number from 0 expected", { _ = try NuclearBall(-1) }),
            (
                "projection.SpectralBall: x (3) is not a matrix (for a set per matrix: Product{P})",
                { _ = try SpectralBall(1).project(float64([1, 2, 3])) }
            ),
            (
                "projection.BoxSection: a . x = 3 is not to be had: in the box a . x goes from 0 to 2",
                { _ = try BoxSection(Tensor(0), Tensor(1), float64([1, 1]), 3) }
            ),
            ("projection.BoxSection: lo > hi: 2 > 1", { _ = try BoxSection(Tensor(2), Tensor(1), float64([1, 1]), 3) }),
            (
                "projection.BoxSection: a . x = 3 is not to be had: in the box a . x goes from 0 to 2",
                { _ = try BoxSection(Tensor(0), Tensor(1), Tensor(1), 3).project(float64([5, 5])) }
            ),
            (
                "projection.Birkhoff: x (2, 3) is not a square matrix",
                { _ = try Birkhoff().project(Tensor.zeros([2, 3])) }
            ),
            ("projection.TVBall: r is inf; a finite number from 0 expected", { _ = try TVBall(.infinity) }),
            (
                "projection.Stiefel: x (2, 3) has more columns than rows: they cannot be orthonormal",
                { _ = try Stiefel().project(Tensor.zeros([2, 3])) }
            ),
            (
                "projection.ExponentialCone: x (4) has not three elements (x, y, z) (for a cone per row: Product{P})",
                { _ = try ExponentialCone().project(Tensor.zeros([4])) }
            ),
        ]
        for (expected, body) in cases { #expect(message { try body() } == expected) }
        let leaf = Variable(try float64([1, 0, 0, 0], [2, 2]))
        try leaf.setRequiresGrad(true)
        #expect(message { _ = try Stiefel().project(leaf) }.contains("where the projection has no derivative"))
    }
}
