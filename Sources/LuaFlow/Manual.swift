import Scripting

/// The pages of `luaflow doc`: one for each module, type, function, method, property and operator.
///
///     let manual = try Manual(ScriptIndex(Host.builtInModules), of: Host.builtInModules)
///     print(try manual.page("tensor:norm"))
public struct Manual: Sendable {
    let modules: [any ScriptModule]
    /// Every documented name, for searching and completion.
    public let index: ScriptIndex
    /// Constants of modules: `host.version`.
    private let constants: [(name: String, value: String)]

    /// - Throws: the errors of ``ScriptIndex`` and of modules' constants.
    public init(_ modules: [any ScriptModule]) throws {
        self.modules = modules
        index = try ScriptIndex(modules)
        constants = try modules.flatMap { module in
            try module.constants(Context()).map { (name: "\(module.name).\($0.key)", value: $0.value.shown) }
        }
    }

    /// All names with their documentation, in the order of modules; a name that several things share is listed once.
    public var all: [(name: String, documentation: Documentation)] {
        var seen: Set<String> = []
        return index.entries.filter { seen.insert($0.name).inserted }.map { ($0.name, $0.documentation) }
    }

    /// All names for which ``page(_:)`` has a page, each once.
    public var names: [String] {
        var seen: Set<String> = []
        return (containers + all.map(\.name) + constants.map(\.name)).filter { seen.insert($0).inserted }
    }

    /// The names of modules, types and tables of functions.
    public var containers: [String] { index.moduleNames + typeNames + tables }

    /// Tables of functions within modules: `optim.schedule`.
    private var tables: [String] {
        index.moduleNames.flatMap { name in
            (index.modules[name]?.names ?? []).filter { index.modules[name]?.tables[$0] != nil }.map { "\(name).\($0)" }
        }
    }

    private var typeNames: [String] {
        var names: [String] = []
        for binding in modules.flatMap(\.types) where !index.moduleNames.contains(binding.type.name) {
            if !names.contains(binding.type.name) { names.append(binding.type.name) }
        }
        return names
    }

    // MARK: Pages

    /// The page of a name: a module, a type, a function, a method (`tensor:sum`, `:sum`), a property or an operator
    /// (`+`); without a name, the list of modules.
    /// - Throws: ``ScriptError`` for an unknown name, with a suggestion.
    public func page(_ name: String?) throws -> String {
        guard let name else {
            return Page.list(modules.map { ($0.name, $0.summary) })
                + "\nluaflow doc MODULE lists a module, luaflow doc NAME prints one entry,\n"
                + "luaflow doc --search WORD looks for a word.\n"
        }
        if let module = modules.first(where: { $0.name == name }) { return page(of: module) }
        let type = name.hasSuffix(":") ? String(name.dropLast()) : name
        if let members = index.types[type] { return page(of: members) }
        if tables.contains(name) {
            return list(index.entries.filter { $0.name.hasPrefix(name + ".") })
        }
        let matches = index.entries.filter { isMeant($0, by: name) }
        if !matches.isEmpty { return Page.entries(matches) }
        if let constant = constants.first(where: { $0.name == name || $0.name.lastPart == name }) {
            return "\(constant.name) = \(constant.value)\n"
        }
        if let text = Self.notDefined[name] { return Page.wrapped(text) + "\n" }
        throw ScriptError("luaflow doc", "nothing is named \"\(name)\"" + hint(for: name))
    }

    /// A suggestion, ` (did you mean "optim.Adam"?)`, also from the last part of a name alone.
    private func hint(for name: String) -> String {
        let nearest = suggestion(for: name, among: names)
        guard nearest.isEmpty, let part = nearestName(to: name, among: names.map { String($0.lastPart) }) else {
            return nearest
        }
        return names.first { $0.lastPart == part }.map { " (did you mean \"\($0)\"?)" } ?? ""
    }

    /// Lua's operators that none of our types defines.
    private static let notDefined: [String: String] = {
        let same = "x == y asks whether two values are the same object. Element by element: x:eq(y) and x:ne(y), which "
            + "give bool."
        let order = "Tensors have no order: x < y is an error. Element by element: x:lt(y), x:le(y), x:gt(y) and "
            + "x:ge(y), which give bool; of one number x:item() < y."
        return [
            "==": same, "~=": same, "<": order, "<=": order, ">": order, ">=": order,
            "..": "Joins strings: tensors by tostring(x) first, or with tensor.cat.",
        ]
    }()

    private func isMeant(_ entry: ScriptIndex.Entry, by name: String) -> Bool {
        if case .symbol(let key) = entry.kind, key.symbols.contains(name) { return true }
        if name.hasPrefix(":") { return entry.kind == .method && entry.name.lastPart == name.dropFirst() }
        let path = entry.name.replacing(":", with: ".")
        return entry.name == name || entry.name.lastPart == name || path == name.replacing(":", with: ".")
            || isSpelt(entry, name)
    }

