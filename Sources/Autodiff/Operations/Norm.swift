import Scripting
import Tensors

extension Variable {
    /// The p-norm over axes (by default all): (sum |x|^p)^(1/p); p may be 0 (the number of non-zeros) or +-infinity.
    ///
    /// Gradients at 0 are PyTorch's subgradients: 0 for an element at 0, and for all where the norm is 0.
    public func norm(_ p: Double = 2, _ axes: [Int]? = nil, keepingDimensions keep: Bool = false) throws -> Variable {
        if !dtype.isFloating { return try converted(to: .float32).norm(p, axes, keepingDimensions: keep) }
        switch p {
        case 1: return try abs().sum(axes, keepingDimensions: keep)
        case 0: return try nonZero().sum(axes, keepingDimensions: keep)
        case .infinity: return try abs().extremes(axes, largest: true, keepingDimensions: keep, for: "tensor.norm")
        case -.infinity: return try abs().extremes(axes, largest: false, keepingDimensions: keep, for: "tensor.norm")
        default: return try powerNorm(p, axes ?? Array(shape.indices), keep)
        }
    }

    /// 1 where an element is not 0, else 0; the gradient is 0.
    private func nonZero() throws -> Variable {
        try .recorded("tensor.norm", self, mask(NotEqual(), 0).value.cast(dtype.computing), keeps: .nothing) { call in
            [Variable(try Tensor.zeros(call.inputs[0].shape, call.inputs[0].dtype.computing))]
        }
    }

    /// The norm for a finite p other than 0. Its gradient is sign(x) (|x| / norm)^(p - 1): quotients, which do not
    /// over- or underflow.
    private func powerNorm(_ p: Double, _ axes: [Int], _ keep: Bool) throws -> Variable {
        let operation = "tensor.norm"
        let result: Variable = try .recorded(operation, self, value.norm(p, axes), keeps: [.inputs, .outputs]) { call in
            let (x, length) = (call.inputs[0], call.outputs[0])
            let none = try length.mask(Equal(), 0)
            let divisor = try length.masked(where: none, 1)
            // Divided by the norm itself, so that second derivatives at 0, which do not exist, are NaN as in PyTorch.
            if p == 2 { return [try call.cotangent * (x / length).masked(where: none, 0)] }
            // An element 0 has sign 0; its quotient is replaced by 1, so that 0 times infinity does not occur.
            let share = try (x.abs() / divisor).masked(where: x.mask(Equal(), 0), 1)
            let slope = try share.pow(p - 1) * x.sign()
            return [try call.cotangent * slope.masked(where: none, 0)]
        }
        return keep ? result : try result.dropping(axes)
    }

    /// The sum of the singular values of matrices in two axes (by default those of a single matrix).
    public func nuclearNorm(_ axes: [Int]? = nil, keepingDimensions keep: Bool = false) throws -> Variable {
        let axes = axes ?? Array(shape.indices)
        guard axes.count == 2 else {
            throw ScriptError(
                "tensor.norm",
                "p = \"nuc\" is of matrices: a matrix or two dimensions expected, got shape \(Shape.describe(shape))"
                    + " and \(axes.count) dimension\(axes.count == 1 ? "" : "s")")
        }
        let others = shape.indices.filter { !axes.contains($0) }
        let sum = try permute(others + axes).svd().s.sum([others.count])
        return keep ? try sum.reshape(shape.indices.map { axes.contains($0) ? 1 : shape[$0] }) : sum
    }
}

/// Which norm: a p-norm, or one of the singular values.
private enum NormOrder {
    case power(Double)
    case nuclear
}

extension Domain<NormOrder> {
    fileprivate static var order: Domain {
        let type = ScriptType.either([.number, .choice(["fro", "nuc"])])
        let expected = "a number, \"fro\" or \"nuc\""
        return Domain(type, expected: expected, show: { if case .power(let p) = $0 { shown(p) } else { "\"nuc\"" } }) {
            value in
            switch value {
            case .string("fro"): return .power(2)
            case .string("nuc"): return .nuclear
            case .table:
                throw Fault(
                    """
                    a number (dimensions come second, x:norm(2, dim), or by name, x:norm{dim = 1}) expected, got \
                    \(value.shown)
                    """)
            default: return value.asNumber.flatMap { $0.isNaN ? nil : .power($0) }
            }
        }
    }
}

extension Operation {
    static let norm = Operation(
        Declaration(
            "tensor.norm",
            """
            The p-norm, (sum |x|^p)^(1/p), of all elements or along dim: x:norm(1) is the 1-norm of everything, \
            x:norm{dim = 1} the 2-norm along dimension 1. Right also where the powers overflow or vanish. The gradient \
            at 0 is 0.
            """,
            called: .both, by: .placesOrNames,
            takes: .x,
            .argument(
                "p", .order, default: .power(2),
                """
                any number, 0 (how many are not 0) and +-infinity among them, "fro" (the 2-norm) or, of matrices, \
                "nuc" (the sum of the singular values)
                """),
            .dim, .keepdim, returns: .tensor,
            errors: "a dimension that is not there; p = \"nuc\" of anything but matrices", source: "torch.norm",
            example: """
                assert(tensor({3, 4}):norm():item() == 5 and tensor({{3, -4}}):norm(1):item() == 7)
                assert(tensor({{3, 4}, {6, 8}}):norm(2, 2):tolist()[2] == 10)
                """
        ) { x, order, dim, keep in
            let axes = try x.axes(dim)
            switch order {
            case .power(let p): return try x.norm(p, axes, keepingDimensions: keep)
            case .nuclear: return try x.nuclearNorm(axes, keepingDimensions: keep)
            }
        },
        cases: [
            LawCase("norm", [.init([2, 3])]) { try $0[0].norm() },
            LawCase("norm 2 over columns", [.init([2, 3, 2])]) { try $0[0].norm(2, [1, 0], keepingDimensions: true) },
            LawCase("norm 3 over rows", [.init([2, 3])]) { try $0[0].norm(3, [0]) },
            LawCase("norm 1.5", [.init([4], 0.3...2)]) { try $0[0].norm(1.5) },
            LawCase("norm 0.5 of negative ones", [.init([4], -2 ... -0.3)]) { try $0[0].norm(0.5) },
            LawCase("norm -2", [.init([4], 0.3...2)]) { try $0[0].norm(-2) },
            LawCase("norm 1", [.init([4], 0.3...2)]) { try $0[0].norm(1) },
            LawCase("norm inf", [.init([4], 0.3...2)]) { try $0[0].norm(.infinity) },
            LawCase("norm -inf", [.init([4], 0.3...2)]) { try $0[0].norm(-.infinity) },
            LawCase("nuclear norm", [.init([2, 3])]) { try $0[0].nuclearNorm() },
            LawCase("nuclear norm of several", [.init([2, 2, 3])]) {
                try $0[0].nuclearNorm([2, 0], keepingDimensions: true)
            },
        ])
}
