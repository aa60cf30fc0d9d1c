import Scripting
import Tensors
import Testing

@testable import Projections

/// Which constructor arguments are accepted and which refused, and with which messages.
@Suite struct ArgumentTests {
    private static func x(_ values: [Double], _ shape: [Int]? = nil) throws -> Value {
        .tensor(try float32(values, shape))
    }

    /// The sets whose cases are written in this file; later ones are tested by their examples and by
    /// `functionsAreRefused`.
    private static let written: Set = [
        "Box", "Observed", "Halfspace", "Hyperplane", "Affine", "Ball", "L1Ball", "LinfBall", "Simplex", "Nonnegative",
        "SecondOrderCone", "PSD", "Sphere", "Sparse", "Intersection", "Product", "Translate", "Scale",
    ]

    @Test func accepted() throws {
        let box = object(try Box(0, 1))
        let cases: [(String, [Value], String)] = [
            ("Box", [.integer(0), .integer(1)], "projection.Box(0, 1)"),
            ("Box", [.number(-.infinity), .number(0.5)], "projection.Box(-inf, 0.5)"),
            ("Box", [numbers([3, 0]), numbers([3, 1])], "projection.Box((2), (2))"),
            ("Box", [try Self.x([0, 0]), .integer(1)], "projection.Box((2), 1)"),
            ("Box", [table([numbers([1, 2]), numbers([3, 4])]), .integer(9)], "projection.Box((2, 2), 9)"),
            ("Observed", [numbers([1, 0]), numbers([3, .nan])], "projection.Observed((2), (2))"),
            ("Observed", [.integer(1), numbers([3, 4])], "projection.Observed(1, (2))"),
            ("Halfspace", [numbers([1, 0]), .integer(2)], "projection.Halfspace((2), 2)"),
            ("Hyperplane", [.integer(1), .integer(2)], "projection.Hyperplane(1, 2)"),
            ("Affine", [table([numbers([1, 2])]), .integer(3)], "projection.Affine((1, 2), (1))"),
            ("Ball", [.integer(2)], "projection.Ball(0, 2)"),
            ("Ball", [numbers([1, 2]), .integer(0)], "projection.Ball((2), 0)"),
            ("L1Ball", [.integer(1), .integer(2)], "projection.L1Ball(1, 2)"),
            ("LinfBall", [.number(0.5)], "projection.LinfBall(0, 0.5)"),
            ("Simplex", [], "projection.Simplex(1)"),
            ("Simplex", [.number(2.5)], "projection.Simplex(2.5)"),
            ("Nonnegative", [], "projection.Nonnegative()"),
            ("SecondOrderCone", [], "projection.SecondOrderCone()"),
            ("PSD", [], "projection.PSD()"),
            ("Sphere", [.integer(2)], "projection.Sphere(0, 2)"),
            ("Sparse", [.number(3)], "projection.Sparse(3)"),
            (
                "Intersection", [table([box, box])],
                "projection.Intersection{projection.Box(0, 1), projection.Box(0, 1)}"
            ),
            (
                "Intersection", [table([box], [("tolerance", .number(1e-3)), ("iterations", .integer(5))])],
                "projection.Intersection{projection.Box(0, 1)}"
            ),
            ("Product", [table([box])], "projection.Product{projection.Box(0, 1)}"),
            (
                "Product", [table([box, box], [("sizes", numbers([2, 1]))])],
                "projection.Product{projection.Box(0, 1), projection.Box(0, 1), sizes = {2, 1}}"
            ),
            ("Translate", [box, .integer(2)], "projection.Translate(projection.Box(0, 1), 2)"),
            ("Scale", [box, .number(-2)], "projection.Scale(projection.Box(0, 1), -2)"),
        ]
        for (name, arguments, expected) in cases {
            do {
                let value = try constructed(name, arguments)
                guard let text = try call(method: "describe", value).asText else {
                    Issue.record("tostring of \(name) is no string")
                    continue
                }
                #expect(text == expected)
            } catch {
                Issue.record("\(name): \(error)")
            }
        }
        #expect(Self.written.subtracting(cases.map(\.0)) == [], "no accepted arguments of these are tried")
    }

