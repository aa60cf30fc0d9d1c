import Autodiff
import RealModule
import Scripting
import Tensors

extension Variable {
    /// log Σ w e^l along the last axis, of weights w (self) and logarithms l that may be -inf. The derivative by a
    /// weight is e^l / Σ w e^l, also where the weight is 0. Rows without a part above 0 are -inf and have gradient 0.
    func weighedLogSum(_ logarithms: Variable) throws -> Variable {
        let operation = "distribution.weighed_log_sum"
        let shape = try Shape.broadcast(self.shape, logarithms.shape, for: operation)
        let sums = try weighedRows(logarithms, shape) { [Special.weighedLogSum($0, $1)] }
        return try .recorded(operation, [self, logarithms], sums.reshape(Array(shape.dropLast()))) { call in
            let (w, l) = (call.inputs[0], call.inputs[1])
            let cotangent = try call.cotangent.reshape(call.cotangent.shape + [1])
            return [
                call.wanted[0] ? try (cotangent * w.weighedRatios(l)).summed(to: w.shape) : nil,
                call.wanted[1] ? try (cotangent * w.weighedShares(l)).summed(to: l.shape) : nil,
            ]
        }
    }

    /// e^l / Σ w e^l, with each l relative to the largest: the logarithm of the sum may be so large that subtracting it
    /// from l would leave no digits.
    private func weighedRatios(_ logarithms: Variable) throws -> Variable {
        let operation = "distribution.weighed_ratios"
        let shape = try Shape.broadcast(self.shape, logarithms.shape, for: operation)
        let ratios = try weighedRows(logarithms, shape) { Special.weighedRatios($0, $1) }.reshape(shape)
        return try .recorded(operation, [self, logarithms], ratios, keeps: [.inputs, .outputs]) { call in
            let (w, l, ratios) = (call.inputs[0], call.inputs[1], call.outputs[0])
            let last = [shape.count - 1]
            func byWeights() throws -> Variable {
                try -(ratios.averaging(call.cotangent).sum(last, keepingDimensions: true) * ratios)
            }
            // Adding a multiple of the weights to the cotangent changes nothing. The multiple that makes it 0 at the
            // largest share is subtracted, so that nothing cancels where one part has nearly the whole sum.
            func byLogarithms() throws -> Variable {
                let shares = try w.averaging(ratios)
                let leads = try shares.leads()
                let weight = try w.expand(shape).only(leads)
                let multiple = try call.cotangent.only(leads) / weight.choose(weight, weight.constant(1))
                let rest = try (call.cotangent - w * multiple).besides(leads)
                let cotangent = try ratios.averaging(rest)
                return try cotangent - cotangent.sum(last, keepingDimensions: true) * shares
            }
            return [
                call.wanted[0] ? try byWeights().summed(to: w.shape) : nil,
                call.wanted[1] ? try byLogarithms().summed(to: l.shape) : nil,
            ]
        }
    }

    /// w e^l / Σ w e^l, 0 for weight 0. Derivatives use cotangents minus that of the largest share: 1 - share has no
    /// digits for a share near 1.
    private func weighedShares(_ logarithms: Variable) throws -> Variable {
        let shares = try GradMode.$isEnabled.withValue(false) { try averaging(weighedRatios(logarithms)) }
        let operation = "distribution.weighed_shares"
        return try .recorded(operation, [self, logarithms], shares.value, keeps: [.inputs, .outputs]) { call in
            let (w, l, shares) = (call.inputs[0], call.inputs[1], call.outputs[0])
            let leads = try shares.leads()
            let away = try (call.cotangent - call.cotangent.only(leads)).besides(leads)
            let own = try away - shares.averaging(away).sum([shares.shape.count - 1], keepingDimensions: true)
            func byWeights() throws -> Variable {
                let ratios = try w.weighedRatios(l)
                let some = try w.indicator(ratios) { weight, ratio in weight != 0 || ratio.isFinite }
                return try ratios.choose(some, ratios.constant(0)).averaging(own)
            }
            return [
                call.wanted[0] ? try byWeights().summed(to: w.shape) : nil,
                call.wanted[1] ? try shares.averaging(own).summed(to: l.shape) : nil,
            ]
        }
    }

