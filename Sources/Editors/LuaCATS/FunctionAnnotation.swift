/// One function as LuaCATS: its comment, its parameters, its other forms as overloads.
struct FunctionAnnotation {
    private struct Parameter {
        var name: String
        var type: String
        var isOptional: Bool

        var annotation: String { "---@param \(name)\(isOptional ? "?" : "") \(type)" }
        var inline: String { "\(name)\(isOptional ? "?" : ""): \(type)" }
    }

    private typealias Form = (parameters: [Parameter], results: [String], names: [String?])

    private let entry: Catalogue.Entry
    private let types: TypeNames
    /// The form with the most parameters first: the others are its overloads.
    private let forms: [Form]
    /// The type that it is a method of.
    private let receiver: String?
    /// The class of its options, if it takes some.
    private let options: (name: String, table: Signature.Table)?

    /// - Parameter isMethod: whether it is written behind a colon; a form for the other way is turned.
    init(_ entry: Catalogue.Entry, isMethod: Bool, types: TypeNames) {
        self.entry = entry
        self.types = types
        let written = entry.signature?.forms ?? []
        var tables: [Signature.Table] = []
        for case .table(let table) in written.flatMap({ $0.arguments.map(\.kind) }) where !table.options.isEmpty {
            tables.append(table)
        }
        let className = entry.name.replacing(":", with: ".") + (isMethod ? ".method" : "") + ".options"
        options = tables.isEmpty ? nil : (className, Self.merged(tables))

        let own = written.filter { Self.isMethod($0) == isMethod }
        receiver = isMethod ? entry.owner : nil
        var forms: [Form] = (own.isEmpty ? written : own).map { form in
            var parameters = Self.parameters(form, of: entry, types: types, options: className)
            if isMethod, !Self.isMethod(form) { parameters = Array(parameters.dropFirst()) }
            if !isMethod, case .method(let receiver, _) = form.head {
                let argument = Signature.Argument(name: receiver, fallback: nil, kind: .plain)
                let type = types.parameter(argument, of: entry)
                parameters.insert(Parameter(name: receiver, type: type, isOptional: false), at: 0)
            }
            let results = form.results.map { result in
                let owner = entry.owner ?? Self.owner(of: entry)
                let type = types.result(result.type, in: form, of: entry, owner: owner)
                return result.repeats ? "..." + type : type
            }
            return (parameters, results, form.results.map(\.name))
        }
        if let longest = forms.indices.max(by: { forms[$0].parameters.count < forms[$1].parameters.count }) {
            forms.insert(forms.remove(at: longest), at: 0)
        }
        self.forms = forms
    }

    /// `tensor.sum` without an owner is the operation that is a method of tensors, too.
    private static func owner(of entry: Catalogue.Entry) -> String? {
        entry.name.split(separator: ".").first.map(String.init)
    }

    private static func isMethod(_ form: Signature.Form) -> Bool {
        if case .method = form.head { true } else { false }
    }

    private static func merged(_ tables: [Signature.Table]) -> Signature.Table {
        var all = Signature.Table()
        for table in tables {
            all.isOpen = all.isOpen || table.isOpen
            all.elements += table.elements
            for option in table.options where !all.options.contains(where: { $0.name == option.name }) {
                all.options.append(option)
            }
        }
        return all
    }

    private static func parameters(
        _ form: Signature.Form, of entry: Catalogue.Entry, types: TypeNames, options: String
    ) -> [Parameter] {
        var parameters: [Parameter] = []
        var used: Set<String> = []
        for argument in form.arguments {
            var parameter: Parameter
            switch argument.kind {
            case .plain:
                let type = types.parameter(argument, of: entry)
                parameter = Parameter(name: argument.name, type: type, isOptional: argument.isOptional)
            case .variadic: parameter = Parameter(name: "...", type: "any", isOptional: false)
            case .table(let table) where table.options.isEmpty:
                let element = table.elements.first.map { types.parameter($0, of: entry) } ?? "any"
                // A shape of one dimension may be its number.
                let isShape = element == "number"
                let list = element.contains("|") ? "(\(element))[]" : element + "[]"
                let type = isShape ? "number|number[]" : element == "any" ? "table" : list
                parameter = Parameter(name: isShape ? "shape" : "list", type: type, isOptional: argument.isOptional)
            case .table(let table) where table.isOpen && table.options.count == 1 && table.options[0].name == "name":
                let value = table.options[0].fallback.map { types.catalogue.types[$0] == nil ? "any" : $0 } ?? "any"
                parameter = Parameter(name: "named", type: "table<string, \(value)>", isOptional: false)
            case .table(let table):
                // A class with fields takes no plain list.
                let type = table.elements.isEmpty ? options : options + "|any[]"
                parameter = Parameter(name: "options", type: type, isOptional: !form.isTableCall)
            }
            while !used.insert(parameter.name).inserted { parameter.name += "2" }
            parameters.append(parameter)
        }
        return variadicLast(parameters)
    }

    /// In Lua `...` comes last: numbered parameters before it (d1, d2) and what follows become part of it.
    private static func variadicLast(_ parameters: [Parameter]) -> [Parameter] {
        guard let place = parameters.firstIndex(where: { $0.name == "..." }) else { return parameters }
        let isNumbered = { (parameter: Parameter) in parameter.name.last?.isNumber == true }
        let before = parameters[..<place]
        let numbered = before.filter(isNumbered)
        var kinds: [String] = []
        for parameter in numbered + parameters[(place + 1)...] where !kinds.contains(parameter.type) {
            kinds.append(parameter.type)
        }
        let type = numbered.isEmpty ? "any" : kinds.joined(separator: "|")
        return before.filter { !isNumbered($0) } + [Parameter(name: "...", type: type, isOptional: false)]
    }

    // MARK: Texts

    /// The class of its options, with a field each.
    var optionClass: String {
        let isUsed = { (name: String) in forms.contains { $0.parameters.contains { $0.type.contains(name) } } }
        guard let options, isUsed(options.name) else { return "" }
        var lines = ["---@class \(options.name)"]
        lines += options.table.options.map { "---@field \($0.name)? \(types.option($0, of: entry))" }
        if !options.table.elements.isEmpty { lines.append("---@field [integer] any") }
        if options.table.isOpen { lines.append("---@field [string] any") }
        return lines.joined(separator: "\n") + "\n\n"
    }

    /// The forms in one line each: `fun(x: any): tensor`.
    var overloads: [String] {
        forms.map { form in
            let results = form.results.isEmpty ? "" : ": " + form.results.joined(separator: ", ")
            // An overload of a method names what it is called on.
            let parameters = (receiver.map { ["self: \($0)"] } ?? []) + form.parameters.map(\.inline)
            return "fun(\(parameters.joined(separator: ", ")))\(results)"
        }
    }

    /// The whole definition under a name such as `tensor.zeros` or `tensor:sum`.
    func definition(_ name: String) -> String {
        guard let first = forms.first else {
            return Comment.text(of: entry.documentation) + "function \(name)(...) end\n\n"
        }
        var text = optionClass + Comment.text(of: entry.documentation)
        for parameter in first.parameters { text += parameter.annotation + "\n" }
        for (result, name) in zip(first.results, first.names) {
            let isRepeated = result.hasPrefix("...")
            text += "---@return \(isRepeated ? "\(result.dropFirst(3)) ..." : result)\(name.map { " \($0)" } ?? "")\n"
        }
        for overload in overloads.dropFirst() { text += "---@overload \(overload)\n" }
        return text + "function \(name)(\(first.parameters.map(\.name).joined(separator: ", "))) end\n\n"
    }
}
