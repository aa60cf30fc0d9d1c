import Scripting

/// `require "projection"`: the sets of the ``Catalogue``, sets of a script's own, and the check of both.
public struct ProjectionModule: ScriptModule {
    public init() {}

    public let name = "projection"
    public let summary =
        "Sets and the nearest of their points: P = projection.Box(0, 1), then P(x), P:project_(x), P:contains(x, tol), P:distance(x)."

    public var functions: [NativeFunction] {
        (Catalogue.sets.map { $0.declaration } + [ScriptSet.declaration, Verification.declaration])
            .map { NativeFunction($0) }
    }

    public var types: [TypeFace] { [ProjectionObject.face] }

    public var scripted: ScriptedConstructors? { ScriptSet.registered }
}
