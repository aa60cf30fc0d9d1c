import Scripting
import Tensors

extension Variable {
    /// The part of the last two axes on and below a diagonal (on and above it if `upper`), zeros elsewhere.
    public func triangle(upper: Bool, _ above: Int = 0, for operation: String) throws -> Variable {
        guard shape.count >= 2 else {
            throw ScriptError(operation, "a matrix expected, got shape \(Shape.describe(shape))")
        }
        let (rows, columns) = (shape[shape.count - 2], shape[shape.count - 1])
        let mask = try Tensor.zeros([rows, columns], .bool, for: operation)
        // An empty matrix may have more rows than a loop can count.
        for row in 0..<(columns > 0 ? rows : 0) {
            try Cancellation.check()
            // Columns 0 to `edge` are on or below the diagonal. Both bounds prevent overflow of the sum.
            let edge = min(max(above, -rows - 1), columns) + row
            let first = upper ? min(max(edge, 0), columns) : 0
            let end = upper ? columns : min(max(edge + 1, 0), columns)
            if first < end { try mask.select(0, row).slice(0, from: first, count: end - first).fill(1) }
        }
        return try choose(Variable(mask), zero)
    }

    /// The diagonal of a matrix, copied; or a matrix with this vector on its diagonal.
    public func diagonal(_ above: Int = 0) throws -> Variable {
        if shape.count == 2 {
            return try rearranged("tensor.diag", value.diagonal(above).copy()) { cotangent, shape in
                try cotangent.placed(into: shape) { try $0.diagonal(above) }
            }
        }
        guard shape.count == 1 else {
            throw ScriptError("tensor.diag", "a vector or a matrix expected, got shape \(Shape.describe(shape))")
        }
        let (extent, overflow) = shape[0].addingReportingOverflow(Int(clamping: above.magnitude))
        guard !overflow else { throw ScriptError("tensor.diag", "diagonal \(above) is too far out") }
        return try placed(into: [extent, extent]) { try $0.diagonal(above) }
    }
}

extension Parameter<Int> {
    fileprivate static var diagonal: Parameter {
        .argument("diagonal", .integer, default: 0, "0 is the main one, 1 the next one up")
    }
}

extension Operation {
    private static func triangle(_ name: String, upper: Bool, _ example: String) -> Operation {
        Operation(
            Declaration(
                "tensor.\(name)",
                "The matrices in the last two dimensions with zeros \(upper ? "below" : "above") a diagonal.",
                called: .both, takes: .x, .diagonal, .operation, returns: .tensor, errors: "fewer than two dimensions",
                source: "torch.\(name)", example: example
            ) { x, diagonal, operation in try x.triangle(upper: upper, diagonal, for: operation) },
            cases: [
                LawCase("\(name)", [.init([3, 3])]) { try $0[0].triangle(upper: upper, for: "tensor.\(name)") },
                LawCase("\(name) of several, off the diagonal", [.init([2, 2, 4])]) {
                    try $0[0].triangle(upper: upper, 1, for: "tensor.\(name)")
                },
            ])
    }

    static let tril = triangle("tril", upper: false, "assert(tensor.ones(3, 3):tril():sum():item() == 6)")
    static let triu = triangle("triu", upper: true, "assert(tensor.ones(3, 3):triu(1):sum():item() == 3)")

    static let diag = Operation(
        Declaration(
            "tensor.diag", "Of a matrix a diagonal as a vector; of a vector the matrix with it on a diagonal.",
            called: .both, takes: .x, .diagonal, returns: .tensor, errors: "neither a vector nor a matrix",
            source: "torch.diag", example: "assert(tensor({1, 2}):diag()[{2, 2}] == 2)"
        ) { x, diagonal in try x.diagonal(diagonal) },
        cases: [
            LawCase("diag of a matrix", [.init([2, 3])]) { try $0[0].diagonal() },
            LawCase("diag of a matrix, one down", [.init([3, 2])]) { try $0[0].diagonal(-1) },
            LawCase("diag of a vector", [.init([3])]) { try $0[0].diagonal(1) },
        ])
}
