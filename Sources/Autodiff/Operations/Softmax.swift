import Scripting
import Tensors

extension Variable {
    /// e^x over its sum along an axis. Not e^(log softmax), which would magnify rounding of the logarithm.
    public func softmax(_ axis: Int) throws -> Variable {
        let operation = "tensor.softmax"
        try value.check(axis: axis, for: operation)
        guard value.count > 0 else { return try clone().converted(to: dtype.computing) }
        return try .recorded(operation, self, value.softmax(axis, for: operation), keeps: .outputs) { call in
            let weighed = try call.outputs[0] * call.cotangent
            return [try weighed - call.outputs[0] * weighed.sum([axis], keepingDimensions: true)]
        }
    }

    /// The logarithm of ``softmax(_:)``, from differences to the largest element, which keep their digits.
    public func logSoftmax(_ axis: Int) throws -> Variable {
        let operation = "tensor.log_softmax"
        try value.check(axis: axis, for: operation)
        guard value.count > 0 else { return try clone().converted(to: dtype.computing) }
        let result = try GradMode.$isEnabled.withValue(false) {
            let below = try self - Variable(value.peak([axis], largest: true, for: operation))
            return try below - below.exp().sum([axis], keepingDimensions: true).log()
        }
        return try .recorded(operation, self, result.value, keeps: .outputs) { call in
            [try call.cotangent - call.outputs[0].exp() * call.cotangent.sum([axis], keepingDimensions: true)]
        }
    }
}

extension Operation {
    static let softmax = Operation(
        Declaration(
            "tensor.softmax", "e^x divided by its sum along dim, without overflow.", called: .both, by: .placesOrNames,
            takes: .x, .alongDim, returns: .tensor, errors: "a dimension that is not there", source: "torch.softmax",
            example: "assert(tensor({0, 0}):softmax(1):tolist()[1] == 0.5)"
        ) { x, dim in try x.along(dim) { try $0.softmax($1) } },
        cases: [LawCase("softmax", [.init([2, 3])]) { try $0[0].softmax(1) }])
}
