import Scripting
import Tensors

/// `x[...]`, read and written.
enum TensorIndexing {
    private static let declaredIndex = Declaration(
        "tensor[]",
        """
        x[i] is the i-th slice along the first dimension, a view. In a table, {i, j, ...}, per dimension: a number \
        picks (and drops it), {a, b} is a range with both ends, {a, b, step} every step-th, {} everything; missing \
        ones are everything. When every dimension has a number, the result is a Lua number. x[mask], with a bool \
        tensor of x's shape or its leading extents, has what is true in it, one after the other; x[positions], with an \
        int64 tensor, the slices along the first dimension at those positions (negative ones count from the end), in \
        the shape of the positions. Both are copies; all are differentiable.
        """,
        called: .symbol("x[i]"),
        forms: Form(takes: .x, .argument("i", .anyIndex(.integer)), returns: .value(.object(Variable.type.name))) {
            try read($0, $1, "tensor[]")
        },
        Form(
            takes: .x, .argument("{i, j, ...}", .anyIndex(.list(.any))),
            returns: .value(.either([.number, .object(Variable.type.name)]))
        ) { try read($0, $1, "tensor[]") },
        Form(
            takes: .x, .argument("mask", .anyIndex(.object(Variable.type.name))),
            returns: .value(.object(Variable.type.name))
        ) { try read($0, $1, "tensor[]") },
        errors: """
            an index or position out of range; more indices than dimensions; a mask of another shape; a float tensor
            """,
        example: """
            local x = tensor({{1, 2, 3}, {4, 5, 6}})
            assert(x[{2, -1}] == 6 and x[{{}, {1, 2}}].shape[2] == 2 and x[1]:sum():item() == 6)
            assert(x[x:gt(4)]:sum():item() == 11 and x[x:sum(2):argmax()]:sum():item() == 15)
            """)

    /// A fast path without choosing between forms: loops read elements.
    static let index = NativeFunction(declaredIndex).trying { arguments in
        guard case .object(let x as Variable) = arguments[1] else { return nil }
        return [try read(x, arguments[2], arguments.function)]
    }

    private static func read(_ x: Variable, _ key: Value, _ operation: String) throws -> Value {
        switch key {
        case .object(let picker as Variable): return .object(try x.picked(by: picker, for: operation))
        case .table(let table):
            let picks = try picks(table, x.shape)
            if picks.count == x.shape.count, picks.allSatisfy(\.isNumber) {
                return try part(picks, of: x.value).scalar()
            }
            return .object(try view(picks, of: x))
        default: return .object(try view([try pick(key, 0, x.shape)], of: x))
        }
    }

    static let newindex = Declaration(
        "tensor[]",
        """
        Writes a number, a tensor or nested tables, broadcast, over the part that x[...] reads. Of positions that are \
        named twice the last one stays.
        """,
        called: .symbol("x[i] = v"),
        takes: .x,
        .argument("i", .anyIndex(.either([.integer, .list(.any), .object(Variable.type.name)]))),
        .argument(
            "v",
            .any(
                .either([.number, .boolean, .object(Variable.type.name), .list(.any)]),
                expected: "a number, a tensor or a table")),
        .operation, returns: .nothing,
        errors: """
            an index out of range; a value that does not broadcast; a mask of another shape; a float tensor for an \
            index; fractions into int64, numbers into bool; elements that share memory (of an expanded tensor); a leaf \
            that requires a gradient; a value the tape still needs, when backward runs
            """,
        example: """
            local x = tensor.zeros(3, 3)
            x[{{1, 2}, {}}] = 1
            x[3] = tensor({4, 5, 6})
            assert(x:sum():item() == 21)
            x[x:gt(4)] = tensor({-5, -6})
            assert(x[{3, 3}] == -6)
            """
    ) { x, key, value, operation in
        var source: Variable
        switch value {
        case .object(let variable as Variable): source = variable
        case .table:
            var nested = NestedNumbers(function: operation, dtype: x.dtype)
            try nested.read(value, depth: 0)
            source = Variable(try nested.tensor())
        default:
            guard let number = Scalar(value, takingBooleans: true) else {
                throw Fault("v", "a number, a tensor or a table expected, got \(value.shown)")
            }
            source = Variable(try number.tensor(for: x.dtype, operation))
        }
        if case .object(let picker as Variable) = key { return try x.write(source, at: picker, for: operation) }
        let picks = if case .table(let table) = key { try picks(table, x.shape) } else { [try pick(key, 0, x.shape)] }
        // Additional leading extents of 1 are dropped, as in NumPy: x[1] = tensor({5}).
        let target = try part(picks, of: x.value).shape
        let lead = source.shape.count - target.count
        if lead > 0, source.shape.prefix(lead).allSatisfy({ $0 == 1 }) {
            source = try source.reshape(Array(source.shape.dropFirst(lead)))
        }
        try x.write(source, for: operation) { try part(picks, of: $0) }
    }

