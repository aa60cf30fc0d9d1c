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
        let k = shape.last ?? 0
        let (w, l) = (try value.expand(shape).toArray(), try logarithms.value.expand(shape).toArray())
        var sums = [Double](repeating: -.infinity, count: k == 0 ? 0 : w.count / k)
        for row in sums.indices {
            if row & 0xfff == 0 { try Cancellation.check() }
            sums[row] = Special.weighedLogSum(w[row * k..<(row + 1) * k], l[row * k..<(row + 1) * k])
        }
        let result = try Tensor(sums, shape: Array(shape.dropLast()), dtype.promoted(with: logarithms.dtype))
        return try .recorded(operation, [self, logarithms], result, keeps: [.inputs, .outputs]) { call in
            let (w, l) = (call.inputs[0], call.inputs[1])
            let sum = try call.outputs[0].reshape(call.outputs[0].shape + [1])
            let flow = try call.cotangent.reshape(call.cotangent.shape + [1])
            let reached = try sum.indicator { $0 != -.infinity }
            let ratio = try (l - sum.choose(reached, sum.constant(0))).exp()
            // A part without weight may be infinitely many times the sum.
            let some = try w.indicator { $0 != 0 }
            return [
                call.wanted[0] ? try (flow * ratio.choose(reached, ratio.constant(0))).summed(to: w.shape) : nil,
                call.wanted[1] ? try (flow * (w * ratio.choose(some, ratio.constant(0)))).summed(to: l.shape) : nil,
            ]
        }
    }
}

extension Special {
    /// log Σ w e^l; a NaN anywhere makes it NaN.
    static func weighedLogSum(_ weights: ArraySlice<Double>, _ logarithms: ArraySlice<Double>) -> Double {
        var peak = -Double.infinity
        for (w, l) in zip(weights, logarithms) {
            if w.isNaN || l.isNaN { return .nan }
            if w > 0 { peak = max(peak, l) }
        }
        guard peak.isFinite else { return peak }
        var sum = 0.0
        for (w, l) in zip(weights, logarithms) where w > 0 { sum += w * Double.exp(l - peak) }
        return peak + Double.log(sum)
    }
}
