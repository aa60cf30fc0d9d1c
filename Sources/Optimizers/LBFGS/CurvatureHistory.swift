import Tensors

/// The last steps s and the changes y of the gradient over them, from which L-BFGS approximates the inverse Hessian.
struct CurvatureHistory {
    struct Pair {
        /// The change of the gradient (PyTorch's `old_dirs`).
        let y: Tensor
        /// The step (PyTorch's `old_stps`).
        let s: Tensor
        /// 1 / (y . s)
        let rho: Double
    }

    let capacity: Int
    private(set) var pairs: [Pair] = []
    /// The initial inverse Hessian is this times the identity: s . y / y . y of the last pair.
    private(set) var scale = 1.0

    init(capacity: Int) {
        self.capacity = capacity
    }

    init(capacity: Int, pairs: [Pair], scale: Double) {
        (self.capacity, self.pairs, self.scale) = (capacity, Array(pairs.suffix(capacity)), scale)
    }

    /// Remembers a pair, unless its curvature is not positive enough to keep the inverse Hessian positive definite.
    mutating func add(y: Tensor, s: Tensor) throws {
        let ys = try y.dot(s)
        guard ys > 1e-10 else { return }
        if pairs.count == capacity { pairs.removeFirst() }
        pairs.append(Pair(y: y, s: s, rho: 1 / ys))
        scale = try ys / y.dot(y)
    }

    /// -H g by the two-loop recursion (Nocedal and Wright, algorithm 7.4), without forming H.
    func direction(against gradient: Tensor) throws -> Tensor {
        var q = try gradient.times(-1)
        var alphas = [Double](repeating: 0, count: pairs.count)
        for (i, pair) in pairs.enumerated().reversed() {
            alphas[i] = try pair.s.dot(q) * pair.rho
            try q.add(inPlace: pair.y, scale: -alphas[i])
        }
        q = try q.times(scale)
        for (i, pair) in pairs.enumerated() {
            let beta = try pair.y.dot(q) * pair.rho
            try q.add(inPlace: pair.s, scale: alphas[i] - beta)
        }
        return q
    }
}
