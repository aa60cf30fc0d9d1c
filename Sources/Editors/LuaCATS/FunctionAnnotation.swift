import Scripting

/// A function in LuaCATS: its comment, its parameters, and its other forms as overloads.
struct FunctionAnnotation {
    private struct Parameter {
        let name: String
        let type: String
        var isOptional = false

        var annotation: String { "---@param \(name)\(isOptional ? "?" : "") \(type)" }
        var inline: String { "\(name)\(isOptional ? "?" : ""): \(type)" }
    }

    private struct Form {
        let parameters: [Parameter]
        let results: [ResultSpec]
    }

    private let entry: ScriptIndex.Entry
    /// The form with the most parameters first; the others are its overloads.
    private let forms: [Form]
    /// The type of which it is a method.
    private let receiver: String?
    /// The class of its options, and the options, if it has any.
    private let options: (name: String, specs: [ParameterSpec], hasElements: Bool)?

    /// - Parameter isMethod: whether it is written with a colon.
    init(_ entry: ScriptIndex.Entry, isMethod: Bool) {
        self.entry = entry
        receiver = isMethod ? entry.owner : nil
        let declared = entry.declaration?.forms ?? []
        let className = entry.name.replacing(":", with: ".") + (isMethod ? ".method" : "") + ".options"
        var seen: Set<String> = []
        let named = declared.flatMap { form in form.specs.filter { form.names.contains($0.name) } }
            .filter { seen.insert($0.name).inserted }
        options = named.isEmpty ? nil : (className, named, declared.contains { $0.style == .table && $0.places > 0 })
        // For a call operator, m(x), the object precedes the parentheses.
        let hidden = isMethod || entry.kind == .symbol(.call) ? 1 : 0
        var forms = Self.withoutFields(declared.flatMap { Self.forms($0, dropping: hidden, options: className) })
        if let longest = forms.indices.max(by: { forms[$0].parameters.count < forms[$1].parameters.count }) {
            forms.insert(forms.remove(at: longest), at: 0)
        }
        self.forms = forms
    }

    /// The ways to call one form: by position, and with a last table of names for arguments that have a default.
    private static func forms(_ form: Scripting.Form, dropping first: Int, options: String) -> [Form] {
        if form.style == .table {
            let type = form.places > 0 ? options + "|any[]" : options
            return [Form(parameters: [Parameter(name: "options", type: type)], results: form.results)]
        }
        let specs = Array(form.specs.dropFirst(first))
        let arguments = specs.filter { $0.place == .argument }
        let placed = arguments.map {
            Parameter(name: $0.name, type: $0.type.parameterLuaCATS, isOptional: $0.isOptional)
        }
        let table = form.names.isEmpty ? [] : [Parameter(name: "options", type: options, isOptional: true)]
        if let rest = specs.first(where: { $0.place == .rest }) {
            // In Lua `...` is last: options become part of its type.
            let type = ([rest.type.luaCATS] + table.map(\.type)).joined(separator: "|")
            return [Form(parameters: placed + [Parameter(name: "...", type: type)], results: form.results)]
        }
        var forms = [Form(parameters: placed + table, results: form.results)]
        // x:sum{dim = 1}, x:sum(1, {keepdim = true}): the table takes the place of an argument with a name, from the
        // first that may be left out.
        let least = max(form.leastBeforeOptions - first, 0)
        for place in least..<max(least, placed.count) where form.takesOptions(at: place + first, isEmpty: false) {
            let parameters = placed.prefix(place) + [Parameter(name: "options", type: options)]
            forms.append(Form(parameters: Array(parameters), results: form.results))
        }
        return forms
    }

    /// Where another form takes a table, a tensor is written `numbers`: the server would require a tensor's fields in
    /// that table.
    private static func withoutFields(_ forms: [Form]) -> [Form] {
        forms.map { form in
            let parameters = form.parameters.enumerated().map { place, parameter in
                let tensor = ScriptType.object("tensor").parameterLuaCATS
                guard parameter.type == tensor,
                    forms.contains(where: { place < $0.parameters.count && $0.parameters[place].type == "table" })
                else { return parameter }
                return Parameter(name: parameter.name, type: "numbers", isOptional: parameter.isOptional)
            }
            return Form(parameters: parameters, results: form.results)
        }
    }

    // MARK: Texts

    /// The class of its options, with a field for each.
    var optionClass: String {
        guard let options, forms.contains(where: { $0.parameters.contains { $0.type.contains(options.name) } }) else {
            return ""
        }
        var lines = ["---@class \(options.name)"]
        lines += options.specs.map { spec in
            "---@field \(spec.name)? \(spec.type.luaCATS)" + (spec.note.isEmpty ? "" : " \(Comment.line(spec.note))")
        }
        if options.hasElements { lines.append("---@field [integer] any") }
        return lines.joined(separator: "\n") + "\n\n"
    }

    /// The other forms, one per line: `fun(x: any): tensor`.
    var overloads: [String] {
        forms.map { form in
            let types = form.results.map { ($0.repeats ? "..." : "") + $0.type.resultLuaCATS }
            let results = types.isEmpty ? "" : ": " + types.joined(separator: ", ")
            // An overload of a method includes the receiver.
            let parameters = (receiver.map { ["self: \($0)"] } ?? []) + form.parameters.map(\.inline)
            return "fun(\(parameters.joined(separator: ", ")))\(results)"
        }
    }

    /// The whole definition, under a name such as `tensor.zeros` or `tensor:sum`.
    func definition(_ name: String) -> String {
        guard let first = forms.first else {
            return Comment.text(of: entry.documentation) + "function \(name)(...) end\n\n"
        }
        var text = optionClass + Comment.text(of: entry.documentation)
        for parameter in first.parameters { text += parameter.annotation + "\n" }
        for result in first.results {
            let name = result.name.map { " \($0)" } ?? ""
            text += "---@return \(result.type.resultLuaCATS)\(result.repeats ? " ..." : "")\(name)\n"
        }
        var seen: Set<String> = [overloads[0]]
        for overload in overloads.dropFirst() where seen.insert(overload).inserted {
            text += "---@overload \(overload)\n"
        }
        return text + "function \(name)(\(first.parameters.map(\.name).joined(separator: ", "))) end\n\n"
    }
}
