import Scripting

extension Operation {
    /// Every operation, in the order `luaflow doc tensor` lists them. A new one is a file and a line here.
    public static let catalogue: [Operation] = [
        add, sub, mul, div, pow, neg,
        exp, log, log1p, expm1, sqrt,
        sin, cos, tan, tanh,
        sigmoid, softplus, relu, erf,
        abs, sign, floor, round,
        eq, ne, lt, le, gt, ge,
        maximum, minimum, clamp, `where`, maskedFill,
        sum, mean, `var`, std, prod, max, min, argmax, argmin, logsumexp, softmax, norm,
        reshape, view, permute, transpose, t, flatten, squeeze, unsqueeze, expand, clone, contiguous, to, double, float, long, bool,
        cat, stack, split, chunk,
        gather, indexSelect, maskedSelect,
        cumsum, sort, topk, flip, roll, tril, triu, diag,
        conv2d,
        inverse, solve, det, slogdet, cholesky, lu, qr, svd, eigh,
        matmul, mv, dot, outer, linear,
    ]
}