    @Test func refused() throws {
        let box = object(try Box(0, 1))
        let sphere = object(try Sphere(center: Tensor(0), radius: 1))
        let cases: [(String, [Value], String)] = [
            ("Box", [.integer(1), .integer(0)], "projection.Box: lo > hi: 1 > 0"),
            ("Box", [numbers([0, 3]), .integer(1)], "projection.Box: lo > hi at index 2: 3 > 1"),
            (
                "Box", [table([numbers([0, 0]), numbers([0, 5])]), .integer(1)],
                "projection.Box: lo > hi at index (2, 2): 5 > 1"
            ),
            ("Box", [.number(.nan), .integer(0)], "projection.Box: lo is nan"),
            ("Box", [numbers([0, .nan]), .integer(0)], "projection.Box: lo is nan at index 2"),
            ("Box", [.number(.infinity), .number(.infinity)], "projection.Box: no number lies between inf and inf"),
            ("Box", [numbers([0, 1]), numbers([1, 2, 3])], "projection.Box: (2) and (3) do not broadcast: 2 ~= 3"),
            (
                "Box", [.integer(0)],
                "projection.Box: argument 2 (hi): a number, a tensor or a table of numbers expected, got nothing"
            ),
            (
                "Box", [.string("0"), .integer(1)],
                "projection.Box: argument 1 (lo): a number, a tensor or a table of numbers expected, got \"0\""
            ),
            (
                "Box", [table(), .integer(1)],
                "projection.Box: argument 1 (lo): a rectangular table of numbers expected, got an empty one"
            ),
            (
                "Box", [table([.integer(1), .boolean(true)]), .integer(1)],
                "projection.Box: argument 1 (lo): a number expected at index 2 of the table, got true"
            ),
            (
                "Box", [table([numbers([1]), numbers([1, 2])]), .integer(1)],
                "projection.Box: argument 1 (lo): a rectangular table of numbers expected, got rows of 1 and 2"
            ),
            ("Box", [.integer(0), .integer(1), .integer(2)], "projection.Box: takes at most 2 arguments, got 3"),
            (
                "Observed", [numbers([1, 0.5]), .integer(0)],
                "projection.Observed: mask is 0.5 at index 2; 0 or 1 expected"
            ),
            (
                "Observed", [numbers([0, 1]), numbers([0, .nan])],
                "projection.Observed: values is nan at index 2, where the mask is 1"
            ),
            ("Observed", [numbers([0, .nan]), .integer(0)], "projection.Observed: mask is nan at index 2"),
            (
                "Halfspace", [numbers([0, 0]), .integer(1)],
                "projection.Halfspace: a is 0 everywhere: a direction expected"
            ),
            ("Halfspace", [numbers([1, .infinity]), .integer(1)], "projection.Halfspace: a is inf at index 2"),
            (
                "Hyperplane", [numbers([1, 1]), .number(.nan)],
                "projection.Hyperplane: b is nan; a finite number expected"
            ),
            ("Affine", [numbers([1, 1]), .integer(1)], "projection.Affine: A (2) is not a matrix (m, n)"),
            (
                "Affine", [table([numbers([1, 1])]), numbers([1, 2])],
                "projection.Affine: A (1, 2) and b (2) do not fit: b of (1) expected"
            ),
            (
                "Affine", [table([numbers([1, 1]), numbers([2, 2])]), numbers([1, 2])],
                "projection.Affine: row 2 of A is a combination of the rows before it: leave it out"
            ),
            (
                "Affine", [table([numbers([1, 1]), numbers([2, 2])]), numbers([1, 3])],
                "projection.Affine: row 2 of A contradicts the rows before it: no x satisfies A x = b"
            ),
            (
                "Affine", [table([numbers([0, 0])]), numbers([1])],
                "projection.Affine: row 1 of A contradicts the rows before it: no x satisfies A x = b"
            ),
            ("Ball", [.integer(-1)], "projection.Ball: r is -1; a finite number from 0 expected"),
            ("Ball", [numbers([.nan]), .integer(1)], "projection.Ball: center is nan at index 1"),
            ("Ball", [], "projection.Ball: argument 1 (r): a number or a tensor of one number expected, got nothing"),
            ("L1Ball", [.number(.infinity)], "projection.L1Ball: r is inf; a finite number from 0 expected"),
            ("LinfBall", [.number(.nan)], "projection.LinfBall: r is nan; a finite number from 0 expected"),
            ("Simplex", [.integer(0)], "projection.Simplex: s is 0; a finite number above 0 expected"),
            ("Nonnegative", [.integer(0)], "projection.Nonnegative: takes at most 0 arguments, got 1"),
            ("SecondOrderCone", [.integer(0)], "projection.SecondOrderCone: takes at most 0 arguments, got 1"),
            ("PSD", [.integer(0)], "projection.PSD: takes at most 0 arguments, got 1"),
            ("Sphere", [.integer(0)], "projection.Sphere: r is 0; a finite number above 0 expected"),
            ("Sparse", [.number(1.5)], "projection.Sparse: argument 1 (k): a whole number from 0 expected, got 1.5"),
            ("Intersection", [table()], "projection.Intersection: at least one set expected"),
            (
                "Intersection", [table([box, .integer(3)])],
                "projection.Intersection: argument 2 (P): a projection expected, got 3"
            ),
            (
                "Intersection", [table([box, sphere])],
                """
                projection.Intersection: projection.Sphere(0, 1) is not convex: alternating projections may miss the \
                nearest point
                """
            ),
            (
                "Intersection", [table([box], [("tol", .integer(1))])],
                "projection.Intersection: unknown option tol; the options are tolerance, iterations"
            ),
            (
                "Intersection", [table([box], [("tolerance", .integer(0))])],
                "projection.Intersection: option tolerance: a finite number above 0 expected, got 0"
            ),
            (
                "Product", [table([box], [("sizes", numbers([1, 2]))])],
                "projection.Product: 1 sets and 2 sizes: one size for each set expected"
            ),
            (
                "Product", [table([box], [("sizes", numbers([1.5]))])],
                "projection.Product: option sizes: element 1: a whole number from 0 expected, got 1.5"
            ),
            (
                "Product", [table([box], [("sizes", .integer(1))])],
                "projection.Product: option sizes: a table of whole numbers expected, got 1"
            ),
            ("Product", [box], "projection.Product: one table of arguments expected, got projection"),
            (
                "Translate", [.integer(1), .integer(2)],
                "projection.Translate: argument 1 (P): a projection expected, got 1"
            ),
            ("Translate", [box, .number(.infinity)], "projection.Translate: t is inf"),
            ("Scale", [box, .integer(0)], "projection.Scale: s is 0; a finite number other than 0 expected"),
            ("Set", [table()], "projection.Set: option project: a function expected, got nil"),
        ]
        for (name, arguments, expected) in cases {
            #expect(message { _ = try constructed(name, arguments) } == expected)
        }
        #expect(Self.written.subtracting(cases.map(\.0)) == [], "no refused arguments of these are tried")
    }

