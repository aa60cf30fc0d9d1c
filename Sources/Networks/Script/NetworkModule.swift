import Scripting

/// The module `nn`: networks, with torch.nn's names, defaults, initial values and names of parameters.
public struct NetworkModule: ScriptModule {
    public init() {}

    public let name = "nn"
    public let summary = """
        Networks: layers with torch.nn's names, defaults, initial values and names of parameters; losses; initial \
        values.
        """
    public var functions: [NativeFunction] {
        LayerEntry.catalogue.map { NativeFunction($0.declaration).remembering() }
            + (LossFunctions.all + InitFunctions.all).map { NativeFunction($0) }
    }
    public var scripted: ScriptedConstructors? { Module.registered }
    public var sections: [ModuleSection] {
        func section(_ title: String, _ functions: [Declaration]) -> ModuleSection {
            ModuleSection(title, functions.map { NativeFunction($0).shortName })
        }
        return [
            section("Layers", LayerEntry.catalogue.map(\.declaration)), section("Losses", LossFunctions.all),
            section("Initial values", InitFunctions.all),
        ]
    }
    public var types: [TypeBinding] { [ModuleMethods.binding] }
}
