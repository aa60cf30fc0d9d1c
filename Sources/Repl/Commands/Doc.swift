import Editors
import LuaFlow

extension Command {
    static let doc = Command(
        "doc", ":doc [NAME]", "Prints documentation; without a name, lists the modules.", argument: .documented
    ) { session, name in
        // `optim.SGD(` is what stands in the line that one is writing.
        let name = String(name.prefix { !"( ".contains($0) })
        do {
            let page = try page(name, session)
            session.console.write(Text.wrapped(page, to: session.console.columns()))
        } catch let error as ScriptError {
            // Not ours: perhaps a function of the session's.
            guard Lua.isName(name), let container = try session.container(of: name) else {
                throw ScriptError("", error.message)
            }
            let shown = try Inspector(session.helpers, columns: session.console.columns()).shown(name, in: container)
            session.console.line(Layout(columns: session.console.columns()).text(shown))
        }
        return .stay
    }

    private static func page(_ name: String, _ session: Session) throws -> String {
        let index = try Manual(session.host.modules)
        if name.isEmpty { return try index.page(nil) }
        do { return try index.page(name) } catch {
            if let page = try member(name, index, session) ?? registered(name, session) ?? luas(name) { return page }
            throw error
        }
    }

    /// `x:exp` and `x.exp` for a variable x.
    private static func member(_ name: String, _ index: Manual, _ session: Session) throws -> String? {
        let tokens = Lua.tokens(name)
        guard tokens.count >= 3, let last = tokens.last, last.kind == .name,
            let type = try ExpressionValue.find(endingAt: tokens.dropLast(2), in: session)?.typeName()
        else { return nil }
        return try? index.page("\(type):\(last.text)")
    }

    /// `projection.Diamond`, which a script or a plugin added.
    private static func registered(_ name: String, _ session: Session) throws -> String? {
        for module in session.host.modules {
            guard let kind = module.scripted?.kind, name.hasPrefix(module.name + ".") else { continue }
            let short = String(name.dropFirst(module.name.count + 1))
            let entry = try session.host.interpreter.perform {
                session.host.context.service(Registry.self).entry(kind, short)
            }
            if let entry { return "\(name): registered by \(entry.origin).\n" + (entry.help.map { $0 + "\n" } ?? "") }
        }
        return nil
    }

    private static let manual = "https://www.lua.org/manual/5.4/manual.html"

    /// Lua's own words and functions.
    private static func luas(_ name: String) -> String? {
        if Lua.keywords.contains(name) { return "\(name) is a word of Lua's own: \(manual)#3\n" }
        if StandardLibrary.libraries[name] != nil { return "\(name) is a library of Lua's own: \(manual)#6\n" }
        let parts = name.split(whereSeparator: { $0 == "." || $0 == ":" }).map(String.init)
        let isOne =
            parts.count == 2
            ? StandardLibrary.libraries[parts[0]]?.contains(parts[1]) == true : StandardLibrary.globals.contains(name)
        return isOne ? "\(name) is Lua's own: \(manual)#pdf-\(parts.joined(separator: "."))\n" : nil
    }
}
