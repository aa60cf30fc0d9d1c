import Autodiff
import RealModule
import Scripting
import Tensors

/// A side of a distribution: P(X <= x), or P(X > x).
public enum TailSide: Sendable {
    /// P(X <= x) and P(X > x).
    case lower, upper

    var other: TailSide { self == .lower ? .upper : .lower }
}

/// Whether the probability is asked for, or its logarithm.
public enum TailForm: Sendable {
    /// The logarithm is natural, and exact where the probability itself underflows.
    case probability, logarithm

    /// The value of an impossible event.
    var never: Double { self == .probability ? 0 : -.infinity }
    /// The value of a certain event.
    var always: Double { self == .probability ? 1 : 0 }
}

extension Tails {
    subscript(_ side: TailSide) -> Tail { side == .lower ? lower : upper }
}

/// Distributions whose tails are integrals with shape parameters. Inputs are the shapes, then rate and x or the like.
enum TailFamily: Sendable {
    /// Shape a; rate and x.
    case gamma
    /// Shapes a and b; x.
    case beta
    /// Shape df; t.
    case student
    /// Shape κ; θ.
    case vonMises

    var shapes: Int { self == .beta ? 2 : 1 }

    func tails(_ point: [Double]) -> Tails {
        switch self {
        case .gamma:
            let (z, rest) = Special.exactProduct(point[1], point[2])
            return Special.gammaTails(point[0], z, rest: rest)
        case .beta: return Special.betaTails(point[0], point[1], point[2])
        case .student: return Special.studentTails(point[0], point[1])
        case .vonMises: return Special.vonMisesTails(point[0], point[1])
        }
    }

    /// The log-density of the last input.
    func logDensity(_ inputs: [Variable]) throws -> Variable {
        switch self {
        case .gamma: try .gammaLogDensity(inputs[0], inputs[1], inputs[2])
        case .beta: try .betaLogDensity(inputs[0], inputs[1], inputs[2])
        case .student: try .studentLogDensity(inputs[0], inputs[1])
        case .vonMises: try .vonMisesLogDensity(inputs[0], inputs[1])
        }
    }

    /// log(density / probability), the density of the last input.
    ///
    /// Far out both logarithms are huge and their difference has no digits; the tail over its factor has.
    func logHazard(_ point: [Double], _ side: TailSide) -> Double {
        let tail = tails(point)[side]
        // With the probability underflowed to 0, the quotient is infinite.
        if tail.log == -.infinity { return .infinity }
        guard let integral = tail.logIntegral else { return logDensity(point) - tail.log }
        switch self {
        case .gamma: return -integral - Double.log(point[2])
        case .beta:
            let at = Special.BetaPoint(point[0], point[1], point[2])
            return -integral - at.logX - at.logY
        case .student: return -integral - Double.log(abs(point[1]))
        case .vonMises: return -integral
        }
    }

    /// The derivative of ``logHazard(_:_:)`` by an input that is no shape; nil where it must be computed as a
    /// difference.
    func hazardSlope(_ point: [Double], _ side: TailSide, _ index: Int) -> Double? {
        let tail = tails(point)[side]
        guard let bend = tail.bend, tail.log != -.infinity else { return nil }
        switch self {
        case .gamma: return index == 1 ? (bend + 1) / point[1] : bend / point[2]
        case .beta: return bend / point[2] / (1 - point[2])
        case .student: return bend / point[1]
        case .vonMises: return point[1] < 0 ? -bend : bend
        }
    }

    private func logDensity(_ point: [Double]) -> Double {
        switch self {
        case .gamma: Special.gammaLogDensity(point[0], point[1], point[2])
        case .beta: Special.betaLogDensity(point[0], point[1], point[2])
        case .student: Special.studentLogDensity(point[0], point[1])
        case .vonMises: Special.vonMisesLogDensity(point[0], point[1])
        }
    }

    /// The derivative of the log-density by an input that is no shape.
    func densitySlope(_ index: Int, _ inputs: [Variable]) throws -> Variable {
        switch self {
        case .gamma where index == 1: try .gammaGap(inputs[0], inputs[1], inputs[2]) / inputs[1]
        case .gamma: try .gammaDensitySlope(inputs[0], inputs[1], inputs[2])
        case .beta: try .betaDensitySlope(inputs[0], inputs[1], inputs[2])
        case .student: try .studentDensitySlope(inputs[0], inputs[1])
        case .vonMises: try -(inputs[0] * inputs[1].sin())
        }
    }

