import LuaFlow
import Sessions

extension Command {
    static let who = Command("who", ":who", "Lists your variables.") { session, _ in
        let names = try session.session.ownNames()
        guard !names.isEmpty else {
            session.say("no variables yet")
            return .stay
        }
        let columns = session.console.columns()
        let width = min(names.map { Text.width($0.name) }.max() ?? 0, columns / 3)
        for (name, container) in names {
            let shown = try Inspector(session.helpers, columns: columns).summary(name, in: container)
            let padding = String(repeating: " ", count: max(width - Text.width(name), 0) + 2)
            session.console.line(Text.clipped(name + padding + shown, to: columns))
        }
        return .stay
    }
}
