import Autodiff
import RealModule
import Scripting
import Tensors

extension Variable {
    /// I_x(a, b) for 0 <= x <= 1; gradients up to the second order in a and b.
    static func betaI(_ a: Variable, _ b: Variable, _ x: Variable) throws -> Variable { try betaI(a, b, x, .value) }

    /// Which derivative of I by (a, b).
    enum BetaOrder: Sendable {
        case value, a, b, aa, ab, bb

        func part(_ jet: PlaneJet) -> Double {
            switch self {
            case .value: jet.value
            case .a: jet.a
            case .b: jet.b
            case .aa: jet.aa
            case .ab: jet.ab
            case .bb: jet.bb
            }
        }
        /// One derivative more; nil past the second.
        var next: (a: BetaOrder, b: BetaOrder)? {
            switch self {
            case .value: (.a, .b)
            case .a: (.aa, .ab)
            case .b: (.ab, .bb)
            default: nil
            }
        }
    }

    static func betaI(_ a: Variable, _ b: Variable, _ x: Variable, _ order: BetaOrder) throws -> Variable {
        let operation = "distribution.betainc"
        let shape = try Shape.broadcast(Shape.broadcast(a.shape, b.shape, for: operation), x.shape, for: operation)
        let dtype = a.dtype.promoted(with: b.dtype).promoted(with: x.dtype)
        let inputs = try [a, b, x].map { try $0.value.expand(shape, for: operation).toArray() }
        let values = try inputs[0].indices.map { i in
            if i & 0xfff == 0 { try Cancellation.check() }
            return order.part(Special.betaI(inputs[0][i], inputs[1][i], inputs[2][i]))
        }
        return try .recorded(operation, [a, b, x], Tensor(values, shape: shape, dtype)) { call in
            let (a, b, x) = (call.inputs[0], call.inputs[1], call.inputs[2])
            func flow(_ input: Int, _ slope: () throws -> Variable) throws -> Variable? {
                call.wanted[input] ? try (call.cotangent * slope()).summed(to: call.inputs[input].shape) : nil
            }
            if order.next == nil, call.wanted[0] || call.wanted[1] {
                throw ScriptError(operation, "no third derivative by a or b")
            }
            return [
                try flow(0) { try betaI(a, b, x, order.next?.a ?? order) },
                try flow(1) { try betaI(a, b, x, order.next?.b ?? order) },
                try flow(2) { try betaDensity(a, b, x, order) },
            ]
        }
    }

    /// The density x^(a-1) (1-x)^(b-1) / B(a, b), or its derivative of the given order by (a, b).
    private static func betaDensity(_ a: Variable, _ b: Variable, _ x: Variable, _ order: BetaOrder) throws -> Variable {
        let density = try ((a - 1).xlogy(x) + (b - 1).xlog1py(-x) - logBeta(a, b)).exp()
        if case .value = order { return density }
        // Slopes of log density; 0 at the ends of [0, 1], where the derivatives of I by (a, b) are 0.
        let inner = try x.indicator { $0 > 0 && $0 < 1 }
        let safe = try x.choose(inner, x.constant(0.5))
        let both = try (a + b).digamma()
        let curvature = try (a + b).polygamma(1)
        let slopeA = try safe.log() - a.digamma() + both
        let slopeB = try (-safe).log1p() - b.digamma() + both
        let factor: Variable
        switch order {
        case .value: factor = slopeA
        case .a: factor = slopeA
        case .b: factor = slopeB
        case .aa: factor = try slopeA * slopeA - a.polygamma(1) + curvature
        case .ab: factor = try slopeA * slopeB + curvature
        case .bb: factor = try slopeB * slopeB - b.polygamma(1) + curvature
        }
        let finite = try density.choose(inner, density.constant(0))
        return try finite * factor
    }
}
