import Scripting
import Tensors

extension Module {
    /// The call that made it, with a conversion where its dtype is not the usual one.
    public func recipe(_ tensors: any RecipeTensors) throws -> Recipe {
        if let scripted = layer as? ScriptedModule, origin?.function == "nn.Module" || origin == nil {
            guard let name = scripted.name else {
                throw Fault(
                    """
                    an nn.Module without a name: give it one, nn.Module{name = "Net", ...}, and register what makes \
                    it, host.register{modules = {Net = function() return nn.Module{...} end}}
                    """)
            }
            return typed(.call("nn.\(name)", []))
        }
        guard let origin else {
            throw Fault("\(layer.description) was made by no constructor of a script: a file could not name it")
        }
        let recipe = try origin.recipe(tensors)
        // Modules made of other modules have the dtypes of those.
        return layer is Residual || (layer is Sequential && origin.function == "nn.Sequential") ? recipe : typed(recipe)
    }

    private func typed(_ recipe: Recipe) -> Recipe {
        let types = Set(parameters.map(\.value.dtype))
        return types == [.float64] ? .call("module:to", [recipe, .text(DType.float64.rawValue)]) : recipe
    }

    /// `nn.Net(2)`: calls what was registered as Net, which returns a module.
    static let registered = ScriptedConstructors(.modules) { name in
        NativeFunction(
            Declaration(
                "nn.\(name)", "", takes: .argument("constructor", .function), .rest("", .anything), returns: .module
            ) { constructor, arguments in
                let result = try constructor.call(arguments).first ?? .none
                guard case .object(let module as Module) = result else {
                    throw Fault("the registered function returned \(result.shown); a module expected")
                }
                return module
            }
        ).remembering(after: 1)
    }

    /// `module:to` as a function that recipes may call.
    public static let conversion = NativeFunction(ModuleMethods.to)
}

extension RegistryKind {
    /// Modules that scripts register, made by `nn.NAME(...)`.
    public static let modules = RegistryKind("modules", constructorsOf: "nn")
}
