import RealModule
import Tensors

/// The exponential law with rate λ.
enum ExponentialMeasures {
    /// 1/λ (the law itself) - (gamma of shape 2 and rate λ); coupled: the gamma draw is the positive one plus another.
    static let rate = MeasureDecomposition(law: "Exponential", parameter: "rate") { parameters, _, generator in
        let rate = parameters("rate")
        let first = -Double.log(generator.openUniform()) / rate
        return .init(coefficient: 1 / rate, positive: first, negative: first - Double.log(generator.openUniform()) / rate)
    }
}

/// The Poisson law with mean λ.
enum PoissonMeasures {
    /// (law of x + 1) - (law of x), with one x.
    static let rate = MeasureDecomposition(law: "Poisson", parameter: "rate") { _, x, _ in
        .init(coefficient: 1, positive: x + 1, negative: x)
    }
}

/// The Bernoulli law with probability p.
enum BernoulliMeasures {
    /// (1) - (0): exact in this component.
    static let probs = MeasureDecomposition(law: "Bernoulli", parameter: "probs") { _, _, _ in
        .init(coefficient: 1, positive: 1, negative: 0)
    }
}
