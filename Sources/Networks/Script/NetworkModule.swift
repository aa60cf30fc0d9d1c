import Scripting

/// The module `nn`: networks, with torch.nn's names, defaults, initial values and names of parameters.
public struct NetworkModule: ScriptModule {
    public init() {}

    public let name = "nn"
    public let summary = """
        Networks: layers with torch.nn's names, defaults, initial values and names of parameters; losses; initial values.
        """
    public var functions: [NativeFunction] {
        (LayerEntry.catalogue.map(\.declaration) + LossFunctions.all + InitFunctions.all).map { NativeFunction($0) }
    }
    public var sections: [ModuleSection] {
        [
            ModuleSection("Layers", LayerEntry.catalogue.map { String($0.declaration.name.dropFirst("nn.".count)) }),
            ModuleSection("Losses", LossFunctions.all.map { String($0.name.dropFirst("nn.".count)) }),
        ]
    }
    public var types: [TypeFace] { [ModuleMethods.binding] }
}
