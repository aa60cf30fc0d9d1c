import Scripting
import Tensors

extension Variable {
    /// Joined along an existing axis; the other extents agree.
    public static func concatenate(_ parts: [Variable], _ axis: Int, for operation: String = "tensor.cat") throws -> Variable {
        guard let first = parts.first else { throw ScriptError(operation, "no tensors to join") }
        try first.value.check(axis: axis, for: operation)
        var shape = first.shape
        shape[axis] = 0
        for (index, part) in parts.enumerated() {
            var other = part.shape
            guard other.count == shape.count else {
                throw ScriptError(operation, "tensor \(index + 1) has shape \(Shape.describe(part.shape)), tensor 1 \(Shape.describe(first.shape))")
            }
            let (sum, overflow) = shape[axis].addingReportingOverflow(other[axis])
            guard !overflow else { throw ScriptError(operation, "the extents of dimension \(axis + 1) add up to too many") }
            shape[axis] = sum
            other[axis] = first.shape[axis]
            guard other == first.shape else {
                throw ScriptError(
                    operation,
                    "tensor \(index + 1) has shape \(Shape.describe(part.shape)), tensor 1 \(Shape.describe(first.shape)): they may differ in dimension \(axis + 1) only")
            }
        }
        let dtype = parts.dropFirst().reduce(first.dtype.working) { $0.joined(with: $1.dtype) }
        let whole = try Tensor.uninitialized(shape, dtype, for: operation)
        var start = 0
        for part in parts {
            try whole.slice(axis, from: start, count: part.shape[axis]).write(part.value)
            start += part.shape[axis]
        }
        return try .recorded(operation, parts, whole, keeps: .nothing) { call in
            var start = 0
            return try call.inputs.enumerated().map { index, part in
                defer { start += part.shape[axis] }
                return call.wanted[index] ? try call.cotangent.slice(axis, start, part.shape[axis]) : nil
            }
        }
    }

    /// Joined along a new axis; all shapes agree.
    public static func stack(_ parts: [Variable], _ axis: Int) throws -> Variable {
        for (index, part) in parts.enumerated() where part.shape != parts[0].shape {
            throw ScriptError(
                "tensor.stack", "tensor \(index + 1) has shape \(Shape.describe(part.shape)), tensor 1 \(Shape.describe(parts[0].shape))")
        }
        return try concatenate(
            parts.map { part in
                var shape = part.shape
                guard axis >= 0, axis <= shape.count else { throw ScriptError("tensor.stack", "dimension \(axis + 1) is out of range") }
                shape.insert(1, at: axis)
                return try part.reshape(shape)
            }, axis, for: "tensor.stack")
    }
}

extension Operation {
    static let cat = Operation(
        "cat",
        Documentation(
            "tensor.cat({x, y, ...}, dim = 1) -> tensor\ntensor.cat({x, y, ...}, {dim = 1}) -> tensor", "The tensors one after the other along dim (1 by default); their other extents agree. In the type that holds all.",
            errors: "shapes that differ elsewhere; an empty table", source: "torch.cat",
            example: "assert(tensor.cat({tensor({1}), tensor({2, 3})}).shape[1] == 3)"),
        isMethod: false,
        takes: ["dim"],
        cases: [LawCase("cat", [.init([2, 3]), .init([2, 1])]) { try Variable.concatenate($0, 1) }]
    ) { arguments in
        let parts = try arguments.variables(1, "tensors")
        let axis = arguments.isNil(2) ? 0 : try arguments.axis(2, rank: parts[0].shape.count)
        return [.object(try Variable.concatenate(parts, axis))]
    }