    /// 1 at the (first) largest element of each row, 0 elsewhere; not recorded.
    private func leads() throws -> Variable {
        Variable(
            try value.rows("distribution.leads") { row in
                let largest = row.max().flatMap { row.firstIndex(of: $0) }
                return row.indices.map { $0 == largest ? 1 : 0 }
            })
    }

    /// The element of each row that the mask selects, with an axis of extent 1.
    private func only(_ mask: Variable) throws -> Variable {
        try choose(mask, constant(0)).sum([mask.shape.count - 1], keepingDimensions: true)
    }

    /// self, with 0 where the mask is 1.
    private func besides(_ mask: Variable) throws -> Variable { try constant(0).choose(mask, self) }

    /// Applies a function to rows of weights (self) and logarithms that returns as many numbers per row.
    private func weighedRows(
        _ logarithms: Variable, _ shape: [Int], _ function: (ArraySlice<Double>, ArraySlice<Double>) -> [Double]
    ) throws -> Tensor {
        let k = shape.last ?? 0
        let (w, l) = (try value.expand(shape).toArray(), try logarithms.value.expand(shape).toArray())
        var result: [Double] = []
        for row in 0..<(k == 0 ? 0 : w.count / k) {
            if row & 0xfff == 0 { try Cancellation.check() }
            result += function(w[row * k..<(row + 1) * k], l[row * k..<(row + 1) * k])
        }
        return try Tensor(result, shape: [result.count], dtype.promoted(with: logarithms.dtype))
    }
}

extension Special {
    /// log Σ w e^l; NaN if there is a NaN.
    static func weighedLogSum(_ weights: ArraySlice<Double>, _ logarithms: ArraySlice<Double>) -> Double {
        let (peak, log) = weighedPeak(weights, logarithms)
        return peak.isFinite ? peak + log : peak
    }

    /// e^l / Σ w e^l; infinite for a part of weight 0 whose l exceeds all others by too much, 0 where the sum is 0.
    ///
    /// Infinite logarithms count as equal and make up the whole sum.
    static func weighedRatios(_ weights: ArraySlice<Double>, _ logarithms: ArraySlice<Double>) -> [Double] {
        let (peak, log) = weighedPeak(weights, logarithms)
        if peak.isNaN { return weights.map { _ in .nan } }
        if peak == -.infinity { return weights.map { _ in 0 } }
        return logarithms.map { l in Double.exp((l == peak ? 0 : l - peak) - log) }
    }

    /// The largest l with a weight above 0, and log Σ w e^(l - largest).
    private static func weighedPeak(
        _ weights: ArraySlice<Double>, _ logarithms: ArraySlice<Double>
    ) -> (peak: Double, log: Double) {
        var peak = -Double.infinity
        for (w, l) in zip(weights, logarithms) {
            if w.isNaN || l.isNaN { return (.nan, .nan) }
            if w > 0 { peak = max(peak, l) }
        }
        if peak == -.infinity { return (peak, 0) }
        func distance(_ l: Double) -> Double { l == peak ? 0 : l - peak }
        var sum = 0.0
        for (w, l) in zip(weights, logarithms) where w > 0 { sum += w * Double.exp(distance(l)) }
        if sum > 1e-280 { return (peak, Double.log(sum)) }
        // Weights so small that their products lose digits: logarithms are added instead.
        var logs: [Double] = []
        for (w, l) in zip(weights, logarithms) where w > 0 { logs.append(Double.log(w) + distance(l)) }
        let top = logs.max() ?? 0
        return (peak, top + Double.log(logs.reduce(0) { $0 + Double.exp($1 - top) }))
    }
}
