import Scripting

/// Every kernel, in the order `luaflow doc mcmc` lists them. A new one is a file and a line here.
enum Catalogue {
    static let kernels: [Declaration] = [
        RandomWalk.declaration,
        ULA.declaration,
        MALA.declaration,
        Barker.declaration,
        HMC.declaration,
        NUTS.declaration,
        EllipticalSlice.declaration,
    ]

    /// Samplers that go from a prior to a posterior.
    static let annealing: [Declaration] = [TemperedSMC.declaration, AnnealedImportance.declaration]
}
