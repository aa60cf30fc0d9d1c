import Distributions
import Files
import Scripting
import Tensors

extension Flow {
    /// The flow in a file, `.pt` or `.safetensors`: made by the file's recipe; a file without one is recognised as a
    /// NICE or one of zuko's flows by names and shapes of its tensors.
    ///
    ///     let flow = try Flow.load("models/nice-mnist.safetensors")
    /// - Parameters:
    ///   - context: the place to look up constructors that scripts registered.
    ///   - more: constructors that a file may name beside the built-in ones.
    /// - Throws: ``ScriptError`` for a file that is missing, damaged, foreign or hostile, or holds no known flow.
    public static func load(
        _ path: some ByteStringConvertible, for operation: String = "flow.load", context: Context = Context(),
        adding more: [Declaration] = []
    ) throws -> Flow {
        let dict = try Checkpoint.load(
            path, for: operation, choosing: { NICE.recognises($0) || ZukoReader.recognises($0) })
        do {
            if let recipe = dict.metadata["recipe"] {
                return try RecipeMaker(dict, context, adding: more, operation).flow(recipe)
            }
            if NICE.recognises(dict.names) { return try NICE.read(dict, for: operation) }
            if ZukoReader.recognises(dict.names) { return try ZukoReader.read(dict, for: operation) }
        } catch let error as ScriptError {
            throw ScriptError(error.operation, "\(path.byteString): \(error.message)")
        }
        let names = dict.names.prefix(3).joined(separator: ", ")
        throw ScriptError(
            operation,
            "\(path.byteString): no known flow: "
                + (dict.isEmpty
                    ? "it holds no tensors" : "its parameters are named \(names)\(dict.count > 3 ? ", ..." : "")"))
    }

    /// The parameters and buffers as plain tensors, by name.
    public func stateDict() -> StateDict {
        StateDict((parameters + buffers).map { (name: $0.name, tensor: $0.value.value) }, metadata: metadata)
    }

    /// Writes the flow to a file, whole or not at all: its tensors, and its recipe unless names and shapes suffice.
    /// - Throws: ``Fault`` that names a part which no file can hold.
    public func save(_ path: some ByteStringConvertible, for operation: String = "flow:save") throws {
        var dict = stateDict()
        if metadata["architecture"] == nil {
            let tensors = FileTensors(parameters + buffers)
            dict.metadata["recipe"] = try recipe(tensors).text
            for (name, tensor) in tensors.others { dict[name] = tensor }
        }
        try Checkpoint.save(path, dict, for: operation)
    }

    public func recipe(_ tensors: any RecipeTensors) throws -> Recipe {
        if let origin { return try origin.recipe(tensors).settling(settledOptions) }
        let base: Recipe
        switch prior {
        case is StandardNormal: base = .text(StandardNormal.name)
        case is StandardLogistic: base = .text(StandardLogistic.name)
        default: throw Fault("a flow.\(name) that no constructor of a script made has no name that a file could hold")
        }
        guard metadata["architecture"] == nil else {
            throw Fault(
                "a flow.\(name) from a file of weights has no name that a file could hold: make it by flow.\(name){...}"
            )
        }
        let parts = try transforms.map { try $0.transform.recipe }
        return .call("flow.Flow", [base, .list(parts), .table([Recipe.Field("dim", .integers(event))])])
    }
}

extension Recipe {
    /// The same call, in which options named here have these values.
    fileprivate func settling(_ options: [Field]) -> Recipe {
        guard case .call(let name, let arguments) = self, case .table(let fields)? = arguments.last else { return self }
        let settled = fields.map { field in options.first { $0.name == field.name } ?? field }
        return .call(name, arguments.dropLast() + [.table(settled)])
    }
}
