import Autodiff
import RealModule
import Scripting
import Tensors

/// z = logit(F(x)) e^a + b, F the cumulative distribution function of a mixture of logistic distributions. Ho, Chen,
/// Srinivas, Duan and Abbeel, "Flow++", ICML 2019, equations 14 to 16.
///
/// Everything is computed in odds: log F and log(1 - F) are log-sum-exps, and the slope of logit(F) is a sum of positive
/// terms, between the smallest and the largest 1 / scale.
public struct LogisticMixtureMap: UnivariateMap {
    public static let name = "mixture"
    public let components: Int
    /// The least e^a and the least scale of a component, by zuko's soft clipping; their inverses are the largest.
    public let slope: Double

    public init(components: Int = 8, slope: Double = 1e-3) { (self.components, self.slope) = (components, slope) }

    /// b, a; then of every component the logit of its weight, its mean and the logarithm of its scale.
    public var parameterCount: Int { 2 + 3 * components }

    private struct Parts {
        let shift, logScale: Variable
        let mixture: LogisticMixture
    }

    private func parts(_ numbers: Variable) throws -> Parts {
        let axis = numbers.shape.count - 1
        let limit = -Double.log(slope)
        func group(_ index: Int) throws -> Variable { try numbers.slice(axis, 2 + index * components, components) }
        return Parts(
            shift: try numbers.select(axis, 0), logScale: try Softclip.apply(numbers.select(axis, 1), limit),
            mixture: LogisticMixture(
                logWeights: try group(0).logSoftmax(axis), means: try group(1),
                logScales: try Softclip.apply(group(2), limit)))
    }

    public func toLatent(_ x: Variable, _ numbers: Variable) throws -> (z: Variable, logSlope: Variable) {
        let parts = try parts(numbers)
        let (logit, slope) = try parts.mixture.logit(x)
        return (try logit * parts.logScale.exp() + parts.shift, try slope.log() + parts.logScale)
    }

    public func toData(_ z: Variable, _ numbers: Variable) throws -> (x: Variable, logSlope: Variable) {
        let parts = try parts(numbers)
        let x = try parts.mixture.quantile((z - parts.shift) * (-parts.logScale).exp())
        let (_, slope) = try parts.mixture.logit(x)
        return (x, try -(slope.log() + parts.logScale))
    }
}

/// A mixture of logistic distributions for each element: weights, means and scales of shape (..., components).
struct LogisticMixture {
    let logWeights: Variable
    let means: Variable
    let logScales: Variable

    /// What the derivatives of logit(F) are made of, each of shape (..., components).
    private struct Terms {
        /// (x - mean) / scale
        let u: Variable
        /// The shares of the components in F and in 1 - F.
        let below, above: Variable
        /// The derivative of logit(F) by u.
        let byU: Variable
        let logBelow, logAbove: Variable
    }

    private func terms(_ x: Variable) throws -> Terms {
        let axis = x.shape.count
        let u = try (x.reshape(x.shape + [1]) - means) * (-logScales).exp()
        // log w + log s(u), and log w + log s(-u): the components of F and of 1 - F.
        let logBelow = try logWeights - (-u).softplus()
        let logAbove = try logWeights - u.softplus()
        let (below, above) = (try logBelow.softmax(axis), try logAbove.softmax(axis))
        let s = try u.sigmoid()
        let byU = try below * (-u).sigmoid() + above * s
        return Terms(u: u, below: below, above: above, byU: byU, logBelow: logBelow, logAbove: logAbove)
    }

    /// log F - log(1 - F) at x (...), and its slope.
    func logit(_ x: Variable) throws -> (value: Variable, slope: Variable) {
        let axis = x.shape.count
        let terms = try terms(x)
        return (
            try terms.logBelow.logSumExp([axis]) - terms.logAbove.logSumExp([axis]),
            try (terms.byU * (-logScales).exp()).sum([axis])
        )
    }

    /// The x whose logit is `target`, to working precision. Derivatives are those of the implicit function.
    func quantile(_ target: Variable) throws -> Variable {
        let wide = LogisticMixture(
            logWeights: Variable(try logWeights.value.cast(.float64)), means: Variable(try means.value.cast(.float64)),
            logScales: Variable(try logScales.value.cast(.float64)))
        let goal = Variable(try target.value.cast(.float64))
        let found = try GradMode.$isEnabled.withValue(false) {
            // A component alone has its root at mean + scale target; the mixture's is between these.
            let axis = goal.shape.count
            let roots = try wide.means + wide.logScales.exp() * goal.reshape(goal.shape + [1])
            guard roots.value.count > 0 else { return goal }
            let (low, high) = (try roots.extremes([axis], largest: false), try roots.extremes([axis], largest: true))
            return try MonotoneRoot.find(between: low, and: high) { x in
                let (value, slope) = try wide.logit(x)
                return (try value - goal, slope, try (goal.abs() + 1) * 0x1p-52)
            }
        }
        let inputs = try [target, logWeights, means, logScales].map { try $0.converted(to: target.dtype) }
        let output = try found.value.cast(target.dtype)
        return try .recorded("flow.LogisticMixture", inputs, output, keeps: [.inputs, .outputs]) { call in
            let mixture = LogisticMixture(logWeights: call.inputs[1], means: call.inputs[2], logScales: call.inputs[3])
            let x = call.outputs[0]
            let terms = try mixture.terms(x)
            let byMean = try terms.byU * (-mixture.logScales).exp()
            let share = try call.cotangent / byMean.sum([x.shape.count])
            let each = try share.reshape(x.shape + [1])
            return [
                share, try -(each * (terms.below - terms.above)), try each * byMean, try each * terms.byU * terms.u,
            ]
        }
    }
}
