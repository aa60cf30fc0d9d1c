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

extension Arguments {
    /// A number for both directions, or a table {vertical, horizontal}.
    fileprivate func pair(_ position: Int, _ name: String, default fallback: Int) throws -> [Int] {
        if isNil(position) { return [fallback, fallback] }
        if let number = self[position].asInteger { return [number, number] }
        guard case .table(let table) = self[position], let numbers = try? table.elements().compactMap(\.asInteger), numbers.count == 2 else {
            throw error(position, name, expected: "a whole number or a table of two")
        }
        return numbers
    }
}

extension Operation {
    static let conv2d = Operation(
        "conv2d",
        Documentation(
            "x:conv2d(weight, bias = nil, {stride = 1, padding = 0, dilation = 1, groups = 1}) -> tensor\nx:conv2d(weight, {bias, stride = 1, padding = 0, dilation = 1, groups = 1}) -> tensor",
            "Two-dimensional cross-correlation: x (n, c, h, w) or (c, h, w), weight (out, c / groups, kh, kw), bias (out) or nil -> (n, out, h', w') with h' = floor((h + 2 padding - dilation (kh - 1) - 1) / stride) + 1. stride, padding and dilation are numbers or {vertical, horizontal}.",
            errors: "shapes that do not fit; a window larger than the padded input", source: "torch.nn.functional.conv2d",
            example: "local y = tensor.ones(1, 1, 3, 3):conv2d(tensor.ones(1, 1, 2, 2), nil, {padding = 1})\nassert(y.shape[4] == 4 and y:max():item() == 4)"),
        takes: ["weight", "bias", "stride", "padding", "dilation", "groups"],
        cases: [
            LawCase("conv2d", [.init([2, 2, 3, 4]), .init([3, 2, 2, 2]), .init([3])]) { try $0[0].convolved($0[1], $0[2]) },
            LawCase("conv2d, strided, padded, dilated", [.init([1, 2, 4, 5]), .init([2, 2, 2, 3])]) {
                try $0[0].convolved($0[1], stride: [2, 1], padding: [1, 2], dilation: [1, 2])
            },
            LawCase("conv2d in groups", [.init([4, 2, 3]), .init([2, 2, 2, 2]), .init([2])]) { try $0[0].convolved($0[1], $0[2], groups: 2) },
        ]
    ) { arguments in
        let bias = arguments.isNil(3) ? nil : try arguments.variable(3, "bias")
        return [
            .object(
                try arguments.variable(1, "x").convolved(
                    arguments.variable(2, "weight"), bias, stride: arguments.pair(4, "stride", default: 1),
                    padding: arguments.pair(5, "padding", default: 0), dilation: arguments.pair(6, "dilation", default: 1),
                    groups: arguments.integer(7, "groups", in: 1...Int.max, default: 1)))
        ]
    }
}
