import Editors
import LuaFlow

extension Session {
    /// The documentation of a name: ours, a member of a variable (`x:exp`), a registered part, or Lua's own; the list
    /// of modules for an empty name. Inside an evaluation.
    package func page(_ name: String) throws -> String {
        let index = try Manual(host.modules)
        if name.isEmpty { return try index.page(nil) }
        do { return try index.page(name) } catch {
            if let page = try member(name, index) ?? registered(name) ?? luas(name) { return page }
            throw error
        }
    }

    /// The page for `x:exp` and `x.exp`, where x is a variable.
    private func member(_ name: String, _ index: Manual) throws -> String? {
        let tokens = Lua.tokens(name)
        guard tokens.count >= 3, let last = tokens.last, last.kind == .name,
            let type = try ExpressionValue.find(endingAt: tokens.dropLast(2), in: self)?.typeName()
        else { return nil }
        return try? index.page("\(type):\(last.text)")
    }

    /// The page of a part that a script or plugin registered, `projection.Diamond`.
    private func registered(_ name: String) throws -> String? {
        for module in host.modules {
            guard let kind = module.scripted?.kind, name.hasPrefix(module.name + ".") else { continue }
            let short = String(name.dropFirst(module.name.count + 1))
            let entry = try host.interpreter.perform {
                host.context.service(Registry.self).entry(kind, short)
            }
            if let entry { return "\(name): registered by \(entry.origin).\n" + (entry.help.map { $0 + "\n" } ?? "") }
        }
        return nil
    }

    private static let luaManual = "https://www.lua.org/manual/5.4/manual.html"

    /// The page of Lua's own words and functions.
    private func luas(_ name: String) -> String? {
        if Lua.keywords.contains(name) { return "\(name) is a word of Lua's own: \(Session.luaManual)#3\n" }
        if StandardLibrary.libraries[name] != nil {
            return "\(name) is a library of Lua's own: \(Session.luaManual)#6\n"
        }
        let parts = name.split(whereSeparator: { $0 == "." || $0 == ":" }).map(String.init)
        let isOne =
            parts.count == 2
            ? StandardLibrary.libraries[parts[0]]?.contains(parts[1]) == true : StandardLibrary.globals.contains(name)
        return isOne ? "\(name) is Lua's own: \(Session.luaManual)#pdf-\(parts.joined(separator: "."))\n" : nil
    }
}
