import Scripting
import Tensors

extension Variable {
    /// The coordinates of a grid: each vector along its own axis, repeated along the others.
    /// - Parameter isTurned: the axes of the first two vectors are exchanged, as in images (`xy`).
    static func meshgrid(_ vectors: [Variable], isTurned: Bool) throws -> [Variable] {
        for (index, vector) in vectors.enumerated() where vector.shape.count > 1 {
            throw Fault("tensor \(index + 1) has shape \(Shape.describe(vector.shape)); vectors expected")
        }
        var axes = Array(vectors.indices)
        if isTurned, axes.count > 1 { axes.swapAt(0, 1) }
        var shape = vectors.map(\.value.count)
        for (index, axis) in axes.enumerated() { shape[axis] = vectors[index].value.count }
        _ = try Shape.count(shape, for: "tensor.meshgrid")
        return try zip(vectors, axes).map { vector, axis in
            let along = shape.indices.map { $0 == axis ? vector.value.count : 1 }
            return try vector.reshape(along).expand(shape).clone()
        }
    }
}

extension Operation {
    static let trace = Operation(
        Declaration(
            "tensor.trace", "The sum of a matrix' diagonal, in a tensor of no dimension.", called: .both,
            takes: .argument("A", .tensor), returns: .tensor, errors: "not a matrix", source: "torch.trace",
            example: "assert(tensor({{1, 2}, {3, 4}}):trace():item() == 5)"
        ) { matrix in
            guard matrix.shape.count == 2 else {
                throw Fault("a matrix expected, got shape \(Shape.describe(matrix.shape))")
            }
            return try matrix.diagonal().sum()
        },
        cases: [LawCase("trace", [.init([2, 3])]) { try $0[0].diagonal().sum() }])

    static let bmm = Operation(
        Declaration(
            "tensor.bmm",
            "The products of matrices in pairs: (b, m, k) x (b, k, n) -> (b, m, n). matmul broadcasts, too.",
            called: .both,
            takes: .argument("x", .tensor), .argument("y", .tensor), .operation, returns: .tensor,
            errors: "not three dimensions each; numbers of matrices or inner extents that differ", source: "torch.bmm",
            example: "assert(tensor({{{1, 2}}}):bmm(tensor({{{3}, {4}}}))[{1, 1, 1}] == 11)"
        ) { x, y, operation in
            guard x.shape.count == 3, y.shape.count == 3, x.shape[0] == y.shape[0] else {
                throw Fault(
                    "(b, m, k) and (b, k, n) expected, got \(Shape.describe(x.shape)) and \(Shape.describe(y.shape))")
            }
            return try x.matmul(y, for: operation)
        },
        cases: [LawCase("bmm", [.init([2, 2, 3]), .init([2, 3, 2])]) { try $0[0].matmul($0[1], for: "tensor.bmm") }])

    /// Whether the first vector goes along the first axis (`ij`) or the second (`xy`).
    private enum Indexing: String, CaseIterable, Sendable { case ij, xy }

    static let meshgrid = Operation(
        Declaration(
            "tensor.meshgrid",
            """
            The coordinates of a grid, one tensor for each vector: of vectors (n) and (m) two tensors (n, m), the \
            first constant along the columns, the second along the rows. With indexing = "xy" they are (m, n), as in \
            pictures, where x goes to the right.
            """,
            takes: .restOrTable("vector", .tensor, "vectors, or one table of them"),
            .option("indexing", .choice(), default: Indexing.ij, "which dimension the first vector goes along"),
            returns: Results([ResultSpec("grids", .object(Variable.type.name), repeats: true)]) { $0 },
            errors: "no vector; a tensor of more than one dimension", source: "torch.meshgrid",
            example: """
                local x, y = tensor.meshgrid(tensor({1, 2}), tensor({3, 4, 5}))
                assert(x[{2, 3}] == 2 and y[{2, 3}] == 5)
                """
        ) { vectors, indexing in
            guard !vectors.isEmpty else { throw Fault("one or more vectors expected, got none") }
            return try Variable.meshgrid(vectors, isTurned: indexing == .xy).map { .object($0) }
        },
        cases: [
            LawCase("meshgrid", [.init([2]), .init([3])]) { try .stack(Variable.meshgrid($0, isTurned: false), 0) },
            LawCase("meshgrid, turned", [.init([2]), .init([3]), .init([2])]) {
                try .stack(Variable.meshgrid($0, isTurned: true), 0)
            },
        ])
}
