import Scripting
import Tensors

extension Variable {
    /// What each window sees, as columns: (n, c, h, w) -> (n, c * window, windows). Linear, and the transpose of `folded`.
    private func unfolded(_ geometry: WindowGeometry, _ operation: String) throws -> Variable {
        let channels = shape[1]
        return try rearranged(operation, value.unfolded(geometry, for: operation)) { cotangent, _ in
            try cotangent.folded(geometry, channels, operation)
        }
    }

    private func folded(_ geometry: WindowGeometry, _ channels: Int, _ operation: String) throws -> Variable {
        try rearranged(operation, value.folded(geometry, channels: channels, for: operation)) { cotangent, _ in
            try cotangent.unfolded(geometry, operation)
        }
    }

    /// Two-dimensional cross-correlation (what networks call convolution): x (n, c, h, w) or (c, h, w), weight
    /// (out, c / groups, kh, kw), bias (out).
    ///
    /// A product of two matrices: the weights, and what each window sees as a column.
    public func convolved(
        _ weight: Variable, _ bias: Variable? = nil, stride: [Int] = [1, 1], padding: [Int] = [0, 0], dilation: [Int] = [1, 1],
        groups: Int = 1
    ) throws -> Variable {
        let operation = "tensor.conv2d"
        if shape.count == 3 {
            return try reshape([1] + shape).convolved(
                weight, bias, stride: stride, padding: padding, dilation: dilation, groups: groups
            ).dropping([0])
        }
        guard shape.count == 4, weight.shape.count == 4, groups >= 1, shape[1] % groups == 0, weight.shape[0] % groups == 0,
            weight.shape[1] == shape[1] / groups, bias.map({ $0.shape == [weight.shape[0]] }) ?? true
        else {
            throw ScriptError(
                operation,
                "x \(Shape.describe(shape)), weight \(Shape.describe(weight.shape))\(bias.map { ", bias \(Shape.describe($0.shape))" } ?? ""), \(groups) group\(groups == 1 ? "" : "s") do not fit: (n, c, h, w), (out, c / groups, kh, kw), (out) expected")
        }
        let geometry = try WindowGeometry(
            input: Array(shape[2...]), window: Array(weight.shape[2...]), stride: stride, padding: padding, dilation: dilation, for: operation)
        let (out, inside) = (weight.shape[0], try Shape.count([weight.shape[1]] + geometry.window, for: operation))
        let windows = geometry.output[0] * geometry.output[1]
        let columns = try unfolded(geometry, operation).reshape([shape[0], groups, inside, windows])
        let product = try weight.reshape([groups, out / groups, inside]).matmul(columns, for: operation)
        let result = try product.reshape([shape[0], out] + geometry.output)
        return try bias.map { try result + $0.reshape([out, 1, 1]) } ?? result
    }
}

extension Domain<[Int]> {
    /// A number for both directions, or a table {vertical, horizontal}.
    fileprivate static var pair: Domain {
        Domain(
            .either([.integer, .list(.integer)]), expected: "a whole number or a table of two",
            show: { $0[0] == $0[1] ? "\($0[0])" : "{\($0[0]), \($0[1])}" }
        ) { value in
            if let number = value.asInteger { return [number, number] }
            guard case .table(let table) = value else { return nil }
            let numbers = try table.elements().compactMap(\.asInteger)
            return try numbers.count == 2 && table.count == 2 ? numbers : nil
        }
    }
}

extension Operation {
    static let conv2d = Operation(
        Declaration(
            "tensor.conv2d",
            """
            Two-dimensional cross-correlation: x (n, c, h, w) or (c, h, w) -> (n, out, h', w') or (out, h', w') with \
            h' = floor((h + 2 padding - dilation (kh - 1) - 1) / stride) + 1. stride, padding and dilation are numbers \
            or {vertical, horizontal}.
            """,
            called: .both, by: .placesOrNames,
            takes: .x, .argument("weight", .tensor, "(out, c / groups, kh, kw)"),
            .argument("bias", .optional(.tensor), "(out)"),
            .argument("stride", .pair, default: [1, 1], "how far windows are from each other, in elements"),
            .argument("padding", .pair, default: [0, 0], "how many zeros are added on every side"),
            .argument("dilation", .pair, default: [1, 1], "how far a window's elements are from each other"),
            .argument("groups", .integer(from: 1), default: 1, "of channels, each with weights of its own"),
            returns: .tensor, errors: "shapes that do not fit; a window larger than the padded input",
            source: "torch.nn.functional.conv2d",
            example: """
                local y = tensor.ones(1, 1, 3, 3):conv2d(tensor.ones(1, 1, 2, 2), nil, {padding = 1})
                assert(y.shape[4] == 4 and y:max():item() == 4)
                """
        ) { x, weight, bias, stride, padding, dilation, groups in
            try x.convolved(weight, bias, stride: stride, padding: padding, dilation: dilation, groups: groups)
        },
        cases: [
            LawCase("conv2d", [.init([2, 2, 3, 4]), .init([3, 2, 2, 2]), .init([3])]) { try $0[0].convolved($0[1], $0[2]) },
            LawCase("conv2d, strided, padded, dilated", [.init([1, 2, 4, 5]), .init([2, 2, 2, 3])]) {
                try $0[0].convolved($0[1], stride: [2, 1], padding: [1, 2], dilation: [1, 2])
            },
            LawCase("conv2d in groups", [.init([4, 2, 3]), .init([2, 2, 2, 2]), .init([2])]) {
                try $0[0].convolved($0[1], $0[2], groups: 2)
            },
        ])
}
