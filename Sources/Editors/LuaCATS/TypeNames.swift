/// Types as LuaCATS writes them.
struct TypeNames {
    let catalogue: Catalogue

    /// What the names of parameters and elements say in every signature; other names say nothing. `any` is never wrong,
    /// so only what holds everywhere stands here. Whole numbers are numbers: 4 / 2 will do where 2 does.
    private static let parameters: [String: String] = [
        "d1": "number", "d2": "number", "s1": "number", "s2": "number", "n": "number", "m": "number",
        "i": "number",
        "path": "string", "dim": "number|table", "dim1": "number", "dim2": "number", "keepdim": "boolean",
        "dtype": "string",
        "generator": "generator", "x": "any", "seed": "number", "stream": "number", "f": "function",
        "requires_grad": "boolean", "mask": "tensor", "index": "any", "flag": "boolean", "descending": "boolean",
        "largest": "boolean", "callback": "function", "closure": "function", "kind": "string", "note": "any",
        "title": "string", "xlabel": "string", "ylabel": "string", "label": "string", "logx": "boolean",
        "logy": "boolean", "grid": "boolean", "P": "projection", "figure": "figure", "retain_graph": "boolean",
        "create_graph": "boolean", "tensor": "tensor", "count": "number",
    ]

    /// What Lua and LuaCATS have by themselves.
    private static let plain: Set<String> = [
        "any", "nil", "boolean", "string", "number", "integer", "function", "table",
    ]

    /// Parameters that every function lets one leave out.
    private static let optional: Set<String> = [
        "dim", "keepdim", "generator", "stream", "flag", "descending", "largest", "tol", "note", "callback", "closure",
        "cotangent", "step", "mean", "std", "low", "high", "count", "k", "bias", "values", "hi", "lo", "first", "last",
        "requires_grad", "dtype", "retain_graph", "create_graph", "default", "size",
    ]

    func parameter(_ argument: Signature.Argument) -> (type: String, isOptional: Bool) {
        let isOptional = argument.fallback != nil || Self.optional.contains(argument.name)
        if let named = Self.parameters[argument.name] { return (named, isOptional) }
        return (argument.fallback.map(literal) ?? "any", isOptional)
    }

    func option(_ option: Signature.Option) -> String {
        Self.parameters[option.name] ?? option.fallback.map(literal) ?? "any"
    }

    /// The type of a default. A number may well be given as a function of k, a string as something made: they say `any`
    /// of what else is taken.
    private func literal(_ text: String) -> String {
        if text == "true" || text == "false" { return "boolean" }
        if text.hasPrefix("\"") { return "string|any" }
        if text.hasPrefix("{") { return "table" }
        return Double(text) == nil ? "any" : "number|any"
    }

    func result(_ type: Signature.ResultType, in form: Signature.Form, owner: String?) -> String {
        switch type {
        case .named(let name):
            if catalogue.types[name] != nil { return name }
            if Self.plain.contains(name) { return name }
            if case .method(let receiver, _) = form.head, receiver == name, let owner { return owner }
            if name == "iterator" { return "fun(): any, any" }
            if let argument = form.arguments.first(where: { $0.name == name }) { return parameter(argument).type }
            return "any"
        case .list(let element):
            let inner = result(element, in: form, owner: owner)
            return inner.contains("|") ? "(\(inner))[]" : inner + "[]"
        case .map(let value): return "table<string, \(result(value, in: form, owner: owner))>"
        case .record(let fields):
            let shown = fields.map { "\($0.name): \(result($0.type, in: form, owner: owner))" }
            return "{" + shown.joined(separator: ", ") + "}"
        case .either(let choices): return choices.map { result($0, in: form, owner: owner) }.joined(separator: "|")
        }
    }
}
