import LuaFlow
import Sessions

extension Command {
    static let help = Command("help", ":help", "Lists the commands.") { session, _ in
        session.console.write(helpText(session))
        return .stay
    }

    private static func helpText(_ session: PromptSession) -> String {
        let rows =
            [("?NAME", "Documentation of a module, a function or a method: ?tensor.exp")]
            + session.commands.available(in: session.host).filter { $0.name != "save!" }.map { ($0.usage, $0.summary) }
        let width = min(rows.map(\.0.count).max() ?? 0, 24)
        var text = ""
        for (usage, summary) in rows {
            let head =
                usage.count > width
                ? usage + "\n" + String(repeating: " ", count: width + 2)
                : usage + String(repeating: " ", count: width + 2 - usage.count)
            text += Text.wrapped(head + summary, to: session.console.columns(), indent: width + 2) + "\n"
        }
        return text + "\n" + Text.wrapped(habits, to: session.console.columns(), indent: 0) + "\n"
    }

    private static var habits: String {
        "Expressions print their value; a semicolon at the end keeps it silent. _ is the last value, __ and ___ the "
            + "two before. A local at the prompt lasts as a global does, and so do those of a loaded file. Tab "
            + "completes, Ctrl-R searches what was entered before, Ctrl-C stops what runs, Ctrl-D leaves. An "
            + "unfinished input goes on behind >>, blank lines and all; Ctrl-C or Ctrl-D gives it up, and the up key "
            + "has it back."
    }
}
