/// Types as LuaCATS writes them.
struct TypeNames {
    let catalogue: Catalogue

    /// What an argument's name says in every signature. Whole numbers are numbers: 4 / 2 will do where 2 does. What takes
    /// a tensor takes a number here, as lua-language-server holds -x for a number where x may be anything.
    private static let everywhere: [String: String] = [
        "d1": "number", "d2": "number", "s1": "number", "s2": "number", "n": "number", "m": "number", "i": "number",
        "j": "number", "k": "number", "path": "string", "dim": "number|table", "dim1": "number", "dim2": "number",
        "first": "number", "last": "number", "shift": "number", "size": "number", "step": "number", "steps": "number",
        "keepdim": "boolean", "dtype": "string", "generator": "generator", "seed": "number", "stream": "number",
        "f": "function", "requires_grad": "boolean", "mask": "table", "index": "tensor|number",
        "flag": "boolean", "descending": "boolean", "largest": "boolean", "callback": "function",
        "closure": "function", "kind": "string", "title": "string", "xlabel": "string", "ylabel": "string",
        "label": "string", "logx": "boolean", "logy": "boolean", "grid": "boolean", "P": "projection",
        "Q": "projection", "figure": "figure", "retain_graph": "boolean", "create_graph": "boolean",
        "tensor": "tensor", "count": numbers, "tol": "number", "state": "table", "params": "table",
        "losses": "table", "log_weights": "table", "weight": "tensor", "bias": "tensor",
        "cotangent": "tensor|number", "probabilities": "table", "pictures": "table",
        "values": numbers, "center": numbers, "r": numbers, "lo": numbers, "hi": numbers, "loc": numbers,
        "scale": numbers, "rate": numbers, "probs": numbers, "concentration": numbers, "concentration0": numbers,
        "concentration1": numbers, "df": numbers, "low": numbers, "high": numbers, "covariance": numbers,
        "weights": numbers, "mean": numbers, "std": numbers, "p": numbers, "gamma": "number", "exponent": "number", "what": "string",
        "name": "string", "x0": "tensor|number",
    ]

    /// A tensor, or what is made into one: an alias for number or table, which a tensor is to lua-language-server. (With
    /// tensor itself in the union, it asks a table of numbers for a tensor's fields.)
    private static let numbers = "numbers"

    /// What a name says in one module or type, or in one function.
    private static let somewhere: [String: String] = [
        "tensor.x": "tensor|number", "tensor.y": "tensor|number", "tensor.v": "tensor|number", "tensor.A": "tensor|number",
        "tensor.B": "tensor|number", "tensor.a": "number", "tensor.b": "number",
        "autodiff.x": numbers, "autodiff.v": numbers, "distribution.x": numbers, "distribution.icdf.q": numbers,
        "distribution.d": "distribution", "distribution.e": "distribution", "distribution.p": "distribution",
        "distribution.q": "distribution", "projection.x": "tensor|number", "projection.a": numbers,
        "projection.b": numbers, "projection.A": numbers, "projection.s": numbers, "projection.t": numbers,
        "flow.x": "tensor|number", "flow.z": "tensor|number", "flow.s": "table", "transform.x": "tensor|number",
        "transform.z": "tensor|number", "optim.lr": "number", "montecarlo.x": "table", "data.x": "tensor",
        "image.x": numbers, "random.t": "table", "random.randint.low": "number",
        "random.randint.high": "number", "host.t": "table", "batches.x": "tensor",
    ]

    /// Options whose name says less than the argument's of the same name, or more.
    private static let options: [String: String] = [
        "x": "any", "values": "any", "value": "any", "r": "any", "mean": "any", "label": "any", "params": "any",
        "name": "string", "size": "any", "first": "any", "last": "any", "step": "any", "index": "any",
        "baseline": "\"none\"|\"mean\"|\"moving_average\"|\"leave_one_out\"|number|function|moving_average",
    ]

    /// What Lua and LuaCATS have by themselves.
    private static let plain: Set<String> = [
        "any", "nil", "boolean", "string", "number", "integer", "function", "table",
    ]

    /// The type of an argument of a function.
    func parameter(_ argument: Signature.Argument, of entry: Catalogue.Entry) -> String {
        if let declared = entry.type(ofParameter: argument.name) { return declared.luaCATS }
        let path = entry.name.replacing(":", with: ".")
        let module = path.prefix { $0 != "." }
        return Self.somewhere["\(path).\(argument.name)"] ?? Self.somewhere["\(module).\(argument.name)"]
            ?? Self.everywhere[argument.name] ?? argument.fallback.map(literal) ?? "any"
    }

    func option(_ option: Signature.Option, of entry: Catalogue.Entry) -> String {
        if let declared = entry.type(ofParameter: option.name) { return declared.luaCATS }
        if let named = Self.options[option.name] { return named }
        if let choices = option.choices { return choices.map { "\"\($0)\"" }.joined(separator: "|") }
        return Self.everywhere[option.name] ?? option.fallback.map(literal) ?? "any"
    }

    /// The type of a default. A number may well be given as a function of k or one for each; a string as something made.
    private func literal(_ text: String) -> String {
        if text == "true" || text == "false" { return "boolean" }
        if text.hasPrefix("\"") { return "string|any" }
        if text.hasPrefix("{") { return "table" }
        return Double(text) == nil ? "any" : "number|function|table"
    }

    func result(_ type: Signature.ResultType, in form: Signature.Form, of entry: Catalogue.Entry, owner: String?) -> String {
        switch type {
        case .named(let name):
            if catalogue.types[name] != nil { return name }
            if Self.plain.contains(name) { return name }
            if case .method(let receiver, _) = form.head, receiver == name, let owner { return owner }
            if let argument = form.arguments.first(where: { $0.name == name }) {
                return parameter(argument, of: entry)
            }
            return "any"
        case .list(let element):
            let inner = result(element, in: form, of: entry, owner: owner)
            return inner.contains("|") ? "(\(inner))[]" : inner + "[]"
        case .map(let value): return "table<string, \(result(value, in: form, of: entry, owner: owner))>"
        case .iterator(let values):
            return "fun(): " + values.map { result($0, in: form, of: entry, owner: owner) }.joined(separator: ", ")
        case .record(let fields):
            let shown = fields.map { "\($0.name): \(result($0.type, in: form, of: entry, owner: owner))" }
            return "{" + shown.joined(separator: ", ") + "}"
        case .either(let choices):
            return choices.map { result($0, in: form, of: entry, owner: owner) }.joined(separator: "|")
        }
    }
}
