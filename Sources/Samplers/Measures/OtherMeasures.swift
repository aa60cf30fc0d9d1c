import RealModule
import Tensors

/// The exponential distribution with rate λ.
enum ExponentialMeasures {
    /// 1/λ (the distribution itself) - (gamma of shape 2 and rate λ); coupled: the gamma draw is the positive one plus
    /// another.
    static let rate = MeasureDecomposition(distribution: "Exponential", parameter: "rate") { parameters, _, generator in
        let rate = parameters("rate")
        let first = -Double.log(generator.openUniform()) / rate
        return .init(
            coefficient: 1 / rate, positive: first, negative: first - Double.log(generator.openUniform()) / rate)
    }
}

/// The Poisson distribution with mean λ.
enum PoissonMeasures {
    /// (distribution of x + 1) - (distribution of x), with one x.
    static let rate = MeasureDecomposition(distribution: "Poisson", parameter: "rate") { _, x, _ in
        .init(coefficient: 1, positive: x + 1, negative: x)
    }
}

/// The Bernoulli distribution with probability p.
enum BernoulliMeasures {
    /// (1) - (0): exact in this component.
    static let probs = MeasureDecomposition(distribution: "Bernoulli", parameter: "probs") { _, _, _ in
        .init(coefficient: 1, positive: 1, negative: 0)
    }
}
