import Autodiff
import RealModule
import Scripting
import Tensors

/// Integrates dx/dt = f(t, x) by the Dormand-Prince method of order 5 with an error estimate of order 4 (Dormand and
/// Prince 1980), whose steps are as long as the tolerances allow.
///
/// Each step's error is at most atol + rtol max(|x before|, |x after|), in every element. Steps are recorded on the
/// tape as they are taken: gradients are those of the numbers that were computed, with the steps' lengths held fixed.
struct DormandPrince {
    var atol = 1e-6
    var rtol = 1e-5
    /// Where more steps are needed, the field is too stiff for an explicit method: an error.
    static let mostSteps = 1_000

    private static let nodes = [0, 1.0 / 5, 3.0 / 10, 4.0 / 5, 8.0 / 9, 1, 1]
    private static let weights: [[Double]] = [
        [],
        [1.0 / 5],
        [3.0 / 40, 9.0 / 40],
        [44.0 / 45, -56.0 / 15, 32.0 / 9],
        [19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729],
        [9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656],
        // The weights of the step of order 5.
        [35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84],
    ]
    /// The step of order 5 minus that of order 4.
    private static let error = [
        35.0 / 384 - 5179.0 / 57600, 0, 500.0 / 1113 - 7571.0 / 16695, 125.0 / 192 - 393.0 / 640,
        92097.0 / 339200 - 2187.0 / 6784, 11.0 / 84 - 187.0 / 2100, -1.0 / 40,
    ]

    /// x at the time `end`, from x at `start`.
    /// - Parameter field: dx/dt of several tensors at once, such as a point and its log-determinant.
    func integrate(
        _ field: (_ time: Double, [Variable]) throws -> [Variable], _ start: [Variable], from begin: Double,
        to end: Double,
        for operation: String
    ) throws -> [Variable] {
        var (state, time) = (start, begin)
        var length = end - begin
        var first: [Variable]?
        // Tolerances far below rounding would refuse every step until its length is 0.
        let rounding = start.contains { $0.dtype == .float32 } ? Double(Float.ulpOfOne) : Double.ulpOfOne
        guard atol + rtol > 1e-6 * rounding else { throw stuck(begin, length, operation) }
        for _ in 0..<DormandPrince.mostSteps {
            guard time != end else { return state }
            let isLast = abs(length) >= abs(end - time)
            if isLast { length = end - time }
            // A step so short that the time does not change is refused.
            guard time + length != time || isLast else { throw stuck(time, length, operation) }
            let slopes = try stages(field, state, time, length, first: first)
            let next = try combined(state, slopes, DormandPrince.weights[6], length)
            let last = try field(time + length, next)
            let ratio = try worst(slopes + [last], state, next, length)
            guard ratio.isFinite || abs(length) > 1e-10 else { throw stuck(time, length, operation) }
            let isTaken = ratio < 1
            if isTaken {
                (state, time, first) = (next, isLast ? end : time + length, last)
            } else {
                first = slopes[0]
            }
            length *= ratio.isFinite ? min(10, max(0.1, 0.9 / DormandPrince.root(max(ratio, 1e-9)))) : 0.1
        }
        throw ScriptError(
            operation,
            "more than \(DormandPrince.mostSteps) steps, at t = \(shown(time)): the field is too stiff for atol = "
                + "\(shown(atol)), rtol = \(shown(rtol))"
        )
    }

    private static func root(_ x: Double) -> Double { Double.pow(x, 0.2) }

    private func stuck(_ time: Double, _ length: Double, _ operation: String) -> ScriptError {
        ScriptError(
            operation,
            """
            no step from t = \(shown(time)) meets atol = \(shown(atol)), rtol = \(shown(rtol)) (the last was \
            \(shown(length)) long): parameters that are not finite, a stiff field, or tolerances below the type's \
            rounding
            """)
    }

    private func stages(
        _ field: (Double, [Variable]) throws -> [Variable], _ state: [Variable], _ time: Double, _ length: Double,
        first: [Variable]?
    ) throws -> [[Variable]] {
        var slopes = [try first ?? field(time, state)]
        for stage in 1..<6 {
            let point = try combined(state, slopes, DormandPrince.weights[stage], length)
            slopes.append(try field(time + DormandPrince.nodes[stage] * length, point))
        }
        return slopes
    }

    /// state + length x weighted sum of the slopes.
    private func combined(
        _ state: [Variable], _ slopes: [[Variable]], _ weights: [Double], _ length: Double
    ) throws -> [Variable] {
        try state.indices.map { part in
            var value = state[part]
            for (weight, slope) in zip(weights, slopes) where weight != 0 {
                value = try value + slope[part] * (length * weight)
            }
            return value
        }
    }

    /// The largest quotient of error and tolerance over all elements.
    private func worst(
        _ slopes: [[Variable]], _ state: [Variable], _ next: [Variable], _ length: Double
    ) throws -> Double {
        try GradMode.$isEnabled.withValue(false) {
            var result = 0.0
            for part in state.indices where state[part].value.count > 0 {
                var error = try slopes[0][part] * DormandPrince.error[0]
                for (weight, slope) in zip(DormandPrince.error, slopes).dropFirst() where weight != 0 {
                    error = try error + slope[part] * weight
                }
                let room = try state[part].abs().maximum(next[part].abs()) * rtol + atol
                let ratio = try ((error * length).abs() / room).value.extremum(nil, largest: true, for: "flow.CNF")
                    .values.item()
                if ratio.isNaN { return .infinity }
                result = max(result, ratio)
            }
            return result
        }
    }
}
