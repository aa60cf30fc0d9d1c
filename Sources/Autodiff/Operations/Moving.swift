import Scripting
import Tensors

extension Variable {
    /// The order along some axes reversed.
    public func flipped(_ axes: [Int]) throws -> Variable {
        try rearranged("tensor.flip", value.flipped(axes)) { cotangent, _ in try cotangent.flipped(axes) }
    }

    /// Moved by `shift` places along an axis; what falls off the end comes in at the beginning.
    public func rolled(_ axis: Int, by shift: Int) throws -> Variable {
        try value.check(axis: axis, for: "tensor.roll")
        let extent = shape[axis]
        guard extent > 0 else { return try clone() }
        let left = shift % extent
        let places = left < 0 ? left + extent : left
        let parts = try [slice(axis, extent - places, places, for: "tensor.roll"), slice(axis, 0, extent - places, for: "tensor.roll")]
        return try .concatenate(parts, axis, for: "tensor.roll")
    }
}

extension Operation {
    static let flip = Operation(
        "flip",
        Documentation(
            "x:flip(d1, d2, ...) -> tensor\nx:flip({d1, d2, ...}) -> tensor", "A copy with the order along the given dimensions reversed.",
            errors: "no dimension; one that is not there or is named twice", source: "torch.flip",
            example: "assert(tensor({1, 2, 3}):flip(1):tolist()[1] == 3)"),
        cases: [LawCase("flip", [.init([2, 3, 2])]) { try $0[0].flipped([0, 2]) }]
    ) { arguments in
        let x = try arguments.variable(1, "x")
        var dimensions = Array(arguments.values.dropFirst())
        if case .table(let table) = arguments[2] {
            try arguments.atMost(2)
            dimensions = try table.elements()
        }
        let axes = try dimensions.enumerated().map { try arguments.axis($1, $0 + 2, "dim", rank: x.shape.count) }
        guard !axes.isEmpty, Set(axes).count == axes.count else { throw arguments.error("the dimensions to reverse, each once, expected") }
        return [.object(try x.flipped(axes))]
    }

    static let roll = Operation(
        "roll",
        Documentation(
            "x:roll(shift) -> tensor\nx:roll(shift, dim) -> tensor\nx:roll({s1, s2, ...}, {d1, d2, ...}) -> tensor",
            "Moved by shift places along dim, round the end; without dim, over all elements in row-major order.",
            errors: "shifts and dimensions that are not equally many; a dimension that is not there", source: "torch.roll",
            example: "assert(tensor({1, 2, 3}):roll(1):tolist()[1] == 3)"),
        takes: [.list("shift"), .list("dim")],
        cases: [
            LawCase("roll", [.init([2, 3])]) { try $0[0].rolled(1, by: 2) },
            LawCase("roll backwards", [.init([4])]) { try $0[0].rolled(0, by: -5) },
        ]
    ) { arguments in
        let x = try arguments.variable(1, "x")
        func several(_ position: Int) throws -> [Value] {
            if case .table(let table) = arguments[position] { try table.elements() } else { [arguments[position]] }
        }
        let shifts = try several(2).map { value in
            guard let shift = value.asInteger else { throw arguments.error(2, "shift", expected: "a whole number or a table of them") }
            return shift
        }
        if arguments.isNil(3) {
            guard shifts.count == 1 else { throw arguments.error("several shifts need as many dimensions") }
            return [.object(try x.reshape([x.value.count]).rolled(0, by: shifts[0]).reshape(x.shape))]
        }
        let axes = try several(3).map { try arguments.axis($0, 3, "dim", rank: x.shape.count) }
        guard axes.count == shifts.count, !axes.isEmpty else { throw arguments.error("\(shifts.count) shifts for \(axes.count) dimensions") }
        return [.object(try zip(axes, shifts).reduce(x) { try $0.rolled($1.0, by: $1.1) })]
    }
}