    /// The derivative of the log-density by a shape.
    func score(_ shape: Int, _ inputs: [Variable]) throws -> Variable {
        switch (self, shape) {
        case (.gamma, _): try .gammaScore(inputs[0], inputs[1], inputs[2])
        case (.beta, 0): try .betaScore(inputs[0], inputs[1], inputs[2])
        case (.beta, _): try .betaScoreB(inputs[0], inputs[1], inputs[2])
        case (.student, _): try .studentScore(inputs[0], inputs[1])
        case (.vonMises, _): try .vonMisesScore(inputs[0], inputs[1])
        }
    }
}

/// A derivative of a tail by its shapes.
private enum TailOrder: Sendable {
    case value, a, b, aa, ab, bb

    /// This derivative of the probability, divided by the probability.
    func relative(_ tail: Tail) -> Double {
        switch self {
        case .value: 1
        case .a: tail.a
        case .b: tail.b
        case .aa: tail.aa
        case .ab: tail.ab
        case .bb: tail.bb
        }
    }

    /// This derivative differentiated by a shape once more; nil beyond the second order.
    func next(_ shape: Int) -> TailOrder? {
        switch (self, shape) {
        case (.value, 0): .a
        case (.value, _): .b
        case (.a, 0): .aa
        case (.a, _), (.b, 0): .ab
        case (.b, _): .bb
        default: nil
        }
    }

    /// The second derivative of the logarithm; nil where it must be computed as a difference.
    func curvature(_ tail: Tail) -> Double? {
        switch self {
        case .aa: tail.curvature?.aa
        case .ab: tail.curvature?.ab
        case .bb: tail.curvature?.bb
        default: nil
        }
    }

    /// The shape of a first derivative: 0 for a, 1 for b.
    var shape: Int? { self == .a ? 0 : self == .b ? 1 : nil }
}

extension Variable {
    /// A tail of a family, element by element. First derivatives by all inputs; second derivatives except by two shapes
    /// and x.
    static func tail(_ family: TailFamily, _ side: TailSide, _ form: TailForm, _ inputs: [Variable]) throws -> Variable
    {
        try tail(family, side, form, .value, inputs)
    }

    /// The probability's derivative of that order; for the logarithm, that derivative divided by the probability.
    private static func tail(
        _ family: TailFamily, _ side: TailSide, _ form: TailForm, _ order: TailOrder, _ inputs: [Variable]
    ) throws -> Variable {
        let slopes: [(([Variable]) throws -> Variable)?] = inputs.indices.map { index in
            index < family.shapes
                ? order.next(index).map { next in { try shapeSlope(family, side, form, order, next, index, $0) } }
                : order == .value || order.shape != nil ? { try placeSlope(family, side, form, order, index, $0) } : nil
        }
        return try elementwise("tail", inputs, slopes: slopes) { point in
            let tail = family.tails(point)[side]
            if form == .logarithm { return order != .value ? order.relative(tail) : tail.log > 0 ? 0 : tail.log }
            if tail.log == -.infinity { return 0 }
            return order == .value ? tail.probability : tail.probability * order.relative(tail)
        }
    }

    private static func shapeSlope(
        _ family: TailFamily, _ side: TailSide, _ form: TailForm, _ order: TailOrder, _ next: TailOrder, _ shape: Int,
        _ inputs: [Variable]
    ) throws -> Variable {
        let slope = try tail(family, side, form, next, inputs)
        guard form == .logarithm, order != .value else { return slope }
        let difference =
            try slope - tail(family, side, form, order, inputs)
            * tail(family, side, form, shape == 0 ? .a : .b, inputs)
        return try known(difference, inputs) { next.curvature(family.tails($0)[side]) }
    }

    /// A difference that may have lost its digits: `value` replaces it where it is known, with the gradients of the
    /// difference.
    private static func known(
        _ difference: Variable, _ inputs: [Variable], _ value: @escaping @Sendable ([Double]) -> Double?
    ) throws -> Variable {
        try elementwise(
            "tail_difference", [difference] + inputs.map { $0.detached() },
            slopes: [{ try $0[0].constant { _ in 1 } }] + inputs.map { _ in nil }
        ) { value(Array($0.dropFirst())) ?? $0[0] }
    }

