import Scripting

/// Everything that scripts find in `montecarlo`. A new entry is a file and a line here.
enum Catalogue {
    static let functions: [NativeFunction] = [
        ImportanceSampling.declaration,
        EffectiveSampleSize.declaration,
        ParetoShape.declaration, ParetoShape.verdictDeclaration, ParetoSmoothing.declaration,
        StandardError.declaration,
        ScoreFunction.declaration,
        Reparameterization.declaration,
        MeasureValued.declaration,
        Baseline.mean, Baseline.leaveOneOut, MovingAverage.declaration,
        Race.declaration,
    ].map { NativeFunction($0) }

    /// The parameters that measure-valued gradients know.
    static let decompositions: [MeasureDecomposition] = [
        NormalMeasures.loc, NormalMeasures.scale,
        ExponentialMeasures.rate,
        PoissonMeasures.rate,
        BernoulliMeasures.probs,
    ]
}
