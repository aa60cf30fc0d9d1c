import Scripting

/// `require "prox"`: convex functions with their proximal maps, conjugates and envelopes.
public struct ProxModule: ScriptModule {
    private let constructors: [Declaration]

    /// - Parameter functions: more functions beside the catalogue's.
    public init(adding functions: [any CataloguedFunction.Type] = []) {
        constructors = (FunctionCatalogue.functions + functions).map { $0.declaration }
    }

    public let name = "prox"
    public let summary =
        "Convex functions and their proximal maps: f = prox.L1(0.1), then f(x, step), f:value(x), f:conjugate(), "
            + "f:envelope(x, step)."

    public var functions: [NativeFunction] { constructors.map { NativeFunction($0) } }
    public var types: [TypeBinding] { [ProxObject.binding] }
}
