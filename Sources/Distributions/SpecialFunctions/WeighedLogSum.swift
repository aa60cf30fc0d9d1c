import Autodiff
import RealModule
import Scripting
import Tensors

extension Variable {
    /// log Σ w e^l along the last axis, of weights w (self) and logarithms l that may be -inf: the slope by a weight is
    /// e^l over the sum, also where the weight is 0. Rows that no part reaches are -inf and have no slope.
    func weighedLogSum(_ logarithms: Variable) throws -> Variable {
        let operation = "distribution.weighed_log_sum"
        let shape = try Shape.broadcast(self.shape, logarithms.shape, for: operation)
        let sums = try weighedRows(logarithms, shape) { [Special.weighedLogSum($0, $1)] }
        return try .recorded(operation, [self, logarithms], sums.reshape(Array(shape.dropLast()))) { call in
            let (w, l) = (call.inputs[0], call.inputs[1])
            let flow = try call.cotangent.reshape(call.cotangent.shape + [1])
            let ratios = try w.weighedRatios(l)
            return [
                call.wanted[0] ? try (flow * ratios).summed(to: w.shape) : nil,
                call.wanted[1] ? try (flow * w.averaging(ratios)).summed(to: l.shape) : nil,
            ]
        }
    }

    /// e^l over Σ w e^l, each by its distance from the largest l: the logarithm of the sum may be so large that its
    /// difference from l has no digits.
    private func weighedRatios(_ logarithms: Variable) throws -> Variable {
        let operation = "distribution.weighed_ratios"
        let shape = try Shape.broadcast(self.shape, logarithms.shape, for: operation)
        let ratios = try weighedRows(logarithms, shape) { Special.weighedRatios($0, $1) }.reshape(shape)
        return try .recorded(operation, [self, logarithms], ratios, keeps: [.inputs, .outputs]) { call in
            let (w, l, ratios) = (call.inputs[0], call.inputs[1], call.outputs[0])
            let flow = try ratios.averaging(call.cotangent)
            let sum = try flow.sum([flow.shape.count - 1], keepingDimensions: true)
            return [
                call.wanted[0] ? try -(sum * ratios).summed(to: w.shape) : nil,
                call.wanted[1] ? try (flow - sum * w.averaging(ratios)).summed(to: l.shape) : nil,
            ]
        }
    }

    /// A function of the rows of weights (self) and logarithms, which gives as many numbers for each row.
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
    /// log Σ w e^l; a NaN anywhere makes it NaN.
    static func weighedLogSum(_ weights: ArraySlice<Double>, _ logarithms: ArraySlice<Double>) -> Double {
        let (peak, log) = weighedPeak(weights, logarithms)
        return peak.isFinite ? peak + log : peak
    }

    /// e^l over Σ w e^l: infinite for a part without weight beyond all others, 0 where there is no sum.
    ///
    /// Infinite logarithms have the sum to themselves, as if they were equal.
    static func weighedRatios(_ weights: ArraySlice<Double>, _ logarithms: ArraySlice<Double>) -> [Double] {
        let (peak, log) = weighedPeak(weights, logarithms)
        if peak.isNaN { return weights.map { _ in .nan } }
        if peak == -.infinity { return weights.map { _ in 0 } }
        return logarithms.map { l in Double.exp((l == peak ? 0 : l - peak) - log) }
    }

    /// The largest l that has a weight, and log Σ w e^(l - that).
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
        // Weights so small that a product with an exponential loses digits: their logarithms instead.
        var logs: [Double] = []
        for (w, l) in zip(weights, logarithms) where w > 0 { logs.append(Double.log(w) + distance(l)) }
        let top = logs.max() ?? 0
        return (peak, top + Double.log(logs.reduce(0) { $0 + Double.exp($1 - top) }))
    }
}