    /// Whether the name is written as the page shows it, `x:sum`.
    private func isSpelt(_ entry: ScriptIndex.Entry, _ name: String) -> Bool {
        guard name.contains(":") || name.contains(".") else { return false }
        return entry.documentation.signature.split(separator: "\n").contains { line in
            line.prefix { !"({ ".contains($0) } == name
        }
    }

    /// The names whose page contains a word, each with its first sentence.
    /// - Throws: ``ScriptError`` when there is none.
    public func search(_ word: String) throws -> String {
        let wanted = word.lowercased()
        let found = index.entries.filter { entry in
            let notes = (entry.declaration?.forms ?? []).flatMap(\.specs).flatMap { [$0.name, $0.note] }
            let texts = [entry.name, entry.documentation.summary, entry.documentation.source ?? ""] + notes
            return texts.contains { $0.lowercased().contains(wanted) }
        }
        guard !found.isEmpty else { throw ScriptError("luaflow doc", "no page says \"\(word)\"") }
        return list(found)
    }

    // MARK: Modules and types

    private func page(of module: any ScriptModule) -> String {
        var text = Page.wrapped("\(module.name): \(module.summary)") + "\n"
        if let call = index.modules[module.name]?.call { text += "\n" + Page.entries([call]) }
        let functions = index.entries.filter { $0.kind == .function && $0.name.hasPrefix(module.name + ".") }
        let sectioned = Set(module.sections.flatMap(\.names))
        let rest = functions.filter { !sectioned.contains($0.function.shortName) }
        if !rest.isEmpty { text += "\n" + list(rest, indent: "  ") }
        for section in module.sections {
            let own = functions.filter { section.names.contains($0.function.shortName) }
            text += "\n\(section.title)\n" + list(own, indent: "  ")
        }
        var shown: Set<String> = []
        for binding in module.types where shown.insert(binding.type.name).inserted {
            if let members = index.types[binding.type.name] { text += "\n" + page(of: members, beside: functions) }
        }
        return text
    }

    /// - Parameter functions: functions that the page already shows; a method that is also one of them is only named.
    private func page(of type: ScriptIndex.TypeMembers, beside functions: [ScriptIndex.Entry] = []) -> String {
        let members = index.entries.filter { $0.owner == type.type.name }
        let known = Set(functions.filter { $0.declaration?.style == .both }.map(\.function.shortName))
        var methods = members.filter { $0.kind == .method }
        let both = methods.filter { known.contains($0.function.shortName) }.map(\.function.shortName)
        methods.removeAll { known.contains($0.function.shortName) }
        // x:add_(y) is covered by x:add(y).
        let names = Set(members.map(\.function.shortName)).union(known)
        let inPlace = methods.map(\.function.shortName)
            .filter { $0.hasSuffix("_") && names.contains(String($0.dropLast())) }
        methods.removeAll { inPlace.contains($0.function.shortName) }

        var text = Page.wrapped("\(type.type.name): \(type.summary)") + "\n"
        text += list(members.filter { $0.kind == .property } + methods, indent: "  ")
        func add(_ title: String, _ names: [String]) {
            if names.isEmpty { return }
            text += "\n" + Page.wrapped("\(title) \(names.joined(separator: ", "))", indent: "  ") + "\n"
        }
        add("Methods, too, x:name(...) for \(functions.first?.name.prefix { $0 != "." } ?? "").name(x, ...):", both)
        add("Writing the result over x:", inPlace)
        add("Operators:", Operator.allCases.filter { type.operators[$0] != nil }.map { $0.symbols[0] })
        return text
    }

    /// A list of names, each once, with first sentences.
    private func list(_ entries: [ScriptIndex.Entry], indent: String = "") -> String {
        var seen: Set<String> = []
        let rows = entries.filter { seen.insert($0.name.replacing(":", with: ".")).inserted }
        return Page.list(rows.map { ($0.name, Page.sentence($0.documentation.summary)) }, indent: indent)
    }
}

extension Operator {
    /// Other notations of the name in scripts, which can be asked for.
    var symbols: [String] {
        switch self {
        case .add: ["+"]
        case .subtract: ["-"]
        case .multiply: ["*"]
        case .divide: ["/"]
        case .floorDivide: ["//"]
        case .modulo: ["%"]
        case .power: ["^"]
        case .negate: ["unary -", "-"]
        case .length: ["#"]
        case .call: ["()"]
        case .equal: ["=="]
        case .less: ["<"]
        case .lessOrEqual: ["<="]
        case .concatenate: [".."]
        case .describe: ["tostring"]
        case .index: ["[]"]
        case .newindex: ["[] =", "[]="]
        case .close: ["<close>"]
        case .member: [".name"]
        }
    }
}

extension String {
    var lastPart: Substring { self[(lastIndex { $0 == "." || $0 == ":" }.map { index(after: $0) } ?? startIndex)...] }
}
