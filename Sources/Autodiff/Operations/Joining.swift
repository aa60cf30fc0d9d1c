import Scripting
import Tensors

extension Variable {
    /// The parts concatenated along an existing axis; their other extents must agree.
    public static func concatenate(_ parts: [Variable], _ axis: Int, for operation: String = "tensor.cat") throws
        -> Variable
    {
        guard let first = parts.first else { throw ScriptError(operation, "no tensors to join") }
        try first.value.check(axis: axis, for: operation)
        var shape = first.shape
        shape[axis] = 0
        for (index, part) in parts.enumerated() {
            var other = part.shape
            guard other.count == shape.count else {
                throw ScriptError(
                    operation,
                    "tensor \(index + 1) has shape \(Shape.describe(part.shape)), tensor 1 "
                        + "\(Shape.describe(first.shape))"
                )
            }
            let (sum, overflow) = shape[axis].addingReportingOverflow(other[axis])
            guard !overflow else {
                throw ScriptError(operation, "the extents of dimension \(axis + 1) add up to too many")
            }
            shape[axis] = sum
            other[axis] = first.shape[axis]
            guard other == first.shape else {
                throw ScriptError(
                    operation,
                    "tensor \(index + 1) has shape \(Shape.describe(part.shape)), tensor 1 "
                        + "\(Shape.describe(first.shape)): they may differ in dimension \(axis + 1) only"
                )
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

    /// The parts stacked along a new axis; their shapes must agree.
    public static func stack(_ parts: [Variable], _ axis: Int) throws -> Variable {
        for (index, part) in parts.enumerated() where part.shape != parts[0].shape {
            throw ScriptError(
                "tensor.stack",
                "tensor \(index + 1) has shape \(Shape.describe(part.shape)), tensor 1 "
                    + "\(Shape.describe(parts[0].shape))"
            )
        }
        return try concatenate(
            parts.map { part in
                var shape = part.shape
                guard axis >= 0, axis <= shape.count else {
                    throw ScriptError("tensor.stack", "dimension \(axis + 1) is out of range")
                }
                shape.insert(1, at: axis)
                return try part.reshape(shape)
            }, axis, for: "tensor.stack")
    }
}

/// The sizes of pieces: `2` or `{2, 3}`.
private enum Sizes {
    /// The size of every piece; the last one may be smaller.
    case each(Int)
    case these([Int])
}

extension Domain<Sizes> {
    fileprivate static var sizes: Domain {
        let show: @Sendable (Sizes) -> String = { _ in "sizes" }
        return Domain<Int>.integer(from: 1).map(show: show) { .each($0) }
            .or(Domain<[Int]>.list(of: .integer(from: 0)).map(show: show) { .these($0) })
            .asking(for: "a whole number from 1 or a table of sizes")
    }
}

extension Operation {
    static let cat = Operation(
        Declaration(
            "tensor.cat", "The tensors one after the other along dim. In the type that holds all.",
            takes: .argument("tensors", .tensors, "a table; their extents agree but along dim"),
            .argument("dim", .dimension, default: 1), returns: .tensor, errors: "shapes that differ elsewhere",
            source: "torch.cat", example: "assert(tensor.cat({tensor({1}), tensor({2, 3})}).shape[1] == 3)"
        ) { parts, dim in
            guard !parts[0].shape.isEmpty else {
                throw Fault("tensors without dimensions have none to join along: tensor.stack makes a vector of them")
            }
            return try Variable.concatenate(parts, parts[0].axis(dim))
        },
        cases: [LawCase("cat", [.init([2, 3]), .init([2, 1])]) { try Variable.concatenate($0, 1) }])

    static let stack = Operation(
        Declaration(
            "tensor.stack", "The tensors side by side along a new dimension dim.",
            takes: .argument("tensors", .tensors, "a table, of one shape"), .argument("dim", .dimension, default: 1),
            returns: .tensor, errors: "shapes that differ", source: "torch.stack",
            example: "assert(tensor.stack({tensor({1, 2}), tensor({3, 4})}, 2)[{1, 2}] == 3)"
        ) { parts, dim in try Variable.stack(parts, parts[0].axis(dim, rank: parts[0].shape.count + 1)) },
        cases: [LawCase("stack", [.init([2, 3]), .init([2, 3])]) { try Variable.stack($0, 2) }])

    /// Pieces of the given extents along an axis.
    private static func pieces(_ x: Variable, _ axis: Int, _ extents: [Int]) throws -> [Variable] {
        var start = 0
        return try extents.map { extent in
            defer { start += extent }
            return try x.slice(axis, start, extent)
        }
    }

    /// Pieces of one size; the last may be smaller. Nothing is one empty piece.
    private static func pieces(_ x: Variable, _ axis: Int, each size: Int) throws -> [Variable] {
        let extent = x.shape[axis]
        guard extent / size < 1 << 24 else {
            throw Fault("\(extent) elements in pieces of \(size) are too many pieces")
        }
        let starts = stride(from: 0, to: Swift.max(extent, 1), by: Swift.min(size, Swift.max(extent, 1)))
        return try pieces(x, axis, starts.map { Swift.min(size, extent - $0) })
    }

    static let split = Operation(
        Declaration(
            "tensor.split", "Views of x along dim: pieces of one size, the last perhaps smaller, or of given sizes.",
            called: .both, by: .placesOrNames,
            takes: .x, .argument("size", .sizes, "a size, or a table of sizes that add up to the extent"),
            .argument("dim", .dimension, default: 1), returns: .listOfTensors, errors: "sizes that do not add up",
            source: "torch.split",
            example: """
                local p = tensor.arange(1, 5):split(2)
                assert(#p == 3 and p[3]:numel() == 1)
                """
        ) { x, sizes, dim in
            let axis = try x.axis(dim)
            guard case .these(let sizes) = sizes else {
                guard case .each(let size) = sizes else { return [] }
                return try pieces(x, axis, each: size)
            }
            let extent = x.shape[axis]
            guard sizes.allSatisfy({ $0 <= extent }) else {
                throw Fault("size", "sizes from 0 to \(extent) expected, got \(Shape.describe(sizes))")
            }
            // Each size is at most the extent, so that the remainder becomes negative before anything overflows.
            guard sizes.reduce(extent, { $0 < 0 ? $0 : $0 - $1 }) == 0 else {
                throw Fault(
                    """
                    sizes \(Shape.describe(sizes)) do not add up to \(extent), dimension \(axis + 1) of \
                    \(Shape.describe(x.shape))
                    """)
            }
            return try pieces(x, axis, sizes)
        },
        cases: [LawCase("split", [.init([5])]) { try $0[0].slice(0, 2, 2) }])

    static let chunk = Operation(
        Declaration(
            "tensor.chunk",
            """
            Views of x along dim in n pieces of equal extent, the last perhaps smaller; fewer when x does not give n. \
            Of nothing n empty ones.
            """,
            called: .both, by: .placesOrNames,
            takes: .x, .argument("n", .integer(from: 1)), .argument("dim", .dimension, default: 1),
            returns: .listOfTensors, source: "torch.chunk", example: "assert(#tensor.arange(1, 6):chunk(3) == 3)"
        ) { x, n, dim in
            let axis = try x.axis(dim)
            let extent = x.shape[axis]
            if extent == 0 {
                guard n <= 1 << 16 else { throw Fault("n", "at most 65536 pieces of nothing expected, got \(n)") }
                return try pieces(x, axis, Array(repeating: 0, count: n))
            }
            return try pieces(x, axis, each: Swift.max(1, extent / n + (extent % n == 0 ? 0 : 1)))
        })
}
