import Scripting

/// LuaCATS definition files, from which lua-language-server completes and checks scripts.
///
///     for file in Definitions(index).files { print(file.name, file.text) }
public struct Definitions {
    /// The second line of every file: a file with it was written by this program and may be overwritten.
    public static let mark =
        "-- Written by luaflow doc --luacats, which writes it anew; keep nothing of your own here.\n"

    private let index: ScriptIndex

    /// Of the modules in the index; those of plugins only where it has them.
    public init(_ index: ScriptIndex) { self.index = index }

    /// One file per module, and one for the types of values.
    public var files: [(name: String, text: String)] {
        index.moduleNames.sorted().map { ($0 + ".lua", module($0)) } + [("types.lua", typeFile)]
    }

    // MARK: Modules

    private func module(_ name: String) -> String {
        guard let node = index.modules[name] else { return "" }
        let body = table(name, node, className: name + "lib", isLocal: true)
        return "---@meta \(name)\n\(Definitions.mark)\n\(body)return \(name)\n"
    }

    private func table(_ path: String, _ node: ScriptIndex.Module, className: String, isLocal: Bool) -> String {
        var text = ""
        let call = node.call.map { FunctionAnnotation($0, isMethod: false) }
        if let call { text += call.optionClass }
        text += Comment.lines(node.summary) + "---@class \(className): table\n"
        for overload in call?.overloads ?? [] { text += "---@overload \(overload)\n" }
        for constant in node.constants.sorted() { text += "---@field \(constant) any\n" }
        text += isLocal ? "local \(path) = {}\n\n" : "\(path) = {}\n\n"
        for (name, entry) in node.functions.sorted(by: { $0.key < $1.key }) {
            text += FunctionAnnotation(entry, isMethod: false).definition("\(path).\(name)")
        }
        for (name, child) in node.tables.sorted(by: { $0.key < $1.key }) {
            text += table("\(path).\(name)", child, className: "\(className).\(name)", isLocal: false)
        }
        return text
    }

    // MARK: Types

    private var typeFile: String {
        "---@meta\n\(Definitions.mark)\n---A tensor, a number, or numbers in tables.\n"
            + "---@alias numbers number|table\n\n" + Self.negated
            + index.types.sorted { $0.key < $1.key }.map { type($0.key, $0.value) }.joined()
    }

    /// lua-language-server takes -x for a number if it does not know x: (-f(x)):mean() would be a mistake.
    private static let negated = """
        ---What -x may be, of an x that the editor does not know: a tensor has methods.
        ---@class negated
        ---@field [string] any

        ---@class number: negated


        """

    private static let operators: [(Operator, String)] = [
        (.add, "add"), (.subtract, "sub"), (.multiply, "mul"), (.divide, "div"), (.floorDivide, "idiv"),
        (.modulo, "mod"),
        (.power, "pow"), (.concatenate, "concat"),
    ]

    private func type(_ name: String, _ binding: ScriptIndex.TypeMembers) -> String {
        let calls = binding.operators[.call].map { FunctionAnnotation($0, isMethod: false) }
        var text = (calls?.optionClass ?? "") + Comment.lines(binding.summary) + "---@class \(name): table\n"
        for (property, entry) in binding.properties.sorted(by: { $0.key < $1.key }) {
            text += "---@field \(property) \(result(of: entry)) \(Comment.line(entry.documentation.summary))\n"
        }
        text += indexing(binding) + members(binding)
        for (key, word) in Self.operators {
            guard let entry = binding.operators[key] else { continue }
            text += "---@operator \(word)(\(name)|number): \(result(of: entry))\n"
        }
        if let entry = binding.operators[.negate] { text += "---@operator unm: \(result(of: entry))\n" }
        if binding.operators[.length] != nil { text += "---@operator len: integer\n" }
        for overload in calls?.overloads ?? [] { text += "---@overload \(overload)\n" }
        text += "local \(name) = {}\n\n"
        for (method, entry) in binding.methods.sorted(by: { $0.key < $1.key }) {
            text += FunctionAnnotation(entry, isMethod: true).definition("\(name):\(method)")
        }
        return text
    }

    /// What each kind of key reads: `x[1]`, `x[{1, 2}]`, `x[mask]`.
    private func indexing(_ binding: ScriptIndex.TypeMembers) -> String {
        guard let forms = binding.operators[.index]?.declaration?.forms else { return "" }
        var read: [(key: String, types: [String])] = []
        for form in forms where form.specs.count > 1 {
            guard let type = form.results.first?.type else { continue }
            let results = type.choices.map(\.resultLuaCATS)
            let key = form.specs[1].type.luaCATS
            let kind = key == "number" || index.types[key] != nil ? key : "table"
            if let place = read.firstIndex(where: { $0.key == kind }) {
                read[place].types += results.filter { !read[place].types.contains($0) }
            } else {
                read.append((kind, results))
            }
        }
        // A result that depends on the key's contents is `any`; having to test it first would be noise. A number may be
        // written to all of a slice.
        let isWritten = binding.operators[.newindex] != nil
        return read.map { key, types in
            let type = types.count == 1 ? types[0] + (isWritten && types[0] != "number" ? "|number" : "") : "any"
            return "---@field [\(key)] \(type)\n"
        }.joined()
    }

    /// What other names read, `net.weight`, without the nil of a name that is not there.
    private func members(_ binding: ScriptIndex.TypeMembers) -> String {
        guard let results = binding.operators[.member]?.declaration?.forms.first?.results.first else { return "" }
        let types = results.type.choices.filter { $0 != .none }.map(\.resultLuaCATS)
        return "---@field [string] \(types.joined(separator: "|"))\n"
    }

    private func result(of entry: ScriptIndex.Entry) -> String {
        entry.declaration?.forms.first?.results.first?.type.resultLuaCATS ?? "any"
    }
}