    /// A value that no set takes is refused by every constructor, which names itself and shows its example.
    @Test func functionsAreRefused() throws {
        for type in catalogue {
            let function = NativeFunction(type.declaration)
            for count in 1...3 {
                let nonsense = [Value](repeating: .function(FakeFunction { _ in [] }), count: count)
                let arguments = Arguments(function: function.name, values: nonsense, context: Context())
                let text = message { _ = try function.body(arguments) }
                #expect(text.hasPrefix("projection.\(type.name): "), "\(type.name) of \(count) functions: \(text)")
            }
        }
    }

    /// Shapes that do not fit are refused when projecting, with the shapes in the message.
    @Test func shapesThatDoNotFit() throws {
        let cases: [(any ProjectableSet, [Int], String)] = [
            (
                try Box(float64([0, 0, 0]), Tensor(1)), [2, 2],
                "projection.Box: bounds (3) do not broadcast to x (2, 2)"
            ),
            (
                try Box(float64([0, 0], [2, 1]), Tensor(1)), [2],
                "projection.Box: bounds (2, 1) do not broadcast to x (2)"
            ),
            (
                try Halfspace(float64([1, 1]), 0), [3],
                "projection.Halfspace: a (2) has not the shape of x (3) (for a set per row: Product{P})"
            ),
            (
                try Affine(float64([1, 1], [1, 2]), float64([1])), [3],
                "projection.Affine: A (1, 2) wants x of 2 elements, x (3) has 3"
            ),
            (PSD(), [3], "projection.PSD: x (3) is not a square matrix"),
            (Birkhoff(), [0, 0], "projection.Birkhoff: x (0, 0) has no rows whose sums could be 1"),
            (try Simplex(), [0], "projection.Simplex: x (0) has no elements: the simplex is empty there"),
            (SecondOrderCone(), [0], "projection.SecondOrderCone: x (0) has no elements; (t, v) expected"),
            (
                try Sphere(center: Tensor(0), radius: 1), [0],
                "projection.Sphere: x (0) has no elements: the sphere is empty there"
            ),
            (
                try Translate(Simplex(), float64([1, 2])), [3],
                "projection.Translate: t (2) does not broadcast to x (3)"
            ),
            (try Product([Box(0, 1)]), [], "projection.Product: 1 sets want x of first dimension 1, x is ()"),
        ]
        for (set, shape, expected) in cases {
            #expect(message { _ = try set.project(Tensor.zeros(shape)) } == expected)
        }
        #expect(try Box(0, 1).project(Tensor.zeros([0, 3])).shape == [0, 3])
        #expect(try Box(0, 1).project(Tensor(4)).item() == 1)
    }

    @Test func valuesTooLargeAreRefused() throws {
        #expect(
            message { _ = try Box(1e300, 1e301).project(float32([1])) }
                == "projection.Box: the bounds pass the range of float32; give x as float64")
        #expect(try Box(-1e300, 1).project(float32([-3])).toArray() == [-3])
        #expect(
            message { _ = try Hyperplane(float64([1]), 1e300).project(float32([1])) }
                == "projection.Hyperplane: x or the parameters are too large: the projection overflows float32")
        #expect(
            message { _ = try Ball(center: Tensor(0), radius: 1).project(float32([1, .infinity])) }
                == "projection.Ball: x is inf at index 2: no point of the set is nearest to it")
    }

    private func constructed(_ name: String, _ arguments: [Value]) throws -> Value {
        guard let function = ProjectionModule().functions.first(where: { $0.shortName == name }) else {
            throw ScriptError("test", "no function \(name)")
        }
        return try function.body(Arguments(function: function.name, values: arguments, context: Context())).first
            ?? .none
    }
}
