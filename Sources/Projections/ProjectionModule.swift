import Scripting

/// `require "projection"`: the sets of the ``Catalogue``, sets that scripts define, and `projection.verify`.
public struct ProjectionModule: ScriptModule {
    private let added: [Declaration]
    /// Constructors of the catalogue's sets and of those passed to `init`.
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
