import LuaFlow
import Sessions

/// The commands of a prompt. A new one is a file in this folder and a line here.
struct Commands {
    static let builtIn: [Command] = [
        .help, .doc, .time, .load, .reload, .who, .save, .saveOver, .pictures, .quit,
    ]

    /// Commands of the code that opened the prompt come first, so that they take precedence.
    let all: [Command]
    private let own: [Command]

    init(own: [Command]) {
        self.own = own
        all = own + Commands.builtIn.filter { command in !own.contains { $0.name == command.name } }
    }

    /// All commands, and those that scripts and plugins registered: `host.register{commands = {name = f}}`.
    func available(in host: Host) -> [Command] {
        let registered = Commands.registered(in: host).filter { entry in !all.contains { $0.name == entry.name.text } }
        return all
            + registered.map { entry in
                let name = entry.name.text
                let summary = entry.help ?? "Registered at \(entry.origin)."
                return Command(name, ":\(name) [TEXT]", summary, argument: .registered) { session, text in
                    let function = Commands.registered(in: session.host).first { $0.name == ByteString(name) }?.function
                    try session.show(function?.call([.string(text)]) ?? [])
                    session.note(.command(name, text))
                    return .stay
                }
            }
    }

    static func registered(in host: Host) -> [Registration] {
        (try? host.interpreter.perform { host.context.service(Registry.self).entries(.commands) }) ?? []
    }

    /// Runs an input that is a command; nil for Lua code.
    func run(_ input: String, in session: PromptSession) -> PromptSession.Outcome? {
        if input.hasPrefix("?") { return run(.doc, String(input.dropFirst()).trimmed, in: session) }
        // `::name::` is a label.
        guard input.hasPrefix(":"), !input.hasPrefix("::") else { return runWord(input, in: session) }
        let name = String(input.dropFirst().prefix { !$0.isWhitespace })
        let text = String(input.dropFirst(1 + name.count)).trimmed
        let available = available(in: session.host)
        let starting = available.filter { $0.name.hasPrefix(name) }
        guard !name.isEmpty,
            let command = available.first(where: { $0.name == name }) ?? (starting.count == 1 ? starting[0] : nil)
        else {
            session.complain(complaint(name, among: available, starting: starting))
            return .stay
        }
        return run(command, text, in: session)
    }

    /// Commands of the code that opened the prompt may be typed as plain words, `continue` or `rewind 50`. They take
    /// precedence over a variable of that name.
    private func runWord(_ input: String, in session: PromptSession) -> PromptSession.Outcome? {
        let words = input.split(whereSeparator: \.isWhitespace).map(String.init)
        guard let name = words.first, words.count <= 2, words.dropFirst().allSatisfy({ Int($0) != nil }),
            let command = own.first(where: { $0.name == name })
        else { return nil }
        return run(command, words.dropFirst().joined(), in: session)
    }

    private func complaint(_ name: String, among available: [Command], starting: [Command]) -> String {
        guard !name.isEmpty else { return "a command's name follows the colon; :help lists them" }
        if starting.count > 1 {
            return ":\(name) could be \(starting.map { ":" + $0.name }.joined(separator: " or "))"
        }
        let nearest = nearestName(to: name, among: available.map(\.name))
        return "there is no command :\(name)" + (nearest.map { "; did you mean :\($0)?" } ?? "; :help lists them")
    }

    private func run(_ command: Command, _ text: String, in session: PromptSession) -> PromptSession.Outcome {
        var outcome = PromptSession.Outcome.stay
        let ending = session.protected { outcome = try command.body(session, text) }
        return ending == .done ? outcome : ending.next
    }
}
