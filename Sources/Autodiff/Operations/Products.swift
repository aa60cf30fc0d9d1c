import Scripting
import Tensors

extension Variable {
    /// Matrix product; leading axes broadcast. Vectors are treated as in PyTorch: as a row on the left, as a column on
    /// the right.
    public func matmul(_ other: Variable, for operation: String = "tensor.matmul") throws -> Variable {
        guard shape.count >= 1, other.shape.count >= 1 else {
            throw ScriptError(
                operation, "\(Shape.describe(shape)) and \(Shape.describe(other.shape)): vectors or matrices expected")
        }
        guard shape.last == other.shape[max(0, other.shape.count - 2)] else {
            throw ScriptError(
                operation,
                "\(Shape.describe(shape)) and \(Shape.describe(other.shape)) do not chain: \(shape.last ?? 0) ~= "
                    + "\(other.shape[max(0, other.shape.count - 2)])"
            )
        }
        let left = shape.count == 1 ? try reshape([1, shape[0]]) : self
        let right = other.shape.count == 1 ? try other.reshape([other.shape[0], 1]) : other
        var product = try left.matrixProduct(right, operation)
        if other.shape.count == 1 { product = try product.dropping([product.shape.count - 1]) }
        if shape.count == 1 { product = try product.dropping([product.shape.count - (other.shape.count == 1 ? 1 : 2)]) }
        return product
    }

    private func matrixProduct(_ other: Variable, _ operation: String) throws -> Variable {
        try .recorded(operation, self, other, value.matmul(other.value, for: operation), keeps: .factors) { call in
            let (a, b) = (call.inputs[0], call.inputs[1])
            return [
                try call.gradient(of: 0) { try call.cotangent.matrixProduct(b.transposed(), operation) },
                try call.gradient(of: 1) { try a.transposed().matrixProduct(call.cotangent, operation) },
            ]
        }
    }

    /// The last two axes exchanged.
    public func transposed() throws -> Variable { try transpose(shape.count - 2, shape.count - 1) }
}

extension Operation {
    /// - Parameters:
    ///   - names: the names of the two factors.
    ///   - ranks: how many dimensions they have; nil for any.
    private static func product(
        _ name: String, of names: (String, String), _ summary: String, errors: String, example: String,
        cases: [LawCase], ranks: (Int, Int)? = nil, _ apply: @escaping @Sendable (Variable, Variable) throws -> Variable
    ) -> Operation {
        let declaration = Declaration(
            "tensor.\(name)", summary, called: .both,
            takes: .argument(names.0, .tensor), .argument(names.1, .tensor), returns: .tensor,
            errors: errors, source: "torch.\(name)", example: example
        ) { x, y in
            if let ranks, x.shape.count != ranks.0 || y.shape.count != ranks.1 {
                let wanted = ranks.0 == 2 ? "a matrix and a vector" : "a vector and a vector"
                throw Fault(
                    "shapes \(Shape.describe(x.shape)) and \(Shape.describe(y.shape)); \(wanted) expected")
            }
            return try apply(x, y)
        }
        return Operation(declaration, cases: cases)
    }

    static let matmul = product(
        "matmul", of: ("x", "y"),
        """
        The matrix product: (m, k) x (k, n) -> (m, n). Leading dimensions broadcast; a vector on the left is a row, on \
        the right a column, and its dimension is dropped again.
        """,
        errors: "inner extents that differ",
        example: "assert(tensor({{1, 2}}):matmul(tensor({{3}, {4}}))[{1, 1}] == 11)",
        cases: [
            LawCase("matmul (2, 3) (3, 4)", [.init([2, 3]), .init([3, 4])]) { try $0[0].matmul($0[1]) },
            LawCase("matmul (2, 1, 2, 3) (3, 3, 2)", [.init([2, 1, 2, 3]), .init([3, 3, 2])]) {
                try $0[0].matmul($0[1])
            },
            LawCase("matmul (3) (3, 2)", [.init([3]), .init([3, 2])]) { try $0[0].matmul($0[1]) },
        ]
    ) { try $0.matmul($1) }

    static let mv = product(
        "mv", of: ("A", "x"), "A matrix times a vector: (m, n) x (n) -> (m).", errors: "shapes that do not chain",
        example: "assert(tensor({{1, 2}, {3, 4}}):mv(tensor({1, 1})):tolist()[2] == 7)",
        cases: [LawCase("mv", [.init([2, 3]), .init([3])]) { try $0[0].matmul($0[1], for: "tensor.mv") }],
        ranks: (2, 1)
    ) { try $0.matmul($1, for: "tensor.mv") }

    static let dot = product(
        "dot", of: ("x", "y"), "The inner product of two vectors of one length, in a tensor of no dimension.",
        errors: "lengths that differ", example: "assert(tensor({1, 2}):dot(tensor({3, 4})):item() == 11)",
        cases: [LawCase("dot", [.init([4]), .init([4])]) { try $0[0].matmul($0[1], for: "tensor.dot") }],
        ranks: (1, 1)
    ) { try $0.matmul($1, for: "tensor.dot") }

    static let outer = product(
        "outer", of: ("x", "y"), "The outer product of two vectors: (m), (n) -> (m, n).", errors: "not vectors",
        example: "assert(tensor({1, 2}):outer(tensor({3, 4}))[{2, 2}] == 8)",
        cases: [LawCase("outer", [.init([2]), .init([3])]) { try $0[0].reshape([2, 1]) * $0[1] }], ranks: (1, 1)
    ) { x, y in try x.reshape([x.shape[0], 1]) * y }
}