    /// The derivative of log(density / probability) by a shape.
    private static func lean(
        _ family: TailFamily, _ side: TailSide, _ shape: Int, _ inputs: [Variable]
    ) throws -> Variable {
        let difference = try family.score(shape, inputs) - tail(family, side, .logarithm, shape == 0 ? .a : .b, inputs)
        return try known(difference, inputs) {
            let tail = family.tails($0)[side]
            return tail.log == -.infinity ? nil : shape == 0 ? tail.lean?.a : tail.lean?.b
        }
    }

    /// The derivative by x, or by a rate that multiplies it: the density; for a logarithm divided by the probability.
    private static func placeSlope(
        _ family: TailFamily, _ side: TailSide, _ form: TailForm, _ order: TailOrder, _ index: Int, _ inputs: [Variable]
    ) throws -> Variable {
        let last = inputs.count - 1
        let log = try form == .probability ? family.logDensity(inputs) : logHazard(family, side, inputs)
        // By a rate it is x density / rate; x density does not over- or underflow where the density does.
        var density: Variable
        if index < last {
            let x = inputs[last]
            let some = try x.indicator { $0 != 0 }
            let part = try log + x.choose(some, x.constant(1)).log() - inputs[index].log()
            density = try part.choose(some, part.constant(-Double.infinity)).exp()
        } else {
            density = try log.exp()
        }
        if side == .upper { density = try -density }
        guard let shape = order.shape else { return density }
        let factor = try form == .logarithm ? lean(family, side, shape, inputs) : family.score(shape, inputs)
        return try density * factor
    }

    /// ``TailFamily/logHazard(_:_:)``; its derivatives are those of the log-density minus those of the tail's
    /// logarithm.
    private static func logHazard(_ family: TailFamily, _ side: TailSide, _ inputs: [Variable]) throws -> Variable {
        let slopes: [(([Variable]) throws -> Variable)?] = inputs.indices.map { index in
            index < family.shapes
                ? { try lean(family, side, index, $0) }
                : { inputs in
                    let difference =
                        try family.densitySlope(index, inputs)
                        - placeSlope(family, side, .logarithm, .value, index, inputs)
                    return try known(difference, inputs) { family.hazardSlope($0, side, index) }
                }
        }
        let log = try elementwise("tail_hazard", inputs, slopes: slopes) { family.logHazard($0, side) }
        let some = try log.indicator { $0 != .infinity }
        return try log.choose(some, log.constant(.infinity))
    }

    // MARK: Tails from both of them

    /// A tail from both tails, each known where it is small: where the other one is the smaller, 1 minus that, so that
    /// neither value nor derivative is left over from a difference.
    static func tail(
        _ side: TailSide, _ form: TailForm, lower: () throws -> Variable, upper: () throws -> Variable,
        logarithms: Bool = false
    ) throws -> Variable {
        let (own, other) = side == .lower ? (try lower(), try upper()) : (try upper(), try lower())
        let half = logarithms ? Double.log(0.5) : 0.5
        let isLarge = try other.indicator { $0 < half }
        let rest = try logarithms ? other.exp() : other
        switch form {
        case .probability: return try (1 - rest).choose(isLarge, logarithms ? own.exp() : own)
        case .logarithm:
            // 1/2 stands in for elements that are not used.
            let safe = try rest.choose(isLarge, rest.constant(0.5))
            return try (-safe).log1p().choose(isLarge, logarithms ? own : own.log())
        }
    }

    /// A tail of a distribution on [low, high]: `formula` inside, 0 or 1 outside, NaN at NaN.
    func tail(
        _ side: TailSide, _ form: TailForm, from low: Double, to high: Double, safe: Double,
        _ formula: (Variable) throws -> Variable
    ) throws -> Variable {
        let inside = try indicator { !($0 < low || $0 > high || $0.isInfinite) }
        let (below, above) = side == .lower ? (form.never, form.always) : (form.always, form.never)
        let value = try formula(choose(inside, constant(safe)))
        return try value.choose(inside, constant { $0 < low || $0 == -.infinity ? below : above })
    }
}
