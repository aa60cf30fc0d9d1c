import Scripting

/// `require "projection"`: the sets of the ``Catalogue``, sets of a script's own, and the check of both.
public struct ProjectionModule: ScriptModule {
    private let added: [Declaration]
    /// The constructors of the catalogue's, and of those that were passed along.
    private var constructors: [Declaration] { Catalogue.sets.map { $0.declaration } + added }

    /// - Parameter sets: more sets beside the catalogue's.
    public init(adding sets: [any CataloguedSet.Type] = []) {
        added = sets.map { $0.declaration }
    }

    public let name = "projection"
    public let summary =
        "Sets and the nearest of their points: P = projection.Box(0, 1), then P(x), P:project_(x), P:contains(x, "
            + "tol), P:distance(x)."

    public var functions: [NativeFunction] {
        (constructors + [ScriptSet.declaration, Verification.declaration]).map { NativeFunction($0) }
    }

    public var types: [TypeBinding] { [ProjectionObject.binding] }

    public var scripted: ScriptedConstructors? { ScriptSet.registered }
}
