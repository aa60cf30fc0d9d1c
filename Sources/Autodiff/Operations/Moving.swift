import Scripting
import Tensors

extension Variable {
    /// The elements in reverse order along some axes.
    public func flipped(_ axes: [Int]) throws -> Variable {
        try rearranged("tensor.flip", value.flipped(axes)) { cotangent, _ in try cotangent.flipped(axes) }
    }

    /// The elements moved by `shift` places along an axis, cyclically.
    public func rolled(_ axis: Int, by shift: Int) throws -> Variable {
        try value.check(axis: axis, for: "tensor.roll")
        let extent = shape[axis]
        guard extent > 0 else { return try clone() }
        let left = shift % extent
        let places = left < 0 ? left + extent : left
        let parts = try [
            slice(axis, extent - places, places, for: "tensor.roll"),
            slice(axis, 0, extent - places, for: "tensor.roll"),
        ]
        return try .concatenate(parts, axis, for: "tensor.roll")
    }
}

extension Operation {
    static let flip = Operation(
        Declaration(
            "tensor.flip", "A copy with the order along the given dimensions reversed.", called: .both,
            takes: .x, .restOrTable("d", .dimension, "dimensions, each once"), returns: .tensor,
            errors: "no dimension; one that is not there or is named twice", source: "torch.flip",
            example: "assert(tensor({1, 2, 3}):flip(1):tolist()[1] == 3)"
        ) { x, dimensions in
            let row = try x.asRow()
            let axes = try dimensions.map { try row.axis($0, "d") }
            guard !axes.isEmpty, Set(axes).count == axes.count else {
                throw Fault("the dimensions to reverse, each once, expected")
            }
            let flipped = try row.flipped(axes)
            return x.shape.isEmpty ? try flipped.reshape([]) : flipped
        },
        cases: [LawCase("flip", [.init([2, 3, 2])]) { try $0[0].flipped([0, 2]) }])

    static let roll = Operation(
        Declaration(
            "tensor.roll",
            """
            Moved by shift places along dim; what leaves at one end comes in at the other. Without dim, over all \
            elements in row-major order. Tables hold shifts along several dimensions.
            """,
            called: .both, by: .placesOrNames,
            takes: .x, .argument("shift", .oneOrMore(.integer), "places towards the end, or a table of them"),
            .argument("dim", .optional(.dimensions), "as many as there are shifts"), returns: .tensor,
            errors: "shifts and dimensions that are not equally many; a dimension that is not there",
            source: "torch.roll", example: "assert(tensor({1, 2, 3}):roll(1):tolist()[1] == 3)"
        ) { x, shifts, dimensions in
            guard let dimensions else {
                guard shifts.count == 1 else { throw Fault("several shifts need as many dimensions") }
                return try x.reshape([x.value.count]).rolled(0, by: shifts[0]).reshape(x.shape)
            }
            let axes = try dimensions.map { try x.axis($0) }
            guard axes.count == shifts.count, !axes.isEmpty else {
                throw Fault("\(shifts.count) shifts for \(axes.count) dimensions")
            }
            return try zip(axes, shifts).reduce(x) { try $0.rolled($1.0, by: $1.1) }
        },
        cases: [
            LawCase("roll", [.init([2, 3])]) { try $0[0].rolled(1, by: 2) },
            LawCase("roll backwards", [.init([4])]) { try $0[0].rolled(0, by: -5) },
        ])
}
