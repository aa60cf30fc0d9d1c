import Scripting
import Tensors

extension Variable {
    /// Cumulative products along an axis.
    ///
    /// The derivative by x_k is the product of the elements before it times s_k = g_k + x_(k+1) s_(k+1). There is no
    /// division by an element, so that gradients at zeros are right, of every order.
    public func cumulativeProduct(_ axis: Int) throws -> Variable {
        let operation = "tensor.cumprod"
        return try .recorded(operation, self, value.cumulativeProduct(axis), keeps: [.inputs, .outputs]) { call in
            let before = try call.outputs[0].moved(axis, towardsEnd: true, filling: 1)
            let factors = try call.inputs[0].moved(axis, towardsEnd: false, filling: 0)
            return [try before * call.cotangent.recurrence(factors, axis, fromEnd: true, operation)]
        }
    }

    /// ``Tensor/recurrence(_:_:fromEnd:for:)``, recorded. Its gradients are recurrences in the opposite direction.
    private func recurrence(_ factors: Variable, _ axis: Int, fromEnd: Bool, _ operation: String) throws -> Variable {
        let result = try value.recurrence(factors.value, axis, fromEnd: fromEnd, for: operation)
        return try .recorded(operation, [self, factors], result, keeps: [.inputs, .outputs]) { call in
            let next = try call.inputs[1].moved(axis, towardsEnd: fromEnd, filling: 0)
            let gradient = try call.cotangent.recurrence(next, axis, fromEnd: !fromEnd, operation)
            return [
                gradient,
                call.wanted[1] ? try gradient * call.outputs[0].moved(axis, towardsEnd: !fromEnd, filling: 0) : nil,
            ]
        }
    }

    /// Every element moved one place along an axis; the place that becomes free holds `number`.
    private func moved(_ axis: Int, towardsEnd: Bool, filling number: Double) throws -> Variable {
        if shape.isEmpty { return Variable(try Tensor(number, dtype.computing)) }
        guard shape[axis] > 0 else { return self }
        var one = shape
        one[axis] = 1
        let edge = Variable(try Tensor.full(one, number, dtype.computing))
        let rest = try slice(axis, towardsEnd ? 0 : 1, shape[axis] - 1)
        return try .concatenate(towardsEnd ? [edge, rest] : [rest, edge], axis, for: "tensor.cumprod")
    }
}

extension Operation {
    static let cumprod = Operation(
        Declaration(
            "tensor.cumprod",
            """
            Along dim, the product up to and including each element; int64 of int64 and bool. Gradients are right at \
            zeros too.
            """,
            called: .both, by: .placesOrNames, takes: .x, .alongDim, returns: .tensor,
            errors: "a dimension that is not there", source: "torch.cumprod",
            example: "assert(tensor({1, 2, 3}):cumprod(1):tolist()[3] == 6)"
        ) { x, dim in try x.along(dim) { try $0.cumulativeProduct($1) } },
        inPlace: "1",
        cases: [
            LawCase("cumprod over rows", [.init([3, 2])]) { try $0[0].cumulativeProduct(0) },
            LawCase("cumprod over columns", [.init([2, 4])]) { try $0[0].cumulativeProduct(1) },
            LawCase("cumprod with zeros", [.init([2, 2]), .init([2, 2], 0...0)]) { inputs in
                try Variable.concatenate([inputs[0], inputs[1], inputs[0]], 1).cumulativeProduct(1)
            },
        ])
}
