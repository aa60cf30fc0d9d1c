import Foundation
import LuaFlow
import Testing

@testable import Repl
@testable import Sessions

/// A session without a terminal, and what it has written.
final class Conversation {
    let session: PromptSession
    private let written: Written

    private final class Written {
        var text = ""
    }

    init(
        coloured: Bool = false, columns: Int = 80, names: (any ScriptTable)? = nil, commands: [Command] = [],
        memoryLimit: Int? = nil
    ) throws {
        var options = Interpreter.Options()
        options.globals = true
        options.memoryLimit = memoryLimit
        let host = try LuaFlow.Host(options: options)
        host.context.service(GlobalGenerator.self).generator = Generator(seed: 0)
        let written = Written()
        self.written = written
        let console = Console(style: Style(isColoured: coloured), columns: { columns }, write: { written.text += $0 })
        session = try PromptSession(host: host, console: console, names: names, commands: commands)
    }

    /// Enters inputs one after the other, and returns the answer to the last.
    @discardableResult
    func answer(_ inputs: String...) -> String {
        for input in inputs {
            written.text = ""
            outcome = session.enter(input)
        }
        return written.text
    }
    /// The answer with the line breaks of narrow terminals taken out.
    func words(_ input: String) -> String { answer(input).split(whereSeparator: \.isWhitespace).joined(separator: " ") }

    private(set) var outcome = PromptSession.Outcome.stay

    deinit { session.host.interpreter.close() }
}

/// A source of lines that were given beforehand.
final class TypedLines: LineSource {
    private var lines: [Line]
    private(set) var remembered: [String] = []
    private(set) var prompts: [String] = []

    init(_ lines: [Line]) { self.lines = lines }

    func read(prompt: String, before: String) -> Line {
        prompts.append(prompt)
        return lines.isEmpty ? .end : lines.removeFirst()
    }

    func remember(_ input: String) { remembered.append(input) }
}
