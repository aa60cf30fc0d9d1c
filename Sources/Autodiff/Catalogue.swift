import Scripting

extension Operation {
    /// A group of operations in `luaflow doc tensor`.
    struct Section: Sendable {
        let title: String
        let operations: [Operation]

        init(_ title: String, _ operations: [Operation]) { (self.title, self.operations) = (title, operations) }
    }

    /// Every operation, in the order of the documentation. A new one is a file and a line here.
    static let sections: [Section] = [
        Section("Arithmetic", [add, sub, mul, div, floorDivide, remainder, fmod, pow, neg]),
        Section(
            "Functions of every element",
            [
                exp, log, log1p, expm1, sqrt,
                sin, cos, tan, asin, acos, atan, atan2,
                sinh, cosh, tanh, asinh, acosh, atanh,
                sigmoid, softplus, relu, erf,
                abs, sign, floor, round,
            ]),
        Section(
            "Comparison and choice",
            [eq, ne, lt, le, gt, ge, maximum, minimum, clamp, `where`, maskedFill]),
        Section(
            "Reductions",
            [
                sum, mean, `var`, std, prod, max, min, argmax, argmin, median, quantile, logsumexp, softmax, logSoftmax,
                norm,
            ]),
        Section(
            "Shapes, copies and types",
            [
                reshape, view, permute, transpose, t, flatten, squeeze, unsqueeze, expand, clone, contiguous, to,
                double,
                float, long, bool,
            ]),
        Section("Joining and splitting", [cat, stack, split, chunk]),
        Section(
            "Picking and order",
            [
                gather, indexSelect, maskedSelect, scatter, scatterAdd, cumsum, cumprod, sort, topk, flip, roll, tril,
                triu, diag, meshgrid,
            ]),
        Section(
            "Linear algebra",
            [
                inverse, pinv, solve, solveTriangular, lstsq, det, slogdet, trace, cholesky, lu, qr, svd, eigh, matmul,
                bmm, mv,
                dot, outer, einsum,
            ]),
        Section("Layers", [conv2d, linear]),
    ]

    /// All operations, in the order of the sections.
    public static let catalogue: [Operation] = sections.flatMap(\.operations)
}