    static let stack = Operation(
        "stack",
        Documentation(
            "tensor.stack({x, y, ...}, dim = 1) -> tensor\ntensor.stack({x, y, ...}, {dim = 1}) -> tensor", "Tensors of one shape side by side along a new dimension dim (1 by default).",
            errors: "shapes that differ; an empty table", source: "torch.stack",
            example: "assert(tensor.stack({tensor({1, 2}), tensor({3, 4})}, 2)[{1, 2}] == 3)"),
        isMethod: false,
        takes: ["dim"],
        cases: [LawCase("stack", [.init([2, 3]), .init([2, 3])]) { try Variable.stack($0, 2) }]
    ) { arguments in
        let parts = try arguments.variables(1, "tensors")
        let axis = arguments.isNil(2) ? 0 : try arguments.axis(2, rank: parts[0].shape.count + 1)
        return [.object(try Variable.stack(parts, axis))]
    }

    /// Pieces of the given extents along an axis.
    private static func pieces(_ x: Variable, _ axis: Int, _ extents: [Int]) throws -> [Value] {
        var start = 0
        return [
            .list(
                try extents.map { extent in
                    defer { start += extent }
                    return .object(try x.slice(axis, start, extent))
                })
        ]
    }

    /// Pieces of one extent, the last perhaps smaller.
    private static func pieces(_ x: Variable, _ axis: Int, each size: Int, _ arguments: Arguments) throws -> [Value] {
        let extent = x.shape[axis]
        guard extent / size < 1 << 24 else { throw arguments.error("\(extent) elements in pieces of \(size) are too many pieces") }
        return try pieces(x, axis, stride(from: 0, to: extent, by: Swift.min(size, Swift.max(extent, 1))).map { Swift.min(size, extent - $0) })
    }

    static let split = Operation(
        "split",
        Documentation(
            "x:split(size, dim = 1) -> {tensor, ...}\nx:split({s1, s2, ...}, dim = 1) -> {tensor, ...}",
            "Views of x along dim (1 by default): pieces of `size`, the last perhaps smaller, or of the given sizes, which add up to the extent.",
            errors: "sizes that do not add up; a size below 1", source: "torch.split",
            example: "local p = tensor.arange(1, 5):split(2)\nassert(#p == 3 and p[3]:numel() == 1)"),
        takes: [.list("size"), "dim"],
        cases: [LawCase("split", [.init([5])]) { try $0[0].slice(0, 2, 2) }]
    ) { arguments in
        let x = try arguments.variable(1, "x")
        let axis = try arguments.isNil(3) && x.shape.count > 0 ? 0 : arguments.axis(3, rank: x.shape.count)
        let extent = x.shape[axis]
        if case .table(let table) = arguments[2] {
            let sizes = try table.elements().map { value in
                guard let size = value.asInteger, size >= 0, size <= extent else {
                    throw arguments.error(2, "sizes", expected: "sizes from 0 to \(extent)")
                }
                return size
            }
            // Each is at most the extent, so what is left falls below 0 before anything overflows.
            guard sizes.reduce(extent, { $0 < 0 ? $0 : $0 - $1 }) == 0 else {
                throw arguments.error("sizes \(Shape.describe(sizes)) do not add up to \(extent), dimension \(axis + 1) of \(Shape.describe(x.shape))")
            }
            return try pieces(x, axis, sizes)
        }
        return try pieces(x, axis, each: arguments.integer(2, "size", in: 1...Int.max), arguments)
    }

    static let chunk = Operation(
        "chunk",
        Documentation(
            "x:chunk(n, dim = 1) -> {tensor, ...}", "Views of x along dim (1 by default) in n pieces of equal extent, the last perhaps smaller; fewer when x does not give n.",
            errors: "n below 1", source: "torch.chunk", example: "assert(#tensor.arange(1, 6):chunk(3) == 3)"),
        takes: ["n", "dim"],
        cases: []
    ) { arguments in
        let x = try arguments.variable(1, "x")
        let axis = try arguments.isNil(3) && x.shape.count > 0 ? 0 : arguments.axis(3, rank: x.shape.count)
        let extent = x.shape[axis]
        let n = try arguments.integer(2, "n", in: 1...Int.max)
        return try pieces(x, axis, each: Swift.max(1, extent / n + (extent % n == 0 ? 0 : 1)), arguments)
    }
}
