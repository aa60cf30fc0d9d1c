import LuaFlow
import Sessions

extension Command {
    static let reload = Command(
        "reload", ":reload [MODULE]", "Runs the last loaded file again, with its modules; or reads a module again.",
        argument: .module
    ) { session, name in
        let own = try session.helpers.names("loaded").filter { loaded in
            !session.session.initialModules.contains(loaded) && !session.host.modules.contains { $0.name == loaded }
        }.sorted()
        if !name.isEmpty {
            guard own.contains(name) else {
                let names = own.isEmpty ? "none of yours is loaded" : "yours are \(own.joined(separator: ", "))"
                throw ScriptError(
                    ":reload", "no module \(name) to read again; \(names)" + suggestion(for: name, among: own))
            }
            try read(name, again: session)
            session.say("read again: \(name)")
            return .stay
        }
        guard let file = session.lastFile else {
            guard !own.isEmpty else { throw ScriptError(":reload", "nothing was loaded yet; :load FILE loads a file") }
            for name in own { try read(name, again: session) }
            session.say("read again: \(own.joined(separator: ", "))")
            return .stay
        }
        for name in own { try session.helpers.call("forget", [.string(name)]) }
        return session.load(file.path, arguments: file.arguments, forgotten: own)
    }

    private static func read(_ module: String, again session: PromptSession) throws {
        try session.helpers.run("reload", [.string(module)])
        session.note(.omitted(":reload \(module)"))
    }
}
