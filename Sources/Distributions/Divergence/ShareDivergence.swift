import Autodiff
import RealModule
import Scripting
import Tensors

/// How a Categorical distribution is given, by weights or by logits. KL of two of them keeps its digits where they
/// nearly coincide and where one outcome has nearly all probability. Everything is along the last axis.
enum ShareForm: Sendable {
    case weights, logits

    /// For one row of each: log p_i - log q_i, and the divergence.
    func compare(_ p: [Double], _ q: [Double]) -> (ratios: [Double], divergence: Double) {
        self == .weights ? Special.compareWeights(p, q) : Special.compareLogits(p, q)
    }
}

extension Variable {
    /// KL(p || q) of rows of weights or logits, broadcast.
    static func shareDivergence(_ form: ShareForm, _ p: Variable, _ q: Variable) throws -> Variable {
        let (p, q) = try broadcastRows(p, q)
        let result = try Tensor.comparing(p.value, q.value) { [form.compare($0, $1).divergence] }
        let sums = try result.reshape(Array(p.shape.dropLast()))
        return try .recorded("distribution.share_divergence", [p, q], sums, keeps: [.inputs, .outputs]) { call in
            let (p, q) = (call.inputs[0], call.inputs[1])
            let cotangent = try call.cotangent.column
            let ratios = try shareRatios(form, p, q)
            let above = try ratios - call.outputs[0].column
            if form == .weights {
                // Outcomes of probability 0 under both are left out.
                let both = try p.indicator(q) { $0 == 0 && $1 == 0 }.complement()
                return [
                    call.wanted[0] ? try cotangent * above / p.sum([p.shape.count - 1], keepingDimensions: true) : nil,
                    call.wanted[1]
                        ? try -(cotangent * ratios.minusOneOfExponential() * both)
                            / q.sum([q.shape.count - 1], keepingDimensions: true) : nil,
                ]
            }
            let shares = try p.softmax(p.shape.count - 1)
            return [
                call.wanted[0] ? try cotangent * shares.weighing(above) : nil,
                call.wanted[1] ? try cotangent * shareGaps(p, q) : nil,
            ]
        }
    }

    private static func broadcastRows(_ p: Variable, _ q: Variable) throws -> (Variable, Variable) {
        let shape = try Shape.broadcast(p.shape, q.shape, for: "distribution.kl_divergence")
        return (try p.expand(shape), try q.expand(shape))
    }

    /// log p_i - log q_i for each outcome.
    static func shareRatios(_ form: ShareForm, _ p: Variable, _ q: Variable) throws -> Variable {
        let result = try Tensor.comparing(p.value, q.value) { form.compare($0, $1).ratios }
        return try .recorded("distribution.share_ratios", [p, q], result) { call in
            let (p, q, cotangent) = (call.inputs[0], call.inputs[1], call.cotangent)
            let last = [p.shape.count - 1]
            let sum = try cotangent.sum(last, keepingDimensions: true)
            if form == .weights {
                return [
                    try cotangent.share(of: p) - sum / p.sum(last, keepingDimensions: true),
                    try sum / q.sum(last, keepingDimensions: true) - cotangent.share(of: q),
                ]
            }
            return [try cotangent - p.softmax(last[0]) * sum, try q.softmax(last[0]) * sum - cotangent]
        }
    }

    /// q_i - p_i of logits.
    private static func shareGaps(_ p: Variable, _ q: Variable) throws -> Variable {
        let result = try Tensor.comparing(p.value, q.value) { p, q in
            let (ratios, own, other) = (Special.compareLogits(p, q).ratios, Special.logShares(p), Special.logShares(q))
            return p.indices.map { i in
                Swift.abs(ratios[i]) < 1
                    ? Double.exp(own[i]) * Double.expMinusOne(-ratios[i]) : Double.exp(other[i]) - Double.exp(own[i])
            }
        }
        return try .recorded("distribution.share_gaps", [p, q], result) { call in
            let last = call.inputs[0].shape.count - 1
            func pull(_ logits: Variable) throws -> Variable {
                let shares = try logits.softmax(last)
                return try shares * (call.cotangent - (shares * call.cotangent).sum([last], keepingDimensions: true))
            }
            return [try -pull(call.inputs[0]), try pull(call.inputs[1])]
        }
    }

    /// e^self - 1.
    func minusOneOfExponential() throws -> Variable {
        try pointwise("expm1", slope: { try $0.exp() }) { Double.expMinusOne($0) }
    }
}

