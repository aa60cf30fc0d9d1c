import Scripting
import Tensors

extension Variable {
    /// x Wᵀ + b for x (..., in), W (out, in) and b (out): PyTorch's linear layer.
    ///
    /// With `rectified`, relu(x) Wᵀ + b in one pass. For weights stored by input unit, units at 0 are skipped, forward
    /// and backward, in a single row always and in a batch where few are active, which changes no result. Everything
    /// else goes to BLAS.
    public func linear(_ weight: Variable, _ bias: Variable? = nil, rectified: Bool = false) throws -> Variable {
        let operation = "tensor.linear"
        guard weight.shape.count == 2, let width = shape.last, width == weight.shape[1],
            bias.map({ $0.shape == [weight.shape[0]] }) ?? true
        else {
            throw ScriptError(
                operation,
                "x \(Shape.describe(shape)), weight "
                    + "\(Shape.describe(weight.shape))\(bias.map { ", bias \(Shape.describe($0.shape))" } ?? "") do "
                    + "not fit: (..., in), (out, in), (out) expected"
            )
        }
        if shape.count == 2 { return try linearRows(weight, bias, rectified) }
        let rows = try reshape([shape.dropLast().reduce(1, *), width])
        let result = try rows.linearRows(weight, bias, rectified)
        return try result.reshape(Array(shape.dropLast()) + [weight.shape[0]])
    }

    private func linearRows(_ weight: Variable, _ bias: Variable?, _ rectified: Bool) throws -> Variable {
        let operation = "tensor.linear"
        let inputs = bias.map { [self, weight, $0] } ?? [self, weight]
        let result = try LinearKernel.forward(value, weight.value, bias?.value, rectified: rectified)
        return try .recorded(operation, inputs, result) { call in
            let (x, weight) = (call.inputs[0], call.inputs[1])
            let cotangent = call.cotangent
            return [
                call.wanted[0] ? try cotangent.linearTransposed(weight, x, rectified) : nil,
                call.wanted[1] ? try cotangent.weightCotangent(x, like: weight, rectified) : nil,
                call.inputs.count > 2 && call.wanted[2] ? try cotangent.sum([0]) : nil,
            ]
        }
    }

    /// The cotangent gᵀ x of a weight, or gᵀ max(x, 0), in the weight's order in memory, so that optimisers need
    /// not reorder it.
    private func weightCotangent(_ x: Variable, like weight: Variable, _ rectified: Bool) throws -> Variable {
        let (operation, weight) = ("tensor.linear", weight.value)
        let isStoredByInputUnit = weight.strides[0] == 1 && (weight.strides[1] > 1 || weight.shape[1] == 1)
        if isStoredByInputUnit, rectified, !GradMode.isEnabled,
            let sparse = try SparseBatch.weightGradient(value, input: x.value, for: operation)
        {
            return Variable(sparse)
        }
        let x = rectified ? try x.relu() : x
        guard isStoredByInputUnit else { return try transposed().matmul(x, for: operation) }
        return try x.transposed().matmul(self, for: operation).transposed()
    }

    /// The cotangent of x: g W, with 0 where x was not positive if the layer rectified it.
    private func linearTransposed(_ weight: Variable, _ x: Variable, _ rectified: Bool) throws -> Variable {
        let result = try LinearKernel.backward(value, weight.value, x.value, rectified: rectified)
        return try .recorded("tensor.linear", self, weight, result) { call in
            // Linear in g and in W; x only tells which units were active.
            var upstream = call.cotangent
            if rectified { upstream = try upstream.passed(by: x, "tensor.linear") }
            return [
                call.wanted[0] ? try upstream.linear(call.inputs[1]) : nil,
                call.wanted[1] ? try call.inputs[0].transposed().matmul(upstream, for: "tensor.linear") : nil,
            ]
        }
    }
}

/// Two of the three products of a linear layer on plain values: weights stored by input unit use kernels that skip
/// units at 0 where few are active, everything else BLAS. Both compute the same, and tests compare them.
enum LinearKernel {
    static func forward(_ x: Tensor, _ weight: Tensor, _ bias: Tensor?, rectified: Bool) throws -> Tensor {
        if SparseLinear.applies(weight: weight, bias: bias, input: x) {
            return try SparseLinear.forward(
                weight: weight, bias: bias, input: x, rectified: rectified, for: "tensor.linear")
        }
        if rectified, (bias?.dtype ?? .float32) != .float64,
            let batch = try SparseBatch(weight: weight, input: x, rectified: true, for: "tensor.linear")
        {
            return try batch.forward(bias: bias)
        }
        let input = rectified ? try x.transform(Rectify()) : x
        let columns = try weight.transpose(0, 1)
        if let bias, bias.dtype == .float32 || bias.dtype == .float16, input.dtype == .float32, weight.dtype != .float64
        {
            return try input.matmul(columns, plus: bias, for: "tensor.linear")
        }
        let product = try input.matmul(columns, for: "tensor.linear")
        guard let bias else { return product }
        if !product.dtype.isFloating || (product.dtype == .float32 && bias.dtype == .float64) {
            return try product.combine(bias, Add(), for: "tensor.linear")
        }
        try product.add(inPlace: bias, for: "tensor.linear")
        return product
    }

    static func backward(_ cotangent: Tensor, _ weight: Tensor, _ x: Tensor, rectified: Bool) throws -> Tensor {
        if cotangent.dtype == .float32, SparseLinear.applies(weight: weight, input: x) {
            return try SparseLinear.backward(
                weight: weight, cotangent: cotangent, input: x, rectified: rectified, for: "tensor.linear")
        }
        if rectified, cotangent.dtype == .float32,
            let batch = try SparseBatch(weight: weight, input: x, rectified: true, for: "tensor.linear")
        {
            return try batch.backward(cotangent)
        }
        let product = try cotangent.matmul(weight, for: "tensor.linear")
        guard rectified else { return product }
        return try product.zip(x, Passed(), for: "tensor.linear")
    }
}

/// The cotangent behind a ReLU: 0 where the input was not above 0.
struct Passed: BinaryFunction {
    func callAsFunction<T: TensorElement>(_ cotangent: T, _ x: T) -> T { x <= 0 ? 0 : cotangent }
}

extension Operation {
    static let linear = Operation(
        Declaration(
            "tensor.linear", "x Wᵀ + b for x (..., in), as in a layer of a network.",
            called: .both, by: .placesOrNames,
            takes: .x, .argument("weight", .tensor, "W, (out, in)"), .argument("bias", .optional(.tensor), "b, (out)"),
            returns: .tensor, errors: "shapes that do not fit", source: "torch.nn.functional.linear",
            example: "assert(tensor({{1, 2}}):linear(tensor({{3, 4}}), tensor({5}))[{1, 1}] == 16)"
        ) { x, weight, bias in try x.linear(weight, bias) },
        cases: [
            LawCase("linear", [.init([2, 3]), .init([4, 3]), .init([4])]) { try $0[0].linear($0[1], $0[2]) },
            LawCase("linear of one row", [.init([3]), .init([4, 3]), .init([4])]) { try $0[0].linear($0[1], $0[2]) },
            LawCase("rectified linear", [.init([2, 3], 0.2...2), .init([4, 3]), .init([4])]) { inputs in
                try (inputs[0] - 1).linear(inputs[1], inputs[2], rectified: true)
            },
        ])
}
