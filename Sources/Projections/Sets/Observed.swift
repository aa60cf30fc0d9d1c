import Autodiff
import Scripting
import Tensors

/// {x : mask * x = mask * values}: the elements where the mask is 1 are known, the others are free.
///
/// Projection writes the known values and leaves the rest: exact in the dtype of x. Values under a 0 of the mask are
/// never read, so they may be NaN, as unknown pixels often are.
public struct Observed: CataloguedSet, ElementwiseSet {
    public static let name = "Observed"
    let intervals: Intervals
    private let shapes: String
    public let parameters: [SetParameter]

    /// - Throws: when a mask element is neither 0 nor 1, an observed value is not finite, or the shapes do not
    ///   broadcast.
    public init(mask: Variable, values: Variable) throws {
        let operation = Observed.operation
        let shape = try Shape.broadcast(mask.shape, values.shape, for: operation)
        let marks = try SetParameter(mask.value.expand(shape), "mask", for: operation).values
        let known = try values.value.expand(shape).toArray()
        for i in marks.indices {
            guard marks[i] == 0 || marks[i] == 1 else {
                throw ScriptError(operation, "mask is \(format(marks[i]))\(place(i, in: shape)); 0 or 1 expected")
            }
            guard marks[i] == 0 || known[i].isFinite else {
                throw ScriptError(operation, "values is \(format(known[i]))\(place(i, in: shape)), where the mask is 1")
            }
        }
        func bound(_ free: Double) throws -> Tensor {
            try Tensor(zip(marks, known).map { $0 == 1 ? $1 : free }, shape: shape, .float64)
        }
        let isKnown = marks.map { $0 == 1 }
        // Values that are not observed may be anything; they are not checked.
        let given = try SetParameter(values, "values", for: operation, unchecked: true)
        parameters = [given]
        intervals = try Intervals(
            lo: bound(-.infinity), hi: bound(.infinity), for: operation,
            recorded: !given.requiresGrad
                ? nil
                : {
                    func bound(_ free: Double) throws -> Variable {
                        try given.variable(for: shape).kept(isKnown, else: Variable(Tensor(free, .float64)))
                    }
                    return (try bound(-.infinity), try bound(.infinity))
                })
        shapes = [mask.value, values.value].map {
            $0.shape.isEmpty ? format($0.element(at: $0.offset)) : Shape.describe($0.shape)
        }
        .joined(separator: ", ")
    }

    /// The values where the mask is not 0, as constants.
    public init(mask: Tensor, values: Tensor) throws { try self.init(mask: Variable(mask), values: Variable(values)) }

    public var description: String { "projection.Observed(\(shapes))" }

    public static let declaration = Declaration(
        "projection.Observed",
        """
        The set {x : mask * x = mask * values}: elements where the mask is 1 are known, the others free. The \
        projection writes the known values and leaves the rest, exact in the dtype of x.
        """,
        takes: .argument("mask", .entries, "1 where an element is known, else 0"),
        .argument("values", .entries, "never read where the mask is 0"), returns: .projection,
        errors: "A mask element is neither 0 nor 1, a known value is not finite, or the shapes do not broadcast.",
        source: "The problem sheet, problem 3: the constraint M * X = M * X_true.",
        example: """
            local image = tensor({0.5, 0.25, 1})
            local P = projection.Observed(tensor({1, 0, 1}), image)
            local y = P(tensor({9, 9, 9}))
            assert(y[1]:item() == 0.5 and y[2]:item() == 9 and y[3]:item() == 1)
            local C = projection.Intersection{projection.Box(0, 1), P}   -- problem 3's set
            assert(C:contains(C(tensor({-4, 7, 7})), 0))
            """
    ) { mask, values in try Observed(mask: mask, values: values) }

    public static func families() throws -> [SetFamily] {
        [
            try SetFamily([0.3, -0.2, 0.5], shape: [3]) {
                try Observed(mask: Variable(Tensor([1, 0, 1], shape: [3], .float64)), values: $0[0])
            }
        ]
    }

    public static func examples() throws -> [SetExample] {
        [
            SetExample(
                try Observed(mask: Tensor([1, 0, 1], shape: [3]), values: Tensor([0.1, .nan, -2], shape: [3])),
                shape: [3]),
            SetExample(
                try Observed(mask: Tensor([0, 1], shape: [2, 1]), values: Tensor([1, 2, 3], shape: [3])),
                shape: [2, 3]),
        ]
    }
}
