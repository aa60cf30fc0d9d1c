import LuaFlow
import Sessions

/// Completes `:name`, its argument, and `?name`.
enum CommandCompletion {
    static func complete(_ text: String, _ session: PromptSession) throws -> Completion? {
        let text = String(text.drop { $0 == " " })
        if text.hasPrefix("?") { return try documented(String(text.dropFirst()).trimmed, session) }
        guard text.hasPrefix(":"), !text.hasPrefix("::") else { return nil }
        let commands = session.commands.available(in: session.host)
        let name = text.dropFirst().prefix { !$0.isWhitespace }
        let rest = text.dropFirst(1 + name.count)
        guard let blank = rest.first, blank.isWhitespace else {
            return Completion(commands.map(\.name), typed: String(name))
        }
        let argument = String(rest.drop(while: \.isWhitespace))
        guard let command = commands.first(where: { $0.name == name }) else { return Completion() }
        switch command.argument {
        case .none: return Completion()
        case .words(let words): return Completion(words, typed: argument)
        case .file:
            let word = argument.split(separator: " ", omittingEmptySubsequences: false).last.map(String.init) ?? ""
            // `:load train.lua --st`: the options that the script declares.
            if word.hasPrefix("-"), let file = Words.split(argument).first, file != word {
                return Completion(ScriptOptions.words(ofScript: Words.path(file)), typed: word)
            }
            return FileNames.completion(expandingHome: true, word)
        case .documented: return try documented(argument, session)
        case .registered: return try registered(command.name, argument, session)
        case .module: return Completion(try session.helpers.names("loaded"), typed: argument)
        case .code:
            // Completed as if it were alone; a number of runs may precede it.
            return try session.session.completion(of: argument)
        }
    }

    /// The result of a registered command's `complete` for the text typed so far.
    private static func registered(_ name: String, _ argument: String, _ session: PromptSession) throws -> Completion {
        guard
            let complete = Commands.registered(in: session.host).first(where: { $0.name == ByteString(name) })?
                .complete,
            case .table(let list)? = try complete.call([.string(argument)]).first
        else { return Completion() }
        let names = OwnCompletion.names(try list.elements())
        // Candidates are whole arguments or their last word, depending on what they begin with.
        let word = argument.split(separator: " ", omittingEmptySubsequences: false).last.map(String.init) ?? ""
        return Completion(names, typed: names.contains { $0.hasPrefix(argument) } ? argument : word)
    }

    /// Names of documented pages, up to the dots that were typed.
    private static func documented(_ typed: String, _ session: PromptSession) throws -> Completion {
        let index = try Manual(session.host.modules)
        let names = session.host.modules.map(\.name) + index.all.map(\.name)
        guard typed.contains(".") || typed.contains(":") else {
            return Completion(names.filter { !$0.contains(".") && !$0.contains(":") }, typed: typed)
        }
        let found = Completion(names, typed: typed)
        guard found.candidates.isEmpty else { return found }
        // Methods of a variable: `?x:ex`.
        return try session.session.members(typed) ?? found
    }
}
