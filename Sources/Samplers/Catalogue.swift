import Scripting

/// Everything that scripts find in `montecarlo`. A new entry is a file and a line here.
enum Catalogue {
    static let functions: [NativeFunction] = [
        ImportanceSampling.function,
        NativeFunction(EffectiveSampleSize.declaration),
        NativeFunction(ParetoShape.declaration), NativeFunction(ParetoShape.verdictDeclaration),
        NativeFunction(StandardError.declaration),
        ScoreFunction.function,
        Reparameterization.function,
        MeasureValued.function,
        Baseline.mean, Baseline.leaveOneOut, MovingAverage.constructor,
        Race.function,
    ]

    /// The parameters that measure-valued gradients know.
    static let decompositions: [MeasureDecomposition] = [
        NormalMeasures.loc, NormalMeasures.scale,
        ExponentialMeasures.rate,
        PoissonMeasures.rate,
        BernoulliMeasures.probs,
    ]
}
