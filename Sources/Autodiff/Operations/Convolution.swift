import Scripting
import Tensors

/// A convolution as a trilinear form: the sum over all windows of image x weight x cotangent. Each of the three
/// products of two factors, below, has the other two as its derivatives, so that derivatives of every order follow.
private struct Windows {
    let geometry: WindowGeometry
    let groups: Int
    let operation: String

    /// The convolution: windows of the images times the weights.
    func sums(_ image: Variable, _ weight: Variable, _ bias: Variable? = nil) throws -> Variable {
        let value = try image.value.windowSums(weight.value, bias?.value, geometry, groups: groups, for: operation)
        return try .recorded(operation, bias.map { [image, weight, $0] } ?? [image, weight], value, keeps: .factors) {
            call in
            [
                call.wanted[0] ? try back(call.cotangent, call.inputs[1]) : nil,
                call.wanted[1] ? try products(call.inputs[0], call.cotangent) : nil,
                call.inputs.count > 2 && call.wanted[2] ? try call.cotangent.sum([0, 2, 3]) : nil,
            ]
        }
    }

    /// The cotangent of the images, from that of the result and the weights.
    private func back(_ cotangent: Variable, _ weight: Variable) throws -> Variable {
        let value = try cotangent.value.windowSumsBack(weight.value, geometry, groups: groups, for: operation)
        return try .recorded(operation, cotangent, weight, value, keeps: .factors) { call in
            [
                call.wanted[0] ? try sums(call.cotangent, call.inputs[1]) : nil,
                call.wanted[1] ? try products(call.cotangent, call.inputs[0]) : nil,
            ]
        }
    }

    /// The cotangent of the weights, from the images and the cotangent of the result.
    private func products(_ image: Variable, _ cotangent: Variable) throws -> Variable {
        let value = try image.value.windowProducts(cotangent.value, geometry, groups: groups, for: operation)
        return try .recorded(operation, image, cotangent, value, keeps: .factors) { call in
            [
                call.wanted[0] ? try back(call.inputs[1], call.cotangent) : nil,
                call.wanted[1] ? try sums(call.inputs[0], call.cotangent) : nil,
            ]
        }
    }
}

extension Variable {
    /// Two-dimensional cross-correlation (what networks call convolution): x (n, c, h, w) or (c, h, w), weight
    /// (out, c / groups, kh, kw), bias (out).
    ///
    /// Neither the result nor the gradients copy the windows into columns (im2col).
    public func convolved(
        _ weight: Variable, _ bias: Variable? = nil, stride: [Int] = [1, 1], padding: [Int] = [0, 0],
        dilation: [Int] = [1, 1],
        groups: Int = 1
    ) throws -> Variable {
        let operation = "tensor.conv2d"
        if shape.count == 3 {
            return try reshape([1] + shape).convolved(
                weight, bias, stride: stride, padding: padding, dilation: dilation, groups: groups
            ).dropping([0])
        }
        guard shape.count == 4, weight.shape.count == 4, groups >= 1, shape[1] % groups == 0,
            weight.shape[0] % groups == 0,
            weight.shape[1] == shape[1] / groups, bias.map({ $0.shape == [weight.shape[0]] }) ?? true
        else {
            throw ScriptError(
                operation,
                "x \(Shape.describe(shape)), weight "
                    + "\(Shape.describe(weight.shape))\(bias.map { ", bias \(Shape.describe($0.shape))" } ?? ""), "
                    + "\(groups) group\(groups == 1 ? "" : "s") do not fit: (n, c, h, w), (out, c / groups, kh, kw), "
                    + "(out) expected"
            )
        }
        let geometry = try WindowGeometry(
            input: Array(shape[2...]), window: Array(weight.shape[2...]), stride: stride, padding: padding,
            dilation: dilation, for: operation)
        _ = try Shape.count([weight.shape[1]] + geometry.window, for: operation)
        return try Windows(geometry: geometry, groups: groups, operation: operation).sums(self, weight, bias)
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
            LawCase("conv2d", [.init([2, 2, 3, 4]), .init([3, 2, 2, 2]), .init([3])]) {
                try $0[0].convolved($0[1], $0[2])
            },
            LawCase("conv2d, strided, padded, dilated", [.init([1, 2, 4, 5]), .init([2, 2, 2, 3])]) {
                try $0[0].convolved($0[1], stride: [2, 1], padding: [1, 2], dilation: [1, 2])
            },
            LawCase("conv2d in groups", [.init([4, 2, 3]), .init([2, 2, 2, 2]), .init([2])]) {
                try $0[0].convolved($0[1], $0[2], groups: 2)
            },
        ])
}
