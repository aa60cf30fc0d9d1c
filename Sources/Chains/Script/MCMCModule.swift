import Scripting

/// `require "mcmc"`: chains, their diagnostics, and samplers that anneal.
public struct MCMCModule: ScriptModule {
    public init() {}

    public let name = "mcmc"
    public let summary = """
        Markov chain Monte Carlo: kernels as values, many chains as one batch, warm-up as Stan's, and diagnostics as \
        ArviZ's.
        """
    public var functions: [NativeFunction] {
        (Catalogue.kernels + [SampleFunction.declaration] + Catalogue.annealing + DiagnosticFunctions.all).map {
            NativeFunction($0)
        }
    }
    public var sections: [ModuleSection] {
        [
            ModuleSection("Kernels", Catalogue.kernels.map { NativeFunction($0).shortName }),
            ModuleSection("Annealing", Catalogue.annealing.map { NativeFunction($0).shortName }),
            ModuleSection("Diagnostics", DiagnosticFunctions.all.map { NativeFunction($0).shortName }),
        ]
    }
    public var types: [TypeBinding] { [KernelObject.binding, ChainSummary.binding] }
}