extension Tensor {
    /// Applies `function` to each pair of rows of two tensors of one shape.
    fileprivate static func comparing(_ p: Tensor, _ q: Tensor, _ function: ([Double], [Double]) -> [Double]) throws
        -> Tensor
    {
        let (x, y, k) = (try p.toArray(), try q.toArray(), Swift.max(p.shape.last ?? 1, 1))
        var result: [Double] = []
        for start in stride(from: 0, to: x.count, by: k) {
            try Cancellation.check()
            result += function(Array(x[start..<start + k]), Array(y[start..<start + k]))
        }
        let width = x.isEmpty ? k : result.count / (x.count / k)
        return try Tensor(result, shape: Array(p.shape.dropLast()) + [width], p.dtype.promoted(with: q.dtype))
    }
}

extension Special {
    /// With r_i = (v_i / w_i) / (v_m / w_m) - 1 for p's likeliest outcome m, and μ = Σ p r: log p_i/q_i is
    /// log(1 + μ) - log(1 + r_i), and KL is Σ p (r - log(1 + r)) - (μ - log(1 + μ)). Distributions with a large μ are
    /// far apart.
    static func compareWeights(_ w: [Double], _ v: [Double]) -> (ratios: [Double], divergence: Double) {
        let total = w.reduce(0, +)
        func apart() -> (ratios: [Double], divergence: Double) {
            let (own, other) = (sumsOfOthers(w), sumsOfOthers(v))
            let ratios = w.indices.map {
                w[$0] == 0 && v[$0] == 0 ? 0 : logShareOf(w[$0], own[$0]) - logShareOf(v[$0], other[$0])
            }
            return (ratios, w.indices.reduce(0) { w[$1] == 0 ? $0 : $0 + w[$1] / total * ratios[$1] })
        }
        guard let m = w.indices.max(by: { w[$0] < w[$1] }), v[m] > 0 else { return apart() }
        let changes = w.indices.map { $0 == m ? (change: 0, log: 0) : meanRatio([w[m], v[m], w[$0], v[$0]]) }
        // p_i r_i for each outcome.
        let gains = w.indices.map { i in
            Swift.abs(changes[i].change) < 0.5
                ? w[i] / total * changes[i].change : (w[m] * (v[i] / v[m]) - w[i]) / total
        }
        let mu = gains.reduce(0, +)
        guard Swift.abs(mu) < 0.5 else { return apart() }
        let log = Double.log(onePlus: mu)
        var ratios = w
        var divergence = log1pmx(mu)
        for i in w.indices {
            if w[i] == 0 {
                ratios[i] = v[i] == 0 ? 0 : -.infinity
                divergence += gains[i]
                continue
            }
            ratios[i] = log - changes[i].log
            divergence +=
                Swift.abs(changes[i].change) < 0.5
                ? -(w[i] / total) * log1pmx(changes[i].change) : w[i] / total * -changes[i].log + gains[i]
        }
        return (ratios, Swift.max(divergence, 0))
    }

    /// Logits relative to that of p's likeliest outcome m: KL = log Σ p e^d - Σ p d for d_i = (k_i - k_m) - (l_i -
    /// l_m).
    static func compareLogits(_ l: [Double], _ k: [Double]) -> (ratios: [Double], divergence: Double) {
        let (own, other) = (logShares(l), logShares(k))
        func apart() -> (ratios: [Double], divergence: Double) {
            let ratios = l.indices.map { own[$0] == other[$0] ? 0 : own[$0] - other[$0] }
            return (
                ratios,
                l.indices.reduce(0) { own[$1] == -.infinity ? $0 : $0 + weighed(Double.exp(own[$1]), ratios[$1]) }
            )
        }
        guard let m = l.indices.max(by: { l[$0] < l[$1] }), k[m].isFinite else { return apart() }
        let d = l.indices.map { l[$0] == k[$0] ? l[m] - k[m] : (k[$0] - l[$0]) - (k[m] - l[m]) }
        let p = own.map { Double.exp($0) }
        // p e^d.
        let moved = l.indices.map { Double.exp(own[m] + (k[$0] - k[m])) }
        let gains = l.indices.map { Swift.abs(d[$0]) < 0.5 ? p[$0] * Double.expMinusOne(d[$0]) : moved[$0] - p[$0] }
        let mean = gains.reduce(0, +)
        guard Swift.abs(mean) < 0.5 else { return apart() }
        let bend = l.indices.reduce(0) {
            $0 + (Swift.abs(d[$1]) < 0.5 ? p[$1] * expm1mx(d[$1]) : gains[$1] - weighed(p[$1], d[$1]))
        }
        let log = Double.log(onePlus: mean)
        return (
            l.indices.map { l[$0] == -.infinity && k[$0] == -.infinity ? 0 : log - d[$0] },
            Swift.max(log1pmx(mean) + bend, 0)
        )
    }

    /// p x, and 0 where p is 0.
    private static func weighed(_ p: Double, _ x: Double) -> Double { p == 0 ? 0 : p * x }
}
