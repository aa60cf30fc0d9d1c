import Scripting

/// Everything that scripts can name, and its page for `luaflow doc`.
public struct DocumentationIndex: Sendable {
    /// One thing that has a name.
    public struct Entry: Sendable {
        enum Kind: Sendable { case function, method, property, setter, symbol(Operator) }

        /// `tensor.zeros`, `tensor:sum`.
        public let name: String
        public let documentation: Documentation
        let kind: Kind
    }

    let modules: [any ScriptModule]
    let entries: [Entry]

    public init(_ modules: [any ScriptModule]) {
        self.modules = modules
        var entries: [Entry] = []
        func add(_ function: NativeFunction, _ kind: Entry.Kind) {
            entries.append(Entry(name: function.name, documentation: function.documentation, kind: kind))
        }
        for module in modules {
            if let call = module.call { add(call, .function) }
            for function in module.functions { add(function, .function) }
            for face in module.types {
                for method in face.methods { add(method, .method) }
                for property in face.properties { add(property, .property) }
                for setter in face.setters { add(setter, .setter) }
                for (key, function) in face.operators.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                    add(function, .symbol(key))
                }
            }
        }
        self.entries = entries
    }

    /// All names and their documentation, in the modules' order; a name that several things share comes once.
    public var all: [(name: String, documentation: Documentation)] {
        var seen: Set<String> = []
        return entries.filter { seen.insert($0.name).inserted }.map { ($0.name, $0.documentation) }
    }

    /// All names that ``page(_:)`` knows, each once.
    public var names: [String] {
        var seen: Set<String> = []
        return (containers + all.map(\.name) + constants.map(\.name)).filter { seen.insert($0).inserted }
    }

    /// The names of modules, types and tables of functions.
    public var containers: [String] { modules.map(\.name) + typeNames + tables }

    /// Tables of functions in modules: `optim.schedule`.
    private var tables: [String] {
        var found: [String] = []
        for name in entries.map(\.name) where name.filter({ $0 == "." }).count == 2 {
            let table = String(name[..<(name.lastIndex(of: ".") ?? name.endIndex)])
            if !found.contains(table) { found.append(table) }
        }
        return found
    }

    /// Values in modules: `host.version`. A module whose constants cannot be made has none.
    private var constants: [(name: String, value: Value)] {
        modules.flatMap { module in
            ((try? module.constants(Context())) ?? []).map { ("\(module.name).\($0.key)", $0.value) }
        }
    }

    private var faces: [TypeFace] { modules.flatMap(\.types) }

    private var typeNames: [String] {
        let taken = Set(modules.map(\.name))
        var names: [String] = []
        for face in faces where !taken.contains(face.type.name) && !names.contains(face.type.name) {
            names.append(face.type.name)
        }
        return names
    }

    // MARK: Pages

    /// The page for a name: a module, a type, a function, a method (`tensor:sum`, `:sum`), a property, an operator
    /// (`+`); without one, the list of modules.
    /// - Throws: ``ScriptError`` for an unknown name, with the nearest.
    public func page(_ name: String?) throws -> String {
        guard let name else {
            return Page.list(modules.map { ($0.name, $0.summary) })
                + "\nluaflow doc MODULE lists a module, luaflow doc NAME prints one entry,\n"
                + "luaflow doc --search WORD looks for a word.\n"
        }
        if let module = modules.first(where: { $0.name == name }) { return page(of: module) }
        let type = name.hasSuffix(":") ? String(name.dropLast()) : name
        let parts = faces.filter { $0.type.name == type }
        if !parts.isEmpty { return parts.map(page).joined(separator: "\n") }
        if tables.contains(name) { return list(entries.filter { $0.name.hasPrefix(name + ".") }) }
        let matches = entries.filter { isMeant($0, by: name) }
        if !matches.isEmpty { return Page.entries(matches) }
        if let constant = constants.first(where: { $0.name == name || $0.name.lastPart == name }) {
            return "\(constant.name) = \(constant.value.shown)\n"
        }
        if let text = Self.notDefined[name] { return Page.wrapped(text) + "\n" }
        throw ScriptError("luaflow doc", "nothing is named \"\(name)\"" + hint(for: name))
    }

    /// ` (did you mean "optim.Adam"?)`: also for a name's last part alone.
    private func hint(for name: String) -> String {
        let nearest = suggestion(for: name, among: names)
        guard nearest.isEmpty, let part = nearestName(to: name, among: names.map { String($0.lastPart) }) else {
            return nearest
        }
        return names.first { $0.lastPart == part }.map { " (did you mean \"\($0)\"?)" } ?? ""
    }

    /// Lua's operators that no type of ours gives a meaning.
    private static let notDefined: [String: String] = {
        let same = "x == y asks whether two values are the same object. Element by element: x:eq(y) and x:ne(y), which give bool."
        let order = "Tensors have no order: x < y is an error. Element by element: x:lt(y), x:le(y), x:gt(y) and x:ge(y), which give bool; of one number x:item() < y."
        return ["==": same, "~=": same, "<": order, "<=": order, ">": order, ">=": order, "..": "Joins strings: tensors by tostring(x) first, or with tensor.cat."]
    }()

    private func isMeant(_ entry: Entry, by name: String) -> Bool {
        if case .symbol(let key) = entry.kind, key.symbols.contains(name) { return true }
        if name.hasPrefix(":") {
            guard case .method = entry.kind else { return false }
            return entry.name.lastPart == name.dropFirst()
        }
        return entry.name == name || entry.name.replacing(":", with: ".") == name || entry.name.lastPart == name
            || entry.name.replacing(":", with: ".") == name.replacing(":", with: ".") || isSpelt(entry, name)
    }

    /// `x:sum`, as the page itself writes it.
    private func isSpelt(_ entry: Entry, _ name: String) -> Bool {
        guard name.contains(":") || name.contains(".") else { return false }
        return entry.documentation.signature.split(separator: "\n").contains { line in
            line.prefix { !"({ ".contains($0) } == name
        }
    }

    /// The names whose page has a word in it, with the first sentence of each.
    /// - Throws: ``ScriptError`` when there is none.
    public func search(_ word: String) throws -> String {
        let wanted = word.lowercased()
        var seen: Set<String> = []
        let found = entries.filter { entry in
            let texts = [entry.name, entry.documentation.summary, entry.documentation.source ?? ""]
            return texts.contains { $0.lowercased().contains(wanted) } && seen.insert(entry.name).inserted
        }
        guard !found.isEmpty else { throw ScriptError("luaflow doc", "no page says \"\(word)\"") }
        return Page.list(found.map { ($0.name, Page.sentence($0.documentation.summary)) })
    }

    private func page(of module: any ScriptModule) -> String {
        var text = Page.wrapped("\(module.name): \(module.summary)") + "\n"
        if let call = module.call {
            let signature = call.documentation.signature
            let own = entries.filter { $0.name == call.name && $0.documentation.signature == signature }
            text += "\n" + Page.entries(own)
        }
        if !module.functions.isEmpty { text += "\n" + list(module.functions) }
        return text + module.types.map { "\n" + page(of: $0) }.joined()
    }

    private func page(of face: TypeFace) -> String {
        let symbols = Operator.allCases.filter { face.operators[$0] != nil }.map { $0.symbols[0] }
        let operators = symbols.isEmpty ? "" : "\n  Operators: \(symbols.joined(separator: "  "))\n"
        let head = Page.wrapped("\(face.type.name): \(face.summary)") + "\n"
        return head + list(face.properties + face.methods) + operators
    }

    private func list(_ entries: [Entry]) -> String {
        Page.list(entries.map { ($0.name, Page.sentence($0.documentation.summary)) })
    }

    private func list(_ functions: [NativeFunction]) -> String {
        Page.list(functions.map { ($0.name, Page.sentence($0.documentation.summary)) }, indent: "  ")
    }
}

extension Operator {
    /// What stands for it in a script, and so is asked for.
    var symbols: [String] {
        switch self {
        case .add: ["+"]
        case .subtract: ["-"]
        case .multiply: ["*"]
        case .divide: ["/"]
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
        }
    }
}

extension String {
    var lastPart: Substring { self[(lastIndex { $0 == "." || $0 == ":" }.map { index(after: $0) } ?? startIndex)...] }
}
