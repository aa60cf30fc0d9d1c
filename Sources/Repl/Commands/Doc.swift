import LuaFlow
import Sessions

extension Command {
    static let doc = Command(
        "doc", ":doc [NAME]", "Prints documentation; without a name, lists the modules.", argument: .documented
    ) { session, name in
        // `optim.SGD(` is accepted, as it may stand in the line being typed.
        let name = String(name.prefix { !"( ".contains($0) })
        do {
            let page = try session.session.page(name)
            session.console.write(Text.wrapped(page, to: session.console.columns()))
        } catch let error as ScriptError {
            // Not documented here: perhaps a function of the session.
            guard Lua.isName(name), let container = try session.session.container(of: name) else {
                throw ScriptError("", error.message)
            }
            let shown = try Inspector(session.helpers, columns: session.console.columns()).shown(name, in: container)
            session.console.line(Layout(columns: session.console.columns()).text(shown))
        }
        return .stay
    }
}
