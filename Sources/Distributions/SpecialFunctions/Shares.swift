import Autodiff
import RealModule
import Scripting
import Tensors

/// Shares w_i / Σ w along the last axis and functions of them, computed without 1 - share, which has no digits where
/// one outcome has nearly all: log(1 / (1 + 1e-20)) is -1e-20, not 0.
extension Variable {
    /// For every element the sum of the other elements of its row.
    func sumOfOthers() throws -> Variable {
        let result = try value.rows("distribution.sum_of_others") { Special.sumsOfOthers($0) }
        return try .recorded("distribution.sum_of_others", [self], result) { [try $0.cotangent.sumOfOthers()] }
    }

    /// self / (self + others); derivatives do not subtract a share from 1.
    func share(besides others: Variable) throws -> Variable {
        try pairwise(
            "share", others,
            slopes: ({ try $1.share(besides: $0) / ($0 + $1) }, { try -$0.share(besides: $1) / ($0 + $1) })
        ) { $0 / ($0 + $1) }
    }

    /// log(w / (w + others)) of weights w; where w is 0, -inf with an infinite derivative.
    static func logShare(_ w: Variable, besides others: Variable) throws -> Variable {
        let leads = try w.indicator(others) { $0 > $1 }
        let most = try -(others / w.choose(leads, w.constant(1))).log1p()
        return try most.choose(leads, w.log() - (w + others).log())
    }

    /// Log-probabilities of logits: log-softmax along the last axis.
    func logShares() throws -> Variable {
        let result = try value.rows("distribution.log_shares") { Special.logShares($0) }
        return try .recorded("distribution.log_shares", [self], result) { call in
            let shares = try call.inputs[0].shares()
            return [try call.cotangent * shares.sumOfOthers() - shares * call.cotangent.sumOfOthers()]
        }
    }

    /// softmax along the last axis.
    private func shares() throws -> Variable { try softmax(shape.count - 1) }

    /// The entropy of weights along the last axis; the derivative by a weight of 0 is +inf.
    func entropyOfWeights() throws -> Variable {
        let result = try value.rowSums("distribution.weights_entropy") { Special.entropyOfWeights($0) }
        return try .recorded("distribution.weights_entropy", [self], result, keeps: .inputs) { call in
            // Relative to the largest weight, which is accurate where the weights are nearly equal.
            let w = call.inputs[0]
            let above = try Variable.logQuotient(w, Variable.peak(w))
            let total = try w.sum([w.shape.count - 1], keepingDimensions: true)
            let mean = try (w / total).weighing(above).sum([w.shape.count - 1], keepingDimensions: true)
            return [try call.cotangent.column * (mean - above) / total]
        }
    }

    /// The entropy of softmax(self) along the last axis.
    func entropyOfLogits() throws -> Variable {
        let result = try value.rowSums("distribution.logits_entropy") { Special.entropyOfLogits($0) }
        return try .recorded("distribution.logits_entropy", [self], result) { call in
            let shares = try call.inputs[0].shares()
            let above = try call.inputs[0] - Variable.peak(call.inputs[0])
            let mean = try shares.weighing(above).sum([above.shape.count - 1], keepingDimensions: true)
            return [try -(call.cotangent.column * shares.weighing(above - mean))]
        }
    }

    /// The largest element of each row, with an axis of extent 1; not recorded.
    private static func peak(_ x: Variable) throws -> Variable {
        try Variable(x.value.extremum(x.shape.count - 1, largest: true, for: "distribution:entropy").values)
            .reshape(Array(x.shape.dropLast()) + [1])
    }

    /// Reshaped with an axis of extent 1 at the end.
    var column: Variable { get throws { try reshape(shape + [1]) } }
}

extension Tensor {
    /// Applies to each row (last axis) a function that returns a row of the same length.
    func rows(_ operation: String, _ function: ([Double]) -> [Double]) throws -> Tensor {
        let (all, k) = (try toArray(), max(shape.last ?? 1, 1))
        var result: [Double] = []
        result.reserveCapacity(all.count)
        for start in stride(from: 0, to: all.count, by: k) {
            try Cancellation.check()
            result += function(Array(all[start..<start + k]))
        }
        return try Tensor(result, shape: shape, dtype.computing)
    }

    /// Applies to each row (last axis) a function that returns one number.
    func rowSums(_ operation: String, _ function: ([Double]) -> Double) throws -> Tensor {
        let (all, k) = (try toArray(), max(shape.last ?? 1, 1))
        let sums = try stride(from: 0, to: all.count, by: k).map { start in
            try Cancellation.check()
            return function(Array(all[start..<start + k]))
        }
        return try Tensor(sums, shape: Array(shape.dropLast()), dtype.computing)
    }
}

extension Special {
    /// The sum of all but the i-th, from the sums before and after it.
    static func sumsOfOthers(_ row: [Double]) -> [Double] {
        var result = row
        var sum = 0.0
        for i in row.indices { (result[i], sum) = (sum, sum + row[i]) }
        sum = 0
        for i in row.indices.reversed() { (result[i], sum) = (result[i] + sum, sum + row[i]) }
        return result
    }

    /// log(w / (w + others)).
    static func logShareOf(_ w: Double, _ others: Double) -> Double {
        w > others ? -Double.log(onePlus: others / w) : Double.log(w) - Double.log(w + others)
    }

    /// Log-softmax relative to the largest logit, whose own value is -log(1 + Σ of the others' exponentials).
    static func logShares(_ logits: [Double]) -> [Double] {
        guard let peak = logits.indices.max(by: { logits[$0] < logits[$1] }), logits[peak].isFinite else {
            return logits.map { _ in .nan }
        }
        let others = logits.indices.reduce(0.0) { $1 == peak ? $0 : $0 + Double.exp(logits[$1] - logits[peak]) }
        let total = Double.log(onePlus: others)
        return logits.map { ($0 - logits[peak]) - total }
    }

    static func entropyOfWeights(_ weights: [Double]) -> Double {
        let total = weights.reduce(0, +)
        return zip(weights, sumsOfOthers(weights)).reduce(0) {
            $1.0 == 0 ? $0 : $0 - $1.0 / total * logShareOf($1.0, $1.1)
        }
    }

    static func entropyOfLogits(_ logits: [Double]) -> Double {
        logShares(logits).reduce(0) { $1 == -.infinity ? $0 : $0 - Double.exp($1) * $1 }
    }
}
