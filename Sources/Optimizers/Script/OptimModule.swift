import Scripting

/// The module `optim`: optimisers, the projected gradient method, schedules of step sizes.
public struct OptimModule: ScriptModule {
    public init() {}

    public let name = "optim"
    public let summary = "Optimisers with PyTorch's formulas and defaults, the projected gradient method, and schedules of step sizes."
    public var functions: [NativeFunction] {
        Catalogue.constructors + [NativeFunction(ProjectedGradientFunction.declaration)]
            + Schedule.catalogue.map { NativeFunction($0.declaration) }
    }
    public var types: [TypeFace] { [OptimizerFace.face] }
}
