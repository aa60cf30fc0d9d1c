import RealModule
import Tensors

/// The exponential distribution with rate λ.
enum ExponentialMeasures {
    /// 1/λ [q - q⁻], q the distribution itself, q⁻ the gamma distribution of shape 2 and rate λ. Coupled: the gamma
    /// draw is the exponential one plus another.
    static let rate = MeasureDecomposition(distribution: "Exponential", parameter: "rate") { parameters, _, generator in
        let rate = parameters("rate")
        let first = -Double.log(generator.openUniform()) / rate
        return .init(
            coefficient: 1 / rate, positive: first, negative: first - Double.log(generator.openUniform()) / rate)
    }
}

/// The Poisson distribution with mean λ.
enum PoissonMeasures {
    /// q⁺ is the distribution of x + 1, q⁻ that of x, with the same draw x.
    static let rate = MeasureDecomposition(distribution: "Poisson", parameter: "rate") { _, x, _ in
        .init(coefficient: 1, positive: x + 1, negative: x)
    }
}

/// The Bernoulli distribution with probability p.
enum BernoulliMeasures {
    /// The loss at 1 minus the loss at 0: exact in this component.
    static let probs = MeasureDecomposition(distribution: "Bernoulli", parameter: "probs") { _, _, _ in
        .init(coefficient: 1, positive: 1, negative: 0)
    }
}