    /// What an index selects of one dimension, 0-based.
    enum Pick: Sendable {
        case one(Int)
        case range(start: Int, count: Int, step: Int)

        var isNumber: Bool { if case .one = self { true } else { false } }
    }

    static func picks(_ table: any ScriptTable, _ shape: [Int]) throws -> [Pick] {
        let elements = try table.elements()
        guard elements.count <= shape.count else {
            throw ScriptError(
                "tensor[]", "\(elements.count) indices for the \(shape.count) dimensions of \(Shape.describe(shape))")
        }
        return try elements.enumerated().map { try pick($1, $0, shape) }
    }

    static func pick(_ value: Value, _ axis: Int, _ shape: [Int]) throws -> Pick {
        guard axis < shape.count else {
            throw ScriptError("tensor[]", "a tensor without dimensions has no element \(value.shown); use x:item()")
        }
        let extent = shape[axis]
        func bound(_ value: Value, _ what: String) throws -> Int {
            guard let index = try whole(value), let position = zeroBased(index, count: extent) else {
                throw ScriptError(
                    "tensor[]",
                    "\(what) \(value.shown) is out of range 1..\(extent) (or -\(extent)..-1) of dimension \(axis + 1) "
                        + "of \(Shape.describe(shape))"
                )
            }
            return position
        }
        guard case .table(let range) = value else { return .one(try bound(value, "index")) }
        let ends = try range.elements()
        switch ends.count {
        case 0: return .range(start: 0, count: extent, step: 1)
        case 1...3:
            let first = try bound(ends[0], "range start")
            let last = try ends.count > 1 ? bound(ends[1], "range end") : first
            var step = 1
            if ends.count == 3 {
                guard let given = ends[2].asInteger, given >= 1 else {
                    throw ScriptError("tensor[]", "range step \(ends[2].shown): a whole number from 1 expected")
                }
                step = given
            }
            guard first <= last else {
                throw ScriptError(
                    "tensor[]",
                    "the range \(ends[0].shown)..\(ends[1].shown) of dimension \(axis + 1) of "
                        + "\(Shape.describe(shape)) ends before it begins"
                )
            }
            return .range(start: first, count: (last - first) / step + 1, step: step)
        default:
            throw ScriptError("tensor[]", "a range is {first, last} or {first, last, step}; got \(ends.count) numbers")
        }
    }

    /// A whole number, given as such or as an int64 tensor of shape (), which argmax returns.
    private static func whole(_ value: Value) throws -> Int? {
        guard case .object(let t as Variable) = value else { return value.asInteger }
        guard t.dtype == .int64, t.shape.isEmpty else {
            throw ScriptError(
                "tensor[]",
                """
                a tensor of \(t.dtype.rawValue) of shape \(Shape.describe(t.shape)) among the indices of a table: \
                numbers, ranges and int64 tensors without dimensions stand there; positions and masks are x[t], or \
                x:index_select(dim, t) along another dimension
                """)
        }
        return try t.value.scalar().asInteger
    }

    /// The selected part as a view, unrecorded.
    static func part(_ picks: [Pick], of tensor: Tensor) throws -> Tensor {
        var tensor = tensor
        var axis = 0
        for pick in picks {
            switch pick {
            case .one(let index): tensor = try tensor.select(axis, index, for: "tensor[]")
            case .range(let start, let count, let step):
                tensor = try tensor.slice(axis, from: start, count: count, step: step, for: "tensor[]")
                axis += 1
            }
        }
        return tensor
    }

    /// The selected part as one recorded view.
    static func view(_ picks: [Pick], of x: Variable) throws -> Variable {
        try x.rearranged("tensor[]", part(picks, of: x.value)) { cotangent, shape in
            try cotangent.placed(into: shape) { try part(picks, of: $0) }
        }
    }
}
