import Autodiff
import RealModule
import Scripting
import Tensors

/// z = logit(F(x)) e^a + b, F the cumulative distribution function of a mixture of logistic distributions. Ho, Chen,
/// Srinivas, Duan and Abbeel, "Flow++", ICML 2019, equations 14 to 16.
///
/// Computed in log-odds: log F, log(1 - F) and the logarithm of the slope of logit(F) are log-sum-exps, so that nothing
/// cancels or underflows in the tails.
public struct LogisticMixtureMap: UnivariateMap {
    public static let name = "mixture"
    /// How many logistic distributions are mixed.
    public let components: Int
    /// The least e^a and the least scale of a component, by zuko's soft clipping; their inverses are the largest.
    public let slope: Double

    /// By default 8 components, with scales and slopes between 1e-3 and 1e3.
    public init(components: Int = 8, slope: Double = 1e-3) { (self.components, self.slope) = (components, slope) }

    /// b and a; then for each component the logit of its weight, its mean and the logarithm of its scale.
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
        let (logit, logSlope) = try parts.mixture.logit(x)
        return (try logit * parts.logScale.exp() + parts.shift, try logSlope + parts.logScale)
    }

    public func toData(_ z: Variable, _ numbers: Variable) throws -> (x: Variable, logSlope: Variable) {
        let parts = try parts(numbers)
        let x = try parts.mixture.quantile((z - parts.shift) * (-parts.logScale).exp())
        let (_, logSlope) = try parts.mixture.logit(x)
        return (x, try -(logSlope + parts.logScale))
    }
}

/// A mixture of logistic distributions for each element: weights, means and scales of shape (..., components).
struct LogisticMixture {
    let logWeights: Variable
    let means: Variable
    let logScales: Variable

    /// The summands of logit(F) and its derivatives, each of shape (..., components).
    private struct Terms {
        /// (x - mean) / scale
        let u: Variable
        /// log of the components of F and of 1 - F: log w + log s(u), log w + log s(-u).
        let logBelow, logAbove: Variable
        /// Logarithms of each component's part of the slope of logit(F). Between components far apart all parts
        /// underflow, but their logarithms do not.
        let logParts: Variable
    }

    private func terms(_ x: Variable) throws -> Terms {
        let axis = x.shape.count
        let u = try (x.reshape(x.shape + [1]) - means) * (-logScales).exp()
        let (left, right) = (try -(-u).softplus(), try -u.softplus())
        let (logBelow, logAbove) = (try logWeights + left, try logWeights + right)
        // The derivative of log F - log(1 - F) by u: the share in F times s(-u), the share in 1 - F times s(u).
        let fromBelow = try logBelow.logSoftmax(axis) + right
        let fromAbove = try logAbove.logSoftmax(axis) + left
        let logByU = try Variable.stack([fromBelow, fromAbove], axis + 1).logSumExp([axis + 1])
        return Terms(u: u, logBelow: logBelow, logAbove: logAbove, logParts: try logByU - logScales)
    }

    /// log F - log(1 - F) at x (...), and the logarithm of its slope.
    func logit(_ x: Variable) throws -> (value: Variable, logSlope: Variable) {
        let axis = x.shape.count
        let terms = try terms(x)
        return (
            try terms.logBelow.logSumExp([axis]) - terms.logAbove.logSumExp([axis]),
            try terms.logParts.logSumExp([axis])
        )
    }

    /// The x whose logit is `target`, to working precision. Derivatives are those of the implicit function.
    func quantile(_ target: Variable) throws -> Variable {
        let wide = LogisticMixture(
            logWeights: Variable(try logWeights.value.cast(.float64)), means: Variable(try means.value.cast(.float64)),
            logScales: Variable(try logScales.value.cast(.float64)))
        let goal = Variable(try target.value.cast(.float64))
        let found = try GradMode.$isEnabled.withValue(false) {
            // A single component has its root at mean + scale * target; the mixture's lies between the least and the
            // greatest.
            let axis = goal.shape.count
            let roots = try wide.means + wide.logScales.exp() * goal.reshape(goal.shape + [1])
            guard roots.value.count > 0 else { return goal }
            let (low, high) = (try roots.extremes([axis], largest: false), try roots.extremes([axis], largest: true))
            return try MonotoneRoot.find(between: low, and: high) { x in
                let (value, logSlope) = try wide.logit(x)
                return (try value - goal, try logSlope.exp(), try (goal.abs() + 1) * 0x1p-52)
            }
        }
        let inputs = try [target, logWeights, means, logScales].map { try $0.converted(to: target.dtype) }
        let output = try found.value.cast(target.dtype)
        return try .recorded("flow.LogisticMixture", inputs, output, keeps: [.inputs, .outputs]) { call in
            let mixture = LogisticMixture(logWeights: call.inputs[1], means: call.inputs[2], logScales: call.inputs[3])
            let x = call.outputs[0]
            let (axis, terms) = (x.shape.count, try mixture.terms(x))
            let logSlope = try terms.logParts.logSumExp([axis], keepingDimensions: true)
            let share = try call.cotangent / logSlope.exp().reshape(x.shape)
            // dx / d mean of each component: these are positive and sum to 1.
            let byMean = try call.cotangent.reshape(x.shape + [1]) * (terms.logParts - logSlope).exp()
            let weights = try terms.logBelow.softmax(axis) - terms.logAbove.softmax(axis)
            return [
                share, try -(share.reshape(x.shape + [1]) * weights), byMean,
                try byMean * terms.u * mixture.logScales.exp(),
            ]
        }
    }
}
