import Scripting

/// The module `optim`: optimisers, methods for sets and proximal maps, schedules of step sizes.
public struct OptimModule: ScriptModule {
    private let added: [Declaration]

    /// - Parameter optimizers: constructors of more optimisers beside the catalogue's.
    public init(adding optimizers: [Declaration] = []) { added = optimizers }

    public let name = "optim"
    public let summary =
        "Optimisers with PyTorch's formulas and defaults, methods for sets and proximal maps, and schedules of step "
            + "sizes."
    public var functions: [NativeFunction] {
        (Catalogue.declarations + added + Catalogue.convex + Schedule.catalogue.map { $0.declaration })
            .map { NativeFunction($0) }
    }
    public var types: [TypeBinding] { [OptimizerBinding.binding] }
}
